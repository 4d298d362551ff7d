"""What one command works with: the settings it was told of, the clock, the language and the screen.

Everything is loaded when it is first asked for, so that a command pays for nothing that it doesn't use.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from confctl import settings
from confctl.book.book import Book
from confctl.people.directory import Directory, Found, Several
from confctl.problems import RefusedError
from confctl.running import is_running
from confctl.terminal.screen import Screen
from confctl.words import Language, language_of_locale, say
from mixer.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from confctl.mail.notices import Queued
    from confctl.settings import Settings
    from mixer.model import Person


@dataclass
class Session:
    config: Path | None = None
    """``--config``."""
    lang: Language | None = None
    """``--lang``."""

    def clock(self) -> float:
        """Seconds since the epoch, at this moment."""
        return time.time()

    @cached_property
    def now(self) -> float:
        """When the command began: one moment for all that it decides."""
        return self.clock()

    @cached_property
    def settings(self) -> Settings:
        return settings.load(settings.find(self.config, os.environ))

    @cached_property
    def directory(self) -> Directory:
        return Directory.load(self.settings.paths.people, trunk=bool(self.settings.trunks))

    @cached_property
    def book(self) -> Book:
        return Book(self.settings.paths.conferences, self.directory)

    @cached_property
    def journal(self) -> Journal:
        return Journal(self.settings.paths.journal)

    def mixer_runs(self) -> bool:
        return is_running(self.settings)

    @property
    def language(self) -> Language:
        """The settings are read for it only if neither ``--lang`` nor the locale has a say."""
        return self.lang or language_of_locale(os.environ) or self._company_language or "en"

    @cached_property
    def _company_language(self) -> Language | None:
        try:
            return self.settings.company.language
        except (RefusedError, OSError):  # what is wrong with them is said where they are needed
            return None

    @property
    def screen(self) -> Screen:
        return Screen(self.language)

    def person(self, text: str) -> Person:
        """The one person whom ``text`` fits; raises RefusedError that lists them, or the nearest names."""
        found = self.directory.find(text)
        if isinstance(found, Found):
            return found.person
        if isinstance(found, Several):
            raise several(text, found.people)
        self.screen.warn_of(self.directory.problems)  # perhaps it is one of those who can't be used
        if found.nearest:
            names = ", ".join(found.nearest)
            raise RefusedError(say("Nobody is found by “{who}”; is it one of these: {names}?", who=text, names=names))
        raise RefusedError(say("Nobody is found by “{who}”; “confctl people list” shows everybody.", who=text))

    def tell(self) -> Queued | None:
        """Writes the mail that follows from the book as it is now; None, and a warning, if the disk fails it.

        Nothing is lost then: whoever tells next writes it, the mixer or another command.
        """
        from confctl.mail.notices import bring_up_to_date  # only for what changes the book

        try:
            return bring_up_to_date(self.settings, self.directory, self.book, self.clock())
        except OSError as error:
            self.screen.complain(
                say(
                    "The mail can't be written now ({file}: {error}); it will be with the next change or by the mixer.",
                    file=error.filename or self.settings.paths.outbox,
                    error=error.strerror,
                )
            )
            return None


def several(text: str, people: Sequence[Person]) -> RefusedError:
    names = listed(people)
    return RefusedError(
        say("“{who}” fits several people: {names}; write more of the name, or a number.", who=text, names=names)
    )


def listed(people: Sequence[Person]) -> str:
    """``Anna Petrova (101), Boris Ivanov (102)``; not more than ten."""
    names = [f"{person.name} ({person.number})" for person in people[:10]]
    return ", ".join([*names, "…"] if len(people) > 10 else names)
