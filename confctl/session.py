"""What one command works with: the settings it was told of, the clock, the language and the screen.

Everything is loaded when it is first asked for, so that a command pays for nothing that it doesn't use.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from confctl import settings
from confctl.control_settings import USUAL_SOCKET
from confctl.people.directory import Directory, Found, Nobody, Several
from confctl.problems import RefusedError, in_the_way, reason
from confctl.running import is_running
from confctl.terminal.screen import Screen
from confctl.words import Language, Sentence, in_a_row, language_of_locale, say
from mixer.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from confctl.book.book import Book
    from confctl.mail.notices import Queued
    from confctl.settings import Settings
    from mixer.rules.model import Person


@dataclass
class Session:
    config: Path | None = None
    """``--config``."""
    lang: Language | None = None
    """``--lang``."""
    done: Sentence | None = None
    """What the command has done already, whatever becomes of what it says."""

    def clock(self) -> float:
        """Seconds since the epoch, at this moment."""
        return time.time()

    @cached_property
    def now(self) -> float:
        """When the command began: one moment for all that it decides."""
        return self.clock()

    @cached_property
    def settings(self) -> Settings:
        try:
            return settings.load(settings.find(self.config, os.environ))
        except PermissionError as error:
            raise RefusedError(
                say(
                    "You are not allowed to read {file}. To ask a running mixer, let CONFCTL_SOCKET name the mixer's"
                    " socket, as {example}.",
                    file=error.filename,
                    example=USUAL_SOCKET,
                )
            ) from None

    @cached_property
    def directory(self) -> Directory:
        return Directory.load(self.settings.paths.people, trunk=bool(self.settings.trunks))

    @cached_property
    def book(self) -> Book:
        """Raises RefusedError if it can't be looked into: it would seem to be empty."""
        folder = self.settings.paths.conferences
        if folder.exists() and not folder.is_dir():
            raise RefusedError(in_the_way(folder))
        if folder.exists() and not os.access(folder, os.R_OK | os.X_OK):
            raise RefusedError(say("{folder} can't be read: you are not allowed to.", folder=folder))
        from confctl.book.book import Book  # whoever acts on a running conference needs none

        return Book(folder, self.directory)

    @cached_property
    def journal(self) -> Journal:
        return Journal(self.settings.paths.journal)

    @cached_property
    def socket(self) -> Path:
        """Where the running mixer is asked: as CONFCTL_SOCKET says, else the settings.

        Who may tell the mixer need not be allowed to read these, for passwords are in them: then it is the usual place.
        """
        if named := os.environ.get("CONFCTL_SOCKET"):
            return Path(named)
        try:
            return self.settings.paths.socket
        except (RefusedError, OSError):
            if USUAL_SOCKET.is_socket():
                return USUAL_SOCKET
            raise

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
        return self.people([text])[0]

    def people(self, texts: Sequence[str]) -> list[Person]:
        """As :meth:`person`, of each; what is wrong with any of them is in the one error."""
        found = {text: self.directory.find(text) for text in texts}
        wrong = {text: each for text, each in found.items() if not isinstance(each, Found)}
        if any(isinstance(each, Nobody) for each in wrong.values()):
            self.screen.warn_of(self.directory.problems)  # perhaps it is one of those who can't be used
        if wrong:
            raise RefusedError(_not_one_each(wrong))
        return [each.person for each in map(found.__getitem__, texts) if isinstance(each, Found)]

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
                    error=reason(error),
                )
            )
            return None


def several(text: str, people: Sequence[Person]) -> RefusedError:
    return RefusedError(_not_one(text, Several(tuple(people))))


def _not_one_each(found: Mapping[str, Several | Nobody]) -> Sentence:
    unknown = [text for text, each in found.items() if each == Nobody(())]
    if len(unknown) < 2:
        return in_a_row([_not_one(text, each) for text, each in found.items()])
    names = ", ".join(unknown)
    together = say("Nobody is found by any of these: {names}; “confctl people list” shows everybody.", names=names)
    return in_a_row([*(_not_one(text, each) for text, each in found.items() if text not in unknown), together])


def _not_one(text: str, found: Several | Nobody) -> Sentence:
    if isinstance(found, Several):
        names = listed(found.people)
        return say("“{who}” fits several people: {names}; write more of the name, or a number.", who=text, names=names)
    if found.nearest:
        names = listed(found.nearest)
        return say("Nobody is found by “{who}”; is it one of these: {names}?", who=text, names=names)
    return say("Nobody is found by “{who}”; “confctl people list” shows everybody.", who=text)


def listed(people: Sequence[Person]) -> str:
    """``Anna Petrova (101), Boris Ivanov (102)``; not more than ten."""
    names = [f"{person.name} ({person.number})" for person in people[:10]]
    return ", ".join([*names, "…"] if len(people) > 10 else names)
