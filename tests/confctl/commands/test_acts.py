"""The commands on a running conference: what each asks of the mixer, and how it says what was done or why not."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from confctl import acts, settings
from confctl.cli import main
from confctl.words import say
from mixer import control
from mixer.control import Refused
from mixer.phrases import Phrase
from tests.confctl.commands.test_loading import loaded
from tests.confctl.office import moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mixer.control import Json
    from tests.confctl.office import Office, Said

PEOPLE: list[Json] = [{"name": "Борис Королёв", "number": "102"}, {"name": "guest 17", "number": None}]
TOLD: dict[str, Json] = {"ok": True, "code": "123456", "title": "Weekly", "people": []}


class Mixer:
    """Answers what it is told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Json]] = []
        self.answers: dict[str, Mapping[str, Json]] = {}

    @contextmanager
    def listening(self, office: Office) -> Iterator[Mixer]:
        path = settings.load(office.folder / "confctl.toml").paths.socket
        path.parent.mkdir(exist_ok=True)
        with socket.create_server(str(path), family=socket.AF_UNIX) as server:
            thread = threading.Thread(target=self._serve, args=(server,), daemon=True)
            thread.start()
            try:
                yield self
            finally:
                server.shutdown(socket.SHUT_RDWR)
                thread.join(5)
        path.unlink()

    def _serve(self, server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as lines:
                request = json.loads(lines.readline())
                self.asked.append(request)
                connection.sendall(control.encode(self.answers.get(request["do"], TOLD)))


@pytest.fixture
def mixer(office: Office) -> Iterator[Mixer]:
    with Mixer().listening(office) as mixer:
        yield mixer


@pytest.mark.parametrize(
    ("words", "request_"),
    [
        ("mute boris", {"do": "mute", "who": ["boris"]}),
        ("mute 123456 boris 104", {"do": "mute", "who": ["123456", "boris", "104"]}),
        ("mute --others", {"do": "mute", "all": False, "others": True}),
        ("unmute 123 456 --all", {"do": "unmute", "code": "123456", "all": True, "others": False}),
        ("kick boris", {"do": "kick", "who": ["boris"]}),
        ("lock", {"do": "lock"}),
        ("unlock 123456", {"do": "unlock", "code": "123456"}),
        ("call carol", {"do": "call", "who": ["carol"]}),
        ("call --missing", {"do": "call", "missing": True}),
        ("owner 102", {"do": "owner", "who": ["102"]}),
        ("deputy boris", {"do": "deputy", "who": ["boris"]}),
        ("deputy --none", {"do": "deputy", "none": True}),
        ("record on", {"do": "record", "on": True, "tracks": False}),
        ("record 123456 on --tracks", {"do": "record", "code": "123456", "on": True, "tracks": True}),
        ("record off", {"do": "record", "on": False, "tracks": False}),
        ("extend 15", {"do": "extend", "minutes": 15}),
        ("extend 123456 +1h", {"do": "extend", "code": "123456", "minutes": 60.0}),
        ("extend 17.30", {"do": "extend", "until": "17:30"}),
        ("end --yes", {"do": "end"}),
    ],
)
@pytest.mark.parametrize("hurried", [True, False])
def test_each_asks_the_mixer_for_it_with_typer_and_without(
    office: Office,
    mixer: Mixer,
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    request_: dict[str, Json],
    hurried: bool,
) -> None:
    mixer.answers["kick"] = mixer.answers["owner"] = TOLD | {"people": PEOPLE}
    mixer.answers["record"] = TOLD | {"record": "mixed"}
    mixer.answers["extend"] = TOLD | {"end": moment("2026-11-30 17:30"), "zone": "Europe/Moscow"}
    if not hurried:
        monkeypatch.setattr(acts, "read", lambda _: None)
    said = office.confctl(*words.split())
    assert (said.status, said.err) == (0, "")
    assert mixer.asked == [{"protocol": 2, **request_}]
    assert said.out.count("\n") == 1 and "Weekly" in said.out


@pytest.mark.parametrize(
    ("words", "answer", "line"),
    [
        ("mute boris", {"people": PEOPLE}, "Muted in “Weekly”: Борис Королёв (102), guest 17."),
        ("unmute --all", {}, "Heard again in “Weekly”: all, and whoever comes."),
        ("mute --others", {}, "Muted in “Weekly”: all but the owner, and whoever comes."),
        ("lock", {}, "“Weekly” is locked: only the owner can dial in, and who is being called."),
        ("deputy --none", {}, "“Weekly” has no deputy any more."),
        ("record off", {"record": "no"}, "“Weekly” is not recorded any more."),
        ("owner 102", {"people": PEOPLE[:1], "here": True}, "The owner of “Weekly” is now Борис Королёв (102)."),
        (
            "owner 102",
            {"people": PEOPLE[:1], "here": False},
            "The owner of “Weekly” is now Борис Королёв (102). All hear music until they come.",
        ),
        (
            "extend 60",
            {"end": moment("2026-11-30 17:30"), "zone": "Europe/Moscow"},
            "“Weekly” goes on until 2026-11-30 17:30.",
        ),
    ],
)
def test_what_was_done_is_one_line(
    office: Office, mixer: Mixer, words: str, answer: dict[str, Json], line: str
) -> None:
    mixer.answers[words.split()[0]] = TOLD | answer
    assert office.confctl(*words.split()).out == f"{line}\n"


def test_scripts_get_what_was_done_and_times_with_their_offset(office: Office, mixer: Mixer) -> None:
    mixer.answers["extend"] = TOLD | {"end": moment("2026-11-30 17:30"), "zone": "Europe/Moscow"}
    assert office.confctl("extend", "15", "--json").json == {
        "done": "extend",
        "code": "123456",
        "title": "Weekly",
        "people": [],
        "end": "2026-11-30T17:30:00+03:00",
    }
    mixer.answers["mute"] = TOLD | {"people": PEOPLE}
    assert office.confctl("mute", "boris", "--json").json["people"] == PEOPLE
    mixer.answers["owner"] = TOLD | {"people": PEOPLE[:1], "here": False}
    assert set(office.confctl("owner", "102", "--json").json) == {"done", "code", "title", "people"}


def test_what_is_refused_says_why_in_the_readers_language(office: Office, mixer: Mixer) -> None:
    why = Phrase("%(who)s is the owner already", {"who": "Anna\x1b[2J"})
    mixer.answers["owner"] = control.refusal(Refused(why))
    said = office.confctl("owner", "101")
    assert (said.status, said.out) == (1, "")
    assert said.err == "confctl: Not done: Anna\\x1b[2J is the owner already.\n"
    nested = say("Not done: {why}.", why=Phrase("%(who)s: muted already", {"who": Phrase("a guest")}))
    assert str(nested) == "Not done: a guest: muted already."


def test_without_a_mixer_or_permission_one_line_says_what_to_do(office: Office) -> None:
    said = office.confctl("lock")
    assert (said.status, said.err) == (1, "confctl: The mixer is not running; start it with “confctl run”.\n")


@pytest.mark.parametrize(
    "words",
    [
        "mute",
        "mute --all --others",
        "mute boris --loud",
        "kick",
        "call",
        "owner",
        "deputy",
        "lock anna",
        "record",
        "record maybe",
        "record off --tracks",
        "extend",
        "extend late",
        "extend +99h",
    ],
)
def test_what_can_not_be_understood_is_told_before_the_mixer_is_asked(office: Office, mixer: Mixer, words: str) -> None:
    said = office.confctl(*words.split())
    assert (said.status, said.out, mixer.asked) == (2, "", [])
    assert said.err.count("\n") == 1 and said.err.startswith("confctl: ")


def test_a_sound_file_goes_along_and_a_prompt_is_named(office: Office, mixer: Mixer) -> None:
    (office.folder / "alarm.wav").write_bytes(b"RIFF")
    mixer.answers["play"] = TOLD | {"heard": 2}
    assert office.confctl("play", "alarm.wav").out == "Being played in “Weekly” to 2 people.\n"
    assert office.confctl("play", "123456", "two-minutes", "--to", "anna", "102", "--json").json["heard"] == 2
    assert office.confctl("play", "--stop").out == "Nothing is played in “Weekly” any more.\n"
    assert [{**each, "protocol": None} for each in mixer.asked] == [
        {"protocol": None, "do": "play", "octets": 4},
        {"protocol": None, "do": "play", "code": "123456", "to": ["anna", "102"], "prompt": "two-minutes"},
        {"protocol": None, "do": "play", "stop": True},
    ]


@pytest.mark.parametrize(
    ("words", "status", "line"),
    [
        ("play", 2, "Say what: a sound file or a prompt. See “confctl play --help”."),
        ("play --stop --to anna", 2, "--stop is for all who hear it."),
        ("play nowhere.wav", 1, "There is no file nowhere.wav."),
    ],
)
def test_what_can_not_be_played_is_told_before_the_mixer_is_asked(
    office: Office, mixer: Mixer, words: str, status: int, line: str
) -> None:
    said = office.confctl(*words.split())
    assert (said.status, said.err, mixer.asked) == (status, f"confctl: {line}\n", [])


def test_a_guest_is_called_so_in_the_readers_language(office: Office, mixer: Mixer) -> None:
    mixer.answers["kick"] = TOLD | {"people": PEOPLE}
    said = office.confctl("--lang", "ru", "kick", "Гость 17")
    assert mixer.asked[0]["who"] == ["guest 17"]
    assert "Борис Королёв (102), гость 17" in said.out


def test_a_name_that_begins_as_the_word_for_a_guest_stays_a_name(office: Office, mixer: Mixer) -> None:
    mixer.answers["kick"] = TOLD | {"people": PEOPLE}
    office.confctl("--lang", "ru", "kick", "Гостьев", "гость")
    assert mixer.asked[0]["who"] == ["Гостьев", "guest"]


def test_an_end_that_nobody_can_agree_to_is_refused(office: Office, mixer: Mixer) -> None:
    mixer.answers["look"] = TOLD | {"present": 2}
    said = office.confctl("end")
    assert said.status == 1
    assert said.err == "confctl: Nobody can be asked here; add --yes to end conference 123456.\n"
    assert [each["do"] for each in mixer.asked] == ["look"]


@pytest.mark.parametrize("words", [("mute", "boris"), ("--lang", "ru", "lock", "--json")])
def test_they_load_neither_typer_nor_the_book(office: Office, mixer: Mixer, words: tuple[str, ...]) -> None:
    assert loaded(office.folder, *words, also={"confctl.book.book"}) == set()


def offered(office: Office, monkeypatch: pytest.MonkeyPatch, *words: str) -> list[str]:
    monkeypatch.setenv("CONFCTL_COMPLETE", "fish")
    said: Said = office.confctl(*words)
    return [line.split("\t")[0] for line in said.out.split("\n")[:-1]]


def test_at_tab_those_on_the_line_are_offered_and_codes_where_several_run(
    office: Office, mixer: Mixer, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, boris = {"name": "Anna", "number": "101"}, {"name": "Boris", "number": "102"}
    weekly: dict[str, Json] = {"code": "123456", "title": "Weekly", "line": [anna], "list": [anna, boris]}
    mixer.answers["who"] = {"ok": True, "conferences": [weekly]}
    assert offered(office, monkeypatch, "mute", "") == ["Anna"]
    assert offered(office, monkeypatch, "deputy", "b") == ["Boris"]
    assert offered(office, monkeypatch, "call", "")[:3] == ["Boris", "Carol Smith", "Иван Петров"]
    assert offered(office, monkeypatch, "play", "two") == ["two-minutes"]
    assert offered(office, monkeypatch, "play", "two-minutes", "--to", "") == ["Anna"]
    assert offered(office, monkeypatch, "record", "") == ["on", "off"]
    assert offered(office, monkeypatch, "lock", "") == []
    monthly: dict[str, Json] = {"code": "654321", "title": "Monthly", "line": [boris], "list": [boris]}
    mixer.answers["who"] = {"ok": True, "conferences": [weekly, monthly]}
    assert offered(office, monkeypatch, "mute", "") == offered(office, monkeypatch, "lock", "") == ["123456", "654321"]
    assert offered(office, monkeypatch, "kick", "654321", "") == ["Boris"]


def test_without_a_mixer_nothing_is_offered(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    assert offered(office, monkeypatch, "mute", "") == []


def test_the_mixer_is_found_without_the_settings_too(
    office: Office, mixer: Mixer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Operators need not be allowed to read them: there are passwords in them."""
    path = settings.load(office.folder / "confctl.toml").paths.socket
    (office.folder / "confctl.toml").unlink()
    monkeypatch.setenv("CONFCTL_SOCKET", str(path))
    assert office.confctl("lock").status == 0
    monkeypatch.delenv("CONFCTL_SOCKET")
    monkeypatch.setattr("confctl.session.USUAL_SOCKET", path)
    assert office.confctl("unlock").status == 0
    monkeypatch.setattr("confctl.session.USUAL_SOCKET", path.with_name("none"))

    def barred(_: Path) -> settings.Settings:
        raise PermissionError(13, "Permission denied", "confctl.toml")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("confctl.settings.load", barred)
        patched.setattr("confctl.settings.find", lambda *_: path)
        assert "let CONFCTL_SOCKET name the mixer's socket" in office.confctl("lock").err
        path.with_name("barred.toml").touch()
        patched.setattr("os.access", lambda *_, **__: False)
        named = ("--config", str(path.with_name("barred.toml")))
        said = [office.confctl(*where, command) for where in ((), named) for command in ("list", "status", "lock")]
        assert len({(each.status, each.out, each.err) for each in said}) == 1, "each says it in the same words"
        assert said[0].status == 1
    with pytest.raises(SystemExit):
        main(["list"])
    assert "There is no confctl.toml" in capsys.readouterr().err
