"""On which line a key of a TOML file stands: for messages about a value that is well-formed and wrong.

The parser says lines of syntax errors only.  This scan trusts that the text has been parsed, so it needs to know no
more of the grammar than where strings, comments and brackets end.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import tomli

if TYPE_CHECKING:
    from collections.abc import Iterator

Key = tuple[str | int, ...]
"""The way to a value: ``("trunk", 1, "uri")`` is ``uri`` of the second ``[[trunk]]``."""

TOKEN = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}'  # multi-line basic string; up to two quotation marks of its own at the end
    r"|'''.*?'{3,5}"  # multi-line literal string
    r'|"(?:[^"\\\n]|\\.)*"'  # basic string
    r"|'[^'\n]*'"  # literal string
    r"|#[^\n]*"  # comment
    r"|\n|[\[\]{}=,]"
    r"|[^\"'#\n\[\]{}=,]+",
    re.DOTALL,
)


class KeyLines:
    """The line of each table and key of a well-formed TOML text."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Key, int] = {}
        table: Key = ()
        arrays: dict[Key, int] = {}
        for line, statement in _statements(text):
            if statement.startswith("[["):
                array = _entered(parts(statement[2:-2]), arrays)
                arrays[array] = arrays.get(array, -1) + 1
                table = (*array, arrays[array])
                self._lines.setdefault(array, line)
                self._lines.setdefault(table, line)
            elif statement.startswith("["):
                table = _entered(parts(statement[1:-1]), arrays)
                if table in arrays:
                    table = (*table, arrays[table])
                self._lines.setdefault(table, line)
            else:
                self._note(table, parts(statement), line)

    def line(self, key: Key) -> int | None:
        """The line of the key, or of the nearest thing around it that has one; counts from 1."""
        for length in range(len(key), 0, -1):
            if key[:length] in self._lines:
                return self._lines[key[:length]]
        return None

    def _note(self, table: Key, parts: list[str], line: int) -> None:
        for length in range(1, len(parts) + 1):
            self._lines.setdefault((*table, *parts[:length]), line)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each header, and each key before its ``=``, with its line.  Values are passed over."""
    line, began, depth, in_value, collected = 1, 1, 0, False, ""
    for match in TOKEN.finditer(text):
        piece = match.group()
        if piece == "\n" and depth == 0:
            if collected.strip().startswith("["):
                yield began, collected.strip()
            in_value, collected = False, ""
        elif piece == "=" and depth == 0 and not in_value:
            yield began, collected.strip()
            in_value, collected = True, ""
        elif in_value:
            depth += (piece in "[{") - (piece in "]}")
        elif not piece.startswith("#"):
            began = began if collected.strip() else line
            collected += piece
        line += piece.count("\n")
    if collected.strip().startswith("["):
        yield began, collected.strip()


def parts(dotted: str) -> list[str]:
    """The names of a dotted key: ``a."b.c"`` is a and b.c.  The parser itself undoes the quoting."""
    value: object = tomli.loads(f"{dotted} = 0")
    names: list[str] = []
    while isinstance(value, dict):
        name, value = next(iter(value.items()))
        names.append(name)
    return names


def _entered(parts: list[str], arrays: dict[Key, int]) -> Key:
    """The key of a header, with the index of the last element of each array of tables that it passes through."""
    key: Key = ()
    for number, part in enumerate(parts):
        key = (*key, part)
        if key in arrays and number < len(parts) - 1:
            key = (*key, arrays[key])
    return key
