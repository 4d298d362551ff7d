"""What people read of conferences: lists, one in full, what an edit has changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from confctl.book.conference_file import Entry
from confctl.book.listing import Current, State
from confctl.settings import load
from confctl.terminal import render
from confctl.terminal.screen import Screen
from confctl.terminal.table import Terminal
from mixer.rules.model import Person, Plan
from tests.confctl.office import Office, moment

if TYPE_CHECKING:
    from confctl.settings import Settings
    from confctl.terminal.table import Table
    from confctl.words import Language

HOME = "Europe/Moscow"
ANNA = Person("Anna Petrova", ("101",))
BORIS = Person("Борис", ("102",), timezone=HOME)
CAROL = Person("Carol Smith", ("103",), timezone="America/New_York")
PLAN = Plan(
    code="310609",
    owner_code="12345678",
    title="Weekly meeting",
    owner=ANNA,
    participants=(BORIS, CAROL),
    start=moment("2026-11-30 15:30"),
    end=moment("2026-11-30 16:30"),
    zone=HOME,
)
ENTRY = Entry(PLAN, moment("2026-11-23 09:00"))
ENGLISH, RUSSIAN = Screen("en"), Screen("ru")


def said(table: Table) -> list[str]:
    return table.lines()


@pytest.fixture
def settings(office: Office) -> Settings:
    return load(office.folder / "confctl.toml")


def test_the_list_has_the_columns_of_the_contract() -> None:
    listed = render.current([Current(ENTRY, State.RUNNING)], ENGLISH, HOME)
    assert listed.lines(Terminal(90, colours=False)) == [
        "Code    Date and time                  Title and owner  Participants    State",
        "310609  30 November 2026, 15:30–16:30  Weekly meeting   2 participants  running now",
        "                                       Anna Petrova",
    ]


@pytest.mark.parametrize("width", [110, 200, None])
def test_on_a_wide_terminal_and_in_a_pipe_a_conference_takes_one_line(width: int | None) -> None:
    table = render.current([Current(ENTRY, State.RUNNING)], ENGLISH, HOME)
    assert table.lines(Terminal(width, colours=False) if width else None) == [
        "Code    Date and time                  Title           Owner         Participants    State",
        "310609  30 November 2026, 15:30–16:30  Weekly meeting  Anna Petrova  2 participants  running now",
    ]


def test_on_a_wide_terminal_the_past_has_its_months_too() -> None:
    ended = replace(ENTRY, ended=PLAN.end, reason="missed")
    assert render.past([ended], ENGLISH, HOME).lines(Terminal(120, colours=False))[1:] == [
        "November 2026",
        "310609  30 November 2026, 15:30–16:30  Weekly meeting  Anna Petrova  2 participants  not held",
    ]


def test_the_list_names_the_zone_of_a_conference_that_has_another() -> None:
    listed = [Current(Entry(replace(PLAN, zone="Asia/Tokyo"), 0.0), State.PLANNED)]
    assert (
        "30 ноября 2026, 21:30–22:30 Asia/Tokyo  Weekly meeting  Anna Petrova  2 участника  запланирована"
        in "\n".join(said(render.current(listed, RUSSIAN, HOME)))
    )


def test_the_past_has_a_heading_for_each_month_of_a_year() -> None:
    def ended(day: str, reason: str) -> Entry:
        start = moment(f"{day} 15:30")
        return Entry(replace(PLAN, start=start, end=start + 3600), 0.0, None, start + 3720, reason)

    past = [ended("2025-11-30", "missed"), ended("2026-11-05", "planned-end"), ended("2026-11-06", "last-left")]
    december = [ended("2026-12-01", "last-left"), ended("2026-12-02", "ended-now"), ended("2026-12-03", "called-off")]
    lines = said(render.past([*past, *december], ENGLISH, HOME))
    assert [line for line in lines if line.endswith(("2025", "2026"))] == [
        "November 2025",
        "November 2026",
        "December 2026",
    ]
    states = [line[lines[0].index("State") :] for line in lines if line.startswith("310609")]
    assert states == ["not held", "ended on time 16:32", *["ended 16:32"] * 3, "called off 16:32"]


def test_in_full_a_conference_tells_when_in_every_clock_and_how_to_join(settings: Settings) -> None:
    assert said(render.conference(ENTRY, State.PLANNED, ENGLISH, settings)) == [
        "Title          Weekly meeting",
        "State          planned",
        "Date and time  Monday, 30 November 2026, 15:30–16:30 Europe/Moscow (UTC+3)",
        "Local time     Carol Smith, 103 — 07:30–08:30 America/New_York",
        "Code           310609",
        "Owner's code   12345678",
        "To join        dial 500, then 310 609 *",
        "               or call sip:310609@conf.example.com",
        "Owner          Anna Petrova, 101",
        "Participants   Борис, 102",
        "               Carol Smith, 103",
        "Greeting       —",
    ]


def local_times(plan: Plan, settings: Settings) -> list[str]:
    lines = said(render.conference(Entry(plan, 0.0), State.PLANNED, ENGLISH, settings))
    first = next((index for index, line in enumerate(lines) if line.startswith("Local time")), len(lines))
    after = next((index for index, line in enumerate(lines) if line.startswith("Code")), len(lines))
    return [line[15:] for line in lines[first:after]]


def test_who_has_no_zone_lives_in_the_companys(settings: Settings) -> None:
    in_tokyo = replace(PLAN, zone="Asia/Tokyo")
    assert local_times(in_tokyo, settings) == [
        "Example Ltd — 15:30–16:30 Europe/Moscow",
        "Carol Smith, 103 — 07:30–08:30 America/New_York",
    ]


def test_whose_clock_shows_the_same_is_told_nothing(settings: Settings) -> None:
    neighbour = replace(CAROL, timezone="Europe/Minsk")
    assert local_times(replace(PLAN, participants=(neighbour,)), settings) == []
    assert local_times(replace(PLAN, participants=(neighbour,), zone="Europe/Minsk"), settings) == []


def test_the_way_in_is_keyed_as_it_stands_on_one_line(settings: Settings) -> None:
    for width in range(40, 80):
        table = render.conference(ENTRY, State.PLANNED, ENGLISH, settings)
        assert any("310 609 *" in line for line in table.lines(Terminal(width, colours=False)))


def test_nobody_is_told_how_to_join_what_has_ended(settings: Settings) -> None:
    over = replace(ENTRY, ended=PLAN.end, reason="planned-end")
    lines = said(render.conference(over, State.ENDED, ENGLISH, settings))
    assert lines[1] == "State          ended on time 16:30"
    assert not any(line.startswith(("To join", "Owner's code", "Local time")) for line in lines)


def test_a_greeting_that_is_gone_is_named_all_the_same(settings: Settings) -> None:
    spoken = replace(ENTRY, plan=replace(PLAN, greeting=Path("gone.wav")), greeting_name="hello.mp3")
    assert said(render.conference(spoken, State.PLANNED, ENGLISH, settings))[-1] == "Greeting       hello.mp3"


def test_on_a_narrow_terminal_a_person_takes_three_columns() -> None:
    anna = Person("Anna", ("101", "+74951234567"), "anna@example.com", "en", password="p", timezone="Asia/Tokyo")
    assert render.people([anna], ENGLISH).lines(Terminal(60, colours=False)) == [
        "Name            Numbers       Reached by",
        "Anna            101           registers here",
        "en, Asia/Tokyo  +74951234567  anna@example.com",
    ]


@pytest.mark.parametrize(
    ("code", "read"),
    [
        ("310609", "310 609"),
        ("1234", "12 34"),
        ("12345", "12345"),
        ("123456789", "123 456 789"),
        ("12345678", "12 34 56 78"),
    ],
)
def test_a_code_is_read_in_groups(settings: Settings, code: str, read: str) -> None:
    lines = said(render.conference(Entry(replace(PLAN, code=code), 0.0), State.PLANNED, ENGLISH, settings))
    assert f"To join        dial 500, then {read} *" in lines


@pytest.mark.parametrize(
    ("changed", "language", "lines"),
    [
        ({}, "en", []),
        ({"title": "Monthly"}, "en", ["Title  Weekly meeting → Monthly"]),
        ({"start": moment("2026-11-30 16:00")}, "en", ["Start  15:30 → 16:00"]),
        ({"end": moment("2026-12-01 01:00")}, "en", ["End  16:30 → 01:00 (+1)"]),
        (
            {"start": moment("2026-12-01 15:30"), "end": moment("2026-12-01 16:30")},
            "ru",
            ["Дата  понедельник, 30 ноября 2026 → вторник, 1 декабря 2026"],
        ),
        (
            {"zone": "Asia/Tokyo"},
            "en",
            ["Date and time  30 November 2026, 15:30–16:30 → 30 November 2026, 21:30–22:30 Asia/Tokyo"],
        ),
        (
            {"owner": BORIS, "owner_code": "87654321", "participants": (ANNA, CAROL)},
            "en",
            [
                "Owner         Anna Petrova, 101 → Борис, 102",
                "Owner's code  12345678 → 87654321",
                "Participants  + Anna Petrova, 101",
                "              − Борис, 102",
            ],
        ),
    ],
)
def test_an_edit_tells_what_it_has_changed(changed: dict[str, object], language: Language, lines: list[str]) -> None:
    after = replace(ENTRY, plan=replace(PLAN, **changed))  # type: ignore[arg-type]  # each field with a value of its type
    assert said(render.changes(ENTRY, after, Screen(language), HOME)) == lines


def test_a_greeting_that_came_or_went_is_a_change() -> None:
    after = replace(ENTRY, plan=replace(PLAN, greeting=Path("gone.wav")), greeting_name="hello.mp3")
    assert said(render.changes(ENTRY, after, ENGLISH, HOME)) == ["Greeting  — → hello.mp3"]
    again = replace(after, plan=replace(PLAN, greeting=Path("gone-2.wav")))
    assert said(render.changes(after, again, ENGLISH, HOME)) == ["Greeting  hello.mp3"]


def test_people_are_listed_with_their_numbers_and_how_they_are_reached() -> None:
    everybody = [
        Person("Anna", ("101", "+74951234567"), "anna@example.com", password="p"),
        Person("Room", ("150",), sip="sip:room@198.51.100.4"),
        Person("Борис", ("+74957654321",)),
    ]
    assert said(render.people(everybody, ENGLISH)) == [
        "Name   Numbers            Reached by             Mail",
        "Anna   101, +74951234567  registers here         anna@example.com",
        "Room   150                sip:room@198.51.100.4",
        "Борис  +74957654321       trunk",
    ]
