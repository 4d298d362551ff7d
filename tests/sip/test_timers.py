from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sip.timers import Schedule, Timer, TimerValues


def test_a_reliable_transport_needs_neither_retransmissions_nor_lingering() -> None:
    first = {timer: TimerValues().first(timer, reliable=True) for timer in Timer}
    assert [timer for timer in Timer if first[timer] is None] == [Timer.A, Timer.E, Timer.G]
    assert [timer for timer in Timer if first[timer] == 0] == [Timer.D, Timer.I, Timer.J, Timer.K]


def test_table_4_of_the_rfc_holds_on_udp() -> None:
    values = TimerValues()
    seconds = {timer.name: values.first(timer, reliable=False) for timer in Timer}
    assert seconds == {
        **dict.fromkeys("AEG", 0.5),
        "C": 600.0,
        **dict.fromkeys("BFHJLMD", 32.0),
        **dict.fromkeys("IK", 5.0),
    }


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.one_of(st.none(), st.integers(0, 20))), max_size=200), st.integers(0, 20)
)
def test_a_schedule_wakes_each_key_at_its_latest_time_only(orders: list[tuple[int, int | None]], now: int) -> None:
    schedule: Schedule[int] = Schedule()
    expected: dict[int, int] = {}
    for key, at in orders:
        schedule.set(key, at)
        expected.pop(key, None)
        if at is not None:
            expected[key] = at
    assert schedule.next() == min(expected.values(), default=None)
    due = []
    while (key := schedule.pop_due(now)) is not None:
        due.append(key)
    assert sorted(due) == sorted(key for key, at in expected.items() if at <= now)
    assert [expected[key] for key in due] == sorted(expected[key] for key in due)
    assert len(schedule) == len(expected) - len(due)


def test_a_schedule_that_is_changed_for_ever_does_not_grow() -> None:
    schedule: Schedule[str] = Schedule()
    for at in range(10_000):
        schedule.set("call", at)
    assert len(schedule._heap) < 200
    assert schedule.next() == 9_999
