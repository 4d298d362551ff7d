"""Keying in the code: the dialogue with somebody who called the conference number.

A prompt and a tone, then digits ended by a star.  Keys pressed before the prompt's end count, and silence it.  A wrong
code gets two more tries.  Like the rules, a pure function: :func:`step` takes the dialogue so far, an event
and the time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import assert_never

MAX_DIGITS = 32
"""Longer than any code; further digits are dropped, and win no time."""
TRIES = 3
FIRST_DIGIT = 10.0
"""Seconds that the caller has for the first digit, after the tone."""
NEXT_DIGIT = 8.0
"""Seconds between two digits; who forgets the star gets the code looked up then."""
LONGEST_PROMPT = 60.0
"""Seconds, far longer than any prompt: should its end never be told, the dialogue goes on all the same."""

_DIGITS = frozenset("0123456789")
_ENDS = frozenset("*#")
"""The prompt asks for the star; many exchanges have taught people the hash."""
_MAX_KEPT = MAX_DIGITS + 1  # one more code and its star


class Answer(Enum):
    OK = "ok"
    TOO_EARLY = "too-early"
    NO_SUCH = "no-such"
    NOT_LISTED = "not-listed"
    LOCKED = "locked"


class Stage(Enum):
    NEW = "new"
    PROMPT = "prompt"
    TYPING = "typing"
    LOOKING_UP = "looking-up"
    FAREWELL = "farewell"
    """The last prompt plays, then we hang up."""
    OVER = "over"
    """Admitted, or hung up."""


class HangUpReason(StrEnum):
    TOO_EARLY = "too-early"
    NO_SUCH = "no-such-conference"
    NOT_LISTED = "not-admitted"
    LOCKED = "locked"
    NO_CODE = "no-code"


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """``CodeEntry()`` is a call that was just answered."""

    stage: Stage = Stage.NEW
    typed: str = ""
    """The digits of this try."""
    kept: str = ""
    """Keys pressed while a code is looked up: the beginning of the next try, should there be one."""
    tries: int = 0
    """Tries that came to nothing."""
    due: float | None = None
    """When this stage has lasted too long."""
    held: str = ""
    """A code that is looked up once more when its time comes: somebody has guessed too much."""
    reason: HangUpReason = HangUpReason.NO_CODE
    """Why we hang up, should we."""


# Events


@dataclass(frozen=True, slots=True)
class Begun:
    """The call is answered, and its sound flows."""


@dataclass(frozen=True, slots=True)
class Digit:
    digit: str
    """``0``-``9``, ``*``, ``#``, ``A``-``D``."""


