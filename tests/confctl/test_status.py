"""``confctl status``: what a mixer says over its socket, as people and scripts want to read it."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import pytest

from mixer import control
from tests.confctl.office import Office, moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STATUS: dict[str, control.Json] = {
    "pid": 4242,
    "since": moment("2026-11-23 09:00"),
    "listening": ["udp:192.0.2.1:5060"],
    "registered": ["101", "102"],
    "trunks": [
        {
            "name": "provider",
            "asked": True,
            "registered": False,
            "alive": None,
            "found": True,
            "calls": 0,
            "max_calls": None,
            "waiting": 0,
            "detail": "403 Forbidden\x1b[2J",
            "next_try": None,
        }
    ],
    "running": [
        {
            "code": "123456",
            "title": "Weekly",
            "start": moment("2026-11-30 15:30"),
            "end": moment("2026-11-30 16:30"),
            "locked": False,
            "owner_in": True,
            "legs": [
                {
                    "leg": f"123456-{number}",
                    "person": person,
                    "name": name,
                    "guest": None,
                    "owner": person == "101",
                    "stage": stage,
                    "hears": hears,
                    "on_hold": person == "105",
                    "muted": person == "106",
                    "silenced": False,
                    "encrypted": person == "101",
                    "since": moment("2026-11-30 15:30") + number,
                }
                for number, (person, name, stage, hears) in enumerate(
                    [
                        ("101", "Анна Петрова", "in", "room"),
                        ("102", "Борис", "ringing", None),
                        ("104", "Иван", "greeting", "greeting"),
                        (None, None, "in", "music"),
                        ("105", "Carol", "in", "room"),
                        ("106", "Dmitri", "in", "room"),
                    ]
                )
            ],
            "called_later": [{"person": "107", "name": "Ева", "at": moment("2026-11-30 15:35")}],
        }
    ],
    "planned": [
        {
            "code": f"65432{number}",
            "title": title,
            "start": moment(f"2026-12-0{number} 10:00"),
            "end": moment(f"2026-12-0{number} 11:00"),
        }
        for number, title in enumerate(["Next", "After next"], 1)
    ],
}

RUNNING = cast("list[dict[str, control.Json]]", STATUS["running"])
ABSENT: dict[str, control.Json] = {
    **STATUS,
    "running": [
        {
            **RUNNING[0],
            "absent": [
                {
                    "name": "Ева",
                    "number": "107",
                    "state": "busy",
                    "since": moment("2026-11-30 15:30"),
                    "reason": "486 Busy Here",
                    "again_at": moment("2026-11-30 15:35"),
                }
            ],
        }
    ],
}

ENGLISH = """\
The mixer runs since 2026-11-23 09:00 (process 4242).
It listens on udp:192.0.2.1:5060.
Registered phones: 101, 102.
Trunk provider: not registered (403 Forbidden\\x1b[2J); 0 calls.
Weekly (123456) runs until 2026-11-30 16:30:
name                  state                    since
Анна Петрова (owner)  in, encrypted            15:30:00
Борис                 rings                    15:30:01
Иван                  hears the greeting       15:30:02
guest                 hears music              15:30:03
Carol                 has put the call on hold 15:30:04
Dmitri                plays hold music, muted  15:30:05
Not in: Ева — busy, again at 15:35:00.
Next: Next (654321) at 2026-12-01 10:00.
Mail: no mail server is set up.
"""

RUSSIAN = """\
Микшер работает с 2026-11-23 09:00 (процесс 4242).
Принимает вызовы на udp:192.0.2.1:5060.
Зарегистрированы телефоны: 101, 102.
Внешняя линия provider: регистрации нет (403 Forbidden\\x1b[2J); 0 звонков.
"""


@contextmanager
def answering(path: Path, answer: bytes) -> Iterator[None]:
    """A mixer that says the same to everybody."""
    path.parent.mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve() -> None:
            with server.accept()[0] as connection:
                connection.recv(1000)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            thread.join(timeout=5)
    path.unlink()


@pytest.fixture
def socket_path(office: Office) -> Path:
    from confctl import settings

    return settings.load(office.folder / "confctl.toml").paths.socket


def squeezed(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.split("\n")]


def test_people_read_who_is_where(office: Office, socket_path: Path) -> None:
    with answering(socket_path, control.encode({"ok": True, "status": ABSENT})):
        said = office.confctl("status")
    assert said.status == 0, said.err
    assert squeezed(said.out) == squeezed(ENGLISH)


def test_people_read_it_in_russian(office: Office, socket_path: Path) -> None:
    with answering(socket_path, control.encode({"ok": True, "status": ABSENT})):
        said = office.confctl("status", "--lang", "ru")
    assert said.out.startswith(RUSSIAN)
    assert "Анна Петрова (владелец)" in said.out
    assert "слышит музыку" in said.out
    assert "Ева — " in said.out
    assert "Следующая: Next (654321), 2026-12-01 10:00." in said.out


def test_scripts_read_what_the_mixer_said(office: Office, socket_path: Path) -> None:
    with answering(socket_path, control.encode({"ok": True, "status": STATUS})):
        said = office.confctl("status", "--json")
    told = json.loads(said.out)
    for unchanged in ("pid", "listening", "registered", "trunks"):
        assert told[unchanged] == STATUS[unchanged]
    assert told["mail"] == {"waiting": 0, "failed": 0, "error": None}
    assert "\x1b" not in said.out


def test_scripts_read_times_on_the_companys_clocks_as_everywhere(office: Office, socket_path: Path) -> None:
    with answering(socket_path, control.encode({"ok": True, "status": STATUS})):
        told = office.confctl("status", "--json").json
    assert told["since"] == "2026-11-23T09:00:00+03:00"
    (running,), (following, _) = told["running"], told["planned"]  # type: ignore[misc]  # lists, as JSON has them
    assert (running["start"], running["end"]) == ("2026-11-30T15:30:00+03:00", "2026-11-30T16:30:00+03:00")
    assert running["legs"][1]["since"] == "2026-11-30T15:30:01+03:00"
    assert following["start"] == "2026-12-01T10:00:00+03:00"


def test_those_whose_time_has_gone_by_are_counted_and_none_of_them_comes_next(
    office: Office, socket_path: Path
) -> None:
    office.now = moment("2026-12-01 11:00")
    with answering(socket_path, control.encode({"ok": True, "status": STATUS})):
        out = office.confctl("status").out
    assert "Not started in their time: 1; see “confctl list”.\nNext: After next (654322) at 2026-12-02 10:00.\n" in out


def test_a_mixer_with_nothing_to_do_says_so_too(office: Office, socket_path: Path) -> None:
    nothing = STATUS | {"registered": [], "trunks": [], "running": [], "planned": []}
    with answering(socket_path, control.encode({"ok": True, "status": nothing})):
        said = office.confctl("status")
    assert said.out.split("\n")[2:] == ["Registered phones: —.", "Mail: no mail server is set up.", ""]


def test_a_conference_where_nobody_is_has_no_empty_table(office: Office, socket_path: Path) -> None:
    start, end = moment("2026-11-30 15:30"), moment("2026-11-30 16:30")
    deserted: control.Json = {"code": "123456", "title": "Weekly", "start": start, "end": end, "legs": []}
    with answering(socket_path, control.encode({"ok": True, "status": STATUS | {"running": [deserted]}})):
        said = office.confctl("status")
    assert "16:30; nobody is in or being called.\n" in said.out and "since\n" not in said.out


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "confctl: The mixer is not running; start it with “confctl run”.\n"),
        ("ru", "confctl: Микшер не работает; запустите его: confctl run\n"),
    ],
)
def test_without_a_mixer_one_line_says_how_to_start_one(office: Office, language: str, line: str) -> None:
    said = office.confctl("status", "--lang", language)
    assert (said.status, said.out, said.err) == (1, "", line)


def test_without_a_mixer_scripts_get_every_field_all_the_same(office: Office, socket_path: Path) -> None:
    with answering(socket_path, control.encode({"ok": True, "status": STATUS})):
        running = office.confctl("status", "--json").json
    said = office.confctl("status", "--json")
    assert (said.status, said.err.count("\n")) == (1, 1)
    assert said.json == {
        "pid": None,
        "since": None,
        "listening": [],
        "registered": [],
        "trunks": [],
        "running": [],
        "planned": [],
        "mail": {"waiting": 0, "failed": 0, "error": None},
    }
    assert set(said.json) == set(running)


def test_an_answer_that_is_none_is_one_line(office: Office, socket_path: Path) -> None:
    with answering(socket_path, b"nonsense\n"):
        said = office.confctl("status")
    assert said.status == 1
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("trunk", "line"),
    [
        ({"registered": True, "alive": None, "detail": "200 OK", "calls": 1}, "registered; 1 call"),
        (
            {"registered": True, "alive": False, "detail": "no answer", "calls": 2},
            "registered, but does not answer (no answer); 2 calls",
        ),
        ({"registered": False, "detail": ""}, "not asked yet; 0 calls"),
        ({"registered": None, "alive": None, "asked": False, "detail": ""}, "nobody asks whether it answers; 0 calls"),
        (
            {"registered": False, "detail": "403 Forbidden", "next_try": moment("2026-11-30 15:40")},
            "not registered (403 Forbidden), again at 15:40:00; 0 calls",
        ),
        (
            {"registered": None, "alive": True, "detail": "200 OK", "calls": 3, "max_calls": 10, "waiting": 0},
            "answers (200 OK); 3 of 10 calls",
        ),
        (
            {"registered": None, "alive": False, "detail": "no answer", "calls": 2, "max_calls": 2, "waiting": 4},
            "does not answer (no answer); 2 of 2 calls, 4 waiting",
        ),
        (
            {"registered": None, "alive": None, "asked": False, "found": False, "detail": "no such name"},
            "not found (no such name); 0 calls",
        ),
        (
            {"registered": None, "found": False, "detail": "the name sip.example has no address"},
            "not found (the name sip.example has no address); 0 calls",
        ),
    ],
)
def test_each_trunk_is_told_as_it_is(
    office: Office, socket_path: Path, trunk: dict[str, control.Json], line: str
) -> None:
    found = STATUS | {"trunks": [{"name": "provider", **trunk}]}
    with answering(socket_path, control.encode({"ok": True, "status": found})):
        said = office.confctl("status")
    assert f"Trunk provider: {line}.\n" in said.out


def test_scripts_read_when_a_trunk_is_asked_again_on_the_clock(office: Office, socket_path: Path) -> None:
    trunk = {"name": "provider", "registered": False, "detail": "x", "next_try": moment("2026-11-30 15:40")}
    with answering(socket_path, control.encode({"ok": True, "status": STATUS | {"trunks": [trunk]}})):
        said = office.confctl("status", "--json")
    assert said.json["trunks"][0]["next_try"].startswith("2026-11-30T15:40:00")


def test_a_guest_is_shown_as_commands_know_them_and_who_is_muted_as_such(office: Office, socket_path: Path) -> None:
    start, end = moment("2026-11-30 15:30"), moment("2026-11-30 16:30")
    leg: dict[str, control.Json] = {
        "leg": "in-5f3a-17",
        "person": None,
        "name": None,
        "guest": "guest 17",
        "owner": False,
        "stage": "in",
        "hears": "room",
        "silenced": True,
        "since": start,
    }
    weekly: control.Json = {"code": "123456", "title": "Weekly", "start": start, "end": end, "legs": [leg]}
    with answering(socket_path, control.encode({"ok": True, "status": STATUS | {"running": [weekly]}})):
        said = office.confctl("status")
    assert "guest 17 listens, muted 15:30:00" in squeezed(said.out)


def test_the_mixer_is_asked_where_the_environment_says_and_its_settings_need_not_be_readable(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = office.folder / "elsewhere.sock"
    monkeypatch.setenv("CONFCTL_SOCKET", str(path))
    monkeypatch.setenv("TZ", "Europe/Moscow")
    answer = control.encode({"ok": True, "status": ABSENT})
    with answering(path, answer):
        assert squeezed(office.confctl("status").out) == squeezed(ENGLISH)
    (office.folder / "confctl.toml").unlink()
    with answering(path, answer):
        without_mail = ENGLISH.replace("Mail: no mail server is set up.\n", "")
        assert squeezed(office.confctl("status").out) == squeezed(without_mail)
    with answering(path, answer):
        assert office.confctl("status", "--json").json["mail"] is None


@pytest.mark.parametrize("words", ["status", "watch", "events", "mute", "end", "play", "sip trace"])
def test_the_help_of_what_asks_the_mixer_says_where(office: Office, words: str) -> None:
    told = " ".join(office.confctl(*words.split(), "--help").out.split())
    assert "The mixer is asked at the socket that CONFCTL_SOCKET names, or else the settings." in told
    assert told.index("CONFCTL_SOCKET") < told.index("Examples:")
