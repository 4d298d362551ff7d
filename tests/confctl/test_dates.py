"""Dates and times as people read them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confctl.dates import (
    day,
    day_in_words,
    hours,
    length,
    month_in_words,
    span,
    span_elsewhere,
    span_in_full,
)
from tests.confctl.office import moment

if TYPE_CHECKING:
    from confctl.words import Language

MONDAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("language", "short", "whole", "month"),
    [
        ("en", "30 November 2026", "Monday, 30 November 2026", "November 2026"),
        ("ru", "30 ноября 2026", "понедельник, 30 ноября 2026", "Ноябрь 2026"),
    ],
)
def test_a_day_is_written_with_the_name_of_its_month(language: Language, short: str, whole: str, month: str) -> None:
    assert day(MONDAY, language) == short
    assert day_in_words(MONDAY, language) == whole
    assert month_in_words(MONDAY, language) == month


def test_each_month_and_weekday_has_its_own_name() -> None:
    for language in ("en", "ru"):
        year = [date(2026, 1, 1) + timedelta(days) for days in range(365)]
        assert len({day(each, language).split()[1] for each in year}) == 12
        assert len({month_in_words(each, language).split()[0] for each in year}) == 12
        assert len({day_in_words(each, language).split(",")[0] for each in year}) == 7


def test_a_zone_is_named_only_where_it_is_not_the_companys() -> None:
    start, end = moment("2026-11-30 15:30"), moment("2026-11-30 16:30")
    assert span(start, end, "Europe/Moscow", "Europe/Moscow", "en") == "30 November 2026, 15:30–16:30"
    assert span(start, end, "Asia/Tokyo", "Europe/Moscow", "ru") == "30 ноября 2026, 21:30–22:30 Asia/Tokyo"


def test_an_end_on_the_next_day_is_told() -> None:
    start, end = moment("2026-11-30 23:00"), moment("2026-12-01 01:00")
    assert hours(start, end, "Europe/Moscow") == "23:00–01:00 (+1)"
    assert span_in_full(start, end, "Europe/Moscow", "en") == (
        "Monday, 30 November 2026, 23:00 – Tuesday, 1 December 2026, 01:00 Europe/Moscow (UTC+3)"
    )


@pytest.mark.parametrize(
    ("zone", "offset"),
    [
        ("Europe/Moscow", "UTC+3"),
        ("Asia/Kolkata", "UTC+5:30"),
        ("America/St_Johns", "UTC−3:30"),
        ("America/New_York", "UTC−5"),
        ("Africa/Abidjan", "UTC"),
    ],
)
def test_in_full_a_time_has_its_zone_and_offset(zone: str, offset: str) -> None:
    start, end = moment("2026-11-30 15:30", zone), moment("2026-11-30 16:30", zone)
    assert span_in_full(start, end, zone, "en") == f"Monday, 30 November 2026, 15:30–16:30 {zone} ({offset})"


def test_in_full_a_change_of_the_clocks_is_seen() -> None:
    start, end = moment("2026-10-25 01:30", "Europe/Berlin"), moment("2026-10-25 03:30", "Europe/Berlin")
    assert span_in_full(start, end, "Europe/Berlin", "en").endswith("01:30–03:30 Europe/Berlin (UTC+2 → UTC+1)")


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ("America/New_York", "07:30–08:30 America/New_York"),
        ("Pacific/Auckland", "вторник, 1 декабря 2026, 01:30–02:30 Pacific/Auckland"),
    ],
)
def test_elsewhere_the_day_is_told_only_where_it_is_another(there: str, told: str) -> None:
    start, end = moment("2026-11-30 15:30"), moment("2026-11-30 16:30")
    assert span_elsewhere(start, end, "Europe/Moscow", there, "ru") == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.0, "0:00"), (7.4, "0:07"), (59.6, "1:00"), (750.0, "12:30"), (3599.7, "1:00:00"), (3750.0, "1:02:30")],
)
def test_a_length_is_in_minutes_and_seconds(seconds: float, told: str) -> None:
    assert length(seconds) == told


@settings(max_examples=100, deadline=None)
@given(st.floats(0, 86_400))
def test_any_length_reads_back_to_the_second(seconds: float) -> None:
    told = length(seconds)
    assert re.fullmatch(r"[0-9]+(:[0-9]{2}){1,2}", told)
    total = 0
    for part in told.split(":"):
        total = total * 60 + int(part)
    assert abs(total - seconds) <= 0.5


def test_utc_is_said_once() -> None:
    assert span_in_full(0, 3600, "UTC", "en") == "Thursday, 1 January 1970, 00:00–01:00 UTC"
