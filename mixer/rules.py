"""The conference's rules: who is called, who hears what, when it ends.

One pure function, :func:`step`, takes a conference, an event and the time, and gives the conference afterwards and what
is to be done.  What a leg hears, whether the owner is in and whether it is over are functions of the roster and the
clock, never stored beside them; so late owners, overtime and restarts (:mod:`mixer.resumption`) are no special cases.

Events come in any order, twice, or for legs that are gone, since the network does that: they change nothing then.
Actions are to be carried out in their order: what is noted comes before what is done, so that a crash between the two
calls nobody twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from mixer.conference import Conference, Ending, EndReason, Sound, hears
from mixer.hold_music_rules import (
    HeardAgainReason,
    KeyPressed,
    MusicEnded,
    MusicHeard,
    Mute,
    TellMuted,
    end_music,
    hear_music,
    press,
)
from mixer.model import Recorded
from mixer.recording_rules import (
    Cut,
    NoticeEnded,
    Pause,
    RecordingFailed,
    RecordingWanted,
    Roll,
    end_notice,
    fail,
    taped_anew,
    want,
)
from mixer.records import Kind, Record
from mixer.roster import Leg, Roster, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


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
class Tick:
    """Time has passed: see :func:`deadline`."""


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


@dataclass(frozen=True, slots=True)
class Stopping:
    """The mixer was told to stop: every leg is hung up, and none of them has left (SIGTERM)."""


Event = (
    Tick
    | Answered
    | NotReached
    | Entered
    | GreetingEnded
    | NoticeEnded
    | RecordingWanted
    | RecordingFailed
    | MusicHeard
    | MusicEnded
    | KeyPressed
    | Left
    | Stopping
)


# Actions


@dataclass(frozen=True, slots=True)
class Call:
    """Call this person; ``leg`` is the call's name from now on."""

    leg: str
    person: str


@dataclass(frozen=True, slots=True)
class Hear:
    """From now on the leg hears this instead of what it heard."""

    leg: str
    what: Sound


@dataclass(frozen=True, slots=True)
class HangUp:
    """Hang up, or take back what still rings.  The leg is forgotten: what it still says changes nothing."""

    leg: str
    reason: HangUpReason


@dataclass(frozen=True, slots=True)
class Note:
    """Write this to the journal, before what follows is done."""

    record: Record


@dataclass(frozen=True, slots=True)
class End:
    """Move the conference to the past.  Always the last action; may come again if a crash prevents the move."""

    reason: str
    """An :class:`~mixer.conference.EndReason`, or what a newer version wrote."""


Action = Call | Hear | HangUp | Note | Roll | Pause | Cut | Mute | TellMuted | End
Actions = tuple[Action, ...]


def step(conference: Conference, event: Event, now: float) -> tuple[Conference, Actions]:
    """The conference after ``event`` at ``now`` (seconds since the epoch), and what is to be done.  Never raises."""
    begun, opening = _begin(conference, now)
    after, done = _happen(begun, event, now)
    last, closing = end_if_over(after, now)
    heard, taped = _heard_anew(conference, after, event, now), taped_anew(conference, last, event)
    return last, opening + done + heard + taped + closing


def deadline(conference: Conference) -> float | None:
    """When a :class:`Tick` is needed next; None while only events can change anything."""
    if conference.closed:
        return None
    if conference.started is None:
        return conference.plan.start
    if conference.present:
        return None
    if conference.grace_until is None:
        return conference.plan.end
    return max(conference.grace_until, conference.plan.end) if conference.ringing else conference.grace_until


# What time does


def _begin(conference: Conference, now: float) -> tuple[Conference, Actions]:
    if conference.started is not None or conference.closed or now < conference.plan.start:
        return conference, ()
    if now >= conference.plan.end:
        return end(conference, EndReason.MISSED, conference.plan.end)
    started = replace(conference, started=now)
    called, calls = call(started, tuple(person.number for person in conference.plan.people), now)
    return called, (Note(Record(Kind.STARTED, now)), *calls)


def end_if_over(conference: Conference, now: float) -> tuple[Conference, Actions]:
    reason = _over(conference, now)
    return (conference, ()) if reason is None else end(conference, reason, now)


