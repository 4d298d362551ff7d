"""Sentences are broken between words on a terminal, and are one line each elsewhere."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from confctl.problems import Problem
from confctl.terminal.screen import Screen
from confctl.words import say

LONG = say(
    "{error}", error="The mixer at the other end of the town is not running at all; start it with “confctl run”."
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("width", [40, 60, 80])
def test_on_a_terminal_every_sentence_is_broken_between_words(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    out, err = Terminal(), Terminal()
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setattr("sys.stderr", err)
    said = Screen("en")
    said.line(LONG)
    said.complain(LONG)
    said.warn_of([Problem(Path("confctl.toml"), 3, LONG)])
    for written, text in (
        (out.getvalue(), f"{LONG}"),
        (err.getvalue(), f"confctl: {LONG} confctl: confctl.toml:3: {LONG}"),
    ):
        lines = written.removesuffix("\n").split("\n")
        assert len(lines) > 1 and max(map(len, lines)) <= width
        assert " ".join(lines) == text


def test_elsewhere_a_sentence_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    Screen("en").line(LONG)
    Screen("en").complain(LONG)
    said = capsys.readouterr()
    assert (said.out, said.err) == (f"{LONG}\n", f"confctl: {LONG}\n")
