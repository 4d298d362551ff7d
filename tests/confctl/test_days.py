"""Dates as people write them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from confctl.dates import day_in_words
from confctl.days import parse_date, rolled_over
from confctl.problems import UsageError

if TYPE_CHECKING:
    from confctl.words import Language

TODAY = date(2026, 11, 30)  # a Monday
BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-30",
        "30.11.2026",
        "30.11.26",
        "today",
        "Сегодня",
        " TODAY ",
        "+0",
        "30.11",
        "30.11.",
        "30 november",
        "30 Nov 2026",
        "30th nov.",
        "Nov 30, 2026",
        "november 30th",
        "30 ноября",
        "30 нояб. 2026",
        "30 ноября 2026 г.",
        "30 ноября 2026 года",
        "in 0 days",
        "Monday, 30 November 2026",
        "понедельник, 30 ноября 2026",
        "пн 30.11",
        "mon. 2026-11-30",
        "20261130",
        "2026/11/30",
        "30/11/2026",
        "11/30/26",
        "30/11",
        "30-го ноября",
    ],
)
def test_a_date_is_written_in_figures_in_words_or_as_a_name(text: str) -> None:
    assert parse_date(text, TODAY) == TODAY


@pytest.mark.parametrize(
    "text", ["tomorrow", "завтра", "1.12.2026", "2026-12-1", "1 dec", "1 декабря", "tue", "ВТ", "во вторник", "+1"]
)
def test_tomorrow_is_a_date(text: str) -> None:
    assert parse_date(text, TODAY) == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("text", "ahead"),
    [
        ("day after tomorrow", 2),
        ("the day after  tomorrow", 2),
        ("послезавтра", 2),
        ("среду", 2),
        ("Wednesday", 2),
        ("thu", 3),
        ("чт.", 3),
        ("четверг", 3),
        ("fri", 4),
        ("on Friday", 4),
        ("пт", 4),
        ("в пятницу", 4),
        ("пятница", 4),
        ("saturday", 5),
        ("суббота", 5),
        ("вс", 6),
        ("in 3 days", 3),
        ("через 3 дня", 3),
        ("через 10 дней", 10),
        ("+14", 14),
        ("in a week", 7),
        ("next week", 7),
        ("через неделю", 7),
        ("in 2 weeks", 14),
        ("через 3 недели", 21),
        ("yesterday", -1),
        ("вчера", -1),
    ],
)
def test_a_date_may_be_counted_from_today(text: str, ahead: int) -> None:
    assert parse_date(text, TODAY) == TODAY + timedelta(days=ahead)


@pytest.mark.parametrize("text", ["mon", "monday", "пн", "понедельник", "в понедельник"])
def test_the_weekday_of_today_is_in_a_week_as_today_has_a_word_of_its_own(text: str) -> None:
    assert parse_date(text, TODAY) == date(2026, 12, 7)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("29.11", date(2027, 11, 29)), ("1 марта", date(2027, 3, 1)), ("31 dec", date(2026, 12, 31))],
)
def test_without_a_year_it_is_the_next_such_day(text: str, expected: date) -> None:
    assert parse_date(text, TODAY) == expected


def test_the_29_of_february_is_in_the_next_leap_year() -> None:
    assert parse_date("29.02", TODAY) == date(2028, 2, 29)
    assert parse_date("29 февраля", date(2096, 3, 1)) == date(2104, 2, 29)


@pytest.mark.parametrize("text", ["30.02.2027", "30.02", "31 апреля", "2026-13-01", "29.02.2027", "0000-01-01"])
def test_a_day_that_no_calendar_has_is_named(text: str) -> None:
    with pytest.raises(UsageError, match="in the calendar"):
        parse_date(text, TODAY)


@pytest.mark.parametrize(
    "text",
    ["", "30/11-2026", "٢٠٢٦-١١-٣٠", "+2026-1-1", "next year", "30", "2026", "30 n", "30 ju", "ma", "п", "в", "+-1"],
)
def test_what_is_no_date_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError, match="tomorrow or fri"):
        parse_date(text, TODAY)


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [
        ("5/12/2026", "2026-12-05", "2026-05-12"),
        ("5/12", "2026-12-05", "2027-05-12"),
        ("next friday", "2026-12-04", "2026-12-11"),
        ("в следующую пятницу", "2026-12-04", "2026-12-11"),
    ],
)
def test_of_a_date_with_two_readings_both_are_named(text: str, one: str, other: str) -> None:
    with pytest.raises(UsageError, match=f"is {one} or {other}; write the one that is meant"):
        parse_date(text, TODAY)


@pytest.mark.parametrize(("text", "expected"), [("12/12", date(2026, 12, 12)), ("next mon", date(2026, 12, 7))])
def test_where_both_readings_are_one_day_it_is_taken(text: str, expected: date) -> None:
    assert parse_date(text, TODAY) == expected


@pytest.mark.parametrize(
    ("text", "rolled"),
    [("29.11", True), ("sat, 20 nov", True), ("29.11.2027", False), ("1.12", False), ("+40", False), ("29.02", False)],
)
def test_a_day_without_a_year_that_is_past_this_year_is_known(text: str, rolled: bool) -> None:
    assert rolled_over(text, parse_date(text, TODAY), TODAY) is rolled


def test_a_weekday_that_the_date_does_not_have_is_refused() -> None:
    with pytest.raises(UsageError, match="2026-12-01 is another day of the week"):
        parse_date("пн, 1 декабря", TODAY)


@settings(max_examples=100, deadline=None)
@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sampled_from(["en", "ru"]))
def test_a_date_is_understood_as_it_is_shown(day: date, language: Language) -> None:
    assert parse_date(day_in_words(day, language), TODAY) == day


def test_a_year_beyond_all_calendars_is_too_far() -> None:
    with pytest.raises(UsageError, match="too far"):
        parse_date("9999-12-31", TODAY)


DATE_LIKE = st.text(alphabet="0123456789.-/+ ,годвянвмайпт пятницаfrinovjuneth", max_size=14)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=20) | DATE_LIKE, st.dates(date(2000, 1, 1), date(2100, 1, 1)))
@example("+9999", date(2100, 1, 1))
def test_any_text_is_a_date_or_a_usage_error(text: str, today: date) -> None:
    try:
        found = parse_date(text, today)
    except UsageError:
        return
    assert isinstance(found, date)


@settings(max_examples=300, deadline=None)
@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_date_is_read_back_however_it_was_written(day: date, today: date) -> None:
    english, russian = f"{day.day} {_ENGLISH[day.month - 1]} {day.year}", f"{day.day} {_RUSSIAN[day.month - 1]}"
    for text in (f"{day}", f"{day:%d.%m.%Y}", english, english[:-2].lower() + english[-2:], f"{russian} {day.year}"):
        assert parse_date(text, today) == day
    following = parse_date(russian, today)
    assert (following.month, following.day) == (day.month, day.day)
    assert following >= today


_ENGLISH = tuple(date(2026, month, 1).strftime("%B") for month in range(1, 13))
_RUSSIAN = (
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
)
