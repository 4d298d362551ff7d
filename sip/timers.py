"""Timers without a clock: the lettered ones of a transaction, and one schedule of many things to wake up."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Hashable
from dataclasses import dataclass
from enum import Enum
from operator import itemgetter
from typing import Final, Generic, TypeVar


class Timer(Enum):
    """RFC 3261 table 4 and RFC 6026 §8."""

    A = "retransmit the INVITE"
    B = "the INVITE was never answered"
    C = "the INVITE was answered by provisional responses alone"
    D = "absorb retransmitted failures of the INVITE"
    E = "retransmit the request"
    F = "the request was never answered"
    G = "retransmit the failure until its ACK"
    H = "the ACK of a failure never came"
    I = "absorb retransmitted ACKs"  # noqa: E741  it is the RFC's own name
    J = "absorb retransmitted requests"
    K = "absorb retransmitted responses"
    L = "absorb retransmitted INVITEs, pass ACKs of the 2xx on"
    M = "pass further 2xx on: forks and retransmissions"


RETRANSMISSIONS: Final = frozenset({Timer.A, Timer.E, Timer.G})
_LINGERING: Final = frozenset({Timer.D, Timer.I, Timer.J, Timer.K})


@dataclass(frozen=True, slots=True)
class TimerValues:
    """RFC 3261 table 4, in seconds."""

    t1: float = 0.5
    """Estimate of the round trip."""
    t2: float = 4.0
    """Cap on the intervals of retransmissions, those of an INVITE excepted."""
    t4: float = 5.0
    """The longest life of a message in the network."""
    ringing: float = 600.0
    """Timer C, which the RFC has for proxies only: even a phone that died while it rang is forgotten one day."""

    @property
    def patience(self) -> float:
        """64*T1: as long as anybody waits for an answer."""
        return 64 * self.t1

    def first(self, timer: Timer, *, reliable: bool) -> float | None:
        """Seconds from entering its state; None where a reliable transport needs no such timer."""
        if reliable and timer in RETRANSMISSIONS:
            return None
        if reliable and timer in _LINGERING:
            return 0.0
        match timer:
            case Timer.A | Timer.E | Timer.G:
                return self.t1
            case Timer.C:
                return self.ringing
            case Timer.D:
                return max(32.0, self.patience)
            case Timer.I | Timer.K:
                return self.t4
            case _:
                return self.patience

    def again(self, timer: Timer, interval: float) -> float:
        """The interval after ``interval`` of a timer that retransmits; that of an INVITE has no cap."""
        return 2 * interval if timer is Timer.A else min(2 * interval, self.t2)


class Deadlines:
    """When the few timers of one transaction are due: one or two, so a tuple, which takes half of what a dict does."""

    __slots__ = ("_due",)

    def __init__(self) -> None:
        self._due: tuple[tuple[Timer, float], ...] = ()

    def __contains__(self, timer: Timer) -> bool:
        return any(running is timer for running, _ in self._due)

    def start(self, timer: Timer, at: float) -> None:
        self._due = (*self._without(timer), (timer, at))

    def keep(self, timers: Collection[Timer]) -> None:
        """Stop every timer but these."""
        self._due = tuple([each for each in self._due if each[0] in timers])

    def pop_due(self, now: float) -> tuple[Timer, float] | None:
        """The earliest timer due at ``now``, stopped, and when it was due; None when there is none."""
        earliest = min(self._due, key=itemgetter(1), default=None)
        if earliest is None or earliest[1] > now:
            return None
        self._due = self._without(earliest[0])
        return earliest

    def next(self) -> float | None:
        return min([at for _, at in self._due], default=None)

    def _without(self, timer: Timer) -> tuple[tuple[Timer, float], ...]:
        return tuple([each for each in self._due if each[0] is not timer])


Key = TypeVar("Key", bound=Hashable)


class Schedule(Generic[Key]):
    """When each of thousands is to be woken: one time a key, and the earliest found without looking at the others."""

    def __init__(self) -> None:
        self._at: dict[Key, float] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._at)

    def set(self, key: Key, at: float | None) -> None:
        """Wake ``key`` at this time and no other; None: never."""
        if self._at.get(key) == at:
            return
        if at is None:
            self._at.pop(key, None)
            return
        self._at[key] = at
        self._count += 1
        heapq.heappush(self._heap, (at, self._count, key))
        if len(self._heap) > 2 * len(self._at) + 64:
            self._forget_replaced()

    def pop_due(self, now: float) -> Key | None:
        """The earliest key due at ``now``, taken off; None when there is none."""
        if (at := self.next()) is None or at > now:
            return None
        key = heapq.heappop(self._heap)[2]
        del self._at[key]
        return key

    def next(self) -> float | None:
        while self._heap and self._at.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)  # replaced or taken off since
        return self._heap[0][0] if self._heap else None

    def _forget_replaced(self) -> None:
        self._heap = [entry for entry in self._heap if self._at.get(entry[2]) == entry[0]]
        heapq.heapify(self._heap)
