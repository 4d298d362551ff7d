"""``confctl watch`` on a real pseudo-terminal, against a mixer that says what a test wants."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
import time
import tty
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from confctl.settings import load
from mixer import control
from mixer.control import Refused
from mixer.phrases import Phrase
from tests.confctl.pseudo_terminal import Terminal
from tests.confctl.watch.people import told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.confctl.office import Office

ROOT = Path(__file__).parents[3]
PROGRAM = [sys.executable, "-m", "confctl", "watch", "123456"]
RESTORED = b"\x1b[?25h\x1b[?1049l"
"""The cursor is seen, and the screen is the one before."""


class FakeMixer:
    """Levels change ten times a second, of 200 people."""

    def __init__(self, path: Path) -> None:
        self.asked: list[dict[str, object]] = []
        path.parent.mkdir(exist_ok=True)
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen()
        threading.Thread(target=self._let_in, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _let_in(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self._server.accept()[0],), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines, contextlib.suppress(OSError):
            for line in lines:
                request = json.loads(line)
                if request["do"] == "watch":
                    self._stream(connection)
                elif request["do"] == "conference":
                    first = told(200)
                    connection.sendall(
                        control.encode({"ok": True, "conference": first["head"], "people": first["people"]})
                    )
                elif request["do"] == "status":
                    running: list[control.Json] = [
                        {"code": code, "title": title} for code, title in (("654321", "Other"), ("123456", "Weekly"))
                    ]
                    connection.sendall(control.encode({"ok": True, "status": {"running": running}}))
                else:
                    self.asked.append(request)
                    answer: dict[str, control.Json] = {"ok": True}
                    if request["do"] == "kick":
                        answer = control.refusal(Refused(Phrase("nobody of these is on the line any more")))
                    connection.sendall(control.encode(answer))

    def _stream(self, connection: socket.socket) -> None:
        connection.sendall(control.encode({"ok": True, "follows": "watch"}))
        connection.sendall(control.encode({"ok": True, **told(200, speaking=9, locked=False)}))
        for tick in range(10_000):
            levels: dict[str, control.Json] = {f"123456-{n}": -10.0 - (tick * 7 + n * 5) % 40 for n in range(9)}
            connection.sendall(control.encode({"ok": True, "levels": levels}))
            time.sleep(0.1)


@pytest.fixture
def mixer(office: Office) -> Iterator[FakeMixer]:
    fake = FakeMixer(load(office.folder / "confctl.toml").paths.socket)
    yield fake
    fake.close()


def environ(**more: str) -> dict[str, str]:
    known = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "TERM": "xterm"}
    return {**known, **more}


def test_keys_act_and_refusals_are_shown_and_the_terminal_is_as_before(office: Office, mixer: FakeMixer) -> None:
    with Terminal(PROGRAM, office.folder, environ(), rows=24) as terminal:
        assert "speaking: Person 0, Person 1, Person 2 +6" in terminal.wait_for("> Person 0")
        terminal.type("\x1b[B")
        terminal.wait_for("> Person 1")
        terminal.type("mlk")
        terminal.wait_for("Remove Person 1? (y/n)")
        terminal.type("y")
        terminal.wait_for("nobody of these is on the line any more")
        terminal.type("q")
        assert terminal.status() == 0
    assert [(each["do"], each.get("who")) for each in mixer.asked] == [
        ("mute", ["101"]),
        ("lock", None),
        ("kick", ["101"]),
    ]
    assert terminal.received.endswith(RESTORED)


def test_where_several_run_it_is_asked_which_is_meant(office: Office, mixer: FakeMixer) -> None:
    with Terminal(PROGRAM[:-1], office.folder, environ(), rows=24) as terminal:
        assert "  2  123456  Weekly" in terminal.wait_for("Which one?")
        terminal.type("2\n")
        terminal.wait_for("> Person 0")
        terminal.type("q")
        assert terminal.status() == 0
    with Terminal(PROGRAM[:-1], office.folder, environ(), rows=24) as terminal:
        terminal.wait_for("Which one?")
        terminal.type("7\n")
        assert terminal.status() == 2


def test_without_a_terminal_or_on_a_dumb_one_it_says_what_to_use_instead(office: Office, mixer: FakeMixer) -> None:
    said = office.confctl("watch", "123456")
    assert said.status == 2 and "confctl status CODE" in said.err
    with Terminal(PROGRAM, office.folder, environ(TERM="dumb")) as terminal:
        assert terminal.status() == 2
        assert "TERM=dumb" in terminal.shown()


def test_whoever_may_not_read_the_settings_watches_without_news(office: Office, mixer: FakeMixer) -> None:
    socket_path = load(office.folder / "confctl.toml").paths.socket
    (office.folder / "confctl.toml").unlink()
    with Terminal(PROGRAM, office.folder, environ(CONFCTL_SOCKET=str(socket_path)), rows=24) as terminal:
        terminal.wait_for("> Person 0")
        terminal.wait_for("you are not allowed to read the journal")
        terminal.type("q")
        assert terminal.status() == 0


class Line:
    """A pseudo-terminal that takes so many octets a second, and answers when it is asked whether it is ready."""

    def __init__(self, octets: int, *, answers: bool) -> None:
        self.ours, self.its = pty.openpty()
        fcntl.ioctl(self.its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self._octets, self._answers = octets, answers
        self.received = b""

    def carry(self, seconds: float) -> None:
        """Each twentieth of a second its share."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if select.select([self.ours], [], [], 0.05)[0]:
                got = os.read(self.ours, self._octets // 20)
                self.received += got
                if self._answers:
                    for _ in range(self.received.count(b"\x1b[5n") - self.received[: -len(got)].count(b"\x1b[5n")):
                        os.write(self.ours, b"\x1b[0n")
                time.sleep(0.05)

    def backlog(self) -> int:
        """Octets that wait on the way, up to a limit."""
        waiting = 0
        while select.select([self.ours], [], [], 0)[0] and waiting < 20_000:
            waiting += len(os.read(self.ours, 4096))
            time.sleep(0.01)
        return waiting


@contextlib.contextmanager
def watching(office: Office, line: Line) -> Iterator[subprocess.Popen[bytes]]:
    """From the first picture on."""
    process = subprocess.Popen(
        PROGRAM,
        stdin=line.its,
        stdout=line.its,
        stderr=line.its,
        cwd=office.folder,
        env=environ(),
        start_new_session=True,
    )
    try:
        while b"Person 0" not in line.received:
            line.carry(0.2)
        yield process
    finally:
        process.kill()
        process.wait()
        os.close(line.ours)
        os.close(line.its)


@pytest.mark.parametrize(("answers", "most"), [(True, 1500), (False, 4500)])
def test_over_a_slow_line_no_backlog_grows(office: Office, mixer: FakeMixer, answers: bool, most: int) -> None:
    """9600 bit/s.  A terminal that says when it is ready has at most a picture on its way; another one is sent no more
    than such a line takes."""
    line = Line(960, answers=answers)
    with watching(office, line) as process:
        line.carry(3)
        process.send_signal(signal.SIGSTOP)
        assert line.backlog() <= most
        process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_the_terminal_as_it_was(office: Office, mixer: FakeMixer, number: signal.Signals) -> None:
    line = Line(200_000, answers=True)
    before = termios.tcgetattr(line.its)
    with watching(office, line) as process:
        assert termios.tcgetattr(line.its) != before
        process.send_signal(number)
        line.carry(0.5)
        assert process.wait(5) == (0 if number is signal.SIGINT else 128 + number)
        assert line.received.endswith(RESTORED)
        assert termios.tcgetattr(line.its) == before
        tty.setcbreak(line.its, termios.TCSANOW)
        assert not select.select([line.its], [], [], 0.1)[0], "no answer of the terminal is typed into the shell"
