"""How the calls of a rehearsal stand, and what is heard in them: facts for the judge.  Times are ticks."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from media.prompt import Prompt

if TYPE_CHECKING:
    from mixer.bridge.protocol import Codec

SILENCE: Final = "silence"
ROOM: Final = "room"
OTHER: Final = "other"
"""Kinds of sound besides prompts and what :mod:`mixer.rehearsal.repertoire` has."""
_ASKED: Final = frozenset({Prompt.ENTER_CODE, Prompt.PRESS_ONE, Prompt.TONE, OTHER})
TURNED_AWAY: Final = frozenset(
    {Prompt.NOT_STARTED, Prompt.NO_SUCH_CONFERENCE, Prompt.NOT_ADMITTED, Prompt.NOT_NOW, Prompt.LOCKED}
    | {Prompt.ENDED, Prompt.CALLED_OFF, Prompt.GOOD_BYE}
)
AT_DOOR: Final = _ASKED | TURNED_AWAY | {SILENCE}
"""What is heard by whoever is not in; all else is heard inside alone."""

Fault = tuple[str, int]
"""What is wrong with somebody's voice, or -1 with something else."""


class Phase(Enum):
    DOOR = auto()
    """Is asked for a code, or to press 1; or has just been connected."""
    GREETING = auto()
    IN = auto()
    OVER = auto()


@dataclass(frozen=True, slots=True)
class Heard:
    """A frame: which sound it is of, and whose voices are in it."""

    kind: str
    octets: bytes
    codec: Codec
    voices: frozenset[int] | None = frozenset()
    """None: can't be told at this tick."""


@dataclass(eq=False, slots=True)
class Listener:
    """One call of somebody."""

    who: int
    connected: int
    greeted_by: int | None
    """When the greeting has to begin; None while it is not known."""
    admitted: bool
    """Whether nothing is asked of it, or what was asked has been keyed in."""
    phase: Phase = Phase.DOOR
    was_in: bool = False
    left: int = 0
    """When the call was over."""
    place: int = 0
    """Of the greeting's frame that is due next."""
    since: int = 0
    """When it came in, or came back from whatever has kept it from hearing or being heard."""
    room_since: int | None = None
    """Since when it hears the room."""
    holding: bool = False
    vanished: int | None = None
    pressing: bool = False
    last: int = -1
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    """What it heard, and for how long."""
    wrong: Counter[Fault] = field(default_factory=Counter)
    """How many ticks in a row something has been wrong."""
