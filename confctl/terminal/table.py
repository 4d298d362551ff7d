"""Tables for people: rows of cells laid out in lines, as wide as the terminal is.

``rich.table`` can do this too, but takes 17 ms to load and 80 for 200 rows, where a list has to feel instant; how many
cells of the terminal a character takes is still rich's knowledge.  Colours are the terminal's own first eight, which
its owner has made readable on its background.

>>> rows = [(cell("Anna Petrova"), cell("101")), (cell("Борис"), cell("102", "+74951234567"))]
>>> print("\\n".join(Table(rows, ("Name", "Numbers")).lines()))
Name          Numbers
Anna Petrova  101
Борис         102
              +74951234567
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from confctl.clean import clean
from confctl.terminal.folding import cells, folded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Style(StrEnum):
    """Parameters of SGR, ECMA-48 section 8.3.117."""

    PLAIN = ""
    BOLD = "1"
    GOOD = "1;32"
    BAD = "1;31"


class Text(NamedTuple):
    """One line of a cell before it is folded."""

    text: str
    style: Style = Style.PLAIN


Cell = tuple[Text, ...]
"""The lines of a cell, at least one."""
Row = tuple[Cell, ...] | Text
"""A cell for each column, or a heading for the rows below it."""


def cell(*lines: str, style: Style = Style.PLAIN) -> Cell:
    return tuple(Text(line, style) for line in lines)


def unbroken(text: str) -> str:
    """``text`` with spaces at which no line ends; they are shown as plain ones."""
    return text.replace(" ", _NO_BREAK_SPACE)


class Terminal(NamedTuple):
    width: int
    """In cells."""
    colours: bool = True
    moves: bool = True
    """Whether it understands the move to a column (CHA, ECMA-48 section 8.3.9), as all but ``TERM=dumb`` do."""


class Table(NamedTuple):
    """What the cells say may come from anywhere: characters that act on a terminal are made visible."""

    rows: Sequence[Row]
    headings: tuple[str, ...] = ()
    """One for each column, or none."""
    wide: Table | None = None
    """The same in more columns, for where there is room for them."""

    def lines(self, terminal: Terminal | None = None) -> list[str]:
        """None is a file or a pipe: plain, and nothing is folded.

        On a terminal no line is wider than it.  Words are broken only where one is longer than its column, at a hyphen
        if there is one; where even the longest words leave no room for the columns, the cells of a row stand below one
        another.
        """
        if self.wide and (terminal is None or terminal.width >= min(_WIDE, self.wide.width())):
            return self.wide.lines(terminal)
        rows = self._shown()
        pen = _Pen(terminal)
        in_columns = [row for row in rows if not isinstance(row, Text)]
        widths = _widths(in_columns, terminal.width) if terminal else _padded(in_columns)
        if widths is None and terminal:
            below = [_labelled(row, self.headings) for row in rows[1:]] if self.headings else rows
            return list(_stacked(below, pen, terminal.width))
        return [line for row in rows for line in pen.side_by_side(row, widths or [])]

    def width(self) -> int:
        """In cells, if nothing is folded."""
        natural = _natural([row for row in self._shown() if not isinstance(row, Text)])
        return sum(natural) + _GAP * (len(natural) - 1)

    def _shown(self) -> list[Row]:
        rows = [_cleaned(row) for row in self.rows]
        if self.headings:
            rows.insert(0, _cleaned(cell(heading, style=Style.BOLD) for heading in self.headings))
        return rows


_GAP = 2
"""Cells between two columns."""
_WIDE = 110
"""Cells of a terminal where columns are rather folded than given up."""
_MOST_PADDED = 60
"""Cells: in a pipe what is longer makes its own line longer, not all the others."""
_INDENT = 2
_NAME_AND_VALUE = 2
_LONG_WORD = 20
"""Cells; a longer word is broken rather than that the columns are given up."""
_NO_BREAK_SPACE = "\u00a0"
_LAST_EUROPEAN_LETTER = "\u052f"


def _cleaned(row: Row | Iterator[Cell]) -> Row:
    if isinstance(row, Text):
        return Text(clean(row.text), row.style)
    return tuple(tuple(Text(clean(line.text), line.style) for line in each) for each in row)


def _agreed(text: str) -> bool:
    """Whether every terminal shows it in as many cells as we count: over emoji, flags and some scripts they differ."""
    return text.isascii() or max(text.replace("–", "-")) <= _LAST_EUROPEAN_LETTER


def _natural(rows: Sequence[tuple[Cell, ...]]) -> list[int]:
    """Of each column, as wide as it would like to be."""
    return [max(cells(line.text) for each in column for line in each) for column in zip(*rows, strict=True)]


def _padded(rows: Sequence[tuple[Cell, ...]]) -> list[int]:
    """Of each column, where nothing is folded."""
    return [min(width, _MOST_PADDED) for width in _natural(rows)]


def _labelled(row: Row, headings: tuple[str, ...]) -> Row:
    """What has no letters says nothing without its heading, but for the first cell: a row is known by that."""
    if isinstance(row, Text):
        return row
    first, *others = zip(row, headings, strict=True)
    return (
        first[0],
        *(
            (Text(f"{heading}: {lines[0].text}", lines[0].style), *lines[1:])
            if lines[0].text and not re.search(r"[^\W\d_]", lines[0].text)
            else lines
            for lines, heading in others
        ),
    )


def _stacked(rows: Sequence[Row], pen: _Pen, width: int) -> Iterator[str]:
    """Rows of things that have many properties stand apart; those of a name and a value do not."""
    before: Row | None = None
    for row in rows:
        if before is not None and not isinstance(before, Text) and len(before) > _NAME_AND_VALUE:
            yield ""
        yield from pen.stacked(row, width)
        before = row


def _widths(rows: Sequence[tuple[Cell, ...]], width: int) -> list[int] | None:
    """Of each column, so that all fit; None if they can't."""
    natural = _natural(rows)
    room = width - _GAP * (len(natural) - 1)
    if sum(natural) <= room:
        return natural
    longest = [_longest_word(column) for column in zip(*rows, strict=True)]
    for limit in (room, _LONG_WORD):
        least = [min(word, limit) for word in longest]
        if sum(least) <= room:
            return _given_back(rows, natural, _shrunk(natural, least, room), room)
    return None


