"""``add``, ``list``, ``show``: the manual's form and lists."""

from __future__ import annotations

import pytest

from mixer.rules.records import Kind
from tests.confctl.commands.past import ended
from tests.confctl.office import Office, moment

WHEN = ("--date", "today", "--from", "15:30", "--to", "16:30")


def test_a_conference_is_added_and_its_code_printed(office: Office) -> None:
    said = office.confctl("add", "Weekly", "--owner", "анна", *WHEN, "--with", "борис", "--with", "1020")
    assert said.status == 0
    code = office.confctl("list", "--json").conferences()[0]["code"]
    assert f"Conference {code} is planned." in said.out


def test_json_of_an_addition_has_code_owner_code_start_and_end(office: Office) -> None:
    made = office.confctl("add", "Weekly", "--owner", "101", *WHEN, "--with", "102", "--json").json
    assert len(str(made["code"])) == 6
    assert len(str(made["owner_code"])) == 8
    assert made["start"] == "2026-11-30T15:30:00+03:00"
    assert made["end"] == "2026-11-30T16:30:00+03:00"
    assert made["owner"] == {"name": "Анна Петрова", "number": "101"}
    assert made["participants"] == [{"name": "Борис Королёв", "number": "102"}]
    assert made["state"] == "planned"


def test_several_people_may_follow_one_with(office: Office) -> None:
    code = office.add("--with", "102", "1020", "иван")
    assert [p["number"] for p in office.confctl("show", code, "--json").json["participants"]] == ["102", "1020", "104"]  # type: ignore[attr-defined]  # a list, as JSON has it


def test_the_owner_among_the_participants_and_a_participant_twice_count_once(office: Office) -> None:
    code = office.add("--with", "101", "--with", "борис", "--with", "102", "--with", "+7 495 123 45 67")
    shown = office.confctl("show", code, "--json").json
    assert shown["participants"] == [{"name": "Борис Королёв", "number": "102"}]


def test_a_conference_keeps_the_zone_it_was_planned_in(office: Office) -> None:
    code = office.add("--with", "102", "--zone", "Asia/Tokyo", day="2026-12-01")
    shown = office.confctl("show", code, "--json").json
    assert (shown["zone"], shown["start"]) == ("Asia/Tokyo", "2026-12-01T15:30:00+09:00")
    assert "Asia/Tokyo" in office.confctl("list").out


def test_an_end_not_later_than_the_start_is_on_the_next_day(office: Office) -> None:
    code = office.add(start="23:00", end="01:00")
    assert office.confctl("show", code, "--json").json["end"] == "2026-12-01T01:00:00+03:00"
    assert "23:00–01:00 (+1)" in office.confctl("list").out


def test_a_start_already_past_today_is_taken_while_the_end_is_ahead(office: Office) -> None:
    office.add(start="11:00", end="12:30")
    said = office.confctl("add", "Late", "--owner", "101", "--date", "today", "--from", "10:00", "--to", "11:00")
    assert said.status == 1
    assert "11:00" in said.err


@pytest.mark.parametrize(
    ("changed", "status", "says"),
    [
        (("--date", "2026-11-29"), 1, "2026-11-29 is past"),
        (("--date", "Someday"), 2, "no date"),
        (("--date", "31.02.2027"), 2, "calendar"),
        (("--from", "25:00"), 2, "no time"),
        (("--zone", "Mars/Base"), 2, "no time zone"),
        (("--owner", "nobody"), 1, "Nobody is found"),
        (("--owner", "петров"), 1, "several people: Анна Петрова (101), Иван Петров (104)"),
        (("--with", "Бориз Королев"), 1, "is it one of these: Борис Королёв"),
        (("--greeting", "absent.wav"), 1, "no file absent.wav"),
    ],
)
def test_what_cannot_be_planned_is_refused_in_one_line_and_changes_nothing(
    office: Office, changed: tuple[str, str], status: int, says: str
) -> None:
    given = {"--owner": "101", "--date": "today", "--from": "15:30", "--to": "16:30", changed[0]: changed[1]}
    said = office.confctl("add", "Weekly", *(word for pair in given.items() for word in pair))
    assert said.status == status
    assert says in said.err
    assert said.err.startswith("confctl: ") and said.err.count("\n") == 1
    assert office.confctl("list", "--json").conferences() == []


def test_an_empty_title_is_a_usage_error(office: Office) -> None:
    assert office.confctl("add", " ", "--owner", "101", *WHEN).status == 2


def test_the_current_list_counts_running_and_planned_and_orders_by_time(office: Office) -> None:
    office.add(title="Third", day="2027-01-05")
    running = office.add(title="First", start="12:00", end="13:00")
    office.add(title="Second", day="tomorrow")
    office.now = moment("2026-11-30 12:05")
    office.mixer_noted(running, Kind.STARTED)
    with office.mixer():
        said = office.confctl("list")
        assert "1 идёт, 2 запланировано" in office.confctl("--lang", "ru", "list").out
    assert said.out.startswith("1 running, 2 planned\n")
    assert said.out.index("First") < said.out.index("Second") < said.out.index("Third")
    assert "running now" in said.out


