"""Which time zone somebody means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confctl.problems import UsageError
from confctl.settings import wrong_zone
from confctl.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable


def zone_named(text: str) -> str:
    """The IANA name of a zone that is written in full or by its city alone, whatever the case: ``london``.

    Raises UsageError, with the nearest names if there are any.
    """
    if wrong_zone(text) is None:
        return text
    from zoneinfo import available_timezones  # reads hundreds of files

    names = available_timezones()
    meant = "_".join(text.casefold().split())
    found = [name for name in names if name.casefold() == meant] or [name for name in names if _city(name) == meant]
    if len(found) == 1:
        return found[0]
    nearest = ", ".join(sorted(found) or _nearest(meant, names))
    if nearest:
        raise UsageError(
            say("There is no time zone “{value}”; is it one of these: {names}?", value=text, names=nearest)
        )
    raise UsageError(say("There is no time zone “{value}”; write an IANA name like Europe/Moscow.", value=text))


def _nearest(meant: str, names: Iterable[str]) -> list[str]:
    """The full names that are alike; else those whose cities are."""
    from difflib import get_close_matches

    in_full = {name.casefold(): name for name in names}
    if "/" in meant:
        return [in_full[name] for name in get_close_matches(meant, in_full, 3, 0.75)]
    cities = {_city(name): name for name in sorted(names)}
    return [cities[city] for city in get_close_matches(meant, cities, 3, 0.75)]


def _city(name: str) -> str:
    return name.rpartition("/")[2].casefold()
