"""A conference at run time: its roster, and what follows from the roster alone.

Who hears what and whether the owner is in are derived here, never stored; what happens is :mod:`mixer.rules.step`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

from mixer.rules.absence import Absence
from mixer.rules.announcements import Announced, Announcements
from mixer.rules.call_policy import CallPolicy, Pursuit, Ring
from mixer.rules.model import Recorded
from mixer.rules.numbers import key
from mixer.rules.orders import Orders
from mixer.rules.roster import Leg, Roster, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mixer.rules.model import Person, Plan


class Sound(Enum):
    PRESS_ONE = "press-one"
    """That there is a conference, and that 1 is to be pressed."""
    GREETING = "greeting"
    MUSIC = "music"
    NOTICE = "notice"
    """That the conference is being recorded; the talk follows."""
    ROOM = "room"
    """The talk: hears everybody in the room and is heard by them."""


class EndReason(StrEnum):
    PLANNED_END = "planned-end"
    """The planned end has come and nobody is in."""
    LAST_LEFT = "last-left"
    """The last one hung up, and nobody is being called any more."""
    MISSED = "missed"
    """No mixer ran between the start and the end: nobody was called."""
    ENDED_NOW = "ended-now"
    """By the owner, or from the machine."""
    CALLED_OFF = "called-off"
    """The owner has not come."""


@dataclass(frozen=True, slots=True)
class Ending:
    at: float
    reason: str
    """An :class:`EndReason`, or what a newer version wrote."""


@dataclass(frozen=True, slots=True)
class Conference:
    """A plan and what has come of it so far.  ``Conference(plan)`` is one that nothing has happened to yet."""

    plan: Plan
    legs: Roster = field(default_factory=Roster)
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
    policy: CallPolicy = field(default_factory=CallPolicy)
    pursuits: Mapping[str, Pursuit] = field(default_factory=dict, hash=False)
    """Of those who are still to be reached and at whom a call has failed already, by their first numbers."""
    wanted: Recorded | None = None
    """What was asked for since, or is left to want on a full disk; None: the plan holds."""
    orders: Orders = field(default_factory=Orders)
    absence: Absence = field(default_factory=Absence)
    departed: frozenset[str] = frozenset()
    """Who has left by themselves, or was kicked, and has not come back since; by their first numbers."""
    cut_off: tuple[str, ...] = ()
    """Who was in when a mixer stopped or died, and has not come back since: people by their first numbers, guests by
    :func:`mixer.rules.numbers.key` of the number that they called from.  A lock that was ordered before keeps none of
    them out."""
    label: str | None = None
    """What the names of the calls that it places begin with: they stand in the log and go out on the wire, where no
    code must be.  None: its code."""

    announcements: Announcements = field(default_factory=Announcements)
    """What is wanted."""
    announced: Announced = field(default_factory=Announced)

    @property
    def end(self) -> float:
        """The planned end, as it is now."""
        return self.plan.end + self.orders.extended_by

    @property
    def owner(self) -> str:
        """The first number of who is the owner now."""
        return self.plan.owner.number if self.orders.owner is None else self.orders.owner

    def is_owner(self, number: str) -> bool:
        """Whether who has this first number comes in as an owner."""
        return number in (self.owner, self.orders.stand_in)

    @property
    def deputy(self) -> str | None:
        """The first number of who becomes the owner if the owner does not come."""
        return self.plan.deputy if self.orders.deputy is None else self.orders.deputy or None

    def ring_of(self, person: Person) -> Ring:
        """How somebody with several addresses is called: an owner who doesn't come at all of them."""
        if self.absence.calls and person.number == self.owner:
            return Ring.ALL
        return self.policy.ring_of(person)

    def lets_in(self, person: str | None, *, owner: bool, caller: str | None = None) -> bool:
        """Whether they may dial in: where it is locked, only owners, those who are being called, or will be, and those
        whom the mixer itself has cut off.  ``caller``: the number that they call from, where it is known."""
        if not self.orders.locked or owner or returning(person, caller) in self.cut_off:
            return True
        if person is None:
            return False
        return self.calls_later(person) or any(leg.called and leg.person == person for leg in self.legs.values())

    def calls_later(self, person: str) -> bool:
        """Whether a call to who has this first number is still to come."""
        pursuit = self.pursuits.get(person)
        return pursuit is not None and pursuit.at is not None

    @property
    def recorded(self) -> Recorded:
        """What is to become of the talk, whenever there is one."""
        return self.plan.record if self.wanted is None else self.wanted

    @property
    def taped(self) -> bool:
        """Whether the tape runs: the owner is in, and somebody who knows of it can talk."""
        if self.closed or self.recorded is Recorded.NOT or not self.owner_in:
            return False
        return self.legs.count(Stage.IN, told=True) > 0

    @property
    def present(self) -> int:
        """How many are in, waiting to music or hearing the greeting included."""
        return len(self.legs) - self.called

    @property
    def called(self) -> int:
        """How many are still being called: nobody has answered, or none has pressed 1 yet."""
        return self.legs.count(Stage.RINGING) + self.legs.count(Stage.ASKED)

    @property
    def owner_in(self) -> bool:
        return self.legs.count(Stage.IN, owner=True) > 0

    @property
    def closed(self) -> bool:
        return self.stopped or self.ended is not None


def returning(person: str | None, caller: str | None) -> str:
    """What :attr:`Conference.cut_off` has of somebody; empty for a guest whose number nobody knows."""
    return key(caller or "") if person is None else person


def without_one(cut_off: tuple[str, ...], who: str) -> tuple[str, ...]:
    """Two guests may call from one number: each comes back by themselves."""
    at = cut_off.index(who) if who in cut_off else len(cut_off)
    return cut_off[:at] + cut_off[at + 1 :]


def hears(leg: Leg | None, *, owner_in: bool, recorded: bool) -> Sound | None:
    """What a leg hears; None: nothing of ours, it still rings or is not there."""
    if leg is None or leg.stage is Stage.RINGING:
        return None
    if leg.stage is Stage.ASKED:
        return Sound.PRESS_ONE
    if leg.stage is Stage.GREETING:
        return Sound.GREETING
    if not owner_in:
        return Sound.MUSIC
    return Sound.NOTICE if recorded and not leg.told else Sound.ROOM


def hearing(conference: Conference) -> dict[str, Sound]:
    """What every leg that is in hears."""
    owner_in, recorded = conference.owner_in, conference.recorded is not Recorded.NOT
    heard = ((leg.name, hears(leg, owner_in=owner_in, recorded=recorded)) for leg in conference.legs.values())
    return {name: what for name, what in heard if what}
