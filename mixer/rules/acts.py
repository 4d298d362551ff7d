"""What may be done to a conference while it runs, by its owner's keys or from the machine.

What each of them does, and when it is refused, is :mod:`mixer.rules.act_rules`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mixer.rules.model import Person, Recorded


@dataclass(frozen=True, slots=True)
class Silence:
    """The others hear these no more, or again: at all legs of each person, and at those that they will have.

    Who silences their own leg does so for this leg alone, and nobody else can undo it.
    """

    legs: tuple[str, ...]
    silent: bool


@dataclass(frozen=True, slots=True)
class SilenceOthers:
    """All but owners, those who come later too; what was said of single ones before holds no more."""

    silent: bool


@dataclass(frozen=True, slots=True)
class Kick:
    """Hung up, or called no more; they are not called again, and may dial in unless it is locked.  Whoever kicks
    their own leg leaves."""

    legs: tuple[str, ...]
    awaited: tuple[str, ...] = ()
    """Who has no leg and would be called again, by their first numbers."""


@dataclass(frozen=True, slots=True)
class Lock:
    """Nobody dials in, but owners and whoever the mixer is calling, or about to."""

    locked: bool


@dataclass(frozen=True, slots=True)
class CallIn:
    """Somebody is called, and on the list from now on."""

    person: Person


@dataclass(frozen=True, slots=True)
class CallAgain:
    """Those of the list who are not in: by any of their numbers, or, with none, all who have not left by themselves."""

    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HandOver:
    """Somebody of the list is the owner from now on, whether they are in or not, and whoever was is a participant."""

    to: str
    """A number of theirs, or a leg."""


@dataclass(frozen=True, slots=True)
class NameDeputy:
    """Who becomes the owner if the owner does not come."""

    number: str | None
    """Of somebody of the list; None: nobody."""


@dataclass(frozen=True, slots=True)
class WantRecording:
    how: Recorded


@dataclass(frozen=True, slots=True)
class EndNow:
    pass


@dataclass(frozen=True, slots=True)
class Extend:
    """The planned end comes so many seconds later; where it has passed already, so many seconds from now."""

    seconds: float


Act = (
    Silence | SilenceOthers | Kick | Lock | CallIn | CallAgain | HandOver | NameDeputy | WantRecording | EndNow | Extend
)


@dataclass(frozen=True, slots=True)
class Acted:
    """An event of the rules."""

    act: Act
    by: str = ""
    """The leg of whoever has pressed a key; empty: somebody on the machine."""
    user: str = ""
    """Then the name of that user."""