def _longest_word(column: Sequence[Cell]) -> int:
    return max(cells(word) for each in column for line in each for word in line.text.split(" "))


def _shrunk(natural: list[int], least: list[int], room: int) -> list[int]:
    """The widest columns give way first."""
    widths = [min(wanted, room) for wanted in natural]
    while sum(widths) > room:
        candidates = [index for index, width in enumerate(widths) if width > least[index]]
        widths[max(candidates, key=lambda index: widths[index])] -= 1
    return widths


def _given_back(rows: Sequence[tuple[Cell, ...]], natural: list[int], widths: list[int], room: int) -> list[int]:
    """What a folded column doesn't use is for those that could use it, the widest wish first."""
    used = [
        max(cells(line) for each in column for text in each for line in folded(text.text, width))
        for column, width in zip(zip(*rows, strict=True), widths, strict=True)
    ]
    wishes = sorted((index for index in range(len(used)) if used[index] == widths[index]), key=lambda i: -natural[i])
    for index in wishes:
        spare = room - sum(used)
        used[index] += min(spare, natural[index] - used[index])
    return used


class _Pen(NamedTuple):
    """Writes one line after the other."""

    terminal: Terminal | None

    def side_by_side(self, row: Row, widths: list[int]) -> Iterator[str]:
        if isinstance(row, Text):
            yield from self._alone(row, sum(widths) + _GAP * (len(widths) - 1))
            return
        folded = [self._fold(each, width) for each, width in zip(row, widths, strict=True)]
        for index in range(max(map(len, folded))):
            yield self._line([lines[index] if index < len(lines) else None for lines in folded], widths)

    def stacked(self, row: Row, width: int) -> Iterator[str]:
        if isinstance(row, Text):
            yield from self._alone(row, width)
            return
        first, *others = (line for each in row for line in self._fold(each, width - _INDENT))
        yield self._styled(first)
        yield from (" " * _INDENT + self._styled(line) for line in others if line.text)

    def _alone(self, heading: Text, width: int) -> Iterator[str]:
        for line in self._fold((heading,), self.terminal.width if self.terminal else width):
            yield self._styled(line)

    def _fold(self, lines: Cell, width: int) -> list[Text]:
        if self.terminal is None:
            return list(lines)
        return [Text(part, line.style) for line in lines for part in folded(line.text, width)]

    def _line(self, parts: list[Text | None], widths: list[int]) -> str:
        moves = self.terminal is not None and self.terminal.moves
        line, at, start, agreed = "", 0, 0, True
        for part, width in zip(parts, widths, strict=True):
            if part and part.text:
                gap = max(start - at, _GAP if line else 0)  # in a pipe the cell before may be wider than its column
                line += " " * gap
                if not agreed:  # the terminal may be elsewhere by now
                    line += f"\x1b[{start + 1}G"
                line += self._styled(part)
                at += gap + cells(part.text)
                agreed = agreed and (not moves or _agreed(part.text))
            start += width + _GAP
        return line

    def _styled(self, part: Text) -> str:
        text = part.text.replace(_NO_BREAK_SPACE, " ")
        coloured = self.terminal is not None and self.terminal.colours and part.style and text
        return f"\x1b[{part.style}m{text}\x1b[m" if coloured else text
