"""What ``confctl check`` says of one conference by its file and its greeting alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confctl.book import greeting
from confctl.findings import Finding, fine, wrong
from confctl.words import Sentence, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confctl.absence_settings import OwnerAbsence
    from confctl.book.conference_file import Entry
    from confctl.people.directory import Directory
    from mixer.rules.model import Plan

_FEWEST_DIGITS = 6
"""What :mod:`mixer.code_guard` lets strangers try in an hour is little beside so many codes."""


def gone(what: Sentence, plan: Plan, directory: Directory) -> Iterator[Finding]:
    """Who has left the directory since."""
    for person in plan.people:
        if directory.by_number(person.number) is None:
            yield wrong(
                what,
                say(
                    "{code}: {name} ({number}) is not in the directory any more",
                    code=plan.code,
                    name=person.name,
                    number=person.number,
                ),
            )


def guessable(what: Sentence, plan: Plan) -> Iterator[Finding]:
    """Codes that a hand has made short: they are let in all the same."""
    if len(plan.code) < _FEWEST_DIGITS:
        yield wrong(
            what,
            say(
                "{code}: so short a code is guessed within days; give it 6 digits or more, and its file the same name",
                code=plan.code,
            ),
        )
    if len(plan.owner_code) < _FEWEST_DIGITS:
        yield wrong(
            what,
            say("{code}: so short an owner code is guessed within days; give it 6 digits or more", code=plan.code),
        )


def deputy(plan: Plan, absence: OwnerAbsence) -> Iterator[Finding]:
    """Not wrong: as long as the owner comes, nothing is missing."""
    if absence.needs_deputy and plan.named_deputy is None:
        yield fine(
            say("deputy"),
            say(
                "there is none, so everybody waits if the owner does not come; “confctl edit {code} --deputy NAME”",
                code=plan.code,
            ),
        )


def greetings(entry: Entry) -> Iterator[Finding]:
    """Nothing of one that is as it should be, or that there is not."""
    copy = entry.greeting
    if copy is None:
        return
    what, code, heard = say("greetings"), entry.plan.code, greeting.heard_in(copy.copy)
    if heard is None:
        yield wrong(what, say("{code}: {file} is gone or damaged; add the greeting anew", code=code, file=copy.copy))
    elif heard.silent:
        yield wrong(
            what, say("{code}: {file} is silent, or so quiet that nobody will hear it", code=code, file=copy.name)
        )
    elif heard.clipped:
        yield fine(
            what,
            say("{code}: {file} is clipped: it was recorded too loud and will sound harsh", code=code, file=copy.name),
        )
