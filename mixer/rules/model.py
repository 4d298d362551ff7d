"""The facts of a conference: who, when, which code.  What happens to it at run time is :mod:`mixer.rules.step`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from mixer.rules.numbers import key

if TYPE_CHECKING:
    from pathlib import Path

    from mixer.rules.call_policy import Ring


@dataclass(frozen=True, slots=True)
class Person:
    """A subscriber: a person or a room in the directory.

    One way to be reached: a ``password`` (the phone registers here, its user name is the first number), or a fixed
    ``sip`` URI, or neither (called through the trunk).
    """

    name: str
    numbers: tuple[str, ...]
    email: str | None = None
    language: str | None = None
    password: str | None = None
    sip: str | None = None
    timezone: str | None = None
    """IANA name, where it is not the company's."""
    ring: Ring | None = None
    """How somebody with several addresses is called, where it is not as the company has it."""

    @property
    def number(self) -> str:
        """The first number: the person's key in the book, the journal and the registrar."""
        return self.numbers[0]

    def __repr__(self) -> str:
        return f"Person({self.name!r}, {self.number!r})"  # never the password


class Recorded(StrEnum):
    """Whether a conference is recorded, and how."""

    NOT = "no"
    MIXED = "mixed"
    """What all of them say together."""
    TRACKS = "tracks"
    """That, and what each person says in a file of their own."""


@dataclass(frozen=True)
class Plan:
    """A conference as the book has it.  Times are seconds since the epoch, given in ``zone`` (IANA name)."""

    code: str
    owner_code: str
    title: str
    owner: Person
    participants: tuple[Person, ...]
    start: float
    end: float
    zone: str
    greeting: Path | None = None
    """The book's own copy: mono WAV, 16 bits, 16 kHz."""
    record: Recorded = Recorded.NOT
    deputy: str | None = None
    """The first number of who becomes the owner if the owner does not come."""

    @cached_property
    def people(self) -> tuple[Person, ...]:
        """The owner first, then everybody else, each once."""
        return (self.owner, *(p for p in self.participants if p.number != self.owner.number))

    @property
    def named_deputy(self) -> Person | None:
        return None if self.deputy is None else self.person(self.deputy)

    def person(self, number: str) -> Person | None:
        """Whom of this conference a number belongs to."""
        return self._by_number.get(number)

    def whose(self, number: str) -> Person | None:
        """The same of a number as an exchange or a phone sends it, however it is written."""
        return self._by_key.get(key(number))

    def with_people(self, *people: Person) -> Plan:
        """With these on its list, too."""
        return replace(self, participants=(*self.participants, *people))

    @cached_property
    def _by_number(self) -> dict[str, Person]:
        """Asked for with each line of the log; of a number that several have, the first one's."""
        return {number: person for person in reversed(self.people) for number in person.numbers}

    @cached_property
    def _by_key(self) -> dict[str, Person]:
        keys = ((key(number), person) for person in reversed(self.people) for number in person.numbers)
        return {found: person for found, person in keys if found}
