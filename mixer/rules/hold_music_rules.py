"""The rules of hold music: a leg that plays some is muted, and told how to come back; nobody else hears of it.

It is heard again when it presses the star, or when its music has ended.  Whoever has pressed it may want to play music:
the leg is left alone until that music has ended.

The star alone: music has tones that pass for a key now and then, each of the sixteen as likely.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from mixer.rules.conference import Conference, Sound, hears
from mixer.rules.model import Recorded

if TYPE_CHECKING:
    from mixer.rules.roster import Leg

KEY: Final = "*"


class HeardAgainReason(StrEnum):
    KEY = "key"
    """The star was pressed."""
    MUSIC_ENDED = "music-ended"


# Events


@dataclass(frozen=True, slots=True)
class MusicHeard:
    """The leg plays music; comes again while it does."""

    leg: str


@dataclass(frozen=True, slots=True)
class MusicEnded:
    leg: str


@dataclass(frozen=True, slots=True)
class KeyPressed:
    leg: str
    key: str


# Actions


@dataclass(frozen=True, slots=True)
class Mute:
    """Whether the others hear the leg no more."""

    leg: str
    muted: bool


@dataclass(frozen=True, slots=True)
class TellMuted:
    """Tell the leg, over what it hears, that it is muted and how it is heard again."""

    leg: str


Change = tuple[Conference, tuple[Mute | TellMuted, ...]]


def hear_music(conference: Conference, name: str) -> Change:
    """Muted once; told each time, so that whoever comes back to the phone hears it; not where a key alone would not
    make them heard again."""
    leg = conference.legs.get(name)
    recorded = conference.recorded is not Recorded.NOT
    if leg is None or leg.spared or hears(leg, owner_in=conference.owner_in, recorded=recorded) is not Sound.ROOM:
        return conference, ()
    told = () if leg.silenced or leg.quiet else (TellMuted(name),)
    if leg.muted:
        return conference, told
    muted = replace(leg, muted=True)
    return replace(conference, legs=conference.legs.with_(muted)), (*mutes(leg, muted), *told)


def end_music(conference: Conference, name: str) -> Change:
    leg = conference.legs.get(name)
    if leg is None or not (leg.muted or leg.spared):
        return conference, ()
    heard = replace(leg, muted=False, spared=False)
    return replace(conference, legs=conference.legs.with_(heard)), mutes(leg, heard)


def press(conference: Conference, name: str, key: str) -> Change:
    leg = conference.legs.get(name)
    if key != KEY or leg is None or not leg.muted:
        return conference, ()
    heard = replace(leg, muted=False, spared=True)
    return replace(conference, legs=conference.legs.with_(heard)), mutes(leg, heard)


def mutes(before: Leg, after: Leg) -> tuple[Mute, ...]:
    """What is to be done should the others hear the leg no more, or again: it may be unheard for several reasons."""
    return () if before.unheard is after.unheard else (Mute(after.name, after.unheard),)
