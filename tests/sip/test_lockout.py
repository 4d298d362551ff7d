from __future__ import annotations

import pytest

from sip.lockout import Lockout, Patience

PATIENCE = Patience(free=2, first=10.0, longest=60.0, forgiven=100.0)


def test_failures_cost_nothing_at_first_and_then_twice_as_much_each_time() -> None:
    lockout: Lockout[str] = Lockout(PATIENCE)
    waits, now = [], 0.0
    for _ in range(6):
        lockout.fail("a", now)
        waits.append(lockout.wait("a", now))
        now += waits[-1]
    assert waits == [0, 0, 10, 20, 40, 60]
    assert lockout.wait("b", now) == 0


def test_a_wait_passes_and_failures_are_forgiven_one_by_one() -> None:
    lockout: Lockout[str] = Lockout(PATIENCE)
    for _ in range(3):
        lockout.fail("a", 0.0)
    assert lockout.wait("a", 4.0) == 6
    assert lockout.wait("a", 10.0) == 0
    lockout.fail("a", 210.0)
    assert lockout.wait("a", 210.0) == 0


def test_no_number_of_failures_is_too_large() -> None:
    lockout: Lockout[str] = Lockout(PATIENCE)
    for _ in range(5000):
        lockout.fail("a", 0.0)
    assert lockout.wait("a", 0.0) == pytest.approx(60)


def test_failures_of_many_sources_take_no_memory_without_bound() -> None:
    lockout: Lockout[int] = Lockout(PATIENCE)
    for source in range(20_000):
        lockout.fail(source, 0.0)
    assert len(lockout) < 10_000
