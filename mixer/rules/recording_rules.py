"""The rules of recording: who is told of it, when the tape runs, why it ends.

Nobody hears the talk of a recorded conference before they have heard that it is recorded
(:func:`mixer.rules.conference.hearing`), so the tape runs from the moment when the first of them has, while the owner
is in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from mixer.rules.conference import Conference, Sound, hears
from mixer.rules.model import Recorded


class CutReason(StrEnum):
    """Why a recording has ended."""

    OVER = "over"
    """The conference is."""
    UNWANTED = "unwanted"
    STOPPING = "stopping"
    """The mixer stops."""
    FULL = "full"
    """The disk is, or would be soon."""
    FAILED = "failed"
    """The recorder does."""


# Events


@dataclass(frozen=True, slots=True)
class NoticeEnded:
    """The leg was told that the conference is being recorded."""

    leg: str


@dataclass(frozen=True, slots=True)
class RecordingFailed:
    """Nothing more can be recorded: ``reason`` is a :class:`CutReason`, or what the system says of the disk."""

    reason: str


# Actions


@dataclass(frozen=True, slots=True)
class Roll:
    """Begin to record the talk, or go on with it."""

    how: Recorded


@dataclass(frozen=True, slots=True)
class Pause:
    """There is no talk; the recording may go on later."""


@dataclass(frozen=True, slots=True)
class Cut:
    """End the recording, if there is one."""

    reason: str
    """A :class:`CutReason`, or what the system says of the disk."""


# What follows


def end_notice(conference: Conference, name: str) -> Conference:
    """A notice that was broken off tells nobody anything: the owner left, and it will be heard anew."""
    leg = conference.legs.get(name)
    recorded = conference.recorded is not Recorded.NOT
    if leg is None or hears(leg, owner_in=conference.owner_in, recorded=recorded) is not Sound.NOTICE:
        return conference
    return replace(conference, legs=conference.legs.with_(replace(leg, told=True)))


def want(conference: Conference, how: Recorded) -> Conference:
    """Whoever is in is told anew of each recording."""
    if how is conference.recorded:
        return conference
    legs = conference.legs
    if conference.recorded is Recorded.NOT:
        legs = legs.with_(*(replace(leg, told=False) for leg in legs.values() if leg.told))
    return replace(conference, wanted=how, legs=legs)


def fail_recording(conference: Conference) -> Conference:
    """Until somebody wants it again."""
    return replace(conference, wanted=Recorded.NOT)


def taped_anew(before: Conference, after: Conference, event: object) -> tuple[Roll | Pause | Cut, ...]:
    """What becomes of the recording."""
    if before.closed or before.recorded is Recorded.NOT:
        return ()
    if after.closed:
        return (Cut(CutReason.STOPPING if after.stopped else CutReason.OVER),)
    if after.recorded is Recorded.NOT:
        return (Cut(event.reason if isinstance(event, RecordingFailed) else CutReason.UNWANTED),)
    if not after.taped:
        return (Pause(),) if before.taped else ()
    return () if before.taped and before.recorded is after.recorded else (Roll(after.recorded),)
