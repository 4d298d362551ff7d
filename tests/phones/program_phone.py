"""A phone that is a program: started where ``with`` is entered, and gone by its own process id where that is left."""

from __future__ import annotations

import itertools
import subprocess
import threading
from abc import abstractmethod
from typing import TYPE_CHECKING, Self

from tests.phones.phone import Phone, State
from tests.phones.sounds import save

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import TextIO

    from tests.phones.sounds import Pcm

_PARTING_SECONDS = 4
"""How long a program may take to hang up, to deregister and to end, once it was told to."""


class ProgramPhone(Phone):
    """Has a folder of its own; what the program tells (:meth:`_read`) is read by a thread."""

    _process: subprocess.Popen[str]
    _log: TextIO

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self._folder = folder.absolute()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._state = State.IDLE
        self._caller: str | None = None
        self._numbers = itertools.count(1)
        """Of the files in the folder."""
        self._reader: threading.Thread | None = None

    @abstractmethod
    def _start(self) -> subprocess.Popen[str]:
        """It writes to :attr:`_log` what only a person reads."""

    @abstractmethod
    def _get_ready(self) -> None:
        """Until calls can be made; begins to :meth:`_listen`."""

    @abstractmethod
    def _read(self) -> None:
        """What the program tells, until it is gone."""

    @abstractmethod
    def _quit(self) -> None:
        """Tells the program to end its calls, and itself."""

    def __enter__(self) -> Self:
        self._log = (self._folder / "log").open("w")
        try:
            self._process = self._start()
        except BaseException:
            self._log.close()
            raise
        try:
            self._get_ready()
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

    def _listen(self) -> None:
        self._reader = threading.Thread(target=self._read, name=self.name, daemon=True)
        self._reader.start()

    def _tell(self, line: str) -> None:
        """On its standard input."""
        assert self._process.stdin is not None
        if self._process.poll() is not None:
            raise AssertionError(f"{self.name} has died, see {self._log.name}")
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def _write_said(self, pcm: Pcm) -> Path:
        path = self._folder / f"said-{next(self._numbers)}.wav"
        save(path, pcm, self.rate)
        return path

    def _end(self) -> None:
        if self._process.poll() is None:
            self._quit()
            try:
                self._process.wait(timeout=_PARTING_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(timeout=_PARTING_SECONDS)
        if self._reader is not None:
            self._reader.join(timeout=2)
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                stream.close()
