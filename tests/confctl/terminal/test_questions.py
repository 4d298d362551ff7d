"""What is said between questions is as wide as the terminal that shows it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from confctl.terminal.folding import cells
from confctl.terminal.plain_lines import PlainLines
from confctl.terminal.questions import Questions
from tests.confctl.pseudo_terminal import Terminal

if TYPE_CHECKING:
    import pytest

    from tests.confctl.office import Office


def test_where_stdout_goes_elsewhere_words_are_broken_for_the_terminal_of_the_questions(office: Office) -> None:
    options = "--date 2099-11-30 --from 15:30 --to 16:30"
    command = f"exec '{sys.executable}' -m confctl add Weekly {options} > out"
    environ = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    environ |= {"TERM": "xterm", "LC_ALL": "C.UTF-8"}
    with Terminal(["sh", "-c", command], office.folder, environ, columns=40) as screen:
        screen.wait_for("Owner:")
        screen.type("101\r")
        assert "after another. “-”\ntakes one back" in screen.wait_for("Participant 1:")


def test_characters_of_two_cells_are_counted_as_two(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    Questions(PlainLines(), "en").write("Owner: 山田太郎 山田花子 鈴木一郎, 101")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) > 1 and max(map(cells, lines)) <= 19
