from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confctl.problems import RefusedError, UsageError
from confctl.times import parse_date, parse_time, settle
from tests.confctl.office import moment

TODAY = date(2026, 11, 30)
BERLIN = "Europe/Berlin"


@pytest.mark.parametrize("text", ["2026-11-30", "30.11.2026", "today", "Сегодня", " TODAY "])
def test_a_date_is_written_in_either_way_or_as_a_word(text: str) -> None:
    assert parse_date(text, TODAY) == TODAY


@pytest.mark.parametrize("text", ["tomorrow", "завтра", "1.12.2026", "2026-12-1"])
def test_tomorrow_is_a_date(text: str) -> None:
    assert parse_date(text, TODAY) == date(2026, 12, 1)


@pytest.mark.parametrize(
    "text",
    ["", "30.11", "30/11/2026", "2026-13-01", "30.02.2027", "٢٠٢٦-١١-٣٠", "9999-12-31", "0000-01-01", "+2026-1-1"],
)
def test_what_is_no_date_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError):
        parse_date(text, TODAY)


@pytest.mark.parametrize(("text", "expected"), [("15:30", time(15, 30)), ("15.30", time(15, 30)), ("9:05", time(9, 5))])
def test_a_time_has_a_colon_or_a_point(text: str, expected: time) -> None:
    assert parse_time(text) == expected


@pytest.mark.parametrize("text", ["", "24:00", "12:60", "3 pm", "1530", "15:3", "-1:00", "１５:３０", "15:30:00"])
def test_what_is_no_time_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError):
        parse_time(text)


def test_today_is_today_in_the_conferences_zone() -> None:
    now = moment("2026-11-30 23:30", "Europe/London")
    assert settle("today", "08:00", "09:00", "Asia/Tokyo", now).start == moment("2026-12-01 08:00", "Asia/Tokyo")
    with pytest.raises(RefusedError):
        settle("2026-11-30", "23:50", "23:55", "Asia/Tokyo", now)


def test_a_skipped_time_is_refused_and_the_nearest_that_exist_are_named() -> None:
    with pytest.raises(RefusedError) as refused:
        settle("2031-03-30", "02:30", "04:00", BERLIN, 0.0)
    assert "There is no 02:30 on 2031-03-30 in Europe/Berlin" in str(refused.value)
    assert "01:30" in str(refused.value) and "03:30" in str(refused.value)


def test_a_doubled_time_is_the_first_and_both_readings_are_named() -> None:
    times = settle("2031-10-26", "02:30", "04:00", BERLIN, 0.0)
    assert datetime.fromtimestamp(times.start, UTC) == datetime(2031, 10, 26, 0, 30, tzinfo=UTC)
    assert times.end - times.start == 2.5 * 3600
    (note,) = times.notes
    assert "02:30 UTC+0200" in str(note) and "02:30 UTC+0100" in str(note)


def test_zones_that_change_at_midnight_have_no_midnight_on_that_day() -> None:
    with pytest.raises(RefusedError):
        settle("2018-11-04", "00:00", "01:30", "America/Sao_Paulo", 0.0)
    assert settle("2026-11-30", "00:15", "01:30", "Asia/Kathmandu", 0.0).notes == ()


ZONES = st.sampled_from(
    [BERLIN, "Europe/Moscow", "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]
)
CLOCK = st.times().map(lambda at: at.replace(second=0, microsecond=0))


@settings(max_examples=400, deadline=None)
@given(st.dates(date(2000, 1, 1), date(2037, 12, 1)), CLOCK, CLOCK, ZONES)
def test_what_is_settled_is_what_the_clocks_of_the_zone_will_show(day: date, start: time, end: time, zone: str) -> None:
    try:
        times = settle(day.isoformat(), f"{start:%H:%M}", f"{end:%H:%M}", zone, 0.0)
    except RefusedError as refused:
        if "clocks" not in str(refused):  # nothing else can be wrong with these
            raise
        return
    place = ZoneInfo(zone)
    shown = [datetime.fromtimestamp(at, place).replace(tzinfo=None) for at in (times.start, times.end)]
    until = day if end > start else day + timedelta(days=1)
    assert shown == [datetime.combine(day, start), datetime.combine(until, end)]
    assert times.start < times.end
