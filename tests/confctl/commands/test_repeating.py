"""``repeat``: as it was, today, on the same hours; whatever is named is different."""

from __future__ import annotations

import pytest

from tests.confctl.book.test_greeting import sound
from tests.confctl.commands.manual_steps import a_past_one, again, shown
from tests.confctl.commands.past import ended
from tests.confctl.office import Office, moment


def test_past_its_hours_another_date_is_named(office: Office) -> None:
    past = a_past_one(office)
    office.now = moment("2026-12-01 16:30")
    said = office.confctl("repeat", past)
    assert (said.status, said.err) == (
        1,
        "confctl: Today it is past 16:30 already; give another date, for example --date 2026-12-02.\n",
    )
    assert again(office, past, "--date", "2026-12-02")["start"] == "2026-12-02T15:30:00+03:00"
    assert again(office, past, "--from", "18:00")["end"] == "2026-12-01T19:00:00+03:00"


def test_in_the_middle_of_its_hours_it_begins_at_once(office: Office) -> None:
    past = a_past_one(office)
    office.now = moment("2026-12-01 16:00")
    with office.mixer():
        said = office.confctl("repeat", past)
    assert said.status == 0
    assert said.err.startswith("confctl: It is past 15:30 already: the conference begins at once.\n")
    assert "No mixer runs" not in said.err


def test_it_keeps_its_zone_and_the_hours_on_its_clocks_across_a_clock_change(office: Office) -> None:
    code = office.add("--zone", "Europe/Berlin", day="2026-12-01")
    ended(office, code, "2026-12-01 18:30", "planned-end")
    office.now = moment("2027-07-01 12:00")
    made = again(office, code)
    assert (made["zone"], made["start"]) == ("Europe/Berlin", "2027-07-01T15:30:00+02:00")
    assert shown(office, code)["start"] == "2026-12-01T15:30:00+01:00"


def test_across_midnight_it_ends_on_the_next_day_again(office: Office) -> None:
    code = office.add(start="23:00", end="01:00")
    ended(office, code, "2026-12-01 01:00", "planned-end")
    office.now = moment("2026-12-05 12:00")
    made = again(office, code)
    assert (made["start"], made["end"]) == ("2026-12-05T23:00:00+03:00", "2026-12-06T01:00:00+03:00")


def test_the_original_stays_as_it_is_and_the_codes_are_new(office: Office) -> None:
    past = a_past_one(office, "--with", "102")
    before = shown(office, past)
    made = again(office, past, "--title", "New", "--without", "102")
    assert shown(office, past) == before
    assert made["code"] != past and made["owner_code"] != before["owner_code"]
    assert made["mail"] == {"invitations": 0, "updates": 0, "cancellations": 0}


def test_participants_who_have_left_the_directory_are_named_and_left_out(office: Office) -> None:
    past = a_past_one(office, "--with", "102", "104")
    leave(office, "102")
    said = office.confctl("repeat", past, "--json")
    assert said.json["participants"] == [{"name": "Иван Петров", "number": "104"}]
    assert said.err == "confctl: In the directory no more, and left out: Борис Королёв (102).\n"
    assert office.confctl("repeat", past, "--without", "102", "--date", "tomorrow").err == ""


def test_an_owner_who_has_left_the_directory_is_to_be_replaced(office: Office) -> None:
    past = a_past_one(office, "--with", "102")
    leave(office, "101")
    said = office.confctl("repeat", past)
    assert (said.status, said.out) == (1, "")
    assert "Анна Петрова (101) is in the directory no more; give another owner with --owner." in said.err
    made = again(office, past, "--owner", "102")
    assert (made["owner"], made["participants"]) == ({"name": "Борис Королёв", "number": "102"}, [])


def test_a_planned_one_is_repeated_too_but_not_at_its_own_time(office: Office) -> None:
    code = office.add()
    said = office.confctl("repeat", code)
    assert said.status == 1 and f"Conference {code} itself is at that time" in said.err
    assert again(office, code, "--date", "+7")["start"] == "2026-12-07T15:30:00+03:00"
    assert len(office.confctl("list", "--json").conferences()) == 2


def test_a_greeting_that_is_gone_is_named_and_can_be_done_without(office: Office) -> None:
    sound(office.folder / "hello.wav")
    past = a_past_one(office, "--greeting", "hello.wav")
    for copy in (office.folder / "conferences" / "greetings").glob("*.wav"):
        copy.unlink()
    said = office.confctl("repeat", past)
    assert said.status == 1 and "greeting" in said.err
    assert again(office, past, "--no-greeting")["greeting"] is None


def test_the_new_greeting_is_a_copy_of_its_own(office: Office) -> None:
    sound(office.folder / "hello.wav")
    past = a_past_one(office, "--greeting", "hello.wav")
    code = str(again(office, past)["code"])
    copies = office.folder / "conferences" / "greetings"
    assert (copies / f"{code}.wav").read_bytes() == (copies / f"{past}.wav").read_bytes()
    assert office.confctl("delete", code, "--yes").status == 0
    assert (copies / f"{past}.wav").exists()


@pytest.mark.parametrize("code", ["999999", "../x", ""])
def test_what_there_is_not_cannot_be_repeated(office: Office, code: str) -> None:
    said = office.confctl("repeat", code)
    assert said.status == 1 and "There is no conference" in said.err


def leave(office: Office, number: str) -> None:
    """Their number becomes another's."""
    file = office.folder / "people.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(f'["{number}"', f'["77{number}"'), encoding="utf-8")
