"""Who was there from when to when, as the journal tells."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from confctl.book.book import Book
from confctl.people.directory import Directory
from confctl.report import as_json, attendance, sheet, telling
from confctl.report.attendance import Call, Outcome
from mixer.journal import Journal
from mixer.rules.model import Person, Plan
from mixer.rules.records import Kind, Record
from tests.confctl.office import Office, moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

ANNA, BORIS, CAROL = Person("Anna", ("101",)), Person("Boris", ("102",)), Person("Carol", ("103",))
PLAN = Plan("123456", "12345678", "Weekly", ANNA, (BORIS, CAROL), 1000.0, 2000.0, "Europe/Moscow")


def stays(records: Sequence[Record], number: str) -> list[tuple[float, float]]:
    (someone,) = (each for each in attendance.of(PLAN, records).attendees if each.number == number)
    return [(stay.start, stay.end) for stay in someone.stays]


def test_whom_the_owner_has_added_is_named() -> None:
    records = [
        Record(Kind.ADDED, 1001, None, "104", detail="Dora"),
        Record(Kind.ANSWERED, 1005, "a", "104"),
        Record(Kind.LEFT, 1100, "a", "104"),
    ]
    dora = attendance.of(PLAN, records).attendees[-1]
    assert (dora.name, dora.number, dora.seconds) == ("Dora", "104", 95)


def test_who_left_and_came_back_was_there_twice() -> None:
    records = [
        Record(Kind.STARTED, 1000),
        Record(Kind.ANSWERED, 1005, "a", "102"),
        Record(Kind.LEFT, 1100, "a", "102", detail="hung up"),
        Record(Kind.ENTERED, 1200, "b", "102"),
        Record(Kind.LEFT, 1250, "b", "102"),
        Record(Kind.ENDED, 1250),
    ]
    assert stays(records, "102") == [(1005, 1100), (1200, 1250)]
    assert attendance.of(PLAN, records).attendees[1].seconds == 145


def test_two_phones_at_once_count_once() -> None:
    records = [
        Record(Kind.ANSWERED, 1000, "a", "102"),
        Record(Kind.ENTERED, 1050, "b", "102"),
        Record(Kind.LEFT, 1100, "a", "102"),
        Record(Kind.LEFT, 1160, "b", "102"),
    ]
    assert attendance.of(PLAN, records).attendees[1].seconds == 160


def test_who_did_not_answer_was_not_there_for_a_reason() -> None:
    carol = attendance.of(PLAN, [Record(Kind.NOT_REACHED, 1007, "c", "103", detail="486 Busy Here")]).attendees[2]
    assert (carol.stays, carol.seconds, carol.reason) == ([], 0, "486 Busy Here")


def test_guests_come_after_those_who_are_listed() -> None:
    records = [
        Record(Kind.ENTERED, 1000, "g", detail="+79161234567"),
        Record(Kind.ENTERED, 1001, "h"),
        Record(Kind.ENTERED, 1010, "k", detail="+79161234567"),
        *(Record(Kind.LEFT, 1030, leg) for leg in "ghk"),
        Record(Kind.ENDED, 1030),
    ]
    *listed, known, unknown = attendance.of(PLAN, records).attendees
    assert [someone.name for someone in listed] == ["Anna", "Boris", "Carol"]
    assert (known.name, known.number, known.seconds) == (None, "+79161234567", 30)
    assert (unknown.name, unknown.number, unknown.seconds) == (None, None, 29)


def test_a_crash_ends_a_stay_at_the_last_thing_that_is_known() -> None:
    records = [
        Record(Kind.ANSWERED, 1000, "a", "101"),
        Record(Kind.ANSWERED, 1020, "b", "102"),
        Record(Kind.RESUMED, 1300),
        Record(Kind.ANSWERED, 1310, "a2", "101"),
        Record(Kind.LEFT, 1400, "a2", "101"),
        Record(Kind.ENDED, 1400),
    ]
    assert stays(records, "101") == [(1000, 1020), (1310, 1400)]


def test_a_crash_ends_a_stay_at_the_last_sign_of_life_where_that_is_noted() -> None:
    records = [
        Record(Kind.ANSWERED, 1000, "a", "101"),
        Record(Kind.CRASHED, 1240),
        Record(Kind.RESUMED, 1300),
        Record(Kind.ANSWERED, 1310, "a2", "101"),
        Record(Kind.LEFT, 1400, "a2", "101"),
        Record(Kind.ENDED, 1400),
    ]
    assert stays(records, "101") == [(1000, 1240), (1310, 1400)]


def test_a_stop_ends_a_stay_when_the_mixer_stops() -> None:
    records = [Record(Kind.ANSWERED, 1000, "a", "101"), Record(Kind.STOPPED, 1090), Record(Kind.RESUMED, 1300)]
    assert stays(records, "101") == [(1000, 1090)]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.builds(
            Record,
            st.sampled_from(list(Kind)),
            st.floats(0, 5000),
            st.sampled_from(["a", "b", "c", None]),
            st.sampled_from(["101", "102", "999", None]),
        ),
        max_size=20,
    )
)
def test_whatever_the_journal_says_nobody_is_there_longer_than_it_goes_on(records: list[Record]) -> None:
    records.sort(key=lambda record: record.at)
    lasted = max((record.at for record in records), default=0) - min((record.at for record in records), default=0)
    for someone in attendance.of(PLAN, records).attendees:
        assert 0 <= someone.seconds <= lasted + 0.001
        assert all(stay.start <= stay.end for stay in someone.stays)


def held(office: Office) -> str:
    """A conference that Anna was in for ten minutes, Boris never, since he was busy; its code."""
    code = office.add("--with", "102")
    begin = moment("2026-11-30 15:30")
    Journal(office.folder / "journal").write(
        code,
        Record(Kind.STARTED, begin),
        Record(Kind.ANSWERED, begin + 5, "a", "101", owner=True),
        Record(Kind.NOT_REACHED, begin + 9, "b", "102", detail="486 Busy Here\x1b[2J"),
        Record(Kind.LEFT, begin + 605, "a", "101", owner=True),
        Record(Kind.ENDED, begin + 605, detail="last-left"),
    )
    Book(office.folder / "conferences", Directory(())).end(code, begin + 605, "last-left")
    return code


def test_show_tells_who_was_in_a_past_conference(office: Office) -> None:
    code = held(office)
    shown = office.confctl("show", code).out.split("\n\n")[1].split("\n")
    assert shown == [
        "Who was there       There from  There until  In all",
        "Анна Петрова, 101   15:30:05    15:40:05     10:00",
        "Борис Королёв, 102  —           —            busy (486 Busy Here\\x1b[2J)",
        "",
    ]


def test_show_tells_why_nobody_was_reached_as_the_report_does(office: Office) -> None:
    code = office.add("--with", "102")
    begin = moment("2026-11-30 15:30")
    failed = Record(Kind.NOT_REACHED, begin, "b", "102", detail="480 no phone is registered")
    Journal(office.folder / "journal").write(
        code, Record(Kind.STARTED, begin), failed, Record(Kind.ENDED, begin + 60, detail="last-left")
    )
    Book(office.folder / "conferences", Directory(())).end(code, begin + 60, "last-left")
    assert "480" not in office.confctl("show", code).out
    assert "ни один телефон не зарегистрирован" in office.confctl("--lang", "ru", "show", code).out


def test_scripts_are_told_who_was_there(office: Office) -> None:
    shown = office.confctl("show", held(office), "--json")
    assert json.loads(shown.out)["attendance"] == [
        {
            "name": "Анна Петрова",
            "number": "101",
            "from": "2026-11-30T15:30:05+03:00",
            "to": "2026-11-30T15:40:05+03:00",
            "seconds": 600,
            "reason": None,
        },
        {
            "name": "Борис Королёв",
            "number": "102",
            "from": None,
            "to": None,
            "seconds": 0,
            "reason": "486 Busy Here\x1b[2J",
        },
    ]


def test_what_all_have_said_is_summed_once_for_a_report_of_thousands(monkeypatch: pytest.MonkeyPatch) -> None:
    people = [Record(Kind.ENTERED, 1001, f"in-{number}", f"+7{number}") for number in range(1000)]
    report = attendance.of(PLAN, people)
    looks = 0

    def talked(_: attendance.Attendee) -> float:
        nonlocal looks
        looks += 1
        return 1.0

    monkeypatch.setattr(attendance.Attendee, "talked", property(talked))
    assert len(report.attendees) > 1000
    sheet.write(report)
    assert looks < 5 * len(report.attendees)


def test_masked_a_number_that_was_called_in_is_not_told_by_the_act_either() -> None:
    records = [
        Record(Kind.STARTED, 1000),
        Record(Kind.ADDED, 1001, None, "+442079460123", detail="+442079460123"),
        Record(Kind.ADDED, 1002, None, "104", detail="Dora 2"),
        Record(Kind.EXTENDED, 1003, detail="900"),
    ]
    found = attendance.masked(attendance.of(PLAN, records))
    assert [deed.detail for deed in found.deeds] == ["…23", "Dora 2", "900"]
    assert "2079460" not in json.dumps(as_json.report(found))


def test_where_no_phone_was_to_be_called_that_is_all_that_is_said() -> None:
    call = Call("a", 0, detail="480 no phone is registered", outcome=Outcome.NOT_REACHED)
    assert telling.outcome(call).in_language("en") == "no phone is registered"


def test_a_number_that_was_called_in_is_shown_once(office: Office) -> None:
    code = office.add("--with", "102")
    begin = moment("2026-11-30 15:30")
    Journal(office.folder / "journal").write(
        code,
        Record(Kind.STARTED, begin),
        Record(Kind.ADDED, begin + 5, None, "+74951112233", detail="+74951112233"),
        Record(Kind.ENDED, begin + 605, detail="last-left"),
    )
    Book(office.folder / "conferences", Directory(())).end(code, begin + 605, "last-left")
    for command in ("show", "report"):
        lines = office.confctl(command, code).out.splitlines()
        assert {line.count("+74951112233") for line in lines} == {0, 1}, command
