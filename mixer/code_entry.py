"""Keying in the code: the dialogue with somebody who called the conference number.

A prompt and a tone, then digits ended by a star.  Keys pressed before the prompt's end count, and silence it.  A wrong
code gets two more tries.  Like the rules, a pure function: :func:`step` takes the dialogue so far, an event and the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

MAX_DIGITS = 32
TRIES = 3
FIRST_DIGIT = 10.0
"""Seconds that the caller has for the first digit, after the tone."""
NEXT_DIGIT = 8.0
"""Seconds between two digits; who forgets the star gets the code looked up then."""


class Answer(Enum):
    OK = "ok"
    TOO_EARLY = "too-early"
    NO_SUCH = "no-such"
    NOT_LISTED = "not-listed"


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
    reason: HangUpReason | None = None
    """Why we are going to hang up."""


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


Event = Begun | Digit | PromptEnded | Tick | Verdict


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
    """Who is to come in with this code?  A :class:`Verdict` follows."""

    code: str


@dataclass(frozen=True, slots=True)
class HangUp:
    reason: HangUpReason


Action = Say | StopSaying | LookUp | HangUp
Actions = tuple[Action, ...]


def step(entry: CodeEntry, event: Event, now: float) -> tuple[CodeEntry, Actions]:
    """The dialogue after ``event`` at ``now`` (seconds, any epoch), and what is to be done.  Never raises."""
    raise NotImplementedError


def deadline(entry: CodeEntry) -> float | None:
    """When a :class:`Tick` is needed next; None while only events can change anything."""
    return entry.due
