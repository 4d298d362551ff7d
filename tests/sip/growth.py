"""Whether the time of something grows with the size of its input, or with the square of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TIMES = 4
_NOISE = 0.002
"""Seconds: what takes less is measured as if it took so long, for a clock and a scheduler have their grain."""


def growth(work: Callable[[int], object], size: int) -> float:
    """How many times longer ``work(size)`` takes than ``work(size / 4)``: 4 if it is linear, 16 if it is quadratic.

    The best of five each, taken in turn: what the machine does besides only adds.
    """
    small, large = float("inf"), float("inf")
    for _ in range(5):
        small = min(small, _seconds(work, size // TIMES))
        large = min(large, _seconds(work, size))
    return max(large, _NOISE) / max(small, _NOISE)


def _seconds(work: Callable[[int], object], size: int) -> float:
    start = time.process_time()
    work(size)
    return time.process_time() - start
