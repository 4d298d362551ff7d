"""Changes single values of a TOML text and leaves the rest as a person wrote it: comments, order, spaces, line ends.

Like :mod:`confctl.storage.toml_lines` this trusts that the text has been parsed, and so takes every way of writing
that the parser takes.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from confctl.storage.toml_lines import TOKEN, parts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence


@dataclass(frozen=True, slots=True)
class _Statement:
    """A key with its value, or the header of a table.  Offsets into the text."""

    table: tuple[str, ...]
    """The header above it; its own name, if it is a header itself."""
    key: tuple[str, ...]
    """Dotted, relative to the table; empty for a header."""
    value: slice
    lines: slice
    """Its lines, with their comments and the last line's end."""


def quoted(text: str) -> str:
    """A text as a TOML basic string; JSON's escapes are TOML's, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def with_value(text: str, name: str, literal: str) -> str:
    """``name`` of the root table is ``literal``; where the key is new, it comes after the last one of that table."""
    for statement in _statements(text):
        if not statement.table and statement.key == (name,):
            return _spliced(text, statement.value, literal)
    text = without(text, name)  # it may be a table of its own, or dotted keys
    root = [statement for statement in _statements(text) if not statement.table]
    place = root[-1].lines.stop if root else 0
    before = "\n" if place and text[place - 1] != "\n" else ""
    return _spliced(text, slice(place, place), f"{before}{name} = {literal}\n")


def without(text: str, name: str) -> str:
    """The text without what the key ``name`` of the root table holds."""
    for statement in reversed(list(_statements(text))):
        if (*statement.table, *statement.key)[0] == name:
            text = _spliced(text, statement.lines, "")
    return text


def with_items(text: str, name: str, removed: Collection[int], added: Sequence[dict[str, str]]) -> str:
    """The array of tables ``name`` of the root without some of its items (by index), and with new ones at its end.

    The array is ``name = [{…}]`` or ``[[name]]``; where there is none, it is made.
    """
    for statement in _statements(text):
        if not statement.table and statement.key == (name,):
            its = _Array(text[statement.value])
            for index in sorted(removed, reverse=True):
                its.remove(index)
            for item in added:
                its.append(inline(item))
            return _spliced(text, statement.value, its.text)
    return _with_sections(text, name, removed, added)


def with_texts(text: str, name: str, removed: Collection[int], added: Sequence[str]) -> str:
    """The array of texts ``name`` of the root table without some items (by index), and with new ones at its end."""
    new = list(map(quoted, added))
    for statement in _statements(text):
        if not statement.table and statement.key == (name,):
            its = _Array(text[statement.value])
            if "\n" not in its.text:
                kept = [its.text[item] for index, item in enumerate(_items(its.text)) if index not in removed]
                return _spliced(text, statement.value, f"[{', '.join(kept + new)}]")
            for index in sorted(removed, reverse=True):
                its.remove(index)
            for literal in new:
                its.append(literal)
            return _spliced(text, statement.value, its.text)
    return with_value(text, name, f"[{', '.join(new)}]")


def inline(item: dict[str, str]) -> str:
    return "{" + ", ".join(f"{key} = {quoted(value)}" for key, value in item.items()) + "}"


def array(items: Sequence[dict[str, str]]) -> str:
    """One item a line."""
    return "[\n" + "".join(f"    {inline(item)},\n" for item in items) + "]" if items else "[]"


def _with_sections(text: str, name: str, removed: Collection[int], added: Sequence[dict[str, str]]) -> str:
    sections: list[list[_Statement]] = []
    for statement in _statements(text):
        if statement.table[:1] == (name,):
            if not statement.key:
                sections.append([])
            sections[-1].append(statement)
    if not sections:
        return with_value(text, name, array(added)) if added else text
    end = sections[-1][-1].lines.stop
    before = "" if text[:end].endswith("\n") else "\n"
    new = "".join(
        f"\n[[{name}]]\n" + "".join(f"{key} = {quoted(value)}\n" for key, value in item.items()) for item in added
    )
    text = _spliced(text, slice(end, end), before + new if new else "")
    for index in sorted(removed, reverse=True):
        for statement in reversed(sections[index]):
            text = _spliced(text, statement.lines, "")
    return text


class _Array:
    """The text of an array, from its ``[`` to its ``]``."""

    def __init__(self, text: str) -> None:
        self.text = text

    def remove(self, index: int) -> None:
        """With its comma, and with its line and that line's comment if it has the line to itself."""
        item = _items(self.text)[index]
        comma = self._comma_after(item.stop)
        if comma is not None:  # some begin the next line with it
            self._cut(comma - 1, comma)
        line_start = self.text.rfind("\n", 0, item.start) + 1
        alone_before = line_start > 0 and not self.text[line_start : item.start].strip()
        alone_after = re.compile(r"[ \t\r]*(#[^\n]*)?\n").match(self.text, item.stop)
        if alone_before and alone_after:
            self.text = _spliced(self.text, slice(line_start, alone_after.end()), "")
        else:
            self._cut(item.start, item.stop)

    def append(self, literal: str) -> None:
        items = _items(self.text)
        if not items:
            self._append_first(literal)
            return
        last = items[-1]
        comma = self._comma_after(last.stop)
        if comma is None:
            comma = last.stop + 1
            self.text = _spliced(self.text, slice(last.stop, last.stop), ",")
        line_start = self.text.rfind("\n", 0, last.start) + 1
        line_end = self.text.find("\n", comma) + 1
        if line_start and line_end:
            indent = re.match(r"[ \t]*", self.text[line_start:])
            line = f"{indent.group() if indent else ''}{literal},\n"
            self.text = _spliced(self.text, slice(line_end, line_end), line)
        else:
            self.text = _spliced(self.text, slice(comma, comma), f" {literal}")

    def _append_first(self, literal: str) -> None:
        """Before the bracket, which then begins a line."""
        before = self.text[:-1].rstrip(" \t")
        if not before.endswith("\n"):
            before += "\n"
        self.text = f"{before}    {literal},\n]"

    def _cut(self, start: int, stop: int) -> None:
        """With the spaces behind it."""
        rest = self.text[stop:].lstrip(" \t")
        self.text = self.text[:start] + rest

    def _comma_after(self, place: int) -> int | None:
        """Where the comma behind an item ends; comments may stand between the two."""
        for match in TOKEN.finditer(self.text, place):
            if match.group() == ",":
                return match.end()
            if match.group() == "]":
                return None
        return None


