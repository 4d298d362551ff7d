"""How people are called: at which of their addresses, how often again, and what proves that a person has answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final

from mixer.rules.absence import AbsencePolicy
from mixer.rules.addresses import OutsideNumber, addresses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mixer.rules.model import Person


class Ring(StrEnum):
    """A person with several addresses is called…"""

    IN_TURN = "in-turn"
    """at the next when the one before has not been answered."""
    ALL = "all"
    """at all of them at once; who answers at one is called at the others no more."""


class PressOne(StrEnum):
    """Whether who answers has to press 1 to come in, which a voice mailbox doesn't."""

    NEVER = "never"
    OUTSIDE = "outside"
    """On calls that go out through a trunk."""
    ALWAYS = "always"


class Failure(IntEnum):
    """Why a call came to nothing; the more there is to hope for from another one, the lower."""

    LOST = 0
    """It was answered, and then the phone was heard no more."""
    BUSY = 1
    TROUBLE = 2
    """Of the network or of a server, not of the person."""
    NO_ANSWER = 3
    UNAVAILABLE = 4
    """No phone is registered, or it is switched off."""
    REFUSED = 5
    """By the person, or for good: the number is wrong, or nobody may call it."""


AGAIN: Final[Mapping[Failure, tuple[float, int]]] = {
    Failure.LOST: (5.0, 2),
    Failure.BUSY: (120.0, 2),
    Failure.TROUBLE: (30.0, 3),
    Failure.NO_ANSWER: (300.0, 1),
    Failure.UNAVAILABLE: (300.0, 2),
}
"""After how many seconds there is another call, and how many for this reason."""

_FAILURES: Final[Mapping[int, Failure]] = {
    408: Failure.NO_ANSWER,
    480: Failure.UNAVAILABLE,
    486: Failure.BUSY,
    600: Failure.BUSY,
    500: Failure.TROUBLE,
    502: Failure.TROUBLE,
    503: Failure.TROUBLE,
    504: Failure.TROUBLE,
}


def failure_of(status: int) -> Failure:
    """What a final SIP status means to whoever would call again (RFC 3261 §21.4–21.6)."""
    return _FAILURES.get(status, Failure.REFUSED)


def is_for_all(status: int) -> bool:
    """Whether it speaks for all of a person's phones: these are the person's own words (RFC 3261 §21.6)."""
    return status >= 600


@dataclass(frozen=True, slots=True)
class CallPolicy:
    ring: Ring = Ring.IN_TURN
    """Of who has no other in the directory."""
    press_one: PressOne = PressOne.NEVER
    again: bool = True
    """Whether who was not reached is called again."""
    trunk: bool = True
    """Whether there is one: without it nobody can be called outside."""
    absence: AbsencePolicy = field(default_factory=AbsencePolicy)

    def ring_of(self, person: Person) -> Ring:
        return self.ring if person.ring is None else person.ring

    def choices(self, person: Person) -> tuple[int, ...]:
        """Which of the person's addresses are called; never empty, so that there is one whose failure says why."""
        usable = (at for at, each in enumerate(addresses(person)) if self.trunk or not isinstance(each, OutsideNumber))
        return tuple(usable) or (0,)

    def asks(self, person: Person, address: int) -> bool:
        """Whether who answers there has to press 1."""
        if self.press_one is PressOne.OUTSIDE:
            return isinstance(addresses(person)[address], OutsideNumber)
        return self.press_one is PressOne.ALWAYS


@dataclass(frozen=True, slots=True)
class Pursuit:
    """What has come so far of the calls to somebody who is not in."""

    failure: Failure = Failure.REFUSED
    """Of all calls of this round, the one that lets hope most."""
    tries: tuple[Failure, ...] = ()
    """Why each further round was begun."""
    at: float | None = None
    """When the next round begins; None: this one still goes on."""
