"""A company in a folder of its own, and its sysadmin at the keyboard."""

from __future__ import annotations

import json
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from confctl import clock_mark, settings
from confctl.cli import main
from confctl.session import Session
from mixer.journal import Journal
from mixer.rules.records import Kind, Record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ZONE = "Europe/Moscow"

SETTINGS = """\
[company]
name = "Example Ltd"
timezone = "Europe/Moscow"
language = "en"
number = "+74955550100"
conference_number = "500"

[sip]
domain = "conf.example.com"
listen = ["udp:127.0.0.1:25060"]

[media]
ports = "26000-26009"
"""

PEOPLE = """\
# The staff
[[person]]
name = "Анна Петрова"   # the boss
numbers = ["101", "+7 495 123-45-67"]
password = "secret-of-anna"

[[person]]
name = "Борис Королёв"
numbers = ["102"]
password = "b"

[[person]]
name = "Carol Smith"
numbers = ["1020"]
sip = "sip:carol@198.51.100.4"

[[person]]
name = "Иван Петров"
numbers = ["104"]
password = "i"
"""


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, object]:
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value

    def conferences(self) -> list[dict[str, object]]:
        listed = self.json["conferences"]
        assert isinstance(listed, list)
        return listed


class Office:
    """``now`` is the moment at which the next commands are given, on the company's clocks."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.now = moment("2026-11-30 12:00")
        self.jumped = 0.0
        """By how many seconds the clock has, ever."""
        self._capsys = capsys
        (folder / "confctl.toml").write_text(SETTINGS, encoding="utf-8")
        (folder / "people.toml").write_text(PEOPLE, encoding="utf-8")
        monkeypatch.chdir(folder)
        for variable in ("LC_ALL", "LC_MESSAGES", "LANG", "CONFCTL_CONFIG"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setattr(Session, "clock", lambda _: self.now)
        monkeypatch.setattr(clock_mark, "machine_has_run", lambda: self.now - self.jumped)

    def confctl(self, *words: str) -> Said:
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        assert isinstance(ended.value.code, int)
        said = self._capsys.readouterr()
        assert "Traceback" not in said.err
        assert "mistake in confctl" not in said.err
        return Said(ended.value.code, said.out, said.err)

    def add(
        self, *others: str, title: str = "Weekly", day: str = "today", start: str = "15:30", end: str = "16:30"
    ) -> str:
        """Plans Anna's conference; its code."""
        said = self.confctl(
            "add", title, "--owner", "101", "--date", day, "--from", start, "--to", end, *others, "--json"
        )
        assert said.status == 0, said.err
        return str(said.json["code"])

    @contextmanager
    def mixer(self) -> Iterator[None]:
        """While one listens on the control socket."""
        path = settings.load(self.folder / "confctl.toml").paths.socket
        path.parent.mkdir(exist_ok=True)
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
            server.listen()
            yield
        path.unlink()

    def mixer_noted(self, code: str, *kinds: Kind) -> None:
        journal = Journal(self.folder / "journal")
        journal.write(code, *(Record(kind, self.now) for kind in kinds))


def moment(text: str, zone: str = ZONE) -> float:
    """Seconds since the epoch of ``2026-11-30 12:00`` on the clocks of a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()
