"""Times and lengths as people write them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confctl.clock_times import parse_end, parse_time
from confctl.problems import RefusedError, UsageError
from confctl.times import settle
from tests.confctl.office import moment

TODAY = date(2026, 11, 30)  # a Monday
BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15:30", "15:30"),
        ("15.30", "15:30"),
        ("9:05", "09:05"),
        ("15 30", "15:30"),
        ("15-30", "15:30"),
        ("1530", "15:30"),
        ("15ч30", "15:30"),
        ("15 ч 30", "15:30"),
        ("в 15:30", "15:30"),
        ("10", "10:00"),
        ("03", "03:00"),
        ("0", "00:00"),
        ("10h", "10:00"),
        ("3pm", "15:00"),
        ("3:30 PM", "15:30"),
        ("at 3 p.m.", "15:00"),
        ("12am", "00:00"),
        ("12 pm", "12:00"),
        ("9 утра", "09:00"),
        ("12 дня", "12:00"),
        ("2 дня", "14:00"),
        ("7 вечера", "19:00"),
        ("12 ночи", "00:00"),
        ("2 ночи", "02:00"),
    ],
)
def test_a_time_is_written_as_people_write_it(text: str, expected: str) -> None:
    assert f"{parse_time(text):%H:%M}" == expected


@pytest.mark.parametrize("text", ["1", "3", "6"])
def test_an_hour_that_may_be_at_night_or_in_the_afternoon_is_refused_with_both(text: str) -> None:
    with pytest.raises(UsageError, match=f"is 0{text}:00 or {int(text) + 12}:00; write the one that is meant"):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("+1h", 60),
        ("+90m", 90),
        ("+1:30", 90),
        ("+1ч", 60),
        ("+90м", 90),
        ("+1 час 30 мин", 90),
        ("+1h30m", 90),
        ("+24h", 1440),
    ],
)
def test_an_end_may_be_how_long_it_lasts(text: str, minutes: int) -> None:
    assert parse_end(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["+0m", "+25h", "+1441m"])
def test_a_length_is_a_minute_to_a_day(text: str) -> None:
    with pytest.raises(UsageError, match="a minute to 24 hours"):
        parse_end(text)


def test_a_length_is_of_time_that_passes_whatever_the_clocks_do() -> None:
    for day, until in (("2031-03-30", "04:30"), ("2031-10-26", "02:30")):
        times = settle(day, "01:30", "+2h", BERLIN, 0.0)
        assert times.end - times.start == 7200
        assert f"{datetime.fromtimestamp(times.end, ZoneInfo(BERLIN)):%H:%M}" == until
    with pytest.raises(RefusedError, match="past 11:00 already"):
        settle("today", "10:00", "+1h", "Europe/Moscow", moment("2026-11-30 12:00"))


@pytest.mark.parametrize(
    "text", ["", "25:00", "12:60", "13 pm", "+5", "24:30", "15:3", "-1:00", "１５:３０", "15:30:00"]
)
def test_what_is_no_time_or_could_be_misread_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="as in 15:30"):
        parse_time(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=8) | st.text(alphabet="0123456789:.+hmpчмин ", max_size=6))
def test_any_text_is_a_time_or_a_usage_error(text: str) -> None:
    for parse in (parse_time, parse_end):
        try:
            assert isinstance(parse(text), time | timedelta)
        except UsageError:
            continue


def test_24_00_ends_a_day_and_starts_none() -> None:
    times = settle("2026-11-30", "23:00", "24:00", "Europe/Moscow", moment("2026-11-30 12:00"))
    assert times.end == moment("2026-12-01 00:00")
    with pytest.raises(UsageError, match="00:00 on the next date"):
        parse_time("24:00")
