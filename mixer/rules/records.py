"""What the journal keeps of a conference: the past list, the attendance and the resumption are read from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    STARTED = "started"
    ADDED = "added"
    """The owner wants somebody called who was not on the list; ``detail`` is their name."""
    CALLING = "calling"
    RINGING = "ringing"
    """The phone that we call says so."""
    NOT_REACHED = "not_reached"
    """Busy, refused, unreachable, no answer; ``detail`` is the status line."""
    TAKEN_BACK = "taken_back"
    """Our call was still ringing and isn't wanted any more; ``detail`` is one of
    :class:`mixer.rules.call_rules.HangUpReason`."""
    CALLED_LATER = "called_later"
    """Who was not reached, or was lost, will be called again; ``detail`` is why, and in how many seconds."""
    PICKED_UP = "picked_up"
    """A call of ours is answered, and whoever did it is asked to press 1."""
    ANSWERED = "answered"
    """A call of ours, by a person."""
    ENTERED = "entered"
    """A dial-in with the right code; ``detail`` is the caller's number, where known."""
    JOINED = "joined"
    """The greeting, if any, is over: the leg hears the talk, or music."""
    LEFT = "left"
    TRANSFERRED = "transferred"
    """The leg goes on with another phone; ``detail`` is whose, where that is known."""
    MUTED = "muted"
    """The leg plays hold music."""
    HEARD_AGAIN = "heard_again"
    """``detail`` is a :class:`mixer.rules.hold_music_rules.HeardAgainReason`."""
    OWNER_IN = "owner_in"
    OWNER_OUT = "owner_out"
    REFUSED = "refused"
    """A dial-in that was not let in; ``detail`` says why."""
    RECORDING_STARTED = "recording_started"
    """``detail`` is what the files' names begin with."""
    RECORDING_PAUSED = "recording_paused"
    """The owner is out, or nobody is in who could talk."""
    RECORDING_RESUMED = "recording_resumed"
    RECORDING_STOPPED = "recording_stopped"
    """``detail`` is a :class:`mixer.rules.recording_rules.CutReason`, or what the system says of the disk."""
    STOPPED = "stopped"
    """The mixer was told to stop: who is in now has not left."""
    CRASHED = "crashed"
    """The last sign of life of a mixer that was not told to stop, noted by the next: so long was in who was in."""
    RESUMED = "resumed"
    """The mixer runs again; every leg before this record is gone."""
    ENDED = "ended"
    """``detail`` is a :class:`mixer.rules.conference.EndReason`."""
    HELD = "held"
    """The phone has put the call on hold."""
    TAKEN_UP = "taken_up"
    """It has taken it up again."""
    SPOKE = "spoke"
    """Who spoke in the last minute: ``detail`` is a :class:`mixer.sound_records.Spoken`.  For the report alone."""
    QUALITY = "quality"
    """How legs were heard: ``detail`` is as :func:`mixer.sound_records.written` has it.  For the report alone."""

    # Acts, with who did them in ``by`` (mixer.rules.acts)

    SILENCED = "silenced"
    """The others hear the leg no more; ``by`` is the leg itself where they wanted it so."""
    UNSILENCED = "unsilenced"
    OTHERS_SILENCED = "others_silenced"
    """All but owners, those who come later too."""
    OTHERS_UNSILENCED = "others_unsilenced"
    KICKED = "kicked"
    """What becomes of the leg follows: it has left, or its call is taken back."""
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    CALL_WANTED = "call_wanted"
    """Somebody of the list is to be called, however often they were called in vain."""
    HANDED_OVER = "handed_over"
    """``person`` is the owner now."""
    DEPUTY_NAMED = "deputy_named"
    """``person`` is the deputy now, or nobody is."""
    RECORDING_WANTED = "recording_wanted"
    """``detail`` is a :class:`mixer.rules.model.Recorded`."""
    EXTENDED = "extended"
    """``detail`` is by how many seconds the planned end comes later."""
    END_WANTED = "end_wanted"
    """``detail`` is the :class:`mixer.rules.conference.EndReason`; the end follows."""
    OWNER_AWAITED = "owner_awaited"
    """No owner has come, and the owner is called again on every number."""
    DEPUTY_AWAITED = "deputy_awaited"
    """No owner has come, and the deputy is called to stand in."""
    DEPUTY_STANDS_IN = "deputy_stands_in"
    """``person`` is an owner too, since no other has come."""


ACTS: Final = frozenset(
    {
        Kind.SILENCED,
        Kind.UNSILENCED,
        Kind.OTHERS_SILENCED,
        Kind.OTHERS_UNSILENCED,
        Kind.KICKED,
        Kind.LOCKED,
        Kind.UNLOCKED,
        Kind.CALL_WANTED,
        Kind.HANDED_OVER,
        Kind.DEPUTY_NAMED,
        Kind.RECORDING_WANTED,
        Kind.EXTENDED,
        Kind.END_WANTED,
    }
)
"""What somebody has done: ``by`` and ``user`` tell who."""


@dataclass(frozen=True, slots=True)
class Record:
    kind: str
    """A :class:`Kind`, or a word that a newer version wrote and this one passes over."""
    at: float
    """Seconds since the epoch."""
    leg: str | None = None
    person: str | None = None
    """The person's first number; None for a guest, and where nobody is meant."""
    owner: bool = False
    detail: str = ""
    by: str = ""
    """Of an act: the leg of whoever has pressed a key; empty: somebody on the machine."""
    user: str = ""
    """Of an act from the machine: the name of the user there."""