def _over(conference: Conference, now: float) -> EndReason | None:
    if conference.closed or conference.started is None or conference.present:
        return None
    if conference.grace_until is not None and now < conference.grace_until:
        return None
    if now >= conference.plan.end:
        return EndReason.PLANNED_END
    return EndReason.LAST_LEFT if conference.ever_in and not conference.ringing else None


# What events do


def _happen(conference: Conference, event: Event, now: float) -> tuple[Conference, Actions]:
    if conference.closed:
        return conference, _turned_away(event, HangUpReason.STOPPING if conference.stopped else HangUpReason.ENDED)
    match event:
        case Tick():
            return conference, ()
        case Stopping():
            return _stop(conference, now)
        case Entered():
            return _enter(conference, event, now)
        case Answered(name):
            return _answer(conference, name, now)
        case GreetingEnded(name):
            return _end_greeting(conference, name, now)
        case NoticeEnded(name):
            return end_notice(conference, name), ()
        case RecordingWanted(how):
            return want(conference, how), ()
        case RecordingFailed():
            return fail(conference), ()
        case MusicHeard(name):
            return _noted(conference, hear_music(conference, name), name, now)
        case MusicEnded(name):
            return _noted(conference, end_music(conference, name), name, now, HeardAgainReason.MUSIC_ENDED)
        case KeyPressed(name, key):
            return _noted(conference, press(conference, name, key), name, now, HeardAgainReason.KEY)
        case NotReached(name, status, reason):
            return _lose(conference, name, f"{status} {reason}".rstrip(), now)
        case Left(name, reason):
            return _lose(conference, name, reason, now)
        case _:
            assert_never(event)


def _noted(
    before: Conference, change: tuple[Conference, Actions], name: str, now: float, why: str = ""
) -> tuple[Conference, Actions]:
    """With a note if the leg is muted now, or heard again."""
    after, actions = change
    leg, was = after.legs.get(name), before.legs.get(name)
    if leg is None or was is None or leg.muted == was.muted:
        return change
    kind = Kind.MUTED if leg.muted else Kind.HEARD_AGAIN
    return after, (_note(kind, leg, now, why), *actions)


def _turned_away(event: Event, reason: HangUpReason) -> Actions:
    """A leg that came to life too late, or too early, mustn't stay."""
    return (HangUp(event.leg, reason),) if isinstance(event, Entered | Answered) else ()


def _enter(conference: Conference, event: Entered, now: float) -> tuple[Conference, Actions]:
    if conference.started is None:
        return conference, _turned_away(event, HangUpReason.NOT_STARTED)
    if event.leg in conference.legs:
        return conference, ()
    stayed, taken_back = _stop_ringing(conference, event.person, now)
    leg = Leg(event.leg, event.person, event.owner, Stage.RINGING, now)
    entered, joined = _come_in(stayed, leg, now)
    return entered, (_note(Kind.ENTERED, leg, now, event.caller or ""), *taken_back, *joined)


def _stop_ringing(conference: Conference, person: str | None, now: float) -> tuple[Conference, Actions]:
    """The person has dialled in: what still rings on the desk is taken back."""
    if person is None or not conference.ringing:
        return conference, ()
    idle = tuple(leg for leg in conference.legs.at(Stage.RINGING) if leg.person == person)
    return _without(conference, idle), _taken_back(idle, HangUpReason.JOINED_ELSEWHERE, now)


def _answer(conference: Conference, name: str, now: float) -> tuple[Conference, Actions]:
    leg = conference.legs.get(name)
    if leg is None:
        return conference, (HangUp(name, HangUpReason.TAKEN_BACK),)
    if leg.stage is not Stage.RINGING:
        return conference, ()
    answered, joined = _come_in(conference, leg, now)
    return answered, (_note(Kind.ANSWERED, leg, now), *joined)


def _come_in(conference: Conference, leg: Leg, now: float) -> tuple[Conference, Actions]:
    stage = Stage.IN if conference.plan.greeting is None else Stage.GREETING
    here = replace(_with(conference, replace(leg, stage=stage, since=now)), ever_in=True, grace_until=None)
    return here, (_note(Kind.JOINED, leg, now),) if stage is Stage.IN else ()


