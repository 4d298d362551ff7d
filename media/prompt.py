"""What there is to be said: the names of our own sounds, and which of them say a number.  Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Prompt(StrEnum):
    """Also the names of their files."""

    ENTER_CODE = "enter-code"
    TONE = "tone"
    """After it one keys in."""
    NOT_STARTED = "not-started"
    NO_SUCH_CONFERENCE = "no-such-conference"
    NOT_ADMITTED = "not-admitted"
    NOT_NOW = "not-now"
    """We are to blame: something fails."""
    GOOD_BYE = "good-bye"
    RECORDED = "recorded"
    """To everybody when the recording begins, and to each who comes later."""
    PRESS_ONE = "press-one"
    """To whom we call where a voice mailbox may answer; ends with a pause, since it is said over and over."""
    MUTED = "muted"
    """To whoever plays hold music into a conference."""
    LOCKED = "locked"
    """To who dials in where nobody is let in any more."""
    ENDED = "ended"
    """To everybody in, when somebody ends the conference."""
    CALLED_OFF = "called-off"
    """To everybody in, when the owner has not come."""

    # Announcements
    COMES = "comes"
    """A soft tone: somebody has come in."""
    GOES = "goes"
    """A soft tone: somebody has left."""
    FIRST = "first"
    OWNER_LEFT = "owner-left"
    OWNER_BACK = "owner-back"
    DEPUTY_LEADS = "deputy-leads"
    """To everybody else, when the deputy stands in for an owner who has not come."""
    YOU_ARE_OWNER = "you-are-owner"
    """To who has become one."""
    TEN_MINUTES = "ten-minutes"
    TWO_MINUTES = "two-minutes"
    RECORDING_STOPPED = "recording-stopped"
    OWNER_MUTES_YOU = "owner-mutes-you"

    # The menu: what a key does; the key follows
    MENU_MUTE = "menu-mute"
    MENU_UNMUTE = "menu-unmute"
    MENU_LISTEN_LOUDER = "menu-listen-louder"
    MENU_LISTEN_SOFTER = "menu-listen-softer"
    MENU_LISTEN_RESET = "menu-listen-reset"
    MENU_TALK_LOUDER = "menu-talk-louder"
    MENU_TALK_SOFTER = "menu-talk-softer"
    MENU_TALK_RESET = "menu-talk-reset"
    MENU_COUNT = "menu-count"
    MENU_LEAVE = "menu-leave"
    MENU_MUTE_OTHERS = "menu-mute-others"
    MENU_UNMUTE_OTHERS = "menu-unmute-others"
    MENU_LOCK = "menu-lock"
    MENU_UNLOCK = "menu-unlock"
    MENU_KICK_LAST = "menu-kick-last"
    MENU_CALL_AGAIN = "menu-call-again"
    MENU_RECORD = "menu-record"
    MENU_STOP_RECORDING = "menu-stop-recording"
    MENU_EXTEND = "menu-extend"

    # What has come of a key
    DONE = "done"
    """A short tone: it is louder, or softer, by a step."""
    NOT_POSSIBLE = "not-possible"
    YOU_ARE_MUTED = "you-are-muted"
    YOU_ARE_HEARD = "you-are-heard"
    OTHERS_MUTED = "others-muted"
    OTHERS_HEARD = "others-heard"
    NOW_LOCKED = "now-locked"
    NOW_UNLOCKED = "now-unlocked"
    KICKED = "kicked"
    CALLING_AGAIN = "calling-again"
    RECORDING_STARTS = "recording-starts"
    EXTENDED = "extended"
    """By fifteen minutes."""
    PEOPLE_IN = "people-in"
    """A number follows."""
    MORE_THAN = "more-than"
    """A hundred follows."""

    # Numbers, and keys
    STAR = "star"
    HASH = "hash"
    N0 = "number-0"
    N1 = "number-1"
    N2 = "number-2"
    N3 = "number-3"
    N4 = "number-4"
    N5 = "number-5"
    N6 = "number-6"
    N7 = "number-7"
    N8 = "number-8"
    N9 = "number-9"
    N10 = "number-10"
    N11 = "number-11"
    N12 = "number-12"
    N13 = "number-13"
    N14 = "number-14"
    N15 = "number-15"
    N16 = "number-16"
    N17 = "number-17"
    N18 = "number-18"
    N19 = "number-19"
    N20 = "number-20"
    N30 = "number-30"
    N40 = "number-40"
    N50 = "number-50"
    N60 = "number-60"
    N70 = "number-70"
    N80 = "number-80"
    N90 = "number-90"
    N100 = "number-100"


TONES: Final = frozenset({Prompt.TONE, Prompt.COMES, Prompt.GOES, Prompt.DONE})
"""The same in all languages."""

_HUNDRED: Final = 100
_TWENTY: Final = 20


def number(count: int) -> tuple[Prompt, ...]:
    """How a number from 0 on is said; above a hundred, that it is more."""
    if count > _HUNDRED:
        return Prompt.MORE_THAN, Prompt.N100
    if count <= _TWENTY or count % 10 == 0:
        return (Prompt(f"number-{count}"),)
    return Prompt(f"number-{count // 10 * 10}"), Prompt(f"number-{count % 10}")


def keys(text: str) -> tuple[Prompt, ...]:
    """How keys are said, one after the other."""
    others = {"*": Prompt.STAR, "#": Prompt.HASH}
    return tuple(others.get(key) or Prompt(f"number-{key}") for key in text)
