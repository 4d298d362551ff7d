"""When a conference is: dates and times settled in a zone, across clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confctl.problems import RefusedError
from confctl.times import settle
from tests.confctl.office import moment

TODAY = date(2026, 11, 30)  # a Monday
BERLIN = "Europe/Berlin"


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
