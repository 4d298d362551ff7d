"""Sentences are broken between words on a terminal, and are one line each elsewhere."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from confctl.problems import Problem
from confctl.terminal.screen import Json, Screen
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


@pytest.mark.parametrize("encoding", ["utf-8", "koi8-r", "latin-1", "ascii"])
def test_what_scripts_get_is_json_whatever_letters_the_encoding_lacks(
    monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    octets = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(octets, encoding=encoding, errors="backslashreplace"))
    value: Json = {"name": "José Анна \U0001f600 \x1b[2J\x7f"}
    Screen("en").json(value)
    sys.stdout.flush()
    assert json.loads(octets.getvalue().decode(encoding)) == value


def test_elsewhere_a_sentence_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    Screen("en").line(LONG)
    Screen("en").complain(LONG)
    said = capsys.readouterr()
    assert (said.out, said.err) == (f"{LONG}\n", f"confctl: {LONG}\n")
