"""Guessing codes is hopeless, and keeps nobody else out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.code_guard import ALARM, HOUR, CodeGuard, Source

STRANGER = Source("192.0.2.7")
ACCOUNT = Source("10.0.0.9", None, "101")
TRUNK = Source("198.51.100.1", "provider")
NUMBER = Source("198.51.100.1", "provider", "+74950001122")


def no() -> bool:
    return False


def yes() -> bool:
    return True


def guesses(guard: CodeGuard, source: Source, seconds: float, begin: float = 0.0) -> list[float]:
    """When somebody who guesses as fast as they can has their guesses looked at."""
    at, looked_at = begin, []
    while at < begin + seconds:
        wait = guard.wait(source, no, at)
        if not wait:
            looked_at.append(at)
            guard.wrong(source, no, at)
        at += wait + 1e-6
    return looked_at


@pytest.mark.parametrize("source", [STRANGER, ACCOUNT, NUMBER])
def test_a_source_waits_ever_longer_after_a_few_wrong_codes(source: Source) -> None:
    waits, at = [], 0.0
    guard = CodeGuard()
    for _ in range(20):
        guard.wrong(source, no, at)
        waits.append(round(guard.wait(source, no, at)))
        at += waits[-1]
    assert waits[:8] == [0, 0, 0, 10, 20, 40, 80, 160]
    assert waits[8:] == sorted(waits[8:])
    assert max(waits) == HOUR


@pytest.mark.parametrize("source", [STRANGER, ACCOUNT, NUMBER])
def test_a_source_has_ten_guesses_in_ten_minutes_and_a_few_more_in_a_day(source: Source) -> None:
    assert len(guesses(CodeGuard(), source, 600)) <= 10
    assert len(guesses(CodeGuard(), source, 24 * HOUR)) <= 60


def test_all_the_hosts_of_the_world_have_a_hundred_guesses_an_hour() -> None:
    guard = CodeGuard()
    looked_at, at = 0, 0.0
    for number in range(100_000):
        source = Source(f"192.{number >> 16}.{number >> 8 & 255}.{number & 255}")
        if not guard.wait(source, no, at):
            guard.wrong(source, no, at)
            looked_at += 1
        at += HOUR / 100_000
    assert 50 <= looked_at <= 100


def test_who_guesses_on_and_on_keeps_out_no_guest_who_has_not_guessed() -> None:
    guard = CodeGuard()
    guessers = [Source(f"192.0.2.{number}") for number in range(20)]
    for guesser in guessers:
        guesses(guard, guesser, HOUR)
    at = HOUR
    assert guard.wait(guessers[0], no, at) > 0
    assert guard.wait(Source("203.0.113.9"), no, at) == 0


def test_a_trunk_whose_callers_have_no_number_waits_minutes_and_never_for_ever() -> None:
    guard = CodeGuard()
    assert 30 <= len(guesses(guard, TRUNK, HOUR)) <= 61
    assert guard.wait(TRUNK, no, HOUR) <= 120


def test_behind_a_trunk_that_is_guessed_through_those_on_the_list_get_in() -> None:
    guard = CodeGuard()
    guesses(guard, TRUNK, HOUR)
    guard.wrong(TRUNK, no, HOUR)
    assert guard.wait(NUMBER, no, HOUR) > 0
    assert guard.wait(NUMBER, yes, HOUR) == 0


def test_what_strangers_do_keeps_out_no_account_no_listed_number_and_nobody_who_was_in_lately() -> None:
    guard = CodeGuard()
    for number in range(200):
        guard.wrong(Source(f"203.0.113.{number}"), no, 1.0)
    assert guard.wait(STRANGER, no, 2.0) > 0
    guard.right(STRANGER, 2.0)
    assert guard.wait(STRANGER, no, 3.0) == 0
    assert guard.wait(ACCOUNT, no, 3.0) == guard.wait(NUMBER, yes, 3.0) == 0


def test_a_right_code_does_not_make_up_for_wrong_ones() -> None:
    guard = CodeGuard()
    for _ in range(4):
        guard.wrong(STRANGER, no, 0.0)
    guard.right(STRANGER, 0.0)
    assert guard.wait(STRANGER, no, 0.0) == 10


def test_wrong_codes_are_forgotten_after_hours() -> None:
    guard = CodeGuard()
    guesses(guard, STRANGER, HOUR)
    guard.wrong(STRANGER, no, 12 * HOUR)
    assert guard.wait(STRANGER, no, 12 * HOUR) == 0


def test_a_network_of_ipv6_is_one_source() -> None:
    guard = CodeGuard()
    for number in range(4):
        guard.wrong(Source(f"2001:db8::{number:x}"), no, 0.0)
    assert guard.wait(Source("2001:db8::ffff"), no, 0.0) > 0
    assert guard.wait(Source("2001:db8:0:1::1"), no, 0.0) == 0


def test_an_alarm_is_given_once_an_hour_when_many_codes_are_wrong() -> None:
    guard = CodeGuard()
    alarms = [guard.wrong(Source(f"192.0.2.{number}"), no, number * 10.0) for number in range(100)]
    assert [count for count in alarms if count] == [ALARM]
    assert alarms.index(ALARM) == ALARM - 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.floats(0, 900)), max_size=120))
def test_whatever_happens_the_budgets_hold_and_every_wait_has_an_end(events: list[tuple[int, int, float]]) -> None:
    guard, now = CodeGuard(), 0.0
    looked_at: dict[Source, list[float]] = {}
    sources = [STRANGER, Source("203.0.113.9"), ACCOUNT, TRUNK, NUMBER, Source("198.51.100.1", "provider", "2")]
    for which, kind, pause in events:
        now += pause
        source = sources[which]
        wait = guard.wait(source, no, now)
        assert 0 <= wait <= HOUR
        if kind == 0:
            guard.right(source, now)
        elif not wait:
            guard.wrong(source, no, now)
            looked_at.setdefault(source, []).append(now)
    for source, times in looked_at.items():
        if source.person is not None:
            assert all(sum(at <= each < at + 600 for each in times) <= 10 for at in times)
