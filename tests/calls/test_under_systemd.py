"""``confctl run`` as systemd starts it (``Type=notify``, ``WatchdogSec``): what it tells, and when it tells no more."""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.calls.company import Company
from tests.phones.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

WATCHDOG_SECONDS = 2.0


class ServiceManager:
    """The end of NOTIFY_SOCKET that systemd has."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)
        self.heard: list[tuple[float, str]] = []

    def listen(self) -> None:
        with suppress(BlockingIOError):
            while True:
                self.heard.append((time.monotonic(), self._socket.recv(1000).decode()))

    def wait_for(self, line: str, since: int = 0, seconds: float = 10) -> int:
        """How many had come when it came."""

        def came() -> bool:
            self.listen()
            return any(line in told for _, told in self.heard[since:])

        until(came, seconds, lambda: f"{line}; came: {[told for _, told in self.heard[since:]]}")
        return next(at for at, (_, told) in enumerate(self.heard) if at >= since and line in told) + 1

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServiceManager]:
    manager = ServiceManager(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", str(int(WATCHDOG_SECONDS * 1e6)))
    yield manager
    manager.close()


def bridges(company: Company) -> list[int]:
    """That which ticks, and that in reserve."""
    return [pid for pid in company.mixer.children if "mixer.bridge.process" in Path(f"/proc/{pid}/cmdline").read_text()]


def told(number: int, pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def reload(company: Company, manager: ServiceManager, added: str, line: str) -> None:
    config, before = company.mixer.config, len(manager.heard)
    text = config.read_text(encoding="utf-8")
    config.write_text(text + added, encoding="utf-8")
    os.kill(company.mixer.pid, signal.SIGHUP)
    manager.wait_for("READY=1", manager.wait_for("RELOADING=1\nMONOTONIC_USEC=", before))
    assert line in company.mixer.log.read_text(encoding="utf-8")
    config.write_text(text, encoding="utf-8")


def test_it_is_ready_when_it_listens_feeds_the_watchdog_by_the_tick_alone_and_says_that_it_stops(
    tmp_path: Path, manager: ServiceManager
) -> None:
    company = Company(tmp_path / "company")
    with company.mixer as mixer:
        ready = manager.wait_for("READY=1")
        manager.wait_for("STATUS=0 conferences run, 0 people in")
        manager.wait_for("WATCHDOG=1", ready)
        reload(company, manager, '[log]\nlevel = "debug"\n', "the settings are read anew; changed: log.level")
        reload(company, manager, "[log]\nlevel = 5\n", "the settings stay as they were: ")
        assert b"NOTIFY_SOCKET" not in Path(f"/proc/{mixer.bridge}/environ").read_bytes()
        stopped: set[int] = set()
        ends = time.monotonic() + 2.5 * WATCHDOG_SECONDS
        while time.monotonic() < ends:  # no bridge ticks, nor any that is started in its place
            told(signal.SIGSTOP, bridges(company))
            stopped.update(bridges(company))
            manager.listen()
            time.sleep(0.05)
        fed = [at for at, line in manager.heard if line == "WATCHDOG=1"]
        assert max(fed) < ends - 1.5 * WATCHDOG_SECONDS
        before = len(manager.heard)
        told(signal.SIGCONT, list(stopped))
        ticking = manager.wait_for("WATCHDOG=1", before)
        mixer.kill_bridge()  # one that dies and is replaced is no failure
        manager.wait_for("WATCHDOG=1", manager.wait_for("WATCHDOG=1", ticking))
        mixer.stop()
        manager.listen()
        assert manager.heard[-1][1] == "STOPPING=1"
