"""``confctl check CODE``, as it is typed, with a mixer and without one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

import pytest

from confctl import settings
from mixer import control
from mixer.rules.records import Kind
from tests.confctl.book.test_greeting import sound
from tests.confctl.office import SETTINGS, moment
from tests.confctl.test_status import answering

if TYPE_CHECKING:
    from mixer.control import Json
    from tests.confctl.office import Office, Said

TRUNK = '\n[[trunk]]\nname = "line"\nuri = "sip:127.0.0.1:9"\n'
FAR = '[[person]]\nname = "Far"\nnumbers = ["+442079460101"]\n'


def phone(person: str, kind: str = "account", at: str = "", **told: Json) -> dict[str, Json]:
    return {
        "person": person,
        "kind": kind,
        "at": at or person,
        "registered": None,
        "answers": None,
        "detail": "",
        **told,
    }


GOOD = phone("101", registered=True, answers=True, detail="200 OK")
OUTSIDE = phone("101", "outside", "+74951234567")


def asked(office: Office, code: str, *phones: dict[str, Json]) -> Said:
    path = settings.load(office.folder / "confctl.toml").paths.socket
    with answering(path, control.encode({"ok": True, "phones": phones})):
        return office.confctl("check", code, "--json")


def found(said: Said) -> dict[str, tuple[object, str]]:
    checks = cast("list[dict[str, object]]", said.json["checks"])
    return {str(check["what"]): (check["ok"], str(check["detail"])) for check in checks}


def test_a_conference_that_can_begin_is_right_in_all(office: Office) -> None:
    code = office.add("--greeting", str(sound(office.folder / "hello.wav")))
    said = asked(office, code, GOOD, OUTSIDE)
    assert said.status == 0, said.out
    checks = found(said)
    assert checks["conference"][1].startswith("“Weekly”, Monday, 30 November 2026, 15:30–16:30")
    assert checks["Анна Петрова (101)"][1] == "registered, and answers (200 OK); there is no trunk for +74951234567"
    assert checks["greeting"][1] == "hello.wav, 0:04"
    assert checks["media ports"][1] == "calls at once: 1; pairs of ports: 5"


@pytest.mark.parametrize(
    ("told", "ok", "detail"),
    [
        (phone("102", registered=False), False, "no phone is registered"),
        (
            phone("102", registered=True, answers=False, detail="no answer"),
            False,
            "registered, and does not answer OPTIONS (no answer)",
        ),
        (
            phone("102", "uri", "sip:b@h", answers=False, detail="404 Not Found"),
            False,
            "sip:b@h does not answer (404 Not Found)",
        ),
        (phone("102", "uri", "sip:b@h", answers=True, detail="200 OK"), True, "sip:b@h answers (200 OK)"),
    ],
)
def test_whether_a_person_could_be_called_is_what_the_running_mixer_says(
    office: Office, told: dict[str, Json], ok: bool, detail: str
) -> None:
    said = asked(office, office.add("--with", "102"), GOOD, OUTSIDE, told)
    assert found(said)["Борис Королёв (102)"] == (ok, detail)
    assert said.status == (0 if ok else 1)


def test_who_is_not_registered_and_has_a_number_outside_can_be_called(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sip.probing.PATIENCE", 0.1)
    (office.folder / "confctl.toml").write_text(SETTINGS + TRUNK, encoding="utf-8")
    said = asked(office, office.add(), phone("101", registered=False), OUTSIDE)
    assert found(said)["Анна Петрова (101)"] == (True, "no phone is registered; +74951234567 goes out through a trunk")


def test_without_a_mixer_fixed_addresses_are_asked_and_the_others_said_to_be_unknown(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sip.inquiries.PATIENCE", 0.1)
    people = office.folder / "people.toml"
    text = people.read_text(encoding="utf-8").replace("sip:carol@198.51.100.4", "sip:carol@127.0.0.1:9")
    people.write_text(text, encoding="utf-8")
    said = office.confctl("check", office.add("--with", "1020"), "--json")
    checks = found(said)
    assert checks["phones"] == (
        None,
        "no mixer runs, so nobody knows which phones are registered; “confctl run” starts it",
    )
    assert checks["Анна Петрова (101)"] == (
        None,
        "not asked whether it is registered; there is no trunk for +74951234567",
    )
    assert checks["Carol Smith (1020)"][0] is False
    assert said.status == 1


def test_what_only_a_mixer_knows_is_neither_good_nor_wrong_without_one(office: Office) -> None:
    code = office.add("--with", "102")
    said = office.confctl("check", code)
    assert re.findall(r"^(.*?)  +(?:phones|Борис)", said.out, re.MULTILINE) == ["not asked", "not asked"]
    checks = found(office.confctl("check", code, "--json"))
    assert checks["Борис Королёв (102)"] == (None, "not asked whether it is registered")
    assert [what for what, (ok, _) in checks.items() if ok is None] == [
        "phones",
        "Анна Петрова (101)",
        "Борис Королёв (102)",
    ]


def test_a_mixer_that_will_not_say_is_wrong_and_costs_no_other_look(office: Office) -> None:
    code = office.add()
    path = settings.load(office.folder / "confctl.toml").paths.socket
    with answering(path, control.encode({"ok": False, "error": "this mixer can't “check”; it knows: status"})):
        said = office.confctl("check", code, "--json")
    checks = found(said)
    assert checks["phones"][0] is False and "it knows: status" in checks["phones"][1]
    assert checks["media ports"][0]


def test_lines_are_counted_with_those_of_other_conferences_at_that_hour(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sip.probing.PATIENCE", 0.1)
    monkeypatch.setattr("confctl.check_trunks._finding", lambda trunk, _: fine_trunk(trunk.name))
    (office.folder / "people.toml").write_text(FAR, encoding="utf-8")
    (office.folder / "confctl.toml").write_text(SETTINGS + TRUNK + "max_calls = 1\n", encoding="utf-8")
    plan = ("add", "W", "--owner", "Far", "--date", "today", "--from", "15:30", "--to", "16:30", "--json")
    codes = [str(office.confctl(*plan).json["code"]) for _ in range(2)]
    lines = found(office.confctl("check", codes[0], "--json"))["lines"]
    assert lines == (False, "calls that go out: 1, with other conferences 2; the trunks take 1, so some will wait")
    office.confctl("delete", codes[1], "--yes")
    assert found(office.confctl("check", codes[0], "--json"))["lines"][0]


def fine_trunk(name: str) -> object:
    from confctl.findings import fine
    from confctl.words import say

    return fine(say("trunk {name}", name=name), say("registered"))


def test_a_dead_trunk_is_no_line(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sip.probing.PATIENCE", 0.1)
    (office.folder / "people.toml").write_text(FAR, encoding="utf-8")
    (office.folder / "confctl.toml").write_text(SETTINGS + TRUNK, encoding="utf-8")
    code = str(
        office.confctl(
            "add", "W", "--owner", "Far", "--date", "today", "--from", "15:30", "--to", "16:30", "--json"
        ).json["code"]
    )
    assert found(office.confctl("check", code, "--json"))["lines"] == (
        False,
        "1 call has to go out, and no trunk is in order",
    )


def test_the_room_for_a_recording_is_what_is_planned_and_not_four_hours(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("confctl.check.free", lambda _: 300_000_000)
    code = office.add("--with", "102", "--tracks")
    checks = found(asked(office, code, GOOD, OUTSIDE, phone("102", registered=True, answers=True)))
    assert checks["recordings"][0] is False
    assert checks["recordings"][1].startswith("346 MB until the planned end; ")
    assert "has room for 100 MB beside 200 MB" in checks["recordings"][1]


def test_one_that_is_over_and_one_that_there_is_not_are_refused(office: Office) -> None:
    code = office.add(start="12:00", end="13:00")
    from confctl.book.book import Book
    from confctl.people.directory import Directory

    office.mixer_noted(code, Kind.STARTED, Kind.ENDED)
    Book(office.folder / "conferences", Directory(())).end(code, moment("2026-11-30 12:30"), "last-left")
    over, none = office.confctl("check", code), office.confctl("check", "999999")
    assert (over.status, over.err) == (1, f"confctl: Conference {code} is over: there is nothing to check.\n")
    assert (none.status, none.err) == (
        1,
        "confctl: There is no conference 999999; “confctl list” shows those there are.\n",
    )
