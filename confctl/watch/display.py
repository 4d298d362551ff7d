"""The terminal while something fills it: as it was before once that is over, however it ends.

Octets go out through a description of its own, which never waits: a slow line holds nobody up, and for other programs
on the terminal nothing is changed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import struct
import sys
import termios
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_ENTER: Final = "\x1b[?1049h\x1b[?25l\x1b[?7l"
"""Another screen, no cursor, nothing wrapped (xterm's private modes, which all terminals have)."""
_LEAVE: Final = "\x1b[0m\x1b[2J\x1b[?7h\x1b[?25h\x1b[?1049l"
"""Cleared first: some terminals that have been resized meanwhile show what is left of the other screen on this one."""
_CANCEL: Final = b"\x18"
"""Ends a sequence of which only a part went out (CAN)."""
_PARTING_SECONDS: Final = 1.0
_DEFAULT_SIZE: Final = (80, 24)


class Ended(Exception):
    """A signal wants us to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Display:
    """``resized`` is set by a new size, and after a pause (Ctrl-Z).  ``settle`` is called before the terminal is
    somebody else's: what it still has to say to us must not be typed into another program."""

    def __init__(self, settle: Callable[[], None]) -> None:
        self._settle = settle
        self.resized = False
        self._pausing = False
        self._input = sys.stdin.fileno()
        self._output = os.open(
            os.ttyname(sys.stdout.fileno()), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        )
        self._before = termios.tcgetattr(self._input)
        self._waiting = b""
        self._woken, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    @contextmanager
    def filled(self) -> Iterator[None]:
        """Raises Ended inside for SIGTERM and SIGHUP, KeyboardInterrupt for Ctrl-C."""
        handlers: dict[signal.Signals, Callable[[int, FrameType | None], None]] = {
            signal.SIGTERM: self._end,
            signal.SIGHUP: self._end,
            signal.SIGWINCH: self._note_size,
            signal.SIGTSTP: self._want_pause,
        }
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        self._enter()
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            self._leave()
            os.close(self._output)
            os.close(self._woken)
            os.close(self._wake)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines."""
        with contextlib.suppress(OSError):
            lines, columns, *_ = struct.unpack("4H", fcntl.ioctl(self._output, termios.TIOCGWINSZ, bytes(8)))
            if lines and columns:
                return columns, lines
        return _DEFAULT_SIZE

    @property
    def busy(self) -> bool:
        """Whether the line has not taken everything yet."""
        return bool(self._waiting)

    def write(self, text: str) -> None:
        self._waiting += text.encode(sys.stdout.encoding or "ascii", "replace")
        self._flush()

    def wake(self) -> None:
        """:meth:`wait` returns; from any thread."""
        with contextlib.suppress(BlockingIOError, OSError):  # it is awake anyway, or over
            os.write(self._wake, b".")

    def wait(self, seconds: float) -> bytes:
        """Until there is something to do: what has been typed meanwhile.  Raises Ended when the terminal is gone."""
        writing = [self._output] if self._waiting else []
        readable, writable, _ = select.select([self._input, self._woken], writing, [], seconds)
        if writable:
            self._flush()
        if self._woken in readable:
            os.read(self._woken, 4096)
        if self._pausing:
            self._pause()
            return b""
        if self._input not in readable:
            return b""
        typed = os.read(self._input, 4096)
        if not typed:
            raise Ended(signal.SIGHUP)
        return typed

    def typed(self, seconds: float) -> bytes:
        """What comes within that time, nothing else being done; empty for nothing."""
        return os.read(self._input, 4096) if select.select([self._input], [], [], seconds)[0] else b""

    def _flush(self) -> None:
        try:
            while self._waiting:
                self._waiting = self._waiting[os.write(self._output, self._waiting) :]
        except BlockingIOError:
            pass  # later
        except OSError:
            raise Ended(signal.SIGHUP) from None

    # Signals

    def _end(self, number: int, _: FrameType | None) -> None:
        raise Ended(number)

    def _note_size(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        self.resized = True
        self.wake()

    def _want_pause(self, _number: int, _frame: FrameType | None) -> None:
        self._pausing = True
        self.wake()

    def _pause(self) -> None:
        """Ctrl-Z: the terminal is somebody else's until we go on."""
        self._pausing = False
        self._leave()
        before = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, before)
        self._enter()
        self.resized = True

    # The terminal

    def _enter(self) -> None:
        self._before = termios.tcgetattr(self._input)
        ours = termios.tcgetattr(self._input)
        ours[3] &= ~(termios.ICANON | termios.ECHO)
        ours[6][termios.VMIN], ours[6][termios.VTIME] = 1, 0
        termios.tcsetattr(self._input, termios.TCSAFLUSH, ours)
        self._waiting = b""
        self.write(_ENTER)

    def _leave(self) -> None:
        """What has not gone out is left out; a terminal that takes nothing is not waited for long."""
        with contextlib.suppress(Ended, OSError):
            if not self._waiting:
                self._settle()
            self._waiting = _CANCEL if self._waiting else b""
            self.write(_LEAVE)
            while self._waiting and select.select([], [self._output], [], _PARTING_SECONDS)[1]:
                self._flush()
        with contextlib.suppress(termios.error):
            termios.tcsetattr(self._input, termios.TCSAFLUSH, self._before)
