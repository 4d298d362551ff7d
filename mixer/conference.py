"""A conference at run time: its roster, and what follows from the roster alone.

Who hears what and whether the owner is in are derived here, never stored; what happens is :mod:`mixer.rules`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mixer.model import Plan


class Stage(Enum):
    RINGING = "ringing"
    """We call, nobody has answered yet."""
    GREETING = "greeting"
    """Answered or entered, hears the conference's greeting; counts as being in, but not as the owner's presence."""
    IN = "in"


class Sound(Enum):
    GREETING = "greeting"
    MUSIC = "music"
    ROOM = "room"
    """The talk: hears everybody in the room and is heard by them."""


class EndReason(StrEnum):
    PLANNED_END = "planned-end"
    """The planned end has come and nobody is in."""
    LAST_LEFT = "last-left"
    """The last one hung up, and nobody is being called any more."""
    MISSED = "missed"
    """No mixer ran between the start and the end: nobody was called."""


@dataclass(frozen=True, slots=True)
class Leg:
    name: str
    person: str | None
    """The person's first number; None is a guest."""
    owner: bool
    stage: Stage
    since: float
    """When it came to its stage."""


@dataclass(frozen=True, slots=True)
class Ending:
    at: float
    reason: str
    """An :class:`EndReason`, or what a newer version wrote."""


@dataclass(frozen=True, slots=True)
class Conference:
    """A plan and what has come of it so far.  ``Conference(plan)`` is one that nothing has happened to yet."""

    plan: Plan
    legs: Mapping[str, Leg] = field(default_factory=dict)
    """By name, in the order in which they came."""
    calls: int = 0
    """How many calls were placed: numbers the legs' names."""
    started: float | None = None
    ever_in: bool = False
    """Whether anybody ever answered or entered."""
    grace_until: float | None = None
    """A restart cut people off: until then, or until one of them is back, their absence ends nothing."""
    stopped: bool = False
    """This mixer stops; the conference doesn't, another mixer will resume it."""
    ended: Ending | None = None

    @property
    def present(self) -> tuple[Leg, ...]:
        """Who is in, waiting to music or hearing the greeting included."""
        return tuple(leg for leg in self.legs.values() if leg.stage is not Stage.RINGING)

    @property
    def ringing(self) -> tuple[Leg, ...]:
        return tuple(leg for leg in self.legs.values() if leg.stage is Stage.RINGING)

    @property
    def owner_in(self) -> bool:
        return any(leg.owner and leg.stage is Stage.IN for leg in self.legs.values())

    @property
    def closed(self) -> bool:
        return self.stopped or self.ended is not None


def hearing(conference: Conference) -> dict[str, Sound]:
    """What every leg that is in hears."""
    owner_in = conference.owner_in
    return {leg.name: _hears(leg, owner_in) for leg in conference.present}


def _hears(leg: Leg, owner_in: bool) -> Sound:
    if leg.stage is Stage.GREETING:
        return Sound.GREETING
    return Sound.ROOM if owner_in else Sound.MUSIC
