"""The book and the directory as a running mixer sees them: looked at again whenever a file has changed.

What is wrong in a file is logged when it appears, and what the file said before stays in force: a slip of the pen
at 15:29 must not keep anybody from being called at 15:30.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from confctl.book.book import Book
from confctl.people.directory import Directory
from confctl.people.fitting import fitting
from confctl.problems import BrokenFileError, Problem
from confctl.words import say
from mixer.programme import BookError
from mixer.rules.numbers import key
from sip.uri import Uri

if TYPE_CHECKING:
    from collections.abc import Sequence

    from confctl.settings import Settings
    from mixer.rules.model import Person, Plan
    from mixer.whom import Fitting

_log = logging.getLogger(__name__)


class LiveBook:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        """May be replaced by newer ones."""
        self._people_stamp: object = None
        self._told: frozenset[str] = frozenset()
        self._good: dict[str, Plan] = {}
        self._directory = Directory(())
        self._look_again()

    def stamp(self) -> object:
        """Differs from the last one if a conference or somebody in the directory was added, changed or removed.

        Raises BookError.
        """
        if self._stamp_of_people() != self._people_stamp:
            self._look_again()
        try:
            return self._people_stamp, self._book.stamp()
        except OSError as error:
            raise _told_of(error) from None

    def plans(self) -> Sequence[Plan]:
        plans, problems = self._book.current()
        self._tell([*self._directory.problems, *problems])
        broken = {problem.file.stem for problem in problems}
        kept = [plan for code, plan in self._good.items() if code in broken]
        self._good = {plan.code: plan for plan in (*plans, *kept)}
        return tuple(self._good.values())

    def known(self) -> Sequence[Plan]:
        """As they were read last: nothing is looked at."""
        return tuple(self._good.values())

    def end(self, code: str, at: float, reason: str) -> None:
        """Raises BookError."""
        try:
            self._book.end(code, at, reason)
        except BrokenFileError as error:
            raise BookError("; ".join(map(self._sentence, error.problems))) from None
        except OSError as error:
            raise _told_of(error) from None

    def password(self, user: str) -> str | None:
        """The password of the account whose user name is the first number of somebody in the directory."""
        person = self._directory.by_number(user)
        return person.password if person is not None and person.number == user else None

    def by_number(self, number: str) -> Person | None:
        """Whose number this is, however it is written; of what is none, as a provider or a phone may name somebody
        (``user101``), nobody's."""
        return self._directory.by_number(number) if key(number) else None

    def by_uri(self, uri: Uri) -> Person | None:
        """Whose fixed URI this is."""
        for person in self._directory.people:
            if person.sip is not None and Uri.parse(person.sip).equivalent(uri):
                return person
        return None

    def look_up(self, texts: Sequence[str], among: Sequence[Person] | None = None) -> list[Fitting]:
        """Whom each text fits, of these people or of all: a number, a whole name, or any part of either."""
        return fitting(texts, self._directory if among is None else Directory(among))

    def language_of(self, number: str | None) -> str:
        person = None if number is None else self.by_number(number)
        return (person and person.language) or self.settings.company.language

    def _look_again(self) -> None:
        people = self.settings.paths.people
        self._people_stamp = self._stamp_of_people()
        found, before = Directory.load(people, trunk=bool(self.settings.trunks)), self._directory.people
        if found.blank and before:  # an editor that writes in place empties it first
            found = Directory((), [Problem(people, None, say("this is empty; everybody stays as they were before"))])
        self._directory = _with_the_missing(found, before)
        self._book = Book(self.settings.paths.conferences, self._directory)

    def _stamp_of_people(self) -> object:
        try:
            found = self.settings.paths.people.stat()
        except OSError as error:
            return error.errno
        return found.st_ino, found.st_size, found.st_mtime_ns

    def _tell(self, problems: Sequence[Problem]) -> None:
        lines = frozenset(map(self._sentence, problems))
        for line in sorted(lines - self._told):
            _log.error("%s", line)
        self._told = lines

    def _sentence(self, problem: Problem) -> str:
        return problem.in_language(self.settings.company.language)


def _with_the_missing(found: Directory, before: Sequence[Person]) -> Directory:
    """While something is wrong in the file, whoever it lacks now is as they were before: they may be what is wrong."""
    if not found.problems:
        return found
    missing = [person for person in before if not any(found.by_number(number) for number in person.numbers)]
    return Directory((*found.people, *missing), found.problems)


def _told_of(error: OSError) -> BookError:
    why = error.strerror or str(error)
    return BookError(f"{error.filename}: {why}" if error.filename else why)
