"""Who fails again and again waits ever longer: for passwords here, for codes in the mixer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from math import ceil
from typing import Final, Generic, TypeVar

_REMEMBERED: Final = 8192
"""Sources: of more, those that have not failed for the longest are forgotten."""
_DOUBLINGS: Final = 30
"""Beyond them a wait is the longest anyway."""

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Patience:
    free: int
    """Failures that cost nothing."""
    first: float
    """Seconds that the next one costs; each further one costs twice as many."""
    longest: float
    """Seconds."""
    forgiven: float
    """Seconds after a wait in which one failure is forgotten."""


class Lockout(Generic[Key]):
    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._failures: OrderedDict[Key, tuple[float, float]] = OrderedDict()
        """How many count, and when the last one was; the latest behind."""

    def __len__(self) -> int:
        return len(self._failures)

    def wait(self, key: Key, now: float) -> float:
        """Seconds until ``key`` may try again; 0 when it may now."""
        count, since = self._failures.get(key, (0.0, now))
        return max(0.0, since + self._cost(count) - now)

    def failed_within(self, key: Key, seconds: float, now: float) -> bool:
        """Whether there was a failure so lately."""
        _, since = self._failures.get(key, (0.0, now - seconds))
        return now - since < seconds

    def fail(self, key: Key, now: float) -> None:
        count, since = self._failures.pop(key, (0.0, now))
        quiet = max(0.0, now - since - self._cost(count))
        self._failures[key] = (max(0.0, count - quiet / self._patience.forgiven) + 1, now)
        if len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)

    def _cost(self, count: float) -> float:
        patience = self._patience
        costly = ceil(count) - patience.free
        if costly <= 0:
            return 0.0
        return min(patience.longest, patience.first * 2.0 ** min(costly - 1, _DOUBLINGS))
