"""What whoever plans is told on stderr, and how the words of the command line may be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from confctl import dates
from tests.confctl.book.test_greeting import sound
from tests.confctl.office import moment

if TYPE_CHECKING:
    from tests.confctl.office import Office, Said


def planned(office: Office, *options: str, title: str = "Weekly", date: str = "tomorrow", to: str = "16:30") -> Said:
    return office.confctl("add", title, "--owner", "101", "--date", date, "--from", "15:30", "--to", to, *options)


def participants(office: Office, code: str) -> list[object]:
    people = office.confctl("show", code, "--json").json["participants"]
    assert isinstance(people, list)
    return [person["number"] for person in people]


def test_who_is_in_another_conference_at_the_time_is_named_with_it(office: Office) -> None:
    code = office.add("--with", "102", title="Budget", day="tomorrow")
    said = planned(office, "--with", "102", "104")
    assert said.status == 0
    assert said.err == (
        f"confctl: Анна Петрова (101) is in {code} “Budget” then, 15:30–16:30.\n"
        f"confctl: Борис Королёв (102) is in {code} “Budget” then, 15:30–16:30.\n"
    )


def test_conferences_that_follow_each_other_are_no_clash(office: Office) -> None:
    office.add("--with", "102", day="tomorrow", start="14:30", end="15:30")
    office.add("--with", "102", day="tomorrow", start="16:30", end="17:00")
    assert planned(office, "--with", "102").err == ""


def test_of_many_who_are_elsewhere_three_are_named_and_the_others_counted(office: Office) -> None:
    for _ in range(2):
        office.add("--with", "102", day="tomorrow")
    said = planned(office, "--with", "102").err.split("\n")
    assert len(said) == 5
    assert said[3] == "confctl: 1 more is in another conference then."


def test_a_conference_of_its_owner_alone_is_noticed(office: Office) -> None:
    assert planned(office).err == "confctl: Nobody but the owner is called.\n"


def test_moving_a_conference_onto_another_is_noticed_and_a_new_title_is_not(office: Office) -> None:
    code = office.add("--with", "102", day="tomorrow")
    other = office.add("--with", "104", day="fri")
    assert f"is in {code} “Weekly” then" in office.confctl("edit", other, "--date", "tomorrow").err
    assert office.confctl("edit", other, "--title", "New").err == ""


def test_scripts_that_want_json_get_no_such_notes(office: Office) -> None:
    office.add("--with", "102", day="tomorrow")
    assert planned(office, "--json").err == ""


def test_a_conference_that_begins_at_once_without_a_mixer_is_noticed(office: Office) -> None:
    office.now = moment("2026-11-30 16:00")
    assert "No mixer runs; start it with “confctl run”.\n" in planned(office, date="today").err
    with office.mixer():
        assert "No mixer runs" not in planned(office, date="today").err


def test_a_conference_that_lasts_more_than_twelve_hours_is_noticed(office: Office) -> None:
    assert "It lasts 24 h.\n" in planned(office, to="15:30").err
    assert "It lasts 12 h 1 min.\n" in planned(office, to="3:31").err
    assert "It lasts" not in planned(office, to="3:30").err


@pytest.mark.parametrize(
    ("seconds", "english", "russian"),
    [(60, "1 min", "1 мин"), (3600, "1 h", "1 ч"), (5400, "1 h 30 min", "1 ч 30 мин"), (0, "0 min", "0 мин")],
)
def test_a_length_is_said_in_hours_and_minutes(seconds: float, english: str, russian: str) -> None:
    assert (dates.duration(seconds, "en"), dates.duration(seconds, "ru")) == (english, russian)


def test_a_date_without_a_year_that_is_next_years_is_noticed(office: Office) -> None:
    assert "20.11 is past this year: Saturday, 20 November 2027 is taken.\n" in planned(office, date="20.11").err
    assert "is taken" not in planned(office, date="20.11.2027").err


def test_everybody_unknown_is_in_one_message(office: Office) -> None:
    said = planned(office, "--with", "xyzzy", "102", "петр", "777")
    assert said.status == 1
    assert said.err == (
        "confctl: “петр” fits several people: Анна Петрова (101), Иван Петров (104); write more of the name, or a"
        " number. Nobody is found by any of these: xyzzy, 777; “confctl people list” shows everybody.\n"
    )


def test_people_may_be_listed_with_commas(office: Office) -> None:
    code = office.add("--with", "102,carol", "104")
    assert participants(office, code) == ["102", "1020", "104"]
    assert office.confctl("edit", code, "--without", "102, carol").status == 0
    assert participants(office, code) == ["104"]


def test_where_a_name_has_a_comma_people_are_not_listed_with_commas(office: Office) -> None:
    file = office.folder / "people.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("Carol Smith", "Smith, Carol"), encoding="utf-8")
    assert participants(office, office.add("--with", "Smith, Carol")) == ["1020"]


def test_a_code_may_be_two_words(office: Office) -> None:
    code = office.add("--with", "102")
    groups = (code[:3], code[3:])
    assert office.confctl("edit", *groups, "--with", "104", "--without", "102").status == 0
    assert participants(office, code) == ["104"]
    assert office.confctl("show", *groups, "--json").json["code"] == code
    assert office.confctl("repeat", *groups, "--date", "fri").status == 0
    assert office.confctl("delete", *groups, "--yes").status == 0


@pytest.mark.parametrize("between", [" ", "-"])
def test_a_code_may_be_written_as_it_is_shown(office: Office, between: str) -> None:
    code = office.add()
    written = f"{code[:3]}{between}{code[3:]}"
    assert office.confctl("show", written, "--json").json["code"] == code
    assert office.confctl("delete", written, "--yes").status == 0


def test_the_title_may_be_an_option_as_in_edit(office: Office) -> None:
    arguments = ("--owner", "101", "--date", "tomorrow", "--from", "15:30", "--to", "16:30")
    assert office.confctl("add", "--title", "Weekly", *arguments, "--json").json["title"] == "Weekly"
    said = office.confctl("add", "Weekly", "--title", "Weekly", *arguments)
    assert (said.status, said.err) == (2, "confctl: TITLE and --title can't both be.\n")


@pytest.mark.parametrize(
    ("text", "zone"),
    [("europe/london", "Europe/London"), ("London", "Europe/London"), ("new york", "America/New_York"), ("utc", "UTC")],
)
def test_a_zone_is_meant_whatever_the_case_and_by_its_city(office: Office, text: str, zone: str) -> None:
    assert office.confctl("show", office.add("--zone", text), "--json").json["zone"] == zone


@pytest.mark.parametrize("text", ["Europe/Moskow", "Moskow", "europe/mosocw"])
def test_of_a_zone_that_there_is_not_the_nearest_are_named(office: Office, text: str) -> None:
    said = planned(office, "--zone", text)
    assert said.status == 2
    assert "Europe/Moscow" in said.err


def test_a_city_of_several_zones_is_not_guessed(office: Office) -> None:
    said = planned(office, "--zone", "Buenos Aires")
    assert said.status == 2
    assert "America/Argentina/Buenos_Aires, America/Buenos_Aires" in said.err


def test_a_zone_like_no_other_is_refused_with_an_example(office: Office) -> None:
    assert "write an IANA name like Europe/Moscow" in planned(office, "--zone", "xyzzy").err


def test_an_empty_greeting_is_a_usage_error(office: Office) -> None:
    said = planned(office, "--greeting", "")
    assert (said.status, said.err) == (2, "confctl: --greeting needs the name of a file.\n")


def test_the_same_greeting_once_more_is_no_change(office: Office) -> None:
    sound(office.folder / "hello.wav")
    code = office.add("--greeting", "hello.wav")
    said = office.confctl("edit", code, "--greeting", "hello.wav")
    assert said.out.startswith("Nothing is changed")
    sound(office.folder / "hello.wav", seconds=3)
    said = office.confctl("edit", code, "--greeting", "hello.wav", "--json")
    assert said.json["changed"] == ["greeting"]
