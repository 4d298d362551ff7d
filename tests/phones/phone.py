"""What every phone of the tests can do, whichever program it really is.

A phone is a context manager: it is registered (where it registers at all) when ``with`` is entered, and its program is
gone, by its own process id, when ``with`` is left.  Nothing waits without a bound.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from typing import TYPE_CHECKING, Self

from tests.phones.sounds import RATE
from tests.phones.waiting import PATIENCE, until

if TYPE_CHECKING:
    from types import TracebackType

    from tests.phones.sounds import Pcm


class State(Enum):
    """Of the phone's latest call."""

    IDLE = "has had no call yet"
    DIALLING = "has dialled and waits"
    RINGING = "rings"
    TALKING = "is in a call"
    OVER = "has ended its call"


class Phone(ABC):
    name: str
    """For messages: which phone did not do what was expected."""
    rate: int = RATE
    """Of what it says: an HD phone has 16 kHz."""

    @abstractmethod
    def __enter__(self) -> Self: ...

    @abstractmethod
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    @property
    @abstractmethod
    def state(self) -> State: ...

    @property
    @abstractmethod
    def caller(self) -> str | None:
        """The user part of From of the latest call that came in; None before the first."""

    @abstractmethod
    def dial(self, number: str) -> None:
        """A number at the server, or where the phone can, a whole SIP URI."""

    @abstractmethod
    def answer(self) -> None: ...

    @abstractmethod
    def hang_up(self) -> None:
        """End the call, or refuse it while it rings."""

    @abstractmethod
    def say(self, pcm: Pcm) -> None:
        """From now on."""

    def hold(self) -> None:
        raise NotImplementedError(f"{self.name} has no hold")

    def resume(self) -> None:
        raise NotImplementedError(f"{self.name} has no hold")

    def press(self, keys: str) -> None:
        """One after the other."""
        raise NotImplementedError(f"{self.name} sends no keys")

    @abstractmethod
    def heard(self) -> Pcm:
        """All that the latest call has heard so far."""

    def wait_for(self, *states: State, seconds: float = PATIENCE) -> None:
        until(
            lambda: self.state in states,
            seconds,
            lambda: f"{self.name} {self.state.value}; expected: {' or '.join(state.value for state in states)}",
        )

    def wait_to_hear(self, seconds: float, within: float) -> Pcm:
        """What was heard, once it is at least ``seconds`` long."""
        until(lambda: self.heard().size >= seconds * RATE, within, f"{self.name} hears {seconds:g} s of anything")
        return self.heard()
