"""Reads a TOML file key by key and collects everything that is wrong with it, each with its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import tomli

from confctl.problems import BrokenFileError, Problem
from confctl.words import Sentence, say

if TYPE_CHECKING:
    from pathlib import Path

    from confctl.storage.toml_lines import Key, KeyLines

Check = Callable[[str], Sentence | None]
"""What is wrong with a text and what would be right; None if nothing."""


class Source:
    """A TOML file as it was read, with the problems found in it so far."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self.text = text
        self.problems: list[Problem] = []
        self._tables: list[Table] = []
        """Those with a heading of their own, as far as they were asked for."""
        self._unknown: dict[int, tuple[Table, str]] = {}
        """By the places of their problems; where such a key belongs is known once all tables were read."""

    @classmethod
    def read(cls, file: Path) -> Source:
        """Raises OSError, or BrokenFileError for another encoding than UTF-8.

        A byte order mark, which some editors write, is passed over.
        """
        data = file.read_bytes()
        try:
            return cls(file, data.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise BrokenFileError([Problem(file, line, say("this is not UTF-8; save the file as UTF-8"))]) from None

    def root(self) -> Table:
        """The table of the whole file.  Raises BrokenFileError if it is no TOML."""
        try:
            return Table(self, (), tomli.loads(self.text))
        except tomli.TOMLDecodeError as error:
            from confctl.storage.toml_errors import in_our_words  # only for a mistake

            sentence = say("this is not TOML: {error}", error=in_our_words(error.msg))
            raise BrokenFileError([Problem(self.file, error.lineno, sentence)]) from None
        except RecursionError as error:
            raise BrokenFileError([Problem(self.file, None, say("this is not TOML: {error}", error=error))]) from None

    def note(self, key: Key, sentence: Sentence) -> None:
        self.problems.append(Problem(self.file, self._lines.line(key), sentence))

    def read_table(self, table: Table) -> None:
        self._tables.append(table)

    def unknown(self, table: Table, key: Key, name: str) -> None:
        self._unknown[len(self.problems)] = table, name
        self.note(key, table.unknown(name))

    def in_order(self) -> list[Problem]:
        """The problems found so far, from the top of the file to its end."""
        for place, (table, name) in self._unknown.items():
            homes = {each.heading for each in self._tables if each is not table and each.knows(name)}
            if len(homes) == 1:
                self.problems[place] = replace(self.problems[place], sentence=table.unknown(name, homes.pop()))
        return sorted(self.problems, key=lambda problem: problem.line or 0)

    @cached_property
    def _lines(self) -> KeyLines:
        from confctl.storage.toml_lines import KeyLines  # only for a mistake

        return KeyLines(self.text)


class Table:
    """One table.  What is asked for and is missing or wrong is noted; a stand-in comes back so that reading goes on.

    A caller looks at :attr:`Source.problems` before it uses anything that it read.
    """

    def __init__(self, source: Source, key: Key, values: Mapping[str, object]) -> None:
        self._source = source
        self._key = key
        self._values = values
        self._asked: set[str] = set()
        if len(key) == 1 or (len(key) == 2 and isinstance(key[1], int)):
            source.read_table(self)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def wrong(self, name: str, sentence: Sentence) -> None:
        """Notes a problem at the key ``name``; an empty name stands for the table itself."""
        place = say("{key}: {problem}", key=self._dotted(name), problem=sentence)
        self._source.note((*self._key, name) if name else self._key, place)

    def missing(self, name: str, example: str) -> None:
        sentence = say("{key} is missing; write for example: {example}", key=self._dotted(name), example=example)
        self._source.note((*self._key, name), sentence)

    def text(self, name: str, example: str, check: Check | None = None) -> str:
        """A string that must be there."""
        value = self.optional_text(name, example, check)
        if name not in self._values:
            self.missing(name, f'{name} = "{example}"')
        return value or ""

    def optional_text(self, name: str, example: str, check: Check | None = None) -> str | None:
        value = self._value(name, str, f'{name} = "{example}"')
        if isinstance(value, str):
            problem = say("this must not be empty") if not value.strip() else check(value) if check else None
            if problem:
                self.wrong(name, problem)
            return value
        return None

    def any_text(self, name: str, example: str, check: Check) -> str:
        """A string that must be there, and may be empty."""
        if self._values.get(name) != "":
            return self.text(name, example, check)
        self._asked.add(name)
        return ""

    def text_or(self, name: str, default: str, check: Check) -> str:
        """A string that may be empty; the default if it is not there."""
        if name not in self._values:
            self._asked.add(name)
            return default
        return self.any_text(name, default, check)

    def texts(self, name: str, example: str, check: Check) -> tuple[str, ...] | None:
        """An array of strings; None if it is not there."""
        value = self._value(name, list, f"{name} = {example}")
        if not isinstance(value, list):
            return None
        if not value:
            self.wrong(name, say("this must not be empty"))
        for item in value:
            if not isinstance(item, str):
                self.wrong(name, _no_text(item, f"{name} = {example}"))
            elif problem := check(item):
                self.wrong(name, problem)
        return tuple(item for item in value if isinstance(item, str))

    def is_array(self, name: str) -> bool:
        return isinstance(self._values.get(name), list)

    def texts_or_tables(self, name: str, example: str) -> list[str | Table]:
        """An array of strings, and of tables where there is more to say; empty if it is not there."""
        value = self._value(name, list, f"{name} = {example}")
        if not isinstance(value, list):
            return []
        if not value:
            self.wrong(name, say("this must not be empty"))
        items: list[str | Table] = []
        for number, item in enumerate(value):
            if isinstance(item, dict):
                items.append(Table(self._source, (*self._key, name, number), item))
            elif isinstance(item, str):
                items.append(item)
            else:
                self.wrong(name, _no_text(item, f"{name} = {example}"))
        return items

    def choice(self, name: str, choices: tuple[str, ...]) -> str | None:
        """One of a few words; None if it is not there or is none of them."""
        value = self.optional_text(name, choices[0])
        if value is None or value in choices:
            return value
        sentence = say("“{value}” is none of: {choices}", value=value, choices=", ".join(choices))
        self.wrong(name, sentence)
        return None

    def integer(self, name: str, default: int, lowest: int, highest: int) -> int:
        value = self._value(name, int, f"{name} = {default}")
        if value is None or not isinstance(value, int):
            return default
        if not lowest <= value <= highest:
            self.wrong(
                name, say("{value} is not from {lowest} to {highest}", value=value, lowest=lowest, highest=highest)
            )
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self._value(name, bool, f"{name} = {str(default).lower()}")
        return value if isinstance(value, bool) else default

    def flag_or(self, name: str, word: str, default: bool) -> bool | str:
        """True, false, or this one word instead."""
        value = self._values.get(name)
        if not isinstance(value, str):
            return self.flag(name, default)
        self._asked.add(name)
        if value == word:
            return word
        self.wrong(name, say("“{value}” is none of: {choices}", value=value, choices=f'true, false, "{word}"'))
        return default

    def date_and_time(self, name: str, example: str) -> datetime | None:
        """With its offset if it has one; None, and noted, if it is missing or something else."""
        if name not in self._values:
            self.missing(name, f"{name} = {example}")
        value = self._value(name, datetime, f"{name} = {example}")
        return value if isinstance(value, datetime) else None

    def instant(self, name: str, example: str) -> float | None:
        """A date and time with its offset, as seconds since the epoch; None if it is not there."""
        value = self._value(name, datetime, f"{name} = {example}")
        if not isinstance(value, datetime):
            return None
        if value.tzinfo is None:
            self.wrong(
                name, say("this needs an offset from UTC; write for example: {example}", example=f"{name} = {example}")
            )
            return None
        return value.timestamp()

    def table(self, name: str) -> Table:
        """A table inside this one; an empty one if it is not there."""
        value = self._value(name, dict, f"[{self._dotted(name)}]")
        return Table(self._source, (*self._key, name), value if isinstance(value, dict) else {})

    def tables(self, name: str, example: str = "") -> list[Table]:
        """An array of tables; empty if it is not there.  ``example`` is how it is written within a line."""
        example = example or f"[[{self._dotted(name)}]]"
        value = self._value(name, list, example)
        if not isinstance(value, list):
            return []
        if not all(isinstance(item, dict) for item in value):
            self.wrong(name, say("this must be written as {example}", example=example))
        return [Table(self._source, (*self._key, name, i), v) for i, v in enumerate(value) if isinstance(v, dict)]

    def finish(self) -> None:
        """Notes every key that nobody asked for, with the nearest name that somebody did."""
        for name in self._values:
            if name not in self._asked:
                self._source.unknown(self, (*self._key, name), name)

    def knows(self, name: str) -> bool:
        """Whether somebody has asked for it."""
        return name in self._asked

    @property
    def heading(self) -> str:
        """As it is written in the file."""
        return f"[[{self._dotted('')}]]" if isinstance(self._key[-1], int) else f"[{self._dotted('')}]"

    def unknown(self, name: str, home: str | None = None) -> Sentence:
        """``home``: the heading of the one table where it is known."""
        from difflib import get_close_matches  # only for a mistake

        if home is not None:
            return say("“{name}” is unknown here; it belongs below {heading}", name=self._dotted(name), heading=home)
        near = get_close_matches(name.lower(), self._asked, 1, 0.6)
        if near:
            return say("“{name}” is unknown here; is “{near}” meant?", name=self._dotted(name), near=near[0])
        known = ", ".join(sorted(self._asked))
        return say("“{name}” is unknown here; known are: {known}", name=self._dotted(name), known=known)

    def _value(self, name: str, kind: type, example: str) -> object | None:
        """The value if it is of the kind; else None, and noted."""
        self._asked.add(name)
        value = self._values.get(name)
        if value is None or (isinstance(value, kind) and not (kind is int and isinstance(value, bool))):
            return value
        sentence = say(
            "{key} is {found}; write for example: {example}",
            key=self._dotted(name),
            found=_kind(value),
            example=example,
        )
        self._source.note((*self._key, name), sentence)
        return None

    def _dotted(self, name: str) -> str:
        return ".".join([*(part for part in self._key if isinstance(part, str)), *([name] if name else [])])


def _no_text(value: object, example: str) -> Sentence:
    return say("{value} is no text in quotation marks; write for example: {example}", value=value, example=example)


def _kind(value: object) -> Sentence:
    for kind, name in _KINDS:
        if isinstance(value, kind):
            return name
    return say("a date or a time")


_KINDS: tuple[tuple[type, Sentence], ...] = (
    (bool, say("true or false")),
    (int, say("a whole number")),
    (float, say("a fraction")),
    (str, say("a text")),
    (list, say("an array")),
    (dict, say("a table")),
)


def matches(pattern: str, sentence: Callable[[str], Sentence]) -> Check:
    """A check that the whole text is of a pattern."""
    compiled = re.compile(pattern)
    return lambda text: None if compiled.fullmatch(text) else sentence(text)
