"""What a spreadsheet would change in the directory: who is new, who becomes different; or all that is wrong in it."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from confctl.people.directory import somebody_elses, wrong_email, wrong_sip
from confctl.people.languages import CHOICES, language_named
from confctl.people.numbers import plain, split_numbers, wrong_written
from confctl.people.people_csv import Mistake
from confctl.problems import BrokenFileError, Problem
from confctl.settings import wrong_zone
from confctl.words import Sentence, say
from mixer.rules.call_policy import Ring
from mixer.rules.model import Person
from mixer.rules.numbers import same

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from confctl.people.directory import Directory
    from confctl.people.people_csv import Row, Sheet


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings and the command ask of people."""

    trunk: bool
    """People without a password and a SIP URI can be called through one."""
    conference_number: str
    """Nobody's."""
    accounts: bool = False
    """Whoever is new and has neither gets a password."""


@dataclass(slots=True)
class Merged:
    added: list[Person] = field(default_factory=list)
    changed: list[tuple[Person, Person]] = field(default_factory=list)
    """Before and after."""
    unchanged: int = 0
    made: set[str] = field(default_factory=set)
    """The numbers of those whose passwords are new."""


def merged(sheet: Sheet, file: Path, directory: Directory, rules: Rules) -> Merged:
    """Somebody whose first number is known is changed: to the numbers of the row, and to whatever else it says.

    An empty cell changes nothing.  Raises BrokenFileError with everything that is wrong.
    """
    merging = _Merging(sheet, directory, rules)
    for row in sheet.rows:
        merging.read(row)
    merging.check_numbers()
    if merging.wrong:
        in_order = sorted(merging.wrong, key=lambda mistake: mistake.row)
        raise BrokenFileError([Problem(file, None, mistake.sentence) for mistake in in_order])
    return merging.result


class _Merging:
    def __init__(self, sheet: Sheet, directory: Directory, rules: Rules) -> None:
        self.wrong = [*sheet.wrong]
        self.result = Merged()
        self._sheet = sheet
        self._directory = directory
        self._rules = rules
        self._read: list[tuple[Row, Person]] = []
        self._rows: dict[str, int] = {}
        """Which row somebody in the directory is in, by their first number."""

    def read(self, row: Row) -> None:
        wrong = len(self.wrong)
        numbers = self._numbers(row)
        before = self._directory.by_number(numbers[0]) if numbers else None
        if before and self._rows.setdefault(before.number, row.number) != row.number:
            problem = say("{name} is in row {row} already", name=before.name, row=self._rows[before.number])
            self._wrong(row, "numbers", problem)
        after = self._person(row, numbers, before)
        if len(self.wrong) == wrong and after:
            self._note(row, before, after)

    def check_numbers(self) -> None:
        """Each is one person's, among those of the rows and those of the directory that are in none."""
        others = [person for person in self._directory.people if person.number not in self._rows]
        owners = {same(number): person for person in others for number in person.numbers}
        for row, person in self._read:
            for number in person.numbers:
                if owners.setdefault(same(number), person) is not person:
                    self._wrong(row, "numbers", somebody_elses(number, owners[same(number)]))

    def _note(self, row: Row, before: Person | None, after: Person) -> None:
        self._read.append((row, after))
        if before is None:
            self.result.added.append(after)
            if after.password and "password" not in row.cells:
                self.result.made.add(after.number)
        elif before == after:
            self.result.unchanged += 1
        else:
            self.result.changed.append((before, after))

    def _numbers(self, row: Row) -> tuple[str, ...]:
        if "numbers" not in row.cells:
            self._wrong(row, "numbers", say("this must not be empty"))
        cell = row.cells.get("numbers", "")
        if rounded := _ROUNDED.search(cell):
            self._wrong(row, "numbers", _was_rounded(rounded.group()))
            return ()
        written = split_numbers(cell)
        for number in written:
            if problem := wrong_written(number):
                self._wrong(row, "numbers", problem)
            elif same(number) == same(self._rules.conference_number):
                self._wrong(row, "numbers", say("{number} is the conference number; give another one.", number=number))
        return tuple(dict.fromkeys(map(plain, written)))

    def _person(self, row: Row, numbers: tuple[str, ...], before: Person | None) -> Person | None:
        name = " ".join(row.cells.get("name", before.name if before else "").split())
        if not name:
            self._wrong(row, "name", say("this must not be empty"))
            return None
        known = replace(before, name=name, numbers=numbers) if before else Person(name, numbers)
        person = self._reached(
            row,
            replace(
                known,
                email=self._checked(row, "email", wrong_email) or known.email,
                timezone=self._checked(row, "timezone", wrong_zone) or known.timezone,
                language=self._language(row) or known.language,
                ring=self._ring(row) or known.ring,
            ),
        )
        if self._rules.accounts and before is None and not (person.password or person.sip):
            person = replace(person, password=secrets.token_urlsafe(12))
        if not (person.password or person.sip or self._rules.trunk):
            sentence = say(
                "row {row}: there is no way to call {name}: fill in a password or a sip, add --account, or set up"
                " a trunk in confctl.toml",
                row=row.number,
                name=person.name,
            )
            self.wrong.append(Mistake(row.number, sentence))
        return person

    def _reached(self, row: Row, person: Person) -> Person:
        """A new way to be reached takes the place of the old one."""
        password, sip = row.cells.get("password"), self._checked(row, "sip", wrong_sip)
        if password and sip:
            self._wrong(row, "sip", say("there is a password as well; keep one of the two"))
        if password:
            return replace(person, password=password, sip=None)
        return replace(person, password=None, sip=sip) if sip else person

    def _language(self, row: Row) -> str | None:
        written = row.cells.get("language")
        language = language_named(written) if written else None
        if written and not language:
            self._wrong(row, "language", say("“{value}” is none of: {choices}", value=written, choices=CHOICES))
        return language

    def _ring(self, row: Row) -> Ring | None:
        written = row.cells.get("ring")
        if written is None or written in tuple(Ring):
            return None if written is None else Ring(written)
        self._wrong(row, "ring", say("“{value}” is none of: {choices}", value=written, choices=", ".join(Ring)))
        return None

    def _checked(self, row: Row, name: str, check: Callable[[str], Sentence | None]) -> str | None:
        cell = row.cells.get(name)
        problem = check(cell) if cell else None
        if problem:
            self._wrong(row, name, problem)
        return cell

    def _wrong(self, row: Row, name: str, problem: Sentence) -> None:
        sentence = say(
            "row {row}, column “{column}”: {problem}",
            row=row.number,
            column=self._sheet.headings[name],
            problem=problem,
        )
        self.wrong.append(Mistake(row.number, sentence))


_ROUNDED = re.compile(r"[0-9]([.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)
"""``4.42079E+11``; with a comma in Russian."""


def _was_rounded(value: str) -> Sentence:
    return say(
        "the spreadsheet has rounded the number to “{value}”; format the column as text and enter the number again",
        value=value,
    )
