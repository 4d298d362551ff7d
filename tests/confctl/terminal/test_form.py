"""On a terminal what is missing is asked for, shown before it is written, and written only if that is agreed to."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from confctl.terminal.questions import Questions
from tests.confctl.book.test_greeting import sound
from tests.confctl.commands.manual_steps import a_past_one
from tests.confctl.commands.past import ended
from tests.confctl.office import moment
from tests.confctl.pseudo_terminal import Terminal
from tests.confctl.terminal.keyboard import typed

if TYPE_CHECKING:
    from confctl.words import Sentence
    from tests.confctl.office import Office

WHEN = ("--date", "today", "--from", "15:30", "--to", "16:30")


def the_only_one(office: Office) -> dict[str, object]:
    [found] = office.confctl("list", "--json").conferences()
    return found


def test_all_that_a_new_conference_needs_is_asked_for(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "Weekly", "анна", "102", "carol", "", "", "tomorrow", "15.30", "16:30", "", "", "y")
    said = office.confctl("add")
    assert said.status == 0
    made = the_only_one(office)
    assert (made["title"], made["start"]) == ("Weekly", "2026-12-01T15:30:00+03:00")
    assert made["participants"] == [
        {"name": "Борис Королёв", "number": "102"},
        {"name": "Carol Smith", "number": "1020"},
    ]
    assert "Tuesday, 1 December 2026, 15:30–16:30 Europe/Moscow (UTC+3)" in said.err
    assert said.err.rstrip().endswith("Plan it? [Y/n]:")
    assert said.out.startswith(f"Conference {made['code']} is planned.\n")


def test_after_the_summary_only_what_is_new_is_told(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "Weekly", "", "", "", "y")
    planned = office.confctl("add", "--owner", "101", "--with", "102", *WHEN)
    code, owner_code = str(the_only_one(office)["code"]), str(the_only_one(office)["owner_code"])
    for new in (code, owner_code, f"dial 500, then {code[:3]} {code[3:]} *"):
        assert new in planned.out
    for known in ("Weekly", "Анна", "Борис", "15:30"):
        assert known in planned.err and known not in planned.out
    typed(monkeypatch, "Budget", "", "", "", "", "", "", "", "", "y")
    changed = office.confctl("edit", code)
    assert changed.out.startswith(f"Conference {code} is changed.\nTitle  Weekly → Budget\n")
    assert "Анна" not in changed.out
    typed(monkeypatch, "Budget", "", "", "", "tomorrow", "", "", "", "", "y")
    again = office.confctl("repeat", code)
    assert again.status == 0 and "Budget" not in again.out and "To join" in again.out


def test_only_what_is_missing_is_asked_for(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    sound(office.folder / "hello.wav")
    typed(monkeypatch, "Weekly", "")
    rest = ("--greeting", "hello.wav", "--deputy", "102", "--no-record")
    assert office.confctl("add", "--owner", "101", "--with", "102", *rest, *WHEN).status == 0
    assert the_only_one(office)["greeting"] == "hello.wav"


@pytest.mark.parametrize(("answers", "status"), [(("n",), 1), (("нет",), 1), ((), 130)])
def test_what_is_not_agreed_to_is_not_planned(
    office: Office, monkeypatch: pytest.MonkeyPatch, answers: tuple[str, ...], status: int
) -> None:
    typed(monkeypatch, "Weekly", "", "", "", *answers)
    said = office.confctl("add", "--owner", "101", *WHEN)
    assert (said.status, said.out) == (status, "")
    assert ("Nothing is planned." if answers else "Nothing is changed.") in said.err
    assert office.confctl("list", "--json").conferences() == []


def test_where_nothing_is_missing_nothing_is_asked(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch)
    assert office.confctl("add", "Weekly", "--owner", "101", *WHEN).status == 0
    assert office.confctl("edit", str(the_only_one(office)["code"]), "--title", "New").status == 0


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ((), "TITLE, --owner, --date, --from, --to"),
        (("Weekly", "--from", "15:30"), "--owner, --date, --to"),
        (("--owner", "101", *WHEN), "TITLE"),
    ],
)
def test_where_nobody_can_be_asked_all_that_is_missing_is_named(
    office: Office, given: tuple[str, ...], missing: str
) -> None:
    said = office.confctl("add", *given)
    assert (said.status, said.err) == (2, f"confctl: Missing: {missing}. See “confctl add --help”.\n")


def test_with_json_nobody_is_asked(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    code = office.add()
    typed(monkeypatch, "Weekly", "101")
    assert office.confctl("add", "--json").status == 2
    assert office.confctl("edit", code, "--json").status == 2
    assert office.confctl("repeat", code, "--json").status == 1  # at its own time


def test_each_field_is_asked_for_with_what_it_is_now(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    sound(office.folder / "hello.wav")
    code = office.add("--with", "102", "1020", "--greeting", "hello.wav")
    typed(monkeypatch, "Budget", "", "-carol", "104", "", "", "tomorrow", "16:00", "", "n", "", "", "y")
    said = office.confctl("edit", code)
    assert said.status == 0
    for default in ("[Анна Петрова]", "[2026-11-30]", "[15:30]", "[17:00]", "hello.wav"):
        assert default in said.err
    changed = the_only_one(office)
    assert (changed["title"], changed["start"], changed["end"], changed["greeting"]) == (
        "Budget",
        "2026-12-01T16:00:00+03:00",
        "2026-12-01T17:00:00+03:00",
        None,
    )
    assert changed["participants"] == [
        {"name": "Борис Королёв", "number": "102"},
        {"name": "Иван Петров", "number": "104"},
    ]


def test_enter_all_the_way_changes_nothing_and_asks_no_more(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    code = office.add("--with", "102", title="Weekly")
    before = office.confctl("show", code, "--json").json
    typed(monkeypatch, "Weekly", "", "", "", "", "", "", "", "")  # such a terminal can't have the title stand there
    said = office.confctl("edit", code)
    assert said.status == 0
    assert said.out.startswith("Nothing is changed")
    assert office.confctl("show", code, "--json").json == before


def test_a_conference_of_several_days_keeps_its_length_where_only_its_date_is_changed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = office.add()
    file = office.folder / "conferences" / f"{code}.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("2026-11-30T16:30:00", "2026-12-02T16:30:00"), encoding="utf-8")
    typed(monkeypatch, "Weekly", "", "", "tomorrow", "", "", "", "", "y")
    assert office.confctl("edit", code).status == 0
    assert the_only_one(office)["end"] == "2026-12-03T16:30:00+03:00"


def test_times_that_do_not_go_together_are_asked_for_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    code = office.add(day="tomorrow")
    typed(monkeypatch, "Weekly", "", "", "today", "10:00", "11:00", "", "13:00", "", "", "", "y")
    said = office.confctl("edit", code)
    assert said.status == 0, said.err
    assert "It is past 11:00 already" in said.err
    assert the_only_one(office)["start"] == "2026-11-30T13:00:00+03:00"


def test_a_new_owner_leaves_the_former_one_among_the_participants(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = office.add("--with", "102")
    typed(monkeypatch, "Weekly", "102", "", "", "", "", "", "", "", "y")
    assert office.confctl("edit", code).status == 0
    assert the_only_one(office)["participants"] == [{"name": "Анна Петрова", "number": "101"}]
    typed(monkeypatch, "Weekly", "carol", "-анна", "", "", "", "", "", "", "", "y")
    assert office.confctl("edit", code).status == 0
    assert the_only_one(office)["participants"] == [{"name": "Борис Королёв", "number": "102"}]


def test_a_repeated_conference_is_asked_for_with_today_as_the_date(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = a_past_one(office, "--with", "102")
    typed(monkeypatch, "Weekly", "", "", "", "", "", "", "", "", "y")
    said = office.confctl("repeat", past)
    assert said.status == 0
    assert "[2026-12-01]" in said.err
    made = the_only_one(office)
    assert (made["start"], made["participants"]) == (
        "2026-12-01T15:30:00+03:00",
        [{"name": "Борис Королёв", "number": "102"}],
    )


def test_of_a_repeated_conference_another_owner_is_asked_for_if_the_first_has_gone(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = office.add("--owner", "104", "--with", "102")
    ended(office, code, "2026-11-30 16:30", "planned-end")
    file = office.folder / "people.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('["104"]', '["777"]'), encoding="utf-8")
    typed(monkeypatch, "Weekly", "", "101", "", "", "tomorrow", "", "", "", "", "y")
    assert office.confctl("repeat", code).status == 0
    made = the_only_one(office)
    assert made["owner"] == {"name": "Анна Петрова", "number": "101"}
    assert made["participants"] == [{"name": "Борис Королёв", "number": "102"}]


def test_past_its_hours_or_at_its_own_time_tomorrow_is_proposed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = office.add()
    for now in (office.now, moment("2026-11-30 16:30")):
        office.now = now
        typed(monkeypatch, "Weekly", "", "", "", "", "", "", "", "y")
        said = office.confctl("repeat", code)
        assert said.status == 0, said.err
        assert "[2026-12-01]" in said.err
        ended(office, code, "2026-11-30 16:30", "planned-end")


def test_on_a_real_terminal_the_form_stands_filled_in_and_is_edited(office: Office) -> None:
    code = office.add("--with", "102", day="2099-11-30")
    environ = {"PATH": os.environ["PATH"], "HOME": str(office.folder), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    with Terminal([sys.executable, "-m", "confctl", "edit", code], office.folder, environ) as screen:
        screen.wait_for("Title: Weekly")
        screen.type(" review\r")
        for question in ("Owner [Анна Петрова]:", "Participant 2:", "Deputy [—]:", "Date [2099-11-30]:"):
            screen.wait_for(question)
            screen.type("\r")
        screen.wait_for("Start (Europe/Moscow) [15:30]:")
        screen.type("17:00\r")
        screen.wait_for("End (Europe/Moscow) [18:00]:")
        screen.type("\r")
        screen.wait_for("Greeting")
        screen.type("\r")
        screen.wait_for("Record it? [y/N]")
        screen.type("\r")
        screen.wait_for("Save it? [Y/n]")
        screen.type("\r")
        assert screen.status() == 0
        assert "Weekly → Weekly review" in screen.shown()
    assert the_only_one(office)["start"] == "2099-11-30T17:00:00+03:00"


def test_a_deputy_and_a_recording_are_asked_for_and_shown_before_it_is_planned(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, "Weekly", "101", "Carol", "", "y", "y")
    said = office.confctl("add", "--owner", "101", "--with", "102", *WHEN)
    assert said.status == 0, said.err
    assert "Анна Петрова (101) is the owner, and can't be the deputy too." in said.err
    summary = said.err.partition("Title  ")[2]
    assert "Deputy         Carol Smith (1020)" in summary and "Recording      yes" in summary
    made = office.confctl("show", str(the_only_one(office)["code"]), "--json").json
    assert (made["deputy"], made["record"]) == ({"name": "Carol Smith", "number": "1020"}, True)


def test_the_deputy_and_the_recording_are_changed_and_taken_back(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = office.add("--with", "102", "104", "--deputy", "102", "--tracks", title="Weekly")

    def edited(deputy: str, record: str) -> tuple[object, object]:
        typed(monkeypatch, "Weekly", "", "", deputy, "", "", "", "", record, "y")
        assert office.confctl("edit", code).status == 0
        shown = office.confctl("show", code, "--json").json
        return shown["deputy"], shown["record"]

    boris, ivan = {"name": "Борис Королёв", "number": "102"}, {"name": "Иван Петров", "number": "104"}
    assert edited("", "") == (boris, "tracks")
    assert edited("иван", "n") == (ivan, False)
    assert edited("-", "y") == (None, True)


def test_where_all_is_recorded_that_is_what_an_empty_line_means(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = office.folder / "confctl.toml"
    file.write_text(f"{file.read_text(encoding='utf-8')}\n[recording]\nalways = true\n", encoding="utf-8")
    for title, answer in (("First", ""), ("Second", "n")):
        typed(monkeypatch, title, "", "", answer, "y")
        assert "Record it? [Y/n]" in office.confctl("add", "--owner", "101", *WHEN).err
    planned = office.confctl("list", "--json").conferences()
    assert {each["title"]: each["record"] for each in planned} == {"First": True, "Second": False}


def test_ctrl_c_between_two_questions_changes_nothing_either(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    code = office.add(title="Weekly")

    def pressed(self: Questions, question: Sentence, answer: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Questions, "settled", pressed)
    monkeypatch.setattr("confctl.commands.people.possible", lambda: True)
    for words, before in (
        (("add",), ("Other",)),
        (("edit", code), ("Weekly",)),
        (("repeat", code), ("Weekly",)),
        (("people", "add", "--account"), ("Dmitri",)),
    ):
        typed(monkeypatch, *before)
        said = office.confctl(*words)
        assert (said.status, said.out) == (130, "")
        assert said.err.endswith("Nothing is changed.\n") and said.err.count("Nothing is changed.") == 1