def test_a_conference_that_no_mixer_began_is_shown_as_not_started(office: Office) -> None:
    office.add(start="12:00", end="13:00")
    assert office.confctl("list").out.startswith("0 running, 1 planned")
    office.now += 60
    assert office.confctl("list").out.startswith("0 running, 0 planned, 1 overdue")
    assert office.confctl("list", "--json").conferences()[0]["state"] == "overdue"


def test_a_running_conference_stays_running_past_its_planned_end(office: Office) -> None:
    code = office.add(start="12:00", end="12:10")
    office.mixer_noted(code, Kind.STARTED)
    office.now = moment("2026-11-30 14:00")
    with office.mixer():
        assert office.confctl("list", "--json").conferences()[0]["state"] == "running"


def test_past_conferences_are_filtered_by_year_and_month(office: Office) -> None:
    first = office.add(title="November")
    second = office.add(title="December", day="2026-12-03")
    ended(office, first, "2026-11-30 16:42", "last-left")
    ended(office, second, "2026-12-03 16:30", "planned-end")
    assert office.confctl("list", "--json").conferences() == []

    def titles(*filters: str) -> list[object]:
        return [c["title"] for c in office.confctl("list", "--past", *filters, "--json").conferences()]

    assert titles() == ["November", "December"]
    assert titles("--month", "11") == ["November"]
    assert titles("--year", "2026", "--month", "12") == ["December"]
    assert titles("--year", "2025") == []
    table = office.confctl("list", "--past").out
    assert "ended 16:42" in table and "ended on time 16:30" in table
    assert office.confctl("list", "--past", "--year", "2020").out == "There are no past conferences here.\n"


def test_of_very_many_past_conferences_the_latest_are_shown_and_the_earlier_ones_counted(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("confctl.overview._LATEST", 2)
    for day in ("2026-12-01", "2026-12-02", "2026-12-03"):
        ended(office, office.add(title=f"On {day}", day=day), f"{day} 16:30", "planned-end")
    table = office.confctl("list", "--past").out
    assert "On 2026-12-01" not in table and "On 2026-12-02" in table
    assert table.endswith("Earlier ones: 1; --year and --month show them.\n")
    assert "On 2026-12-01" in office.confctl("list", "--past", "--year", "2026").out
    assert len(office.confctl("list", "--past", "--json").conferences()) == 3


def test_year_without_past_is_a_usage_error(office: Office) -> None:
    assert office.confctl("list", "--year", "2026").status == 2


def test_show_finds_current_and_past_ones(office: Office) -> None:
    code = office.add()
    assert "Weekly" in office.confctl("show", code).out
    ended(office, code, "2026-11-30 16:42", "last-left")
    assert office.confctl("show", code, "--json").json["state"] == "ended"


@pytest.mark.parametrize("code", ["999999", "../../people", "", "١٢٣٤٥٦"])
def test_a_code_that_does_not_exist_is_refused(office: Office, code: str) -> None:
    for command in ("show", "delete"):
        said = office.confctl(command, code)
        assert said.status == 1
        assert "There is no conference" in said.err


def test_a_broken_file_is_named_with_its_line_and_the_others_are_listed(office: Office) -> None:
    good, bad = office.add(title="Good"), office.add(title="Bad")
    file = office.folder / "conferences" / f"{bad}.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('zone = "Europe', 'zone = "Urope'), encoding="utf-8")
    said = office.confctl("list", "--json")
    assert [c["code"] for c in said.conferences()] == [good]
    assert f"{bad}.toml:6: zone: there is no time zone “Urope/Moscow”" in said.err
    assert office.confctl("show", bad).status == 1
    assert office.confctl("check").status == 1


def test_control_characters_and_markup_in_a_title_are_harmless(office: Office) -> None:
    title = "\x1b]0;pwned\x07[red]x[/red]\r\n\u202ehidden\x9b31m :smile:"
    code = office.add(title=title)
    for said in (office.confctl("list"), office.confctl("show", code), office.confctl("list", "--json")):
        assert not {"\x1b", "\x07", "\r", "\u202e", "\x9b"} & set(said.out)
    assert "[red]x[/red]" in office.confctl("list").out
    assert ":smile:" in office.confctl("list").out
    assert office.confctl("show", code, "--json").json["title"] == title


def test_a_title_that_is_no_text_is_a_usage_error(office: Office) -> None:
    given = ("--owner", "101", "--date", "today", "--from", "15:30", "--to", "16:30")
    said = office.confctl("add", "Caf\udce9", *given)
    assert (said.status, said.err) == (2, "confctl: “Caf\\udce9” is no text; type it in UTF-8\n")
    code = office.add()
    assert office.confctl("edit", code, "--title", "\udcff").status == 2
    assert office.confctl("repeat", code, "--title", "\udcff", "--date", "tomorrow").status == 2


def test_why_the_system_would_not_is_told_in_the_language_of_the_reader(office: Office) -> None:
    missing = office.confctl("--lang", "ru", "people", "import", "nobody.csv")
    assert (missing.status, missing.err) == (1, "confctl: nobody.csv: нет такого файла или папки\n")
    assert office.confctl("people", "import", ".").err == "confctl: .: Is a directory\n"
    (office.folder / "people.toml").unlink()
    said = office.confctl("--lang", "ru", "people", "list")
    assert "нет такого файла или папки" in said.err and "No such" not in said.err
