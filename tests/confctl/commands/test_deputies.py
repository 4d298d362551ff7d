"""A conference's deputy: named, changed, repeated, kept in the file, told of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from confctl import check_entry
from confctl.absence_settings import OwnerAbsence
from confctl.book.book import Book
from confctl.people.directory import Directory
from mixer.rules.absence import Remedy
from tests.confctl.commands.manual_steps import shown
from tests.confctl.commands.past import ended
from tests.confctl.office import SETTINGS

if TYPE_CHECKING:
    from tests.confctl.office import Office

BORIS = {"name": "Борис Королёв", "number": "102"}


def deputy(office: Office, code: str) -> object:
    return shown(office, code)["deputy"]


def people(office: Office, code: str) -> list[str]:
    listed = shown(office, code)["participants"]
    assert isinstance(listed, list)
    return [each["number"] for each in listed]


def edited(office: Office, code: str, *words: str) -> None:
    said = office.confctl("edit", code, *words)
    assert said.status == 0, said.err


def test_a_deputy_is_a_participant(office: Office) -> None:
    code = office.add("--with", "104", "--deputy", "102")
    assert (deputy(office, code), people(office, code)) == (BORIS, ["104", "102"])
    assert "Deputy" in office.confctl("show", code).out
    assert 'deputy = {name = "Борис Королёв", number = "102"}' in (
        office.folder / "conferences" / f"{code}.toml"
    ).read_text(encoding="utf-8")


def test_without_one_nothing_is_said_of_it(office: Office) -> None:
    code = office.add("--with", "102")
    assert deputy(office, code) is None
    assert "Deputy" not in office.confctl("show", code).out


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (("--title", "New"), BORIS),
        (("--with", "1020"), BORIS),
        (("--deputy", "104"), {"name": "Иван Петров", "number": "104"}),
        (("--no-deputy",), None),
        (("--without", "102"), None),
        (("--owner", "102"), None),
    ],
)
def test_it_stays_unless_the_change_says_otherwise(office: Office, words: tuple[str, ...], left: object) -> None:
    code = office.add("--with", "104", "--deputy", "102")
    edited(office, code, *words)
    assert deputy(office, code) == left


def test_the_change_leaves_the_rest_of_the_file_as_it_is(office: Office) -> None:
    code = office.add("--with", "102", "104")
    file = office.folder / "conferences" / f"{code}.toml"
    before = file.read_text(encoding="utf-8") + "# by hand\n"
    file.write_text(before, encoding="utf-8")
    edited(office, code, "--deputy", "102")
    assert 'deputy = {name = "Борис Королёв", number = "102"}\n' in file.read_text(encoding="utf-8")
    edited(office, code, "--no-deputy")
    assert file.read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    ("words", "status", "complaint"),
    [
        (("--deputy", "101"), 2, "is the owner, and can't be the deputy too"),
        (("--deputy", "zed"), 1, "Nobody is found by “zed”"),
        (("--deputy", "102", "--no-deputy"), 2, "--deputy and --no-deputy can't both be"),
    ],
)
def test_wrong_ones_are_refused(office: Office, words: tuple[str, ...], status: int, complaint: str) -> None:
    code = office.add("--with", "104")
    said = office.confctl("edit", code, *words)
    assert (said.status, said.err.count("\n")) == (status, 1)
    assert complaint in said.err


def test_a_file_whose_deputy_takes_no_part_is_named_with_its_line(office: Office) -> None:
    code = office.add("--with", "104")
    file = office.folder / "conferences" / f"{code}.toml"
    with file.open("a", encoding="utf-8") as stream:
        stream.write('deputy = { name = "Boris", number = "102" }\n')
    said = office.confctl("show", code)
    assert said.status == 1
    assert f"{code}.toml:{len(file.read_text(encoding='utf-8').splitlines())}: deputy: " in said.err
    assert "is not among the participants" in said.err


def test_a_repetition_has_the_deputy_too_unless_they_are_gone(office: Office) -> None:
    code = office.add("--with", "104", "--deputy", "102")
    ended(office, code, "2026-11-30 16:30", "last-left")
    again = office.confctl("repeat", code, "--date", "tomorrow", "--json").json["code"]
    assert deputy(office, str(again)) == BORIS
    office.confctl("people", "remove", "102", "--yes")
    last = office.confctl("repeat", code, "--date", "in a week", "--json").json["code"]
    assert deputy(office, str(last)) is None


STANDS_IN = "\n[conference]\nowner_absent_minutes = 10\n"
NOBODY = "If the owner does not come, nobody stands in: name who does with --deputy."


def test_that_nobody_would_stand_in_for_the_owner_is_told_where_somebody_is_meant_to(office: Office) -> None:
    planned = ("--owner", "101", "--with", "104", "--date", "tomorrow", "--from", "10:00", "--to", "11:00")
    assert office.confctl("add", "Calm", *planned).err == ""
    (office.folder / "confctl.toml").write_text(SETTINGS + STANDS_IN, encoding="utf-8")
    assert (
        office.confctl("add", "Bold", *planned[:-4], "--from", "12:00", "--to", "13:00").err == f"confctl: {NOBODY}\n"
    )
    code = office.add("--with", "104", "--deputy", "102", day="fri")
    assert NOBODY not in office.confctl("edit", code, "--title", "New").err
    assert NOBODY in office.confctl("edit", code, "--no-deputy").err
    assert "owner_absent_minutes" not in office.confctl("edit", code, "--deputy", "102").err
    (office.folder / "confctl.toml").write_text(SETTINGS, encoding="utf-8")
    idle = "Nothing makes the deputy stand in; set under [conference]: owner_absent_minutes = 10"
    assert idle in office.confctl("edit", code, "--date", "mon").err
    office.confctl("edit", code, "--no-deputy")
    (office.folder / "confctl.toml").write_text(SETTINGS + STANDS_IN + 'owner_absent = "call-off"\n', encoding="utf-8")
    assert NOBODY not in office.confctl("edit", code, "--date", "sat").err


def test_the_check_of_a_conference_says_so_too_and_finds_nothing_wrong_with_it(office: Office) -> None:
    code = office.add("--with", "104")
    plan = Book(office.folder / "conferences", Directory.load(office.folder / "people.toml", trunk=False)).get(code)
    assert plan is not None
    waits, calls_off = OwnerAbsence(0, 3, 10, Remedy.DEPUTY), OwnerAbsence(0, 3, 10, Remedy.CALL_OFF)
    (found,) = check_entry.deputy(plan.plan, waits)
    assert not found.wrong and f"“confctl edit {code} --deputy NAME”" in str(found.detail)
    assert not list(check_entry.deputy(plan.plan, calls_off))
    assert not list(check_entry.deputy(replace(plan.plan, deputy="104"), waits))
    assert not list(check_entry.deputy(plan.plan, replace(waits, minutes=0)))
