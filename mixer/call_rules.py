"""The rules of calls: who is called, who comes in and hears the greeting, who leaves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from mixer.conference import Conference
from mixer.records import Kind, Record
from mixer.roster import Leg, Stage


class HangUpReason(StrEnum):
    ENDED = "ended"
    """The conference is over."""
    NOT_STARTED = "not-started"
    JOINED_ELSEWHERE = "joined-elsewhere"
    """The person whose phone rings has dialled in meanwhile."""
    TAKEN_BACK = "taken-back"
    """The answer crossed our taking the call back."""
    STOPPING = "stopping"
    """The mixer stops."""


# Events


@dataclass(frozen=True, slots=True)
class Answered:
    """A call of ours was answered, and its sound can flow."""

    leg: str


@dataclass(frozen=True, slots=True)
class NotReached:
    """A call of ours failed: ``status`` is SIP's (408 no answer, 486 busy, …)."""

    leg: str
    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Entered:
    """A dial-in was admitted (:mod:`mixer.admission`).  ``leg`` is a name that the conference hasn't seen."""

    leg: str
    person: str | None
    owner: bool
    caller: str | None = None
    """The number it came from, for the journal."""


@dataclass(frozen=True, slots=True)
class GreetingEnded:
    """The greeting was heard to its end, or can't be played."""

    leg: str


@dataclass(frozen=True, slots=True)
class Left:
    """The leg is gone: hung up, or lost."""

    leg: str
    reason: str


# Actions


@dataclass(frozen=True, slots=True)
class Call:
    """Call this person; ``leg`` is the call's name from now on."""

    leg: str
    person: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """Hang up, or take back what still rings.  The leg is forgotten: what it still says changes nothing."""

    leg: str
    reason: HangUpReason


@dataclass(frozen=True, slots=True)
class Note:
    """Write this to the journal, before what follows is done."""

    record: Record


Actions = tuple[Call | HangUp | Note, ...]
Change = tuple[Conference, Actions]


# Our calls


def call(conference: Conference, persons: tuple[str, ...], now: float) -> Change:
    """Calls these persons, given by their first numbers, all at once."""
    legs = tuple(
        Leg(f"{conference.plan.code}-{number}", person, person == conference.plan.owner.number, Stage.RINGING, now)
        for number, person in enumerate(persons, conference.calls + 1)
    )
    notes = (note(Kind.CALLING, leg, now) for leg in legs)
    calls = (Call(leg.name, person) for leg, person in zip(legs, persons, strict=True))
    return replace(conference, legs=conference.legs.with_(*legs), calls=conference.calls + len(legs)), (*notes, *calls)


def answer(conference: Conference, name: str, now: float) -> Change:
    leg = conference.legs.get(name)
    if leg is None:
        return conference, (HangUp(name, HangUpReason.TAKEN_BACK),)
    if leg.stage is not Stage.RINGING:
        return conference, ()
    answered, joined = _come_in(conference, leg, now)
    return answered, (note(Kind.ANSWERED, leg, now), *joined)


# Those who call us


def enter(conference: Conference, event: Entered, now: float) -> Change:
    if conference.started is None:
        return conference, turned_away(event, HangUpReason.NOT_STARTED)
    if event.leg in conference.legs:
        return conference, ()
    stayed, idle = _stop_ringing(conference, event.person, now)
    leg = Leg(event.leg, event.person, event.owner, Stage.RINGING, now)
    entered, joined = _come_in(stayed, leg, now)
    return entered, (note(Kind.ENTERED, leg, now, event.caller or ""), *idle, *joined)


def turned_away(event: object, reason: HangUpReason) -> Actions:
    """A leg that came to life too late, or too early, mustn't stay."""
    return (HangUp(event.leg, reason),) if isinstance(event, Entered | Answered) else ()


def _stop_ringing(conference: Conference, person: str | None, now: float) -> Change:
    """The person has dialled in: what still rings on the desk is taken back."""
    if person is None or not conference.ringing:
        return conference, ()
    idle = tuple(leg for leg in conference.legs.at(Stage.RINGING) if leg.person == person)
    return _without(conference, idle), taken_back(idle, HangUpReason.JOINED_ELSEWHERE, now)


# What both come to


def _come_in(conference: Conference, leg: Leg, now: float) -> Change:
    stage = Stage.IN if conference.plan.greeting is None else Stage.GREETING
    here = replace(_with(conference, replace(leg, stage=stage, since=now)), ever_in=True, grace_until=None)
    return here, (note(Kind.JOINED, leg, now),) if stage is Stage.IN else ()


def end_greeting(conference: Conference, name: str, now: float) -> Change:
    leg = conference.legs.get(name)
    if leg is None or leg.stage is not Stage.GREETING:
        return conference, ()
    return _with(conference, replace(leg, stage=Stage.IN, since=now)), (note(Kind.JOINED, leg, now),)


def lose(conference: Conference, name: str, detail: str, now: float) -> Change:
    leg = conference.legs.get(name)
    if leg is None:
        return conference, ()
    kind = Kind.NOT_REACHED if leg.stage is Stage.RINGING else Kind.LEFT
    return _without(conference, (leg,)), (note(kind, leg, now, detail),)


# Parts


def taken_back(legs: tuple[Leg, ...], reason: HangUpReason, now: float) -> Actions:
    notes = (note(Kind.TAKEN_BACK, leg, now, reason) for leg in legs)
    return (*notes, *(HangUp(leg.name, reason) for leg in legs))


def note(kind: Kind, leg: Leg, at: float, detail: str = "") -> Note:
    return Note(Record(kind, at, leg.name, leg.person, leg.owner, detail))


def _with(conference: Conference, leg: Leg) -> Conference:
    return replace(conference, legs=conference.legs.with_(leg))


def _without(conference: Conference, legs: tuple[Leg, ...]) -> Conference:
    return replace(conference, legs=conference.legs.without(*legs))
