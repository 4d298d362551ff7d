"""``edit``: what is named changes, everything else stays; what is wrong changes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confctl.book.conference_file import Draft
from confctl.book.drafting import Wanted, on_the_clocks
from mixer.rules.model import Person
from tests.confctl.book.test_greeting import sound
from tests.confctl.office import Office, Said, moment

ANNA, BORIS, CAROL, IVAN = (
    {"name": "Анна Петрова", "number": "101"},
    {"name": "Борис Королёв", "number": "102"},
    {"name": "Carol Smith", "number": "1020"},
    {"name": "Иван Петров", "number": "104"},
)


def edited(office: Office, code: str, *options: str) -> dict[str, object]:
    """What the command says of the conference, which is what it is from now on."""
    said = office.confctl("edit", code, *options, "--json")
    assert said.status == 0, said.err
    shown = office.confctl("show", code, "--json").json
    assert {name: shown[name] for name in said.json.keys() & shown.keys()} == {
        name: value for name, value in said.json.items() if name not in ("changed", "mail")
    }
    return said.json


def refused(office: Office, code: str, *options: str) -> Said:
    """In one line, and the conference is as before, to the byte."""
    file = office.folder / "conferences" / f"{code}.toml"
    before = file.read_bytes()
    said = office.confctl("edit", code, *options)
    assert said.status in (1, 2)
    assert said.out == "" and said.err.count("\n") == 1
    assert file.read_bytes() == before
    return said


@pytest.mark.parametrize(
    ("options", "start", "end"),
    [
        (("--date", "2026-12-03"), "2026-12-03T15:30:00+03:00", "2026-12-03T16:30:00+03:00"),
        (("--from", "17:00"), "2026-11-30T17:00:00+03:00", "2026-11-30T18:00:00+03:00"),
        (("--from", "23:30"), "2026-11-30T23:30:00+03:00", "2026-12-01T00:30:00+03:00"),
        (("--to", "18:00"), "2026-11-30T15:30:00+03:00", "2026-11-30T18:00:00+03:00"),
        (("--to", "15:00"), "2026-11-30T15:30:00+03:00", "2026-12-01T15:00:00+03:00"),
        (("--from", "17:00", "--to", "17:15"), "2026-11-30T17:00:00+03:00", "2026-11-30T17:15:00+03:00"),
        (("--zone", "Europe/London"), "2026-11-30T15:30:00+00:00", "2026-11-30T16:30:00+00:00"),
        (("--zone", "UTC", "--from", "12:30"), "2026-11-30T12:30:00+00:00", "2026-11-30T13:30:00+00:00"),
    ],
)
def test_what_is_not_named_of_the_time_stays_on_the_clocks(
    office: Office, options: tuple[str, ...], start: str, end: str
) -> None:
    changed = edited(office, office.add(), *options)
    assert (changed["start"], changed["end"]) == (start, end)


MINUTES = st.integers(0, 24 * 60 - 1).map(lambda n: f"{n // 60:02}:{n % 60:02}")


@given(
    start=st.datetimes(datetime(2026, 12, 1), datetime(2027, 12, 1)).map(lambda at: at.replace(microsecond=0)),  # noqa: DTZ001  as a clock shows it
    hours=st.integers(1, 100),
    date=st.none() | st.dates(datetime(2026, 12, 2).date(), datetime(2030, 1, 1).date()).map(str),  # noqa: DTZ001  as above
    begins=st.none() | MINUTES,
    ends=st.none() | MINUTES,
)
@settings(max_examples=200, deadline=None)
def test_the_length_stays_unless_the_end_is_named(
    start: datetime, hours: int, date: str | None, begins: str | None, ends: str | None
) -> None:
    length = timedelta(hours=hours)
    zone = "UTC"
    was = Draft("A", Person("A", ("1",)), (), instant(start), instant(start + length), zone)
    first, last = on_the_clocks(was, Wanted(date=date, start=begins, end=ends), zone, moment("2026-12-01 00:00"))
    assert str(first.date()) == (date or str(start.date()))
    assert f"{first:%H:%M}" == (begins or f"{start:%H:%M}")
    if ends is None:
        assert last - first == length
    else:
        assert f"{last:%H:%M}" == ends
        assert timedelta() < last - first <= timedelta(days=1)


def instant(at: datetime) -> float:
    return moment(at.isoformat(), "UTC")


def test_a_title_changed_across_a_clock_change_leaves_the_times_alone(office: Office) -> None:
    office.now = moment("2027-10-01 12:00")
    code = office.add("--zone", "Europe/Berlin", day="2027-10-31", start="02:30", end="03:30")
    before = office.confctl("show", code, "--json").json
    said = office.confctl("edit", code, "--title", "New")
    assert said.err == ""
    after = office.confctl("show", code, "--json").json
    assert {**after, "title": "Weekly"} == before


def test_a_time_that_the_clocks_skip_on_the_new_date_is_refused(office: Office) -> None:
    code = office.add("--zone", "Europe/Berlin", day="2027-03-27", start="02:30", end="03:30")
    assert "the clocks go forward" in refused(office, code, "--date", "2027-03-28").err


def test_a_time_that_comes_twice_on_the_new_date_is_settled_and_said(office: Office) -> None:
    code = office.add("--zone", "Europe/Berlin", day="2027-10-30", start="02:30", end="03:30")
    assert "comes twice" in office.confctl("edit", code, "--date", "2027-10-31").err


def test_a_former_owner_stays_as_a_participant(office: Office) -> None:
    code = office.add("--with", "102", "1020")
    before = office.confctl("show", code, "--json").json
    changed = edited(office, code, "--owner", "борис")
    assert (changed["owner"], changed["participants"]) == (BORIS, [ANNA, CAROL])
    assert changed["owner_code"] != before["owner_code"]


def test_a_former_owner_leaves_if_that_is_said(office: Office) -> None:
    changed = edited(office, office.add("--with", "102"), "--owner", "104", "--without", "анна")
    assert (changed["owner"], changed["participants"]) == (IVAN, [BORIS])


def test_people_come_and_go_and_who_is_in_already_counts_once(office: Office) -> None:
    code = office.add("--with", "102", "1020")
    changed = edited(office, code, "--with", "104", "101", "102", "104", "--without", "carol")
    assert changed["participants"] == [BORIS, IVAN]


def test_who_is_to_leave_is_looked_up_among_those_who_are_in(office: Office) -> None:
    """«Петров» alone would fit Анна Петрова too."""
    code = office.add("--owner", "102", "--with", "104", "1020")
    assert edited(office, code, "--without", "петров")["participants"] == [CAROL]


def test_who_alone_is_meant_in_the_directory_and_is_not_in_makes_nobody_else_leave(office: Office) -> None:
    code = office.add("--with", "1020")  # which 102 is a part of
    assert "Борис Королёв (102) is not in conference" in refused(office, code, "--without", "102").err
    assert "Иван Петров (104) is not in conference" in refused(office, code, "--without", "иван").err


def test_of_several_who_are_in_nobody_leaves(office: Office) -> None:
    code = office.add("--owner", "102", "--with", "101", "104")
    assert (
        "“петров” fits several people: Анна Петрова (101), Иван Петров (104)"
        in refused(office, code, "--without", "петров").err
    )


def test_who_has_gone_from_the_directory_stays_until_named(office: Office) -> None:
    code = office.add("--with", "102", "104")
    file = office.folder / "people.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('["102"]', '["555"]'), encoding="utf-8")
    assert edited(office, code, "--title", "New")["participants"] == [BORIS, IVAN]
    assert edited(office, code, "--without", "102")["participants"] == [IVAN]


@pytest.mark.parametrize(
    ("options", "status", "says"),
    [
        (("--without", "1020"), 1, "Carol Smith (1020) is not in conference {code};"),
        (("--without", "nobody"), 1, "Nobody in conference {code} fits “nobody”;"),
        (("--without", "101"), 1, "Анна Петрова (101) is the owner; give another one with --owner."),
        (("--owner", "102", "--without", "102"), 1, "Борис Королёв (102) is the owner"),
        (("--with", "104", "--without", "104"), 1, "Иван Петров (104) is not in"),
        (("--with", "102", "--without", "102"), 2, "can't be in both --with and --without"),
        (("--title", " "), 2, "needs a title"),
        (("--owner", "петров"), 1, "fits several people"),
        (("--date", "2026-11-29"), 1, "2026-11-29 is past"),
        (("--date", "someday"), 2, "no date"),
        (("--from", "25:00"), 2, "no time"),
        (("--to", "11:00", "--from", "10:00"), 1, "It is past 11:00 already"),
        (("--zone", "Mars/Base"), 2, "no time zone"),
        (("--greeting", "absent.wav"), 1, "no file absent.wav"),
        (("--greeting", "a.wav", "--no-greeting"), 2, "--greeting and --no-greeting"),
        ((), 2, "Say what to change"),
    ],
)
def test_what_is_wrong_changes_nothing_at_all(office: Office, options: tuple[str, ...], status: int, says: str) -> None:
    code = office.add("--with", "102")
    said = refused(office, code, *options)
    assert (said.status, says.format(code=code) in said.err) == (status, True), said.err
    if options:
        refused(office, code, "--title", "New", *options)


def test_an_edit_that_changes_nothing_says_so(office: Office) -> None:
    code = office.add("--with", "102")
    file = office.folder / "conferences" / f"{code}.toml"
    written = file.stat().st_mtime_ns
    options = ("--title", "Weekly", "--with", "102", "--from", "15:30", "--to", "16:30", "--no-greeting")
    said = office.confctl("edit", code, *options)
    assert said.status == 0
    assert said.out.startswith(f"Nothing is changed: that is how conference {code} is already.\n")
    assert office.confctl("edit", code, *options, "--json").json["changed"] == []
    assert file.stat().st_mtime_ns == written


def test_the_conference_is_said_in_full_with_what_changed(office: Office) -> None:
    code = office.add("--with", "102")
    said = office.confctl("edit", code, "--from", "16:00", "--with", "104", "--without", "102").out
    head, whole = said.split("\n\n", 1)
    assert head.startswith(f"Conference {code} is changed.\n")
    assert "15:30 → 16:00" in head and "+ Иван Петров, 104" in head and "− Борис Королёв, 102" in head
    assert "Monday, 30 November 2026, 16:00–17:00 Europe/Moscow (UTC+3)" in whole
    assert "15:30" not in whole


def test_json_names_the_fields_that_changed(office: Office) -> None:
    code = office.add()
    assert edited(office, code, "--from", "16:00", "--title", "New")["changed"] == ["title", "start", "end"]
    assert edited(office, code, "--owner", "102")["changed"] == ["owner_code", "owner", "participants"]


def test_the_greeting_is_given_replaced_kept_and_taken_away(office: Office) -> None:
    for name in ("hello.wav", "other.wav"):
        sound(office.folder / name)
    code = office.add()
    assert edited(office, code, "--greeting", "hello.wav")["greeting"] == "hello.wav"
    assert edited(office, code, "--title", "New")["greeting"] == "hello.wav"
    assert edited(office, code, "--greeting", "other.wav")["greeting"] == "other.wav"
    copies = office.folder / "conferences" / "greetings"
    assert len(list(copies.glob("*.wav"))) == 1
    assert edited(office, code, "--no-greeting")["greeting"] is None
    assert list(copies.glob("*.wav")) == []


def test_a_start_that_is_past_while_the_end_is_ahead_is_taken_with_a_warning(office: Office) -> None:
    code = office.add(start="13:00", end="14:00")
    said = office.confctl("edit", code, "--from", "11:30", "--to", "14:00")
    assert said.status == 0
    assert said.err.startswith(
        "confctl: It is past 11:30 already: the conference begins at once.\n"
        "confctl: No mixer runs; start it with “confctl run”.\n"
    )