def _items(array: str) -> list[slice]:
    """The tables, or the texts, in the text of an array."""
    found: list[slice] = []
    depth, began = 0, 0
    for match in TOKEN.finditer(array):
        piece = match.group()
        if piece in ("[", "{"):
            depth += 1
            began = match.start() if depth == _ITEM else began
        elif piece in ("]", "}"):
            if depth == _ITEM:
                found.append(slice(began, match.end()))
            depth -= 1
        elif depth == 1 and piece.startswith(("'", '"')):
            found.append(slice(match.start(), match.end()))
    return found


_ITEM = 2
"""How deep inside a table in an array is."""


def _statements(text: str) -> Iterator[_Statement]:
    table: tuple[str, ...] = ()
    for line in logical_lines(text):
        tokens = TOKEN.finditer(text, line.start, line.stop)
        written = [match for match in tokens if match.group().strip() and not match.group().startswith("#")]
        if not written:
            continue
        begin, end = written[0].start(), written[-1].end()
        if written[0].group() == "[":
            table = tuple(parts(text[begin:end].strip().strip("[]")))
            yield _Statement(table, (), slice(end, end), line)
            continue
        equals = next(match for match in written if match.group() == "=")
        value = text[equals.end() : end]
        start = equals.end() + len(value) - len(value.lstrip(" \t"))
        yield _Statement(
            table,
            tuple(parts(text[begin : equals.start()].strip())),
            slice(start, equals.end() + len(value.rstrip(" \t\r"))),
            line,
        )


def logical_lines(text: str) -> Iterator[slice]:
    """Lines, those of a value that goes on over several as one."""
    began, depth = 0, 0
    for match in TOKEN.finditer(text):
        piece = match.group()
        depth += (piece in ("[", "{")) - (piece in ("]", "}"))
        if piece == "\n" and depth == 0:
            yield slice(began, match.end())
            began = match.end()
    if began < len(text):
        yield slice(began, len(text))


def _spliced(text: str, span: slice, new: str) -> str:
    return text[: span.start] + new + text[span.stop :]
