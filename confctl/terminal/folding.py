"""Lines that are broken between words, as wide as a terminal shows them."""

from __future__ import annotations

import re

from rich.cells import cell_len, chop_cells


def cells(text: str) -> int:
    """How many a terminal shows it in."""
    return len(text) if text.isascii() else cell_len(text)


def folded(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` cells (2 at least)."""
    if cells(text) <= width:
        return [text]
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        joint = " "
        for part in [word] if cells(word) <= width else _JOINT.split(word):
            longer = f"{line}{joint}{part}" if line else part
            joint = ""
            if cells(longer) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            *full, line = _chopped(part, width)
            lines += full
    return [*lines, line]


_JOINT = re.compile(r"(?<=[^\W\d_]-)(?=[^\W\d_])|(?=@)")
"""Behind a hyphen between letters, since dates and numbers stay whole; within an address."""


_ONE_OR_TWO_LETTERS = 4
"""Cells."""


def _chopped(word: str, width: int) -> list[str]:
    """A word that is longer than a line, or just one that is not; no punctuation mark is left alone."""
    pieces = chop_cells(word, width) or [word]  # of what has no width, nothing is chopped
    *_, before, last = ["", *pieces]
    if len(last) == 1 < len(before) and before[-1].isalnum() and not last.isalnum() and width > _ONE_OR_TWO_LETTERS:
        pieces[-2:] = [before[:-1], before[-1] + last]
    return pieces
