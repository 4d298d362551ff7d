"""``people.toml``: whom a conference can call, and how somebody is looked up by part of a name or of a number."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from confctl.people.lookup import Lookup
from confctl.people.numbers import looks_like_number, plain, wrong_number
from confctl.problems import BrokenFileError, Problem, reason
from confctl.settings import wrong_zone
from confctl.storage.toml_table import Source, Table, matches
from confctl.words import say
from mixer.rules.call_policy import Ring
from mixer.rules.model import Person
from mixer.rules.numbers import same

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from confctl.words import Sentence


@dataclass(frozen=True, slots=True)
class Found:
    person: Person


@dataclass(frozen=True, slots=True)
class Several:
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Nobody:
    nearest: tuple[Person, ...]
    """Whose names look alike, the most alike first."""


class Directory:
    """The people of ``people.toml`` that can be used, in the order of the file."""

    def __init__(self, people: Sequence[Person], problems: Sequence[Problem] = (), *, blank: bool = False) -> None:
        self.people = tuple(people)
        self.blank = blank
        """Whether nothing at all stands in the file, not even a comment."""
        self.problems = tuple(problems)
        """What is wrong with those who are not among ``people``."""
        self._by_number = {same(number): person for person in people for number in person.numbers}

    @classmethod
    def load(cls, file: Path, *, trunk: bool) -> Directory:
        """``trunk``: people without a password and a SIP URI can be called through one.

        Somebody with a mistake is left out and reported; the others stay.  A file that is missing or can't be read is
        a problem too.
        """
        try:
            return cls._of(Source.read(file), trunk=trunk)
        except OSError as error:
            return cls((), [Problem(file, None, say("this can't be read: {error}", error=reason(error)))])
        except BrokenFileError as broken:
            return cls((), broken.problems)

    @classmethod
    def parse(cls, file: Path, text: str, *, trunk: bool) -> Directory:
        """As :meth:`load`, of a text that is or will be the file's.  Raises BrokenFileError if it is no TOML."""
        return cls._of(Source(file, text), trunk=trunk)

    @classmethod
    def _of(cls, source: Source, *, trunk: bool) -> Directory:
        people = [person for person in read(source, trunk=trunk) if person]
        return cls(people, source.in_order(), blank=not source.text.strip())

    def by_number(self, number: str) -> Person | None:
        """Whose number this is, however it is written."""
        return self._by_number.get(same(number))

    def find(self, text: str) -> Found | Several | Nobody:
        """The one person whom ``text`` fits: a number or a whole name, else a part of either.

        A name in another alphabet is looked for only where nobody has it as it is written, and one typed in the other
        keyboard layout only after that: it must fit one person.
        """
        owner = self.by_number(text) if looks_like_number(text) else None
        if owner:
            return Found(owner)
        for fitting in (self._lookup.by_name, self._lookup.by_part, self._lookup.by_sound):
            people = fitting(text)
            if people:
                return Found(people[0]) if len(people) == 1 else Several(people)
        switched = self._lookup.by_other_layout(text)
        return Found(switched[0]) if len(switched) == 1 else Nobody(self._lookup.nearest(text))

    def matches(self, text: str) -> tuple[Person, ...]:
        """Everybody whom ``text`` fits somehow, the likeliest first: for menus that follow the typing."""
        return self._lookup.matches(text)

    @cached_property
    def _lookup(self) -> Lookup:
        return Lookup(self.people)


def read(source: Source, *, trunk: bool) -> list[Person | None]:
    """Each ``[[person]]`` of the file in its order; None for those who can't be used, the reasons being noted.

    Raises BrokenFileError if it is no TOML.
    """
    root = source.root()
    people: list[Person | None] = []
    owners: dict[str, Person] = {}
    for table in root.tables("person"):
        before = len(source.problems)
        person = _person(table, trunk=trunk)
        numbers = {same(number): number for number in person.numbers}
        for key, number in numbers.items():
            if key in owners:
                table.wrong("numbers", somebody_elses(number, owners[key]))
        usable = len(source.problems) == before
        people.append(person if usable else None)
        if usable:
            owners.update(dict.fromkeys(numbers, person))
    root.finish()
    return people


def somebody_elses(number: str, owner: Person) -> Sentence:
    return say("{number} is the number of {name} already; each number is one person's", number=number, name=owner.name)


def not_free(number: str, owner: Person) -> Sentence:
    """As :func:`somebody_elses`, to whoever gives the number to somebody else."""
    return say("{number} is the number of {name} already.", number=number, name=owner.name)


def unreachable(person: Person) -> Sentence:
    return say("there is no way to call {name}: give a password or a sip, or set up a trunk", name=person.name)


def _person(table: Table, *, trunk: bool) -> Person:
    if "numbers" not in table:
        table.missing("numbers", 'numbers = ["101"]')
    person = Person(
        name=table.text("name", "Anna Petrova"),
        numbers=tuple(map(plain, table.texts("numbers", '["101"]', wrong_number) or ())),
        email=table.optional_text("email", "anna@example.com", wrong_email),
        language=table.choice("language", ("ru", "en")),
        password=table.optional_text("password", "…"),
        sip=table.optional_text("sip", "sip:anna@198.51.100.4", wrong_sip),
        timezone=table.optional_text("timezone", "Europe/Moscow", wrong_zone),
        ring=_ring(table),
    )
    if person.password and person.sip:
        table.wrong("sip", say("there is a password as well: the phone either registers here or is called at its URI"))
    if not (person.password or person.sip or trunk):
        table.wrong("", unreachable(person))
    table.finish()
    return person


def _ring(table: Table) -> Ring | None:
    chosen = table.choice("ring", tuple(Ring))
    return None if chosen is None else Ring(chosen)


wrong_email = matches(
    r"[^@\s<>,;]+@[^@\s<>,;]+",
    lambda text: say("“{value}” is no mail address; write for example: anna@example.com", value=text),
)


def wrong_sip(text: str) -> Sentence | None:
    from sip.errors import RemoteError  # only where somebody has one
    from sip.uri import Uri

    if re.fullmatch(r"sips?:[^\s@<>]+@[^\s@<>]+", text):
        with suppress(RemoteError):  # else nobody would hear of it before the hour
            Uri.parse(text)
            return None
    return say("“{value}” is no SIP URI; write for example: sip:anna@198.51.100.4", value=text)
