"""The rules of calls: who is called where, who comes in and hears the greeting.

What becomes of calls that fail: :mod:`mixer.rules.retry_rules`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from mixer.rules.addresses import addresses
from mixer.rules.call_policy import Failure, Pursuit, Ring
from mixer.rules.conference import Conference, returning, without_one
from mixer.rules.hold_music_rules import Mute
from mixer.rules.records import Kind, Record
from mixer.rules.roster import Leg, Stage

KEY_TO_JOIN: Final = "1"
NO_SOUND: Final = "no sound"
"""What the reason of :class:`Left` begins with where a leg was lost: nobody has left."""


class HangUpReason(StrEnum):
    ENDED = "ended"
    """The conference is over."""
    NOT_STARTED = "not-started"
    JOINED_ELSEWHERE = "joined-elsewhere"
    """The person whose phone rings has dialled in meanwhile."""
    ANSWERED_ELSEWHERE = "answered-elsewhere"
    """At another phone of the person's."""
    DECLINED_ELSEWHERE = "declined-elsewhere"
    """The same: who declines so does it for all of their phones."""
    NOT_PRESSED = "not-pressed"
    """Whoever answered hasn't pressed 1: a voice mailbox, most likely."""
    TAKEN_BACK = "taken-back"
    """The answer crossed our taking the call back."""
    KICKED = "kicked"
    """By the owner, or from the machine (:mod:`mixer.rules.acts`)."""
    LEAVING = "leaving"
    """They have asked for it by a key."""
    LOCKED = "locked"
    """Nobody dials in any more."""
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
    """A dial-in was admitted (:mod:`mixer.rules.admission`).  ``leg`` is a name that the conference hasn't seen."""

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
    """The leg is gone."""

    leg: str
    reason: str
    lost: bool = False
    """Nobody has hung up: it is heard no more."""


# Actions


@dataclass(frozen=True, slots=True)
class Call:
    """Call this person; ``leg`` is the call's name from now on."""

    leg: str
    person: str
    address: int = 0
    """Which of the person's :func:`mixer.rules.addresses.addresses`."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """Hang up, or take back what still rings.  The leg is forgotten: what it still says changes nothing."""

    leg: str
    reason: HangUpReason


@dataclass(frozen=True, slots=True)
class Note:
    """Write this to the journal, before what follows is done."""

    record: Record


Actions = tuple[Call | HangUp | Note | Mute, ...]
Change = tuple[Conference, Actions]


# Our calls


def call(conference: Conference, persons: tuple[str, ...], now: float) -> Change:
    """Calls these persons, given by their first numbers, all at once; each at their first phone, or at all."""
    return call_at(conference, tuple((number, at) for number in persons for at in _first(conference, number)), now)


def _first(conference: Conference, number: str) -> tuple[int, ...]:
    person = conference.plan.person(number)
    if person is None:
        return (0,)
    choices = conference.policy.choices(person)
    return choices if conference.ring_of(person) is Ring.ALL else choices[:1]


def call_at(conference: Conference, calls: tuple[tuple[str, int], ...], now: float) -> Change:
    """Calls persons at one of their addresses each."""
    label = conference.label or conference.plan.code
    legs = tuple(
        Leg(f"{label}-{count}", number, conference.is_owner(number), Stage.RINGING, now, address)
        for count, (number, address) in enumerate(calls, conference.calls + 1)
    )
    notes = (note(Kind.CALLING, leg, now, _which(conference, leg)) for leg in legs)
    placed = (Call(leg.name, number, address) for leg, (number, address) in zip(legs, calls, strict=True))
    called = replace(conference, legs=conference.legs.with_(*legs), calls=conference.calls + len(legs))
    return called, (*notes, *placed)


def _which(conference: Conference, leg: Leg) -> str:
    """Where a person is called who can be called in several places."""
    person = conference.plan.person(leg.person or "")
    ways = () if person is None else addresses(person)
    return str(ways[leg.address]) if len(ways) > 1 else ""


def answer(conference: Conference, name: str, now: float) -> Change:
    leg = conference.legs.get(name)
    if leg is None:
        return conference, (HangUp(name, HangUpReason.TAKEN_BACK),)
    if leg.stage is not Stage.RINGING:
        return conference, ()
    person = conference.plan.person(leg.person or "")
    if person is not None and conference.policy.asks(person, leg.address):
        asked = _with(conference, replace(leg, stage=Stage.ASKED, since=now))
        return asked, (note(Kind.PICKED_UP, leg, now),)
    return _answered(conference, leg, now)


def press_one(conference: Conference, name: str, key: str, now: float) -> Change:
    """A person has answered, no mailbox."""
    leg = conference.legs.get(name)
    if leg is None or leg.stage is not Stage.ASKED or key != KEY_TO_JOIN:
        return conference, ()
    return _answered(conference, leg, now)


def _answered(conference: Conference, leg: Leg, now: float) -> Change:
    person = conference.plan.person(leg.person or "")
    elsewhere: Actions = ()
    if person is not None and conference.ring_of(person) is Ring.ALL:
        conference, elsewhere = _stop_calling(conference, leg, HangUpReason.ANSWERED_ELSEWHERE, now)
    answered, joined = _come_in(conference, leg, now)
    return answered, (note(Kind.ANSWERED, leg, now), *elsewhere, *joined)


# Those who call us


def enter(conference: Conference, event: Entered, now: float) -> Change:
    if conference.started is None:
        return conference, turned_away(event, HangUpReason.NOT_STARTED)
    if event.leg in conference.legs:
        return conference, ()
    if not conference.lets_in(event.person, owner=event.owner, caller=event.caller):
        return conference, turned_away(event, HangUpReason.LOCKED)
    leg = Leg(event.leg, event.person, event.owner, Stage.RINGING, now)
    stayed, idle = _stop_calling(conference, leg, HangUpReason.JOINED_ELSEWHERE, now)
    entered, joined = _come_in(stayed, leg, now, event.caller)
    return entered, (note(Kind.ENTERED, leg, now, event.caller or ""), *idle, *joined)


def turned_away(event: object, reason: HangUpReason) -> Actions:
    """A leg that came to life too late, or too early, mustn't stay."""
    return (HangUp(event.leg, reason),) if isinstance(event, Entered | Answered) else ()