@dataclass(frozen=True, slots=True)
class PromptEnded:
    """The last :class:`Say` was played to its end."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed: see :func:`deadline`."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the last :class:`LookUp`."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Hold:
    """Ask for the last code again in so many seconds; the caller hears nothing meanwhile."""

    code: str
    seconds: float


Event = Begun | Digit | PromptEnded | Tick | Verdict | Hold


# Actions


@dataclass(frozen=True, slots=True)
class Say:
    """Play these prompts one after the other, instead of what is playing; :class:`PromptEnded` follows."""

    prompts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StopSaying:
    """Silence the prompt.  No :class:`PromptEnded` follows."""


@dataclass(frozen=True, slots=True)
class LookUp:
    """Who is to come in with this code?  A :class:`Verdict` follows, or a :class:`Hold`, if it was not held already."""

    code: str
    held: bool = False


@dataclass(frozen=True, slots=True)
class HangUp:
    reason: HangUpReason


Action = Say | StopSaying | LookUp | HangUp
Actions = tuple[Action, ...]


def step(entry: CodeEntry, event: Event, now: float) -> tuple[CodeEntry, Actions]:
    """The dialogue after ``event`` at ``now`` (seconds, any epoch), and what is to be done.  Never raises."""
    match event:
        case Begun():
            return _say(entry, ("enter-code", "tone"), now) if entry.stage is Stage.NEW else (entry, ())
        case Digit(key):
            return _press(entry, key, now)
        case PromptEnded():
            return _prompt_ended(entry, now)
        case Tick():
            return _time_out(entry, now) if entry.due is not None and now >= entry.due else (entry, ())
        case Verdict(answer):
            return _decide(entry, answer, now) if entry.stage is Stage.LOOKING_UP else (entry, ())
        case Hold(code, seconds):
            return (replace(entry, held=code, due=now + seconds) if entry.stage is Stage.LOOKING_UP else entry), ()
        case _:
            assert_never(event)


def deadline(entry: CodeEntry) -> float | None:
    """When a :class:`Tick` is needed next; None while only events can change anything."""
    return entry.due


# The keys


def _press(entry: CodeEntry, key: str, now: float) -> tuple[CodeEntry, Actions]:
    if key in _ENDS:
        return _press_end(entry)
    if key not in _DIGITS:
        return entry, ()
    match entry.stage:
        case Stage.PROMPT:
            return _type(entry, key, now), (StopSaying(),)
        case Stage.TYPING:
            return _type(entry, key, now), ()
        case Stage.LOOKING_UP:
            return _keep(entry, key), ()
        case Stage.NEW | Stage.FAREWELL | Stage.OVER:
            return entry, ()


def _press_end(entry: CodeEntry) -> tuple[CodeEntry, Actions]:
    """A star that ends nothing is passed over: the prompt plays on, and the time runs on."""
    if entry.typed:
        return _look_up(entry)
    return (_keep(entry, "*"), ()) if entry.kept else (entry, ())


def _type(entry: CodeEntry, digit: str, now: float) -> CodeEntry:
    if len(entry.typed) == MAX_DIGITS:
        return entry
    return replace(entry, stage=Stage.TYPING, typed=entry.typed + digit, due=now + NEXT_DIGIT)


def _keep(entry: CodeEntry, key: str) -> CodeEntry:
    return replace(entry, kept=(entry.kept + key)[:_MAX_KEPT])


def _look_up(entry: CodeEntry) -> tuple[CodeEntry, Actions]:
    return replace(entry, stage=Stage.LOOKING_UP, typed="", due=None), (LookUp(entry.typed),)


# The time


def _prompt_ended(entry: CodeEntry, now: float) -> tuple[CodeEntry, Actions]:
    match entry.stage:
        case Stage.PROMPT:
            return replace(entry, stage=Stage.TYPING, due=now + FIRST_DIGIT), ()
        case Stage.FAREWELL:
            return replace(entry, stage=Stage.OVER, due=None), (HangUp(entry.reason),)
        case _:  # silenced in the very moment in which it ended
            return entry, ()


def _time_out(entry: CodeEntry, now: float) -> tuple[CodeEntry, Actions]:
    if entry.stage is Stage.LOOKING_UP:
        return replace(entry, held="", due=None), (LookUp(entry.held, held=True),)
    if entry.stage is not Stage.TYPING:
        return _prompt_ended(entry, now)
    return _look_up(entry) if entry.typed else _fail(entry, (), ("enter-code", "tone"), now)


# The verdict


def _decide(entry: CodeEntry, answer: Answer, now: float) -> tuple[CodeEntry, Actions]:
    match answer:
        case Answer.OK:
            return replace(entry, stage=Stage.OVER), ()
        case Answer.TOO_EARLY:
            return _part(replace(entry, reason=HangUpReason.TOO_EARLY), ("not-started",), now)
        case Answer.NOT_LISTED:
            return _part(replace(entry, reason=HangUpReason.NOT_LISTED), ("not-admitted",), now)
        case Answer.LOCKED:
            return _part(replace(entry, reason=HangUpReason.LOCKED), ("locked",), now)
        case Answer.NO_SUCH:
            wrong = replace(entry, reason=HangUpReason.NO_SUCH)
            return _fail(wrong, ("no-such-conference",), ("tone",), now)


def _fail(entry: CodeEntry, why: tuple[str, ...], again: tuple[str, ...], now: float) -> tuple[CodeEntry, Actions]:
    """A try has come to nothing.  After a wrong code the tone is enough; silence then brings the whole prompt."""
    failed = replace(entry, tries=entry.tries + 1)
    if failed.tries == TRIES:
        return _part(failed, (*why, "good-bye"), now)
    return _retype(failed, now) if failed.kept else _say(failed, (*why, *again), now)


def _retype(entry: CodeEntry, now: float) -> tuple[CodeEntry, Actions]:
    """The caller has noticed the mistake, and is keying in again already: no prompt gets in between."""
    again = replace(entry, stage=Stage.TYPING, kept="")
    actions: Actions = ()
    for key in entry.kept:
        again, done = _press(again, key, now)
        actions += done
    return again, actions


def _say(entry: CodeEntry, prompts: tuple[str, ...], now: float) -> tuple[CodeEntry, Actions]:
    return replace(entry, stage=Stage.PROMPT, due=now + LONGEST_PROMPT), (Say(prompts),)


def _part(entry: CodeEntry, prompts: tuple[str, ...], now: float) -> tuple[CodeEntry, Actions]:
    return replace(entry, stage=Stage.FAREWELL, due=now + LONGEST_PROMPT), (Say(prompts),)
