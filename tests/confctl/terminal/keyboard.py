"""Somebody at the terminal who types lines, whatever they are asked."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from confctl.terminal.asking import Asker

if TYPE_CHECKING:
    import pytest


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """The next command has a terminal, where these are the answers; Ctrl-D is typed where there are no more."""
    monkeypatch.setenv("TERM", "dumb")  # each answer is a line: nothing is prefilled
    monkeypatch.setattr(Asker, "possible", staticmethod(lambda: True))
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
