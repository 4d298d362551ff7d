"""How much is kept in all the tables of an object, however deep: so that one that grows is seen whoever made it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_OURS = ("sip.", "mixer.", "media.")
_CONTAINERS = (dict, list, set, deque)


def tables(root: object) -> dict[str, int]:
    """The lengths of the dicts, lists, sets and deques in ``root``, by the names of the attributes that lead there."""
    found: dict[str, int] = {}
    seen: set[int] = set()
    waiting: list[tuple[str, object]] = [(type(root).__name__, root)]
    while waiting:
        name, thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, _CONTAINERS):
            found[name] = found.get(name, 0) + len(thing)
            waiting += [(f"{name}[]", each) for each in (thing.values() if isinstance(thing, dict) else thing)]
        elif type(thing).__module__.startswith(_OURS):
            waiting += [(f"{name}.{attribute}", value) for attribute, value in _attributes(thing)]
    return found


def _attributes(thing: object) -> Iterator[tuple[str, object]]:
    slots = (slot for kind in type(thing).__mro__ for slot in getattr(kind, "__slots__", ()))
    for name in (*getattr(thing, "__dict__", {}), *slots):
        if hasattr(thing, name):
            yield name, getattr(thing, name)


def grown(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """What there is more of, and how much there was and is."""
    return {name: (before.get(name, 0), length) for name, length in after.items() if length > before.get(name, 0)}
