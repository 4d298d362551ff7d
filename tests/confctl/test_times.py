from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from confctl.clock_times import parse_end, parse_time
from confctl.dates import day_in_words
from confctl.days import parse_date, rolled_over
from confctl.problems import RefusedError, UsageError
from confctl.times import settle
from tests.confctl.office import moment

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


@pytest.mark.parametrize(
    ("day", "start", "end", "until"),
    [
        ("2026-11-30", "23:00", "01:00", "2026-12-01 01:00"),
        ("2026-11-30", "15:30", "15:30", "2026-12-01 15:30"),
        ("2026-12-31", "23:30", "00:00", "2027-01-01 00:00"),
        ("2028-02-28", "22:00", "2:00", "2028-02-29 02:00"),
        ("2028-02-29", "22:00", "2:00", "2028-03-01 02:00"),
    ],
)
def test_an_end_not_later_than_the_start_is_on_the_next_day(day: str, start: str, end: str, until: str) -> None:
    assert settle(day, start, end, "Europe/Moscow", moment("2026-11-30 12:00")).end == moment(until)


def test_a_start_that_is_past_today_is_taken_while_the_end_is_ahead() -> None:
    now = moment("2026-11-30 12:00")
    assert settle("today", "11:00", "12:01", "Europe/Moscow", now).start == moment("2026-11-30 11:00")
    with pytest.raises(RefusedError, match="past 12:00 already"):
        settle("today", "11:00", "12:00", "Europe/Moscow", now)


def test_today_is_today_in_the_conferences_zone() -> None:
    now = moment("2026-11-30 23:30", "Europe/London")
    assert settle("today", "08:00", "09:00", "Asia/Tokyo", now).start == moment("2026-12-01 08:00", "Asia/Tokyo")
    with pytest.raises(RefusedError):
        settle("2026-11-30", "23:50", "23:55", "Asia/Tokyo", now)


def test_a_skipped_time_is_refused_and_the_nearest_that_exist_are_named() -> None:
    with pytest.raises(RefusedError) as refused:
        settle("2031-03-30", "02:30", "04:00", BERLIN, 0.0)
    assert "There is no 02:30 on 2031-03-30 in Europe/Berlin" in str(refused.value)
    assert "give 01:30 or 03:30" in str(refused.value)


def test_a_time_skipped_at_midnight_names_the_day_before() -> None:
    with pytest.raises(RefusedError, match="give 2018-11-03 23:00 or 01:00"):
        settle("2018-11-04", "00:00", "01:30", "America/Sao_Paulo", 0.0)
    assert settle("2026-11-30", "00:15", "01:30", "Asia/Kathmandu", 0.0).notes == ()


def test_a_day_that_a_zone_left_out_is_refused() -> None:
    with pytest.raises(RefusedError, match="give 2011-12-29 10:00 or 2011-12-31 10:00"):
        settle("2011-12-30", "10:00", "11:00", "Pacific/Apia", 0.0)


def test_a_doubled_time_is_the_first_and_it_is_said_how_the_second_is_had() -> None:
    times = settle("2031-10-26", "02:30", "04:00", BERLIN, 0.0)
    assert datetime.fromtimestamp(times.start, UTC) == datetime(2031, 10, 26, 0, 30, tzinfo=UTC)
    assert times.end - times.start == 2.5 * 3600
    (note,) = times.notes
    assert "02:30 UTC+0200 is taken, not 02:30 UTC+0100" in str(note)
    assert "--zone UTC, where it is 01:30" in str(note)
    assert settle("2031-10-26", "01:30", "03:00", "UTC", 0.0).start == times.start + 3600


def test_a_doubled_time_whose_first_reading_is_past_is_the_second() -> None:
    between = datetime(2031, 10, 26, 1, 10, tzinfo=UTC).timestamp()  # 02:10 for the second time that night
    times = settle("today", "02:00", "02:50", BERLIN, between)
    assert datetime.fromtimestamp(times.end, UTC) == datetime(2031, 10, 26, 1, 50, tzinfo=UTC)
    assert "02:50 UTC+0100 is taken, not 02:50 UTC+0200" in str(times.notes[1])


ZONES = st.sampled_from(
    sorted(
        available_timezones()
        & {
            BERLIN,
            "Europe/Moscow",
            "Europe/London",
            "Europe/Kaliningrad",
            "Asia/Kamchatka",
            "America/New_York",
            "America/Sao_Paulo",
            "America/St_Johns",
            "America/Santiago",
            "America/Nuuk",
            "Asia/Kathmandu",
            "Asia/Tehran",
            "Asia/Gaza",
            "Australia/Lord_Howe",
            "Africa/Casablanca",
            "Africa/Cairo",
            "Antarctica/Troll",
            "Pacific/Apia",
            "Pacific/Chatham",
            "UTC",
        }
    )
)
CLOCK = st.times().map(lambda at: at.replace(second=0, microsecond=0))


@st.composite
def _days_of(draw: st.DrawFn) -> tuple[str, date]:
    """A zone and a day of 2000 to 2100; half of them are days on which its clocks change."""
    zone = draw(ZONES)
    day = draw(st.dates(date(2000, 1, 1), date(2100, 12, 31)))
    if draw(st.booleans()):
        for ahead in range(400):
            following = day + timedelta(days=ahead)
            if _offset(following, zone) != _offset(following + timedelta(days=1), zone):
                return zone, following
    return zone, day


def _offset(day: date, zone: str) -> timedelta | None:
    return datetime.combine(day, time(), ZoneInfo(zone)).utcoffset()


@settings(max_examples=250, deadline=None)
@given(_days_of(), CLOCK, CLOCK)
def test_what_is_settled_is_what_the_clocks_of_the_zone_will_show(
    zone_and_day: tuple[str, date], start: time, end: time
) -> None:
    zone, day = zone_and_day
    try:
        times = settle(day.isoformat(), f"{start:%H:%M}", f"{end:%H:%M}", zone, 0.0)
    except RefusedError as refused:
        if "the clocks go forward" not in str(refused):  # nothing else can be wrong with these
            raise
        return
    place = ZoneInfo(zone)
    shown = [datetime.fromtimestamp(at, place).replace(tzinfo=None) for at in (times.start, times.end)]
    until = day if end > start else day + timedelta(days=1)
    assert shown == [datetime.combine(day, start), datetime.combine(until, end)]
    assert times.start < times.end


@settings(max_examples=100, deadline=None)
@given(_days_of(), CLOCK, st.integers(1, 60))
def test_a_repetition_is_at_the_same_time_on_the_wall_across_clock_changes(
    zone_and_day: tuple[str, date], start: time, later: int
) -> None:
    zone, day = zone_and_day
    walls = []
    for on in (day, day + timedelta(days=later)):
        try:
            times = settle(on.isoformat(), f"{start:%H:%M}", "24:00", zone, 0.0)
        except RefusedError:
            return
        walls.append(datetime.fromtimestamp(times.start, ZoneInfo(zone)).time())
    assert walls == [start, start]
