"""Who does what in a rehearsal, and when: facts without a clock.  Times are seconds since the conference's start."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from mixer.rules.model import Plan

FOR_EVER: Final = float("inf")
_TIME_TO_COME: Final = 30.0
"""Nobody dials in later before the end than that."""
LOST_SECONDS: Final = 30.0
"""Whose phone is away for longer has lost the call."""


class Way(StrEnum):
    """What becomes of a call to somebody."""

    ANSWERS = "answers"
    BUSY = "busy"
    DECLINES = "declines"
    NO_ANSWER = "no-answer"
    UNREACHABLE = "unreachable"
    """The phone is switched off, or not registered."""
    MAILBOX = "mailbox"
    """Something answers that presses no 1, and hangs up after a while."""


@dataclass(frozen=True, slots=True)
class DialIn:
    at: float
    wrong_first: bool = False
    """Keys in a wrong code before the right one."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Puts the call on hold, with music of the phone's own, and takes it up again."""

    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Drop:
    """The phone's network fails: nothing comes from it or to it, not even a BYE."""

    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Leave:
    at: float


@dataclass(frozen=True, slots=True)
class Press:
    at: float
    keys: str


Deed = DialIn | Hold | Drop | Leave | Press


@dataclass(frozen=True, slots=True)
class Part:
    """What one person does."""

    way: Way = Way.ANSWERS
    until: float = FOR_EVER
    """Until then the calls to this person go this way, then they are answered."""
    answers_after: float = 4.0
    """Seconds of ringing."""
    deeds: tuple[Deed, ...] = ()

    def way_at(self, moment: float) -> Way:
        return self.way if moment < self.until else Way.ANSWERS


Scene = dict[str, Part]
"""By first numbers."""


def usual(plan: Plan) -> Scene:
    """Everybody answers, the owner last; some do what people do, at fractions of the conference's length."""
    length = plan.end - plan.start
    others = [person.number for person in plan.people[1:]]
    scene = {number: Part(answers_after=3.0 + 0.7 * place % 15) for place, number in enumerate(others)}
    habits = (
        Part(answers_after=3.0, deeds=(Hold(length / 3, length / 30),)),
        Part(Way.NO_ANSWER, until=length / 12, deeds=(DialIn(length / 12),)),
        Part(answers_after=5.0, deeds=(Drop(length / 2, 60.0),)),
        Part(Way.BUSY, until=length / 30),
    )
    scene.update(zip(others, habits, strict=False))
    scene[plan.owner.number] = Part(answers_after=12.0, deeds=(Leave(0.7 * length), DialIn(0.7 * length + 40)))
    return scene


def chance(plan: Plan, random: Random) -> Scene:
    """The same again with the same seed."""
    length = plan.end - plan.start
    return {person.number: _by_chance(random, length) for person in plan.people}


def _by_chance(random: Random, length: float) -> Part:
    way, until = Way.ANSWERS, FOR_EVER
    deeds: list[Deed] = []
    if random.random() < 0.35:
        way = random.choice((Way.BUSY, Way.NO_ANSWER, Way.UNREACHABLE, Way.DECLINES))
        until = random.choice((random.uniform(0.05, 0.3) * length, FOR_EVER))
        if random.random() < 0.7:
            deeds.append(DialIn(random.uniform(0.1, 0.5) * length, random.random() < 0.3))
            until = min(until, deeds[0].at)
    if random.random() < 0.3:
        deeds.append(Hold(random.uniform(0.5, 0.7) * length, random.uniform(5.0, 90.0)))
    if random.random() < 0.15:
        deeds.append(Drop(random.uniform(0.3, 0.45) * length, random.choice((8.0, 60.0))))
    if random.random() < 0.3:
        left = random.uniform(0.75, 0.85) * length
        deeds.append(Leave(left))
        back = left + random.uniform(5.0, 60.0)
        if random.random() < 0.6 and back < length - _TIME_TO_COME:
            deeds.append(DialIn(back))
    return Part(way, until, random.uniform(1.0, 20.0), tuple(deeds))


def with_leaving(plan: Plan, scene: Mapping[str, Part]) -> Scene:
    """Everybody of the conference; whoever is in at the planned end hangs up then, one after the other."""
    length = plan.end - plan.start
    return {
        person.number: _leaving(scene.get(person.number, Part()), length + 1.5 * place % 60)
        for place, person in enumerate(plan.people)
    }


def _leaving(part: Part, at: float) -> Part:
    return replace(part, deeds=(*part.deeds, Leave(at)))