def _end_greeting(conference: Conference, name: str, now: float) -> tuple[Conference, Actions]:
    leg = conference.legs.get(name)
    if leg is None or leg.stage is not Stage.GREETING:
        return conference, ()
    return _with(conference, replace(leg, stage=Stage.IN, since=now)), (_note(Kind.JOINED, leg, now),)


def _lose(conference: Conference, name: str, detail: str, now: float) -> tuple[Conference, Actions]:
    leg = conference.legs.get(name)
    if leg is None:
        return conference, ()
    kind = Kind.NOT_REACHED if leg.stage is Stage.RINGING else Kind.LEFT
    return _without(conference, (leg,)), (_note(kind, leg, now, detail),)


def _stop(conference: Conference, now: float) -> tuple[Conference, Actions]:
    noted = () if conference.started is None else (Note(Record(Kind.STOPPED, now)),)
    hung_up = (HangUp(name, HangUpReason.STOPPING) for name in conference.legs)
    return replace(conference, stopped=True, legs=Roster()), (*noted, *hung_up)


# What follows


def _heard_anew(before: Conference, after: Conference, event: Event, now: float) -> Actions:
    """The owner's coming and going, and what each leg hears otherwise than before.

    Unless the owner comes or goes, or there is to be a recording or none any more, an event changes what its own leg
    hears, and nobody else's.
    """
    if after.closed:
        return ()
    if before.owner_in != after.owner_in:
        noted = (Note(Record(Kind.OWNER_IN if after.owner_in else Kind.OWNER_OUT, now)),)
        return (*noted, *_hear(before, after, after.legs))
    if isinstance(event, RecordingWanted | RecordingFailed):
        return tuple(_hear(before, after, after.legs))
    return () if isinstance(event, Tick | Stopping) else tuple(_hear(before, after, (event.leg,)))


def _hear(before: Conference, after: Conference, names: Iterable[str]) -> Iterator[Hear]:
    was = {"owner_in": before.owner_in, "recorded": before.recorded is not Recorded.NOT}
    now = {"owner_in": after.owner_in, "recorded": after.recorded is not Recorded.NOT}
    for name in names:
        what = hears(after.legs.get(name), **now)
        if what is not None and what is not hears(before.legs.get(name), **was):
            yield Hear(name, what)


# Parts that a resumption needs too


def call(conference: Conference, persons: tuple[str, ...], now: float) -> tuple[Conference, Actions]:
    """Calls these persons, given by their first numbers, all at once."""
    legs = tuple(
        Leg(f"{conference.plan.code}-{number}", person, person == conference.plan.owner.number, Stage.RINGING, now)
        for number, person in enumerate(persons, conference.calls + 1)
    )
    notes = (_note(Kind.CALLING, leg, now) for leg in legs)
    calls = (Call(leg.name, person) for leg, person in zip(legs, persons, strict=True))
    return replace(conference, legs=conference.legs.with_(*legs), calls=conference.calls + len(legs)), (*notes, *calls)


def end(conference: Conference, reason: EndReason, now: float) -> tuple[Conference, Actions]:
    """Ends a conference that nobody is in; what still rings is taken back."""
    taken_back = _taken_back(tuple(conference.legs.values()), HangUpReason.ENDED, now)
    ended = replace(conference, legs=Roster(), ended=Ending(now, reason))
    return ended, (*taken_back, Note(Record(Kind.ENDED, now, detail=reason)), End(reason))


def _taken_back(legs: tuple[Leg, ...], reason: HangUpReason, now: float) -> Actions:
    notes = (_note(Kind.TAKEN_BACK, leg, now, reason) for leg in legs)
    return (*notes, *(HangUp(leg.name, reason) for leg in legs))


def _with(conference: Conference, leg: Leg) -> Conference:
    return replace(conference, legs=conference.legs.with_(leg))


def _without(conference: Conference, legs: tuple[Leg, ...]) -> Conference:
    return replace(conference, legs=conference.legs.without(*legs))


def _note(kind: Kind, leg: Leg, at: float, detail: str = "") -> Note:
    return Note(Record(kind, at, leg.name, leg.person, leg.owner, detail))
