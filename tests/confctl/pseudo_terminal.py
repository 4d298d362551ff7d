"""A pseudo-terminal with a program in it, and the screen that a person would see."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pyte

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
"""Seconds until a text that doesn't come is a failure."""


class Terminal:
    """Runs a program, with this tree's confctl, until the block ends, then hangs up."""

    def __init__(
        self, command: Sequence[str], folder: Path, environ: Mapping[str, str], columns: int = 80, rows: int = 40
    ) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.received = b""
        """Everything that the program wrote, escape sequences included."""
        self._size = struct.pack("HHHH", rows, columns, 0, 0)
        self._command, self._folder, self._environ = command, folder, {"PYTHONPATH": str(ROOT), **environ}

    def __enter__(self) -> Terminal:
        ours, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, self._size)
        self._process = subprocess.Popen(
            self._command,
            stdin=its,
            stdout=its,
            stderr=its,
            cwd=self._folder,
            env=self._environ,
            start_new_session=True,
            preexec_fn=_control_terminal,
        )
        os.close(its)
        self._ours = ours
        self._screen.write_process_input = self.type  # it answers what a program asks, as terminals do
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def wait_for(self, text: str) -> str:
        """The screen once the text is on it."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.shown():
            assert time.monotonic() < deadline, f"no “{text}” on the screen:\n{self.shown()}"
            if not self._receive(deadline - time.monotonic()):
                assert text in self.shown(), f"it ended without “{text}”:\n{self.shown()}"
        return self.shown()

    def status(self) -> int:
        """What the program exits with."""
        deadline = time.monotonic() + PATIENCE
        while self._receive(deadline - time.monotonic()):
            assert time.monotonic() < deadline, f"it does not end:\n{self.shown()}"
        return self._process.wait(PATIENCE)

    def shown(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    def _receive(self, seconds: float) -> bool:
        """False once the program has gone."""
        ready, _, _ = select.select([self._ours], [], [], max(0.0, seconds))
        if not ready:
            return True
        try:
            received = os.read(self._ours, 65536)
        except OSError:  # EIO: the other end is closed
            return False
        self.received += received
        self._stream.feed(received)
        return bool(received)


def _control_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
