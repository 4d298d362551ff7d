"""``confctl run`` as a process of its own, as systemd starts it, and the commands beside it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.phones.waiting import PATIENCE, STARTING, until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Record:
    """A line of a conference's journal."""

    kind: str
    at: float
    leg: str | None
    person: str | None
    owner: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Planned:
    code: str
    owner_code: str


class CommandFailedError(AssertionError):
    """A command ended with another status than 0; says what it wrote."""


class DidNotStopError(AssertionError):
    """SIGTERM was sent long ago."""


class MixerProcess:
    """The mixer on the book beside ``config``; runs from :meth:`start` (or ``with``) on."""

    def __init__(self, config: Path, sip_port: int) -> None:
        self.config = config
        self.server = (HOST, sip_port)
        self.log = config.parent / "mixer.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._bridges: set[int] = set()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def children(self) -> list[int]:
        """The mixer's processes, the oldest first: the bridge, one in reserve for it, whatever else it has started."""
        try:
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        except FileNotFoundError:
            return []
        self._bridges.update(map(int, children))
        return [int(child) for child in children]

    @property
    def bridge(self) -> int:
        """The process that ticks; 0 when there is none."""
        return next((child for child in self.children if b"mixer.bridge.process" in _command_line(child)), 0)

    @property
    def memory(self) -> int:
        """Resident memory of main process and bridge, in octets."""
        return sum(map(_resident, (self.pid, self.bridge)))

    def start(self) -> None:
        """Returns once it answers OPTIONS and has its bridge."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command("run"), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.config.parent
            )
        until(lambda: self._answers() and bool(self.bridge), STARTING, lambda: f"the mixer is up; {self.words}")

    def stop(self, patience: float = 10) -> int:
        """SIGTERM, as systemd does; its exit status.  Nothing of it is left afterwards, whatever happened.

        Raises DidNotStopError when it takes longer than ``patience``, in seconds.
        """
        assert self._process is not None
        remembered = self.children
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise DidNotStopError(f"the mixer did not stop within {patience:g} s of SIGTERM; {self.words}") from None
        finally:
            for bridge in {*remembered, *self._bridges}:
                _end_orphan(bridge)
            self._bridges.clear()

    def kill(self) -> None:
        """SIGKILL to the main process: a crash.  Its bridge ends by itself, or is ended by :meth:`stop`."""
        assert self._process is not None
        self._bridges.update(self.children)
        self._process.kill()
        self._process.wait(timeout=5)

    def kill_bridge(self) -> None:
        """SIGKILL to the bridge alone."""
        os.kill(self.bridge, signal.SIGKILL)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command on the same book, whatever becomes of it."""
        return subprocess.run(self._command(*arguments), capture_output=True, text=True, timeout=STARTING, check=False)

    def confctl(self, *arguments: str) -> str:
        """A command on the same book; its output.  Raises CommandFailedError."""
        done = self.command(*arguments)
        if done.returncode != 0:
            raise CommandFailedError(f"confctl {' '.join(arguments)}: {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def plan_now(
        self,
        title: str,
        owner: str,
        participants: Sequence[str] = (),
        minutes: int = 30,
        greeting: Path | None = None,
        options: Sequence[str] = (),
    ) -> Planned:
        """A conference that has begun this very minute."""
        now = datetime.now(UTC)
        arguments = ["add", title, "--owner", owner, "--zone", "UTC", "--date", f"{now:%Y-%m-%d}", "--json"]
        arguments += ["--from", f"{now:%H:%M}", "--to", f"{now + timedelta(minutes=minutes):%H:%M}"]
        for participant in participants:
            arguments += ["--with", participant]
        if greeting is not None:
            arguments += ["--greeting", str(greeting)]
        made = json.loads(self.confctl(*arguments, *options))
        return Planned(made["code"], made["owner_code"])

    def plan_by_hand(
        self, code: str, owner: str, participants: Sequence[str] = (), *, begins: float = -1, lasts: float = 1800
    ) -> Path:
        """The file of a conference, as a person writes it, to the second: ``begins`` seconds from now."""
        start = datetime.now(UTC) + timedelta(seconds=begins)
        people = ", ".join(f'{{ name = "Person {number}", number = "{number}" }}' for number in participants)
        lines = (
            f'title = "By hand {code}"',
            f'code = "{code}"',
            f'owner_code = "{code}99"',
            f'owner = {{ name = "Person {owner}", number = "{owner}" }}',
            f"participants = [{people}]",
            'zone = "UTC"',
            f"start = {start:%Y-%m-%dT%H:%M:%S}",
            f"end = {start + timedelta(seconds=lasts):%Y-%m-%dT%H:%M:%S}",
        )
        file = self.config.parent / "conferences" / f"{code}.toml"
        file.write_text("\n".join((*lines, "")))
        return file

    def journal(self, code: str) -> list[Record]:
        """So far; a line that is being written is left for the next time."""
        path = self.config.parent / "journal" / f"{code}.jsonl"
        if not path.exists():
            return []
        lines = path.read_text(encoding="utf-8").split("\n")[:-1]
        return [_record(json.loads(line)) for line in lines if line]

    def wait_for(
        self, code: str, kind: str, person: str | None = None, seconds: float = PATIENCE, count: int = 1
    ) -> Record:
        """The ``count``-th record of a kind, of a person if one is given, once it is in the journal."""

        def found() -> list[Record]:
            return [r for r in self.journal(code) if r.kind == kind and (person is None or r.person == person)]

        what = f"“{kind}”{f' of {person}' if person else ''}"
        until(
            lambda: len(found()) >= count,
            seconds,
            lambda: (
                f"{what} in the journal, which has {[(r.kind, r.person) for r in self.journal(code)]}; {self.words}"
            ),
        )
        return found()[count - 1]

    @property
    def words(self) -> str:
        """The end of its log, for messages."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return f"its log: {text[-3000:].strip() or '(empty)'}"

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "confctl", "--config", str(self.config), *arguments]

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"the mixer ended with status {self._process.returncode}; {self.words}")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.bind((HOST, 0))
            asking.settimeout(0.2)
            asking.connect(self.server)
            try:
                asking.send(_options(asking.getsockname()[1], self.server))
                return asking.recv(4096).startswith(b"SIP/2.0 ")
            except (TimeoutError, ConnectionError):
                return False


def _options(own_port: int, server: tuple[str, int]) -> bytes:
    own, host = f"{HOST}:{own_port}", f"{server[0]}:{server[1]}"
    lines = (
        f"OPTIONS sip:{host} SIP/2.0",
        f"Via: SIP/2.0/UDP {own};branch=z9hG4bK{os.urandom(8).hex()}",
        "Max-Forwards: 70",
        f"From: <sip:test@{own}>;tag={os.urandom(4).hex()}",
        f"To: <sip:{host}>",
        f"Call-ID: {os.urandom(8).hex()}",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:test@{own}>",
        "Content-Length: 0",
    )
    return "\r\n".join((*lines, "", "")).encode()


def _record(fields: dict[str, str | float | bool | None]) -> Record:
    leg, person = fields.get("leg"), fields.get("person")
    return Record(
        kind=str(fields["kind"]),
        at=float(fields["at"] or 0.0),
        leg=None if leg is None else str(leg),
        person=None if person is None else str(person),
        owner=bool(fields.get("owner", False)),
        detail=str(fields.get("detail", "")),
    )


def _command_line(pid: int) -> bytes:
    """Empty for a process that has just ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def _resident(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().split("\n"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def _end_orphan(pid: int) -> None:
    """A bridge that its mixer left behind; not another process that has got its number since."""
    try:
        if b"python" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
    except (FileNotFoundError, ProcessLookupError):
        pass
