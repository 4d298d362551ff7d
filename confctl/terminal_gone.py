"""Whether a SIGHUP means that the terminal has been closed in which the program was started."""

from __future__ import annotations

import os
import signal


class TerminalGone:
    """Made at the start.  Who is started with SIGHUP ignored (``nohup``) is to outlive the terminal."""

    def __init__(self) -> None:
        self._had_one = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN and _has_terminal()

    def is_gone(self) -> bool:
        return self._had_one and not _has_terminal()


def _has_terminal() -> bool:
    """A process whose terminal is closed can't open it any more (tty(4))."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True
