"""The text of ``people.toml``, cut into its people: each can be changed or removed, and nothing else is touched."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from confctl.people.directory import Directory, read
from confctl.problems import RefusedError
from confctl.storage.toml_edit import logical_lines, quoted, with_texts, with_value, without
from confctl.storage.toml_table import Source
from confctl.words import say
from mixer.rules.numbers import same

if TYPE_CHECKING:
    from pathlib import Path

    from mixer.rules.model import Person

FIELDS = ("name", "numbers", "email", "language", "timezone", "password", "sip", "ring")
"""Of a person, in the order in which they are written."""


def differences(before: Person, after: Person) -> tuple[str, ...]:
    """The fields in which two people differ."""
    return tuple(field for field in FIELDS if getattr(before, field) != getattr(after, field))


@dataclass(slots=True)
class _Block:
    """What stands from the header of a person to the next header."""

    person: Person | None
    """None where something in it is wrong."""
    header: str
    body: str
    """Keys and values, with the comments among them and right below them: what goes when the person goes."""
    below: str
    """Empty lines, and comments on what comes next."""

    @property
    def text(self) -> str:
        return self.header + self.body + self.below


class PeopleText:
    """Raises BrokenFileError if the text is no TOML, RefusedError if its people are not each a ``[[person]]``."""

    def __init__(self, file: Path, text: str, *, trunk: bool) -> None:
        self._file = file
        self._trunk = trunk
        source = Source(file, text)
        people = read(source, trunk=trunk)
        self.directory = Directory([person for person in people if person], source.in_order())
        """The people of before."""
        self._returns = "\r\n" in text
        self._above, self._blocks = _cut(text, people)
        if len([block for block in self._blocks if block.header]) != len(people):
            raise RefusedError(
                say("{file}: commands can change people only if each is a [[person]] of its own", file=file)
            )
        self._by_number = {
            same(number): block for block in self._blocks if block.person for number in block.person.numbers
        }

    @property
    def text(self) -> str:
        return self._above + "".join(block.text for block in self._blocks)

    @property
    def people(self) -> list[Person]:
        """Those that can be used, as they are now."""
        return [block.person for block in self._blocks if block.person]

    def lines(self, person: Person) -> range:
        """Where somebody stands in :attr:`text`; lines count from 1."""
        above = self._above
        for block in self._blocks:
            if block.person is person:
                break
            above += block.text
        first = above.count("\n") + 1
        return range(first, first + block.text.count("\n") + 1)

    def add(self, person: Person) -> None:
        """At the end."""
        last = self._blocks[-1].text if self._blocks else self._above
        header = "[[person]]\n"
        if self._blocks or last.strip():
            header = ("\n" if last.endswith("\n") else "\n\n") + header
        given = {field: getattr(person, field) for field in FIELDS if getattr(person, field) is not None}
        body = "".join(f"{field} = {_literal(value)}\n" for field, value in given.items())
        self._blocks.append(_Block(person, self._ended(header), self._ended(body), ""))

    def change(self, person: Person, to: Person) -> None:
        """``person`` is as the directory has it."""
        block = self._by_number[same(person.number)]
        body = block.body
        for field in differences(person, to):
            body = _changed(body, field, getattr(person, field), getattr(to, field))
        block.body = self._ended(body)
        block.person = to

    def remove(self, person: Person) -> None:
        """With the comments among the person's lines; those above the ``[[person]]`` stay."""
        block = self._by_number[same(person.number)]
        place = next(index for index, each in enumerate(self._blocks) if each is block)
        del self._blocks[place]
        above = self._blocks[place - 1].text if place else self._above
        rest = block.below.lstrip("\r\n") if not above or _EMPTY_LAST_LINE.search(above) else block.below
        if not place:
            self._above += rest
        elif rest or place < len(self._blocks):
            self._blocks[place - 1].below += rest
        else:  # the empty line that was in front of the last person goes with it
            self._blocks[-1].below = _EMPTY_LAST_LINE.sub(r"\1", self._blocks[-1].below)

    def _ended(self, text: str) -> str:
        """With lines ended as in the rest of the file."""
        return re.sub(r"\r?\n", "\r\n", text) if self._returns else text


def _cut(text: str, people: list[Person | None]) -> tuple[str, list[_Block]]:
    """What stands above the first header, and a block for each; those of other tables have no header of their own."""
    lines = list(logical_lines(text))
    headers = [index for index, line in enumerate(lines) if text[line].lstrip().startswith("[")]
    ends = [*headers, len(lines)]
    left = iter(people)
    blocks: list[_Block] = []
    for begin, end in pairwise(ends):
        block = [text[line] for line in lines[begin:end]]
        if _PERSON.match(block[0]):
            split = _own(block, last=end == len(lines))
            body, below = "".join(block[1:split]), "".join(block[split:])
            blocks.append(_Block(next(left, None), block[0], body, below))
        else:
            blocks.append(_Block(None, "", "", "".join(block)))
    return "".join(text[line] for line in lines[: ends[0]]), blocks


_PERSON = re.compile(r"""[ \t]*\[\[[ \t]*(person|"person"|'person')[ \t]*\]\]""")


def _own(block: list[str], *, last: bool) -> int:
    """How many lines of a block are the person's.

    A comment right below the last key is, unless it is right above the next header: then it is on what comes next.
    """
    keys = [index for index, line in enumerate(block) if line.strip() and not line.lstrip().startswith("#")]
    below = end = keys[-1] + 1
    while end < len(block) and block[end].strip():
        end += 1
    return below if end == len(block) and not last else end


def _changed(body: str, field: str, before: object, after: object) -> str:
    if isinstance(before, tuple) and isinstance(after, tuple):
        return _with_numbers(body, before, after)
    return without(body, field) if after is None else with_value(body, field, _literal(after))


def _with_numbers(body: str, before: tuple[str, ...], after: tuple[str, ...]) -> str:
    """Those that stay are left as they are written, unless their order changes."""
    kept = [number for number in before if number in after]
    if after[: len(kept)] != tuple(kept):
        return with_value(body, "numbers", _literal(after))
    removed = [index for index, number in enumerate(before) if number not in after]
    return with_texts(body, "numbers", removed, after[len(kept) :])


def _literal(value: object) -> str:
    return f"[{', '.join(map(quoted, value))}]" if isinstance(value, tuple) else quoted(str(value))


_EMPTY_LAST_LINE = re.compile(r"(\A|\n)\r?\n\Z")
