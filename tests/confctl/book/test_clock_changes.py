"""Local times in a conference's file that a clock change skips or doubles.

In Berlin the clocks go from 02:00 to 03:00 on 27 March 2033, and from 03:00 to 02:00 on 30 October 2033.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confctl.book.conference_file import Draft
from confctl.problems import RefusedError
from tests.confctl.book.book_writer import ANNA, BORIS, book

if TYPE_CHECKING:
    from confctl.book.conference_file import Entry


def at(text: str) -> float:
    """Seconds since the epoch of a time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def read(folder: Path, start: str, end: str) -> Entry:
    """A conference whose file says these times, in Berlin.  Raises RefusedError."""
    plan = book(folder).add(Draft("Night", ANNA, (BORIS,), 2e9, 2e9 + 60, "Europe/Berlin"), 0.0).plan
    file = folder / f"{plan.code}.toml"
    text = re.sub(r"(?m)^start = .*$", f"start = {start}", file.read_text(encoding="utf-8"))
    file.write_text(re.sub(r"(?m)^end = .*$", f"end = {end}", text), encoding="utf-8")
    entry = book(folder).get(plan.code)
    assert entry
    return entry


@pytest.mark.parametrize(
    ("key", "line", "start", "end"),
    [
        ("start", 9, "2033-03-27T02:30:00", "2033-03-27T04:00:00"),
        ("end", 10, "2033-03-27T01:00:00", "2033-03-27T02:30:00"),
    ],
)
def test_a_skipped_time_is_refused_by_name_and_line_with_both_readings(
    tmp_path: Path, key: str, line: int, start: str, end: str
) -> None:
    with pytest.raises(RefusedError):
        read(tmp_path, start, end)
    _, (problem,) = book(tmp_path).current()
    assert problem.line == line
    assert f"{key}: the clocks in Europe/Berlin skip this time" in str(problem)
    assert "2033-03-27T01:30:00 or 2033-03-27T03:30:00" in str(problem)


def test_a_doubled_time_is_the_first_and_with_an_offset_the_one_that_has_it(tmp_path: Path) -> None:
    plan = read(tmp_path, "2033-10-30T02:30:00", "2033-10-30T02:30:00+01:00").plan
    assert (plan.start, plan.end) == (at("2033-10-30 00:30"), at("2033-10-30 01:30"))
    plan = read(tmp_path, "2033-10-30T02:15:00", "2033-10-30T03:15:00").plan
    assert plan.end - plan.start == 7200


@pytest.mark.parametrize("end", ["2033-10-30T02:30:00", "2033-10-30T02:10:00", "2033-10-30T02:30:00+02:00"])
def test_the_end_is_after_the_start_as_time_goes_not_as_clocks_show_it(tmp_path: Path, end: str) -> None:
    with pytest.raises(RefusedError, match="not after the start"):
        read(tmp_path, "2033-10-30T02:15:00+01:00", end)


def test_an_end_in_another_century_is_a_slip_of_the_pen(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="more than a week after the start"):
        read(tmp_path, "2033-05-18T10:00:00", "2133-05-18T11:00:00")


def test_an_offset_that_the_zone_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="start: Europe/Berlin has another offset"):
        read(tmp_path, "2033-05-18T10:00:00Z", "2033-05-18T14:00:00+02:00")


@pytest.mark.parametrize("year", ["0001", "1969", "9999"])
def test_a_year_that_calendars_do_not_reach_is_refused(tmp_path: Path, year: str) -> None:
    with pytest.raises(RefusedError, match=f"the year {int(year)}"):
        read(tmp_path, f"{year}-01-01T00:00:00", f"{year}-12-31T23:59:59")


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]),
    st.integers(0, 365 * 96),
    st.integers(1, 200),
)
def test_every_quarter_of_an_hour_is_read_back_as_it_was_planned(zone: str, quarter: int, quarters: int) -> None:
    start = at("2033-01-01 00:00") + quarter * 900
    with TemporaryDirectory() as folder:
        entry = book(Path(folder)).add(Draft("Night", ANNA, (BORIS,), start, start + quarters * 900, zone), 0.0)
        assert book(Path(folder)).get(entry.plan.code) == entry


@pytest.mark.parametrize("hour", range(4))
def test_the_hours_of_the_clock_changes_are_read_back(tmp_path: Path, hour: int) -> None:
    for night in ("2033-10-30", "2033-03-27"):
        start = at(f"{night} 00:00") + hour * 1800
        entry = book(tmp_path).add(Draft("Night", ANNA, (BORIS,), start, start + 1800, "Europe/Berlin"), 0.0)
        assert book(tmp_path).get(entry.plan.code) == entry
