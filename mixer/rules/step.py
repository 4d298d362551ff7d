"""The conference's rules: when it begins, who hears what, when it ends; and what of each event.

One pure function, :func:`step`, takes a conference, an event and the time, and gives the conference afterwards and what
is to be done.  What a leg hears, whether the owner is in and whether it is over are functions of the roster and the
clock, never stored beside them; so late owners, overtime and restarts (:mod:`mixer.rules.resumption`) are no special
cases.

Events come in any order, twice, or for legs that are gone, since the network does that: they change nothing then.
Actions are to be carried out in their order: what is noted comes before what is done, so that a crash between the two
calls nobody twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from mixer.rules import absence_rules
from mixer.rules.absence_rules import wait_for_owner
from mixer.rules.act_rules import act
from mixer.rules.acts import Acted
from mixer.rules.announcement_rules import Announce, announce, next_announcement
from mixer.rules.call_rules import (
    Answered,
    Call,
    Entered,
    GreetingEnded,
    HangUp,
    HangUpReason,
    Left,
    Note,
    NotReached,
    answer,
    call,
    end_greeting,
    enter,
    note,
    press_one,
    taken_back,
    turned_away,
)
from mixer.rules.clock_rules import ClockSet, set_clock
from mixer.rules.conference import Conference, Ending, EndReason, Sound, hears
from mixer.rules.hold_music_rules import (
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
from mixer.rules.model import Recorded
from mixer.rules.recording_rules import (
    Cut,
    NoticeEnded,
    Pause,
    RecordingFailed,
    Roll,
    end_notice,
    fail_recording,
    taped_anew,
)
from mixer.rules.records import Kind, Record
from mixer.rules.retry_rules import PhoneRegistered, call_those_due, deadlines, fail, find, lose
from mixer.rules.roster import Roster, Stage
from mixer.rules.transfer_rules import Transferred, transfer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


# Events


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed: see :func:`deadline`."""


@dataclass(frozen=True, slots=True)
class Missed:
    """Nobody has begun it in its whole time, and the clock that says so is believed."""


@dataclass(frozen=True, slots=True)
class Stopping:
    """The mixer was told to stop: every leg is hung up, and none of them has left (SIGTERM)."""


Event = (
    Tick
    | Missed
    | Answered
    | NotReached
    | Entered
    | GreetingEnded
    | NoticeEnded
    | RecordingFailed
    | MusicHeard
    | MusicEnded
    | KeyPressed
    | Left
    | Transferred
    | Acted
    | PhoneRegistered
    | ClockSet
    | Stopping
)


# Actions


@dataclass(frozen=True, slots=True)
class Hear:
    """From now on the leg hears this instead of what it heard."""

    leg: str
    what: Sound


@dataclass(frozen=True, slots=True)
class End:
    """Move the conference to the past.  Always the last action; may come again if a crash prevents the move."""

    reason: str
    """An :class:`~mixer.rules.conference.EndReason`, or what a newer version wrote."""


@dataclass(frozen=True, slots=True)
class Dismiss:
    """Tell the leg that the conference is over, and hang up.  The leg is forgotten, as by :class:`HangUp`."""

    leg: str
    reason: str
    """An :class:`~mixer.rules.conference.EndReason`."""


Action = Call | Hear | HangUp | Note | Roll | Pause | Cut | Mute | TellMuted | Announce | Dismiss | End
Actions = tuple[Action, ...]


def step(conference: Conference, event: Event, now: float) -> tuple[Conference, Actions]:
    """The conference after ``event`` at ``now`` (seconds since the epoch), and what is to be done.  Never raises."""
    if isinstance(event, ClockSet):
        conference = set_clock(conference, event.by)
    begun, opening = _begin(conference, now)
    happened, done = _happen(begun, event, now)
    after, waited = wait_for_owner(happened, now)
    last, closing = end_if_over(after, now)
    heard, taped = _heard_anew(conference, after, event, now), taped_anew(conference, last, event)
    told, announced = announce(conference, last, event, now)
    return told, opening + done + waited + heard + taped + announced + closing


def deadline(conference: Conference, now: float) -> float | None:
    """When a :class:`Tick` is needed next; None while only events can change anything."""
    if conference.closed:
        return None
    if conference.started is None:
        return conference.plan.start if now < conference.end else None
    own = (_last_moment(conference), next_announcement(conference))
    due = (*deadlines(conference), *absence_rules.deadlines(conference), *own)
    return min((at for at in due if at is not None), default=None)


def _last_moment(conference: Conference) -> float | None:
    """When it may be over by nobody's being in."""
    if conference.present:
        return None
    if conference.grace_until is None:
        return conference.end
    return max(conference.grace_until, conference.end) if conference.called else conference.grace_until


# What time does


def _begin(conference: Conference, now: float) -> tuple[Conference, Actions]:
    """Not after its end: the clock may be a day ahead, and be set right before long."""
    if conference.started is not None or conference.closed or not conference.plan.start <= now < conference.end:
        return conference, ()
    started = replace(conference, started=now)
    called, calls = call(started, tuple(person.number for person in conference.plan.people), now)
    return called, (Note(Record(Kind.STARTED, now)), *calls)


