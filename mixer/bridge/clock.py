"""Ticks: the monotonic clock in steps of 20 ms, the same numbers in every process of the machine."""

from __future__ import annotations

import time

TICK_NS = 20_000_000


def current_tick() -> int:
    """The tick that has begun last."""
    return time.monotonic_ns() // TICK_NS


def late_ns(tick: int) -> int:
    """How long ago a tick began; negative while it is still to come."""
    return time.monotonic_ns() - tick * TICK_NS


def sleep_until(tick: int) -> None:
    """Until it begins: an absolute deadline, so that nothing adds up."""
    time.sleep(max(0, -late_ns(tick)) / 1e9)