def _stop_calling(conference: Conference, leg: Leg, reason: HangUpReason, now: float) -> Change:
    """The leg's person is in by it: what still rings elsewhere is taken back."""
    if leg.person is None or not conference.called:
        return conference, ()
    called = conference.legs.at(Stage.RINGING, Stage.ASKED)
    idle = tuple(each for each in called if each.person == leg.person and each.name != leg.name)
    return without(conference, *idle), taken_back(idle, reason, now)


# What both come to


def _come_in(conference: Conference, leg: Leg, now: float, caller: str | None = None) -> Change:
    stage = Stage.IN if conference.plan.greeting is None else Stage.GREETING
    joined = replace(leg, stage=stage, since=now, silenced=conference.orders.silent(leg))
    back = conference.departed - {leg.person} if leg.person in conference.departed else conference.departed
    cut_off = without_one(conference.cut_off, returning(leg.person, caller))
    here = replace(
        _with(_reached(conference, leg), joined), ever_in=True, grace_until=None, departed=back, cut_off=cut_off
    )
    silenced: Actions = (Mute(leg.name, True),) if joined.silenced else ()
    return here, (*((note(Kind.JOINED, leg, now),) if stage is Stage.IN else ()), *silenced)


def _reached(conference: Conference, leg: Leg) -> Conference:
    """Called no more; how often the person was lost is remembered, for a phone that answers by itself and is never
    heard would else be called without end."""
    pursuit = None if leg.person is None else conference.pursuits.get(leg.person)
    if leg.person is None or pursuit is None:
        return conference
    losses = tuple(each for each in pursuit.tries if each is Failure.LOST)
    others = {number: each for number, each in conference.pursuits.items() if number != leg.person}
    return replace(conference, pursuits={**others, leg.person: Pursuit(tries=losses)} if losses else others)


def end_greeting(conference: Conference, name: str, now: float) -> Change:
    leg = conference.legs.get(name)
    if leg is None or leg.stage is not Stage.GREETING:
        return conference, ()
    return _with(conference, replace(leg, stage=Stage.IN, since=now)), (note(Kind.JOINED, leg, now),)


# Parts


def taken_back(legs: tuple[Leg, ...], reason: HangUpReason, now: float) -> Actions:
    notes = (note(Kind.TAKEN_BACK, leg, now, reason) for leg in legs)
    return (*notes, *(HangUp(leg.name, reason) for leg in legs))


def note(kind: Kind, leg: Leg, at: float, detail: str = "") -> Note:
    return Note(Record(kind, at, leg.name, leg.person, leg.owner, detail))


def _with(conference: Conference, leg: Leg) -> Conference:
    return replace(conference, legs=conference.legs.with_(leg))


def without(conference: Conference, *legs: Leg) -> Conference:
    return replace(conference, legs=conference.legs.without(*legs))
