"""A phone that is a Python library, in a process of its own: JSON lines in, JSON lines out.

In: ``{"do": "dial", "number": "500"}``, ``answer``, ``hang_up``, ``hold``, ``resume``,
``{"do": "press", "keys": "12"}``, ``{"do": "say", "wav": PATH, "loop": true}``,
``{"do": "write_heard", "wav": PATH}``, ``quit``.
Out: ``{"is": "registered"}``, ``{"is": "not registered"}``, ``{"is": "ringing", "caller": "500"}``, ``dialling``,
``talking``, ``over``, ``{"is": "written", "wav": PATH}``.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.phones.phone import Phone, State
from tests.phones.sounds import Pcm, load, save
from tests.phones.waiting import until

if TYPE_CHECKING:
    from types import TracebackType

ROOT = Path(__file__).parents[2]

_STATES = {
    "dialling": State.DIALLING,
    "ringing": State.RINGING,
    "talking": State.TALKING,
    "over": State.OVER,
}


class ChildPhone(Phone):
    """``module`` is the program; its one argument is ``settings``, JSON."""

    def __init__(self, name: str, folder: Path, module: str, settings: str) -> None:
        self.name = name
        self._folder = folder.absolute()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._module, self._json = module, settings
        self._state = State.IDLE
        self._caller: str | None = None
        self._registered: bool | None = None
        self._written: set[str] = set()
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        self._log = (self._folder / "log").open("w")
        self._process = subprocess.Popen(
            [sys.executable, "-m", self._module, self._json],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=ROOT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, name=self.name, daemon=True)
        self._reader.start()
        try:
            until(lambda: self._registered is not None, 15, f"{self.name} is registered or not: {self._log.name}")
            if not self._registered:
                raise AssertionError(f"{self.name} could not register: {self._log.name}")
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def state(self) -> State:
        return self._state

    @property
    def caller(self) -> str | None:
        return self._caller

    def dial(self, number: str) -> None:
        self._command(do="dial", number=number)
        self.wait_for(State.DIALLING, State.TALKING, State.OVER, seconds=5)

    def answer(self) -> None:
        self._command(do="answer")

    def hang_up(self) -> None:
        self._command(do="hang_up")

    def say(self, pcm: Pcm | Path, loop: bool = False) -> None:
        """From now on, instead of what was being said; kept for the next call."""
        if not isinstance(pcm, Path):
            path = self._folder / f"said-{next(self._numbers)}.wav"
            save(path, pcm, self.rate)
            pcm = path
        self._command(do="say", wav=str(pcm.absolute()), loop=loop)

    def heard(self) -> Pcm:
        return load(self.write_heard())

    def write_heard(self, path: Path | None = None) -> Path:
        """Save what the latest call has heard so far as a WAV file."""
        path = path or self._folder / f"heard-{next(self._numbers)}.wav"
        self._written.discard(str(path))
        self._command(do="write_heard", wav=str(path))
        until(lambda: str(path) in self._written, 5, f"{self.name} writes {path}")
        return path

    def _command(self, **command: str | bool) -> None:
        assert self._process.stdin is not None
        if self._process.poll() is not None:
            raise AssertionError(f"{self.name} has died, see {self._log.name}")
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            news = json.loads(line)
            match news["is"]:
                case "registered" | "not registered":
                    self._registered = news["is"] == "registered"
                case "written":
                    self._written.add(news["wav"])
                case state:
                    self._caller = news.get("caller", self._caller)
                    self._state = _STATES[state]

    def _end(self) -> None:
        if self._process.poll() is None:
            self._command(do="quit")
            try:
                self._process.wait(timeout=4)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(timeout=4)
        self._reader.join(timeout=2)
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                stream.close()
