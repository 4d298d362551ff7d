"""A record as a line of the log: what happens, for whoever watches ``confctl run``.  No code is ever in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mixer.phrases import Number, Phrase
from mixer.rules.call_rules import HangUpReason
from mixer.rules.conference import EndReason
from mixer.rules.hold_music_rules import HeardAgainReason
from mixer.rules.model import Recorded
from mixer.rules.recording_rules import CutReason
from mixer.rules.records import ACTS, Kind

if TYPE_CHECKING:
    from mixer.rules.model import Plan
    from mixer.rules.records import Record

SAID: Final[dict[str, Phrase]] = {
    Kind.STARTED: Phrase("begins"),
    Kind.ADDED: Phrase("%(who)s is added to the list"),
    Kind.CALLING: Phrase("%(who)s is called"),
    Kind.RINGING: Phrase("%(who)s has a phone that rings"),
    Kind.NOT_REACHED: Phrase("%(who)s is not reached"),
    Kind.TAKEN_BACK: Phrase("%(who)s is called no more"),
    Kind.CALLED_LATER: Phrase("%(who)s will be called again"),
    Kind.PICKED_UP: Phrase("%(who)s has a phone that answers, and is asked to press 1"),
    Kind.ANSWERED: Phrase("%(who)s answers"),
    Kind.ENTERED: Phrase("%(who)s dials in"),
    Kind.JOINED: Phrase("%(who)s is in"),
    Kind.LEFT: Phrase("%(who)s has left"),
    Kind.TRANSFERRED: Phrase("%(who)s goes on with another phone"),
    Kind.MUTED: Phrase("%(who)s plays hold music and is muted"),
    Kind.HEARD_AGAIN: Phrase("%(who)s is heard again"),
    Kind.OWNER_IN: Phrase("the owner is in, everybody is connected"),
    Kind.OWNER_OUT: Phrase("the owner has left, music for everybody"),
    Kind.REFUSED: Phrase("%(who)s is refused"),
    Kind.RECORDING_STARTED: Phrase("is being recorded"),
    Kind.RECORDING_PAUSED: Phrase("the recording pauses"),
    Kind.RECORDING_RESUMED: Phrase("the recording goes on"),
    Kind.RECORDING_STOPPED: Phrase("the recording has ended"),
    Kind.STOPPED: Phrase("goes on when the mixer runs again"),
    Kind.CRASHED: Phrase("was cut off when the former mixer died"),
    Kind.RESUMED: Phrase("is resumed"),
    Kind.ENDED: Phrase("is over"),
    Kind.HELD: Phrase("%(who)s has put the call on hold"),
    Kind.TAKEN_UP: Phrase("%(who)s has taken the call up again"),
    Kind.SPOKE: Phrase("who has spoken is noted"),
    Kind.QUALITY: Phrase("how the sound is is noted"),
    Kind.SILENCED: Phrase("%(who)s is muted"),
    Kind.UNSILENCED: Phrase("%(who)s is heard again"),
    Kind.OTHERS_SILENCED: Phrase("everybody but the owner is muted"),
    Kind.OTHERS_UNSILENCED: Phrase("everybody is heard again"),
    Kind.KICKED: Phrase("%(who)s is removed"),
    Kind.LOCKED: Phrase("is locked"),
    Kind.UNLOCKED: Phrase("is not locked any more"),
    Kind.CALL_WANTED: Phrase("%(who)s is to be called"),
    Kind.HANDED_OVER: Phrase("%(who)s is the owner now"),
    Kind.DEPUTY_NAMED: Phrase("%(who)s is the deputy now"),
    Kind.RECORDING_WANTED: Phrase("how it is recorded is changed"),
    Kind.EXTENDED: Phrase("its end is put off"),
    Kind.END_WANTED: Phrase("is to end now"),
    Kind.OWNER_AWAITED: Phrase("the owner has not come: %(who)s is called on every number"),
    Kind.DEPUTY_AWAITED: Phrase("the owner has not come: %(who)s, the deputy, is called"),
    Kind.DEPUTY_STANDS_IN: Phrase("the owner has not come: %(who)s, the deputy, is an owner now"),
}

_DETAILS: Final[dict[str, Phrase]] = {
    "TooEarly": Phrase("it has not started"),
    "NoSuch": Phrase("no conference has this code"),
    "NotListed": Phrase("not on the list"),
    "Locked": Phrase("it is locked"),
    "408 no answer": Phrase("no answer"),
    "480 no phone is registered": Phrase("no phone is registered"),
    "480 no trunk for this number": Phrase("there is no trunk for this number"),
    "408 1 was not pressed": Phrase("1 was not pressed"),
    "hung up": Phrase("hung up"),
    EndReason.PLANNED_END: Phrase("its planned end has come and nobody is in"),
    EndReason.LAST_LEFT: Phrase("the last one has left"),
    EndReason.MISSED: Phrase("no mixer ran in its time"),
    EndReason.ENDED_NOW: Phrase("ended by hand"),
    EndReason.CALLED_OFF: Phrase("the owner has not come"),
    HangUpReason.ENDED: Phrase("the conference is over"),
    HangUpReason.NOT_PRESSED: Phrase("1 was not pressed"),
    HangUpReason.STOPPING: Phrase("the mixer stops"),
    "replaced": Phrase("another phone in its place"),
    "transferred": Phrase("transferred"),
    HangUpReason.JOINED_ELSEWHERE: Phrase("dialled in meanwhile"),
    HangUpReason.KICKED: Phrase("removed"),
    HangUpReason.LEAVING: Phrase("hung up by key"),
    HangUpReason.ANSWERED_ELSEWHERE: Phrase("answered at another phone"),
    HangUpReason.DECLINED_ELSEWHERE: Phrase("declined at another phone"),
    HeardAgainReason.KEY: Phrase("having pressed the star"),
    HeardAgainReason.MUSIC_ENDED: Phrase("the music has ended"),
    CutReason.OVER: Phrase("so has the conference"),
    CutReason.UNWANTED: Phrase("as it was asked for"),
    CutReason.STOPPING: Phrase("the mixer stops"),
    CutReason.FULL: Phrase("the disk is full"),
    CutReason.FAILED: Phrase("its process fails"),
}
"""What the journal has as words for programs."""

_RECORDING: Final[dict[str, Phrase]] = {
    Recorded.NOT: Phrase("recording is switched off"),
    Recorded.MIXED: Phrase("recording is switched on"),
    Recorded.TRACKS: Phrase("recording is switched on, each person by themselves, too"),
}

_NUMBERED: Final = frozenset({Kind.CALLING, Kind.ENTERED, Kind.TRANSFERRED})
"""Whose details are numbers."""


def narrate(plan: Plan | None, record: Record) -> Phrase:
    """``“Weekly meeting”: Anna Petrova is in``; ``plan`` None for callers whose code belongs to no conference."""
    subject = Phrase("“%(title)s”", {"title": plan.title}) if plan else Phrase("no conference")
    return Phrase("%(subject)s: %(said)s").of(subject=subject, said=told(plan, record))


def told(plan: Plan | None, record: Record, guest: str = "") -> Phrase:
    """As :func:`narrate`, without the conference: ``Anna Petrova is in``; ``guest`` is what tells one from the others,
    as :func:`mixer.whom.guest` has it."""
    said = SAID[record.kind].of(who=_who(plan, record, guest))
    if record.kind == Kind.CALLED_LATER:
        return Phrase("%(said)s in %(seconds)s s").of(said=said, seconds=record.detail.rpartition(" ")[2])
    if record.kind in ACTS and record.detail != EndReason.CALLED_OFF:
        return Phrase("%(said)s, %(by)s").of(said=_act(said, record), by=_by(record))
    if record.kind == Kind.ENTERED and guest and record.detail == guest:
        return said
    detail = Number(record.detail) if record.detail and record.kind in _NUMBERED else worded(record.detail)
    return Phrase("%(said)s (%(detail)s)").of(said=said, detail=detail) if detail else said


def _act(said: Phrase, record: Record) -> Phrase:
    if record.kind == Kind.EXTENDED:
        return Phrase("%(said)s by %(minutes)s min").of(said=said, minutes=_minutes(record.detail))
    if record.kind == Kind.RECORDING_WANTED:
        return _RECORDING.get(record.detail, said)
    if record.kind == Kind.KICKED and record.leg is None:
        return Phrase(SAID[Kind.TAKEN_BACK].text, said.values)
    if record.kind == Kind.DEPUTY_NAMED and record.person is None:
        return Phrase("nobody is the deputy now")
    return said


_DIGITS: Final = 6
"""Of seconds; a day has five."""


def _minutes(seconds: str) -> str:
    """Whole ones, as status and report have them: of an end put off when it had passed, odd seconds count too."""
    return f"{round(int(seconds) / 60)}" if seconds.isdecimal() and len(seconds) <= _DIGITS else seconds


def _by(record: Record) -> Phrase:
    if not record.by and record.user:
        return Phrase("from the machine, by %(user)s").of(user=record.user)
    if not record.by:
        return Phrase("from the machine")
    return Phrase("by themselves") if record.by == record.leg else Phrase("by the owner")


def worded(detail: str) -> Phrase | str:
    """A word for programs, as people are told it; what a phone or the system has said is as it is."""
    return _DETAILS.get(detail, detail)


def _who(plan: Plan | None, record: Record, guest: str) -> Phrase | Number | str:
    if record.kind == Kind.REFUSED:
        return Number(record.person) if record.person else Phrase("a caller")
    person = plan.person(record.person) if plan and record.person else None
    if person:
        return person.name
    return Phrase("guest %(known)s").of(known=guest) if guest else Phrase("a guest")
