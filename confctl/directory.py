"""``people.toml``: whom a conference can call, and how somebody is looked up by part of a name or of a number."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from confctl.numbers import digits, looks_like_number, plain, same, wrong_number
from confctl.problems import BrokenFileError, Problem
from confctl.toml_table import Source, Table, matches
from confctl.words import say
from mixer.model import Person

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Found:
    person: Person


@dataclass(frozen=True, slots=True)
class Several:
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Nobody:
    nearest: tuple[str, ...]
    """Names that look alike, the most alike first."""


class Directory:
    """The people of ``people.toml`` that can be used, in the order of the file."""

    def __init__(self, people: Sequence[Person], problems: Sequence[Problem] = ()) -> None:
        self.people = tuple(people)
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
            return cls((), [Problem(file, None, say("this can't be read: {error}", error=error.strerror))])
        except BrokenFileError as broken:
            return cls((), broken.problems)

    @classmethod
    def parse(cls, file: Path, text: str, *, trunk: bool) -> Directory:
        """As :meth:`load`, of a text that is or will be the file's.  Raises BrokenFileError if it is no TOML."""
        return cls._of(Source(file, text), trunk=trunk)

    @classmethod
    def _of(cls, source: Source, *, trunk: bool) -> Directory:
        root = source.root()
        people = _usable(root.tables("person"), source, trunk=trunk)
        root.finish()
        return cls(people, source.in_order())

    def by_number(self, number: str) -> Person | None:
        """Whose number this is, however it is written."""
        return self._by_number.get(same(number))

    def find(self, text: str) -> Found | Several | Nobody:
        """The one person whom ``text`` fits: a number or a whole name, else a part of either."""
        for fits in (_has_number, _has_name, _has_part):
            people = tuple(person for person in self.people if fits(person, text))
            if people:
                return Found(people[0]) if len(people) == 1 else Several(people)
        return Nobody(self._nearest(text))

    def _nearest(self, text: str) -> tuple[str, ...]:
        from difflib import SequenceMatcher  # only for a mistake

        def likeness(person: Person) -> float:
            name = folded(person.name)
            known = [name, *name.split(), *person.numbers]
            return max(SequenceMatcher(None, folded(text), each).ratio() for each in known)

        alike = sorted(((likeness(person), person.name) for person in self.people), key=lambda pair: -pair[0])
        return tuple(name for ratio, name in alike[:3] if ratio >= 0.5)


def folded(text: str) -> str:
    """Text for comparison: case, ё, decomposed letters and runs of spaces make no difference."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().replace("ё", "е").split())


def _has_number(person: Person, text: str) -> bool:
    return looks_like_number(text) and same(text) in map(same, person.numbers)


def _has_name(person: Person, text: str) -> bool:
    return folded(person.name) == folded(text)


def _has_part(person: Person, text: str) -> bool:
    name, wanted = folded(person.name), folded(text)
    if not wanted:
        return False
    if wanted in name or _words_fit(wanted, name):
        return True
    return looks_like_number(text) and any(_has_digits(number, text) for number in person.numbers)


def _words_fit(wanted: str, name: str) -> bool:
    """Each word begins a word of the name: ``пет анна`` fits ``Анна Петрова``."""
    return all(any(word.startswith(part) for word in name.split()) for part in wanted.split())


def _has_digits(number: str, text: str) -> bool:
    if digits(text) in digits(number):
        return True
    # Of a Russian number, 8 is the trunk prefix: 8495 begins +7495…
    known = same(number)
    return len(known) == 11 and digits(text).startswith("8") and known.startswith("7" + digits(text)[1:])


def _usable(tables: list[Table], source: Source, *, trunk: bool) -> list[Person]:
    people: list[Person] = []
    owners: dict[str, Person] = {}
    for table in tables:
        before = len(source.problems)
        person = _person(table, trunk=trunk)
        for number in person.numbers:
            other = owners.get(same(number))
            if other:
                sentence = say(
                    "{number} is the number of {name} already; each number is one person's",
                    number=number,
                    name=other.name,
                )
                table.wrong("numbers", sentence)
        if len(source.problems) == before:
            people.append(person)
            owners.update((same(number), person) for number in person.numbers)
    return people


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
    )
    if person.password and person.sip:
        table.wrong("sip", say("there is a password as well: the phone either registers here or is called at its URI"))
    if not (person.password or person.sip or trunk):
        table.wrong(
            "", say("there is no way to call {name}: give a password or a sip, or set up a trunk", name=person.name)
        )
    table.finish()
    return person


wrong_email = matches(
    r"[^@\s<>,;]+@[^@\s<>,;]+",
    lambda text: say("“{value}” is no mail address; write for example: anna@example.com", value=text),
)
wrong_sip = matches(
    r"sip:[^\s@<>]+@[^\s@<>]+",
    lambda text: say("“{value}” is no SIP URI; write for example: sip:anna@198.51.100.4", value=text),
)
