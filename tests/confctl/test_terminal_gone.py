"""SIGHUP of a terminal that was closed is told from one that asks for new settings."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import fcntl, os, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
sys.path.insert(0, sys.argv[1])
from confctl.terminal_gone import TerminalGone
if sys.argv[2] == "nohup":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
terminal = TerminalGone()
signal.signal(signal.SIGHUP, lambda *_: os._exit(4 + terminal.is_gone()))
os.write(1, b"ready")
while True:
    signal.pause()
"""


@pytest.mark.parametrize(("started", "close", "gone"), [("", True, True), ("", False, False), ("nohup", True, False)])
def test_a_closed_terminal_is_known_unless_one_is_to_outlive_it(started: str, close: bool, gone: bool) -> None:
    terminal, inner = pty.openpty()
    words = [sys.executable, "-c", PROGRAM, str(ROOT), started]
    child = subprocess.Popen(words, stdin=inner, stdout=inner, start_new_session=True)
    os.close(inner)
    try:
        assert os.read(terminal, 5) == b"ready"
        if not close:
            child.send_signal(signal.SIGHUP)
            assert child.wait(10) == 4 + gone
    finally:
        os.close(terminal)  # the system sends SIGHUP
    assert child.wait(10) == 4 + gone
