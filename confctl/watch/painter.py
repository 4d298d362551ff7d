"""A picture on a terminal: only what has changed since the last one goes over the line."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from confctl.terminal.folding import cells
from confctl.watch.picture import COLOURS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from confctl.watch.picture import Line

_CLEAR = "\x1b[0m\x1b[2J"
_TO_THE_END = "\x1b[K"


class Painter:
    def __init__(self, *, colours: bool) -> None:
        self._colours = colours
        self._shown: list[Line] | None = None

    def forget(self) -> None:
        """Nothing is known of what the terminal shows: the next picture is painted whole."""
        self._shown = None

    def paint(self, lines: Sequence[Line]) -> str:
        """What turns the last picture into this one; empty where they are the same."""
        before, self._shown = self._shown, list(lines)
        if before is None or len(before) != len(lines):
            return _CLEAR + "".join(self._line(row, line, ()) for row, line in enumerate(lines) if line)
        pairs = enumerate(zip(lines, before, strict=True))
        return "".join(self._line(row, line, old) for row, (line, old) in pairs if line != old)

    def _line(self, row: int, line: Line, old: Line) -> str:
        """From the first cell that differs to the last."""
        new, was = _characters(line), _characters(old)
        same = 0
        for one, other in zip_longest(new, was):
            if one != other:
                break
            same += 1
        last = len(new)
        if len(new) == len(was) and all(cells(one[0]) == cells(other[0]) for one, other in zip(new, was, strict=True)):
            while last > same and new[last - 1] == was[last - 1]:
                last -= 1
        column = sum(cells(character) for character, _ in new[:same])
        told = [f"\x1b[{row + 1};{column + 1}H"]
        style = ""
        for character, wanted in new[same:last]:
            if wanted != style:
                told.append(self._style(wanted))
                style = wanted
            told.append(character)
        if style:
            told.append("\x1b[0m")
        if sum(cells(character) for character, _ in was) > sum(cells(character) for character, _ in new):
            told.append(_TO_THE_END)
        return "".join(told)

    def _style(self, style: str) -> str:
        return f"\x1b[0;{style}m" if style and (self._colours or style not in COLOURS) else "\x1b[0m"


def _characters(line: Line) -> list[tuple[str, str]]:
    """Each with its style; those that join the one before them are kept with it."""
    found: list[tuple[str, str]] = []
    for span in line:
        for character in span.text:
            if found and not cells(character):
                found[-1] = found[-1][0] + character, found[-1][1]
            else:
                found.append((character, span.style))
    return found
