"""A phone that is a Python library, in a process of its own: JSON lines in, JSON lines out.

In: ``{"do": "dial", "number": "500"}``, ``answer``, ``hang_up``, ``hold``, ``resume``,
``{"do": "press", "keys": "12"}``, ``{"do": "say", "wav": PATH, "loop": true}``,
``{"do": "write_heard", "wav": PATH}``, ``quit``.
Out: ``{"is": "registered"}``, ``{"is": "not registered"}``, ``{"is": "ringing", "caller": "500"}``, ``dialling``,
``talking``, ``over``, ``{"is": "written", "wav": PATH}``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.phones.phone import State
from tests.phones.program_phone import ProgramPhone
from tests.phones.sounds import Pcm, load
from tests.phones.waiting import PATIENCE, STARTING, until

ROOT = Path(__file__).parents[2]

_STATES = {
    "dialling": State.DIALLING,
    "ringing": State.RINGING,
    "talking": State.TALKING,
    "over": State.OVER,
}


class ChildPhone(ProgramPhone):
    """``module`` is the program; its one argument is ``settings``, JSON."""

    def __init__(self, name: str, folder: Path, module: str, settings: str) -> None:
        super().__init__(name, folder)
        self._module, self._json = module, settings
        self._registered: bool | None = None
        self._written: set[str] = set()

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", self._module, self._json],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=ROOT,
            text=True,
        )

    def _get_ready(self) -> None:
        self._listen()
        until(lambda: self._registered is not None, STARTING, f"{self.name} is registered or not: {self._log.name}")
        if not self._registered:
            raise AssertionError(f"{self.name} could not register: {self._log.name}")

    def dial(self, number: str) -> None:
        self._command(do="dial", number=number)
        self.wait_for(State.DIALLING, State.TALKING, State.OVER)

    def answer(self) -> None:
        self._command(do="answer")

    def hang_up(self) -> None:
        self._command(do="hang_up")

    def say(self, pcm: Pcm | Path, loop: bool = False) -> None:
        """From now on, instead of what was being said; kept for the next call."""
        path = pcm if isinstance(pcm, Path) else self._write_said(pcm)
        self._command(do="say", wav=str(path.absolute()), loop=loop)

    def heard(self) -> Pcm:
        return load(self.write_heard())

    def write_heard(self, path: Path | None = None) -> Path:
        """Save what the latest call has heard so far as a WAV file."""
        path = path or self._folder / f"heard-{next(self._numbers)}.wav"
        self._written.discard(str(path))
        self._command(do="write_heard", wav=str(path))
        until(lambda: str(path) in self._written, PATIENCE, f"{self.name} writes {path}")
        return path

    def _command(self, **command: str | bool) -> None:
        self._tell(json.dumps(command))

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

    def _quit(self) -> None:
        self._command(do="quit")