def end_if_over(conference: Conference, now: float) -> tuple[Conference, Actions]:
    reason = _over(conference, now)
    return (conference, ()) if reason is None else end(conference, reason, now)


def _over(conference: Conference, now: float) -> str | None:
    if conference.closed or conference.started is None:
        return None
    if conference.orders.over is not None:
        return conference.orders.over
    if conference.present:
        return None
    if conference.grace_until is not None and now < conference.grace_until:
        return None
    if now >= conference.end:
        return EndReason.PLANNED_END
    return EndReason.LAST_LEFT if conference.ever_in and not conference.called else None


# What events do


def _happen(conference: Conference, event: Event, now: float) -> tuple[Conference, Actions]:
    if conference.closed:
        return conference, turned_away(event, HangUpReason.STOPPING if conference.stopped else HangUpReason.ENDED)
    match event:
        case Tick():
            return call_those_due(conference, now)
        case Missed():
            return _miss(conference, now)
        case Stopping():
            return _stop(conference, now)
        case ClockSet():
            return conference, ()
        case Entered():
            return enter(conference, event, now)
        case Answered(name):
            return answer(conference, name, now)
        case GreetingEnded(name):
            return end_greeting(conference, name, now)
        case NoticeEnded(name):
            return end_notice(conference, name), ()
        case RecordingFailed():
            return fail_recording(conference), ()
        case MusicHeard(name):
            return _noted(conference, hear_music(conference, name), name, now)
        case MusicEnded(name):
            return _noted(conference, end_music(conference, name), name, now, HeardAgainReason.MUSIC_ENDED)
        case KeyPressed(name, key):
            leg = conference.legs.get(name)
            if leg is not None and leg.stage is Stage.ASKED:
                return press_one(conference, name, key, now)
            return _noted(conference, press(conference, name, key), name, now, HeardAgainReason.KEY)
        case Transferred():
            return transfer(conference, event, now)
        case Acted():
            return act(conference, event, now)
        case PhoneRegistered(number):
            return find(conference, number, now)
        case NotReached(name, status, reason):
            return fail(conference, name, status, reason, now)
        case Left(name, reason, lost):
            return lose(conference, name, reason, now, lost=lost)
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
    return after, (note(kind, leg, now, why), *actions)


def _miss(conference: Conference, now: float) -> tuple[Conference, Actions]:
    if conference.started is not None or now < conference.end:
        return conference, ()
    return end(conference, EndReason.MISSED, conference.end)


def _stop(conference: Conference, now: float) -> tuple[Conference, Actions]:
    noted = () if conference.started is None else (Note(Record(Kind.STOPPED, now)),)
    hung_up = (HangUp(name, HangUpReason.STOPPING) for name in conference.legs)
    return replace(conference, stopped=True, legs=Roster()), (*noted, *hung_up)


# What follows


def _heard_anew(before: Conference, after: Conference, event: Event, now: float) -> Actions:
    """The owner's coming and going, and what each leg hears otherwise than before.

    Unless the owner comes or goes, or there is to be a recording or none any more, an event changes what its own leg
    hears, and nobody else's.  An act may be about everybody.
    """
    if after.closed:
        return ()
    if before.owner_in != after.owner_in:
        noted = (Note(Record(Kind.OWNER_IN if after.owner_in else Kind.OWNER_OUT, now)),)
        return (*noted, *_hear(before, after, after.legs))
    if before.legs is after.legs and before.recorded is after.recorded:
        return ()
    if isinstance(event, RecordingFailed | Acted):
        return tuple(_hear(before, after, after.legs))
    return (
        ()
        if isinstance(event, Tick | Missed | PhoneRegistered | ClockSet | Stopping)
        else tuple(_hear(before, after, (event.leg,)))
    )


def _hear(before: Conference, after: Conference, names: Iterable[str]) -> Iterator[Hear]:
    was = {"owner_in": before.owner_in, "recorded": before.recorded is not Recorded.NOT}
    now = {"owner_in": after.owner_in, "recorded": after.recorded is not Recorded.NOT}
    for name in names:
        what = hears(after.legs.get(name), **now)
        if what is not None and what is not hears(before.legs.get(name), **was):
            yield Hear(name, what)


def end(conference: Conference, reason: str, now: float) -> tuple[Conference, Actions]:
    """What still rings is taken back; who is in, where it ends all the same, is told."""
    calls_off = taken_back(conference.legs.at(Stage.RINGING, Stage.ASKED), HangUpReason.ENDED, now)
    there = conference.legs.at(Stage.GREETING, Stage.IN)
    left = (note(Kind.LEFT, leg, now, HangUpReason.ENDED) for leg in there)
    told = (Dismiss(leg.name, reason) for leg in there)
    ended = replace(conference, legs=Roster(), ended=Ending(now, reason))
    return ended, (*left, *calls_off, Note(Record(Kind.ENDED, now, detail=reason)), *told, End(reason))
