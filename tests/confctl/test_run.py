"""``confctl run`` around the mixer: one on each book, and every way to end."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import signal
import socket
from typing import TYPE_CHECKING, ClassVar

import pytest

from confctl import run, serving, settings
from mixer.bridge.client import BridgeError

if TYPE_CHECKING:
    from tests.confctl.office import Office


class Mixer:
    """Does what a test wants instead of telephony."""

    idle = False
    did: ClassVar[list[str]]
    fails: ClassVar[dict[str, Exception]]
    on_start: ClassVar[list[int]]
    """Signals that come once it runs."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    async def start(self) -> None:
        self._do("start")

    async def run(self) -> None:
        self._do("run")
        for number in self.on_start:
            os.kill(os.getpid(), number)
        await asyncio.Event().wait()

    async def stop(self) -> None:
        self._do("stop")

    def _do(self, what: str) -> None:
        self.did.append(what)
        if what in self.fails:
            raise self.fails[what]


@pytest.fixture
def mixer(monkeypatch: pytest.MonkeyPatch) -> type[Mixer]:
    monkeypatch.setattr(serving, "Mixer", Mixer)
    monkeypatch.setattr(Mixer, "did", [], raising=False)
    monkeypatch.setattr(Mixer, "fails", {}, raising=False)
    monkeypatch.setattr(Mixer, "on_start", [], raising=False)
    return Mixer


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(office: Office, mixer: type[Mixer], number: int) -> None:
    mixer.on_start.append(number)
    assert office.confctl("run").status == 0
    assert mixer.did == ["start", "run", "stop"]


def test_until_idle_it_ends_by_itself(office: Office, mixer: type[Mixer], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixer, "idle", True)
    assert office.confctl("run", "--until-idle").status == 0
    assert mixer.did == ["start", "run", "stop"]


def test_its_threads_share_memory_before_there_are_any(
    office: Office, mixer: type[Mixer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mixer, "idle", True)
    monkeypatch.setattr(run, "share_memory", lambda: mixer.did.append("share memory"))
    assert office.confctl("run", "--until-idle").status == 0
    assert mixer.did == ["share memory", "start", "run", "stop"]


def test_a_second_one_on_the_same_book_says_so_and_succeeds(office: Office, mixer: type[Mixer]) -> None:
    state = settings.load(office.folder / "confctl.toml").paths.state
    state.mkdir()
    with (state / "lock").open("w") as lock:
        lock.write("4242\n")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = office.confctl("run")
        assert (said.status, said.err) == (0, "")
        assert said.out == "A mixer is already running on these conferences (process 4242).\n"
        assert mixer.did == []
    mixer.on_start.append(signal.SIGTERM)
    assert office.confctl("run").status == 0
    assert (state / "lock").read_text() == f"{os.getpid()}\n"


def test_a_mixer_that_calls_nobody_any_more_ends_with_a_line_and_status_1(
    office: Office, mixer: type[Mixer], caplog: pytest.LogCaptureFixture
) -> None:
    mixer.fails["run"] = ZeroDivisionError()
    assert office.confctl("run").status == 1
    assert mixer.did == ["start", "run", "stop"]
    (record,) = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert record.message == "The mixer ends by a mistake in it. Start it again: it calls back who was in."


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (BridgeError("the bridge process does not start within 15 s"), "the bridge process does not start within 15 s"),
        (OSError(13, "Permission denied", "udp:0.0.0.0:60"), "udp:0.0.0.0:60: Permission denied"),
        (OSError("AF_UNIX path too long"), "AF_UNIX path too long"),
    ],
)
def test_what_keeps_it_from_starting_is_one_line(
    office: Office, mixer: type[Mixer], error: Exception, line: str
) -> None:
    mixer.fails["start"] = error
    said = office.confctl("run")
    assert (said.status, said.err) == (1, f"confctl: The mixer can't start: {line}\n")


def test_a_port_that_is_in_use_is_named(office: Office) -> None:
    """With the whole mixer: its bridge starts, and is ended again."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        config = office.folder / "confctl.toml"
        config.write_text(config.read_text(encoding="utf-8").replace("25060", str(port)), encoding="utf-8")
        said = office.confctl("run")
    assert said.status == 1
    assert said.err == (
        f"confctl: The mixer can't start: udp:127.0.0.1:{port}: another program has this port;"
        " stop it or choose another one in sip.listen\n"
    )
