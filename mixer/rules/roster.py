"""Who is on a conference's line: its legs, as a value, and what is asked of all of them at every event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import product
from typing import TYPE_CHECKING, Final, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import ItemsView, Iterator, ValuesView

_T = TypeVar("_T")
_EITHER: Final = (False, True)


class Stage(Enum):
    RINGING = "ringing"
    """We call, nobody has answered yet."""
    ASKED = "asked"
    """Answered, and asked to press 1: that may be a voice mailbox, so nobody is in yet."""
    GREETING = "greeting"
    """Answered or entered, hears the conference's greeting; counts as being in, but not as the owner's presence."""
    IN = "in"

    __hash__ = object.__hash__  # enum's own asks for the name, in Python, at each of the counts below


@dataclass(frozen=True, slots=True)
class Leg:
    name: str
    person: str | None
    """The person's first number; None is a guest."""
    owner: bool
    stage: Stage
    since: float
    """When it came to its stage."""
    address: int = 0
    """Of a call of ours: at which of the person's addresses."""
    told: bool = False
    """Has heard that the conference is being recorded."""
    muted: bool = False
    """It plays hold music, so nobody hears it."""
    spared: bool = False
    """Whoever is on it wants this music to be heard."""
    silenced: bool = False
    """By the owner, or from the machine (:mod:`mixer.rules.acts`)."""
    quiet: bool = False
    """Whoever is on it wants not to be heard; nobody else can undo that."""

    @property
    def called(self) -> bool:
        """Still being called: nobody is on it, as far as is known."""
        return self.stage in (Stage.RINGING, Stage.ASKED)

    @property
    def unheard(self) -> bool:
        """Whether the others don't hear it, for whichever reason."""
        return self.muted or self.silenced or self.quiet

    @property
    def whose(self) -> str:
        """The person's first number; a guest is known by the leg alone."""
        return self.person or self.name


def _kinds(owner: bool | None, told: bool | None) -> tuple[tuple[bool, bool], ...]:
    return tuple(product(_EITHER if owner is None else (owner,), _EITHER if told is None else (told,)))


_KINDS: Final = {asked: _kinds(*asked) for asked in product((None, *_EITHER), repeat=2)}
"""What is counted apart, by what is asked for."""


class Roster(Mapping[str, Leg]):
    """Legs by name, in the order in which they came.  Never changes: :meth:`with_` and :meth:`without` make another.

    How many there are of each kind is counted as they come and go: at each of the 2000 answers of a large conference,
    to look at all its 2000 legs would take longer than the answer.  Nothing else writes the counts, and they are those
    of ``Roster(roster.values())``, which counts afresh.
    """

    __slots__ = ("_counts", "_legs")

    def __init__(self, legs: Iterable[Leg] = ()) -> None:
        self._legs = {leg.name: leg for leg in legs}
        self._counts: dict[tuple[Stage, bool, bool], int] = {}
        for leg in self._legs.values():
            self._count(leg, 1)

    def __getitem__(self, name: str) -> Leg:
        return self._legs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._legs)

    def __len__(self) -> int:
        return len(self._legs)

    # Mapping has these too, by way of the three above, which costs ten times as much.

    def __contains__(self, name: object) -> bool:
        return name in self._legs

    @overload
    def get(self, name: str, /) -> Leg | None: ...
    @overload
    def get(self, name: str, /, default: Leg | _T) -> Leg | _T: ...
    def get(self, name: str, /, default: _T | None = None) -> Leg | _T | None:
        return self._legs.get(name, default)

    def values(self) -> ValuesView[Leg]:
        return self._legs.values()

    def items(self) -> ItemsView[str, Leg]:
        return self._legs.items()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Roster) and (self._legs, self._counts) == (other._legs, other._counts)

    def __hash__(self) -> int:
        return hash(tuple(self._legs.values()))

    def __repr__(self) -> str:
        return f"Roster({list(self._legs.values())!r})"

    def count(self, stage: Stage, *, owner: bool | None = None, told: bool | None = None) -> int:
        """How many legs are at this stage; of the owner's or the others', of the told or the untold, if it says so."""
        found, counts = 0, self._counts
        for kind in _KINDS[owner, told]:
            found += counts.get((stage, *kind), 0)
        return found

    def any_owner(self) -> bool:
        """Whether there is a leg of an owner, if only one that rings."""
        return any(self._counts.get(kind) for kind in product(Stage, (True,), _EITHER))

    def at(self, *stages: Stage) -> tuple[Leg, ...]:
        """The legs at these stages: looks at all, so not to be asked at every event."""
        return tuple(leg for leg in self._legs.values() if leg.stage in stages)

    def with_(self, *legs: Leg) -> Roster:
        """With these at the end, or in the place of those of the same name."""
        roster = self._copy()
        for leg in legs:
            if (before := roster._legs.get(leg.name)) is not None:
                roster._count(before, -1)
            roster._legs[leg.name] = leg
            roster._count(leg, 1)
        return roster

    def without(self, *legs: Leg) -> Roster:
        """Without these, which are in it."""
        if not legs:
            return self
        roster = self._copy()
        for leg in legs:
            del roster._legs[leg.name]
            roster._count(leg, -1)
        return roster

    def _copy(self) -> Roster:
        roster = Roster()
        roster._legs, roster._counts = self._legs.copy(), self._counts.copy()
        return roster

    def _count(self, leg: Leg, by: int) -> None:
        kind = leg.stage, leg.owner, leg.told
        self._counts[kind] = self._counts.get(kind, 0) + by
        if not self._counts[kind]:
            del self._counts[kind]
