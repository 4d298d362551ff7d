"""What the commands that change the directory say of the people that they have added or changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from confctl.people.lookup import folded
from confctl.people.people_text import differences
from confctl.problems import BrokenFileError
from confctl.session import listed
from confctl.words import Language, Sentence, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from confctl.session import Session
    from mixer.rules.model import Person

_FIELDS: Final = {
    "name": say("name"),
    "numbers": say("numbers"),
    "email": say("mail"),
    "language": say("language"),
    "timezone": say("time zone"),
    "sip": say("SIP URI"),
    "ring": say("several numbers are rung"),
}
_NOTHING: Final = "—"
_SHORT: Final = 8
"""Characters; a password of fewer is found by trying."""

Change = tuple["Person | None", "Person"]
"""Before, None for somebody new; and after."""


def changed(before: Person, after: Person, language: Language) -> Sentence:
    """``Boris Ivanov, 102: numbers +74951234567, 102 → 102; new password``."""
    fields = (_changed(field, before, after).in_language(language) for field in differences(before, after))
    return say("{name}, {number}: {changes}", name=after.name, number=after.number, changes="; ".join(fields))


def _changed(field: str, before: Person, after: Person) -> Sentence:
    if field == "password":
        return say("new password") if after.password else say("no password")
    return say(
        "{field} {before} → {after}", field=_FIELDS[field], before=_shown(before, field), after=_shown(after, field)
    )


def _shown(person: Person, field: str) -> str:
    value: str | tuple[str, ...] | None = getattr(person, field)
    return ", ".join(value) if isinstance(value, tuple) else value or _NOTHING


def tell_phone(session: Session, before: Person | None, after: Person, *, made: bool) -> None:
    """What has to be set in a phone that registers here; a password is shown only if it was ``made`` by us."""
    line = session.screen.line
    domain = session.settings.sip.domain
    if made:
        line(say("Its phone registers as {number} at {domain} with this password:", number=after.number, domain=domain))
        line(say("{password}", password=after.password))
    elif after.password and (before is None or before.password != after.password):
        sentence = say(
            "Its phone registers as {number} at {domain} with the password given.", number=after.number, domain=domain
        )
        line(sentence)
    elif after.password and before and before.number != after.number:
        line(say("Its phone registers as {number} now.", number=after.number))


def everybody(session: Session) -> tuple[Person, ...]:
    """Names whom a mistake in the file leaves out; raises BrokenFileError where that is the whole file."""
    people, problems = session.directory.people, session.directory.problems
    if problems and not people:
        raise BrokenFileError(problems)
    session.screen.warn_of(problems)
    return people


def warn(session: Session, everybody: Sequence[Person], changes: Sequence[Change]) -> None:
    """Of what is possible and seldom meant; ``everybody`` is the directory as it is after the changes."""
    by_name: dict[str, list[Person]] = {}
    for person in everybody:
        by_name.setdefault(folded(person.name), []).append(person)
    for before, after in changes:
        if before and before.name == after.name:
            continue
        others = [person.number for person in by_name.pop(folded(after.name), ()) if person.number != after.number]
        if others:
            session.screen.complain(
                say("There is another {name}: {numbers}.", name=after.name, numbers=", ".join(others))
            )
    short = [
        after
        for before, after in changes
        if after.password and len(after.password) < _SHORT and (before is None or before.password != after.password)
    ]
    if short:
        session.screen.complain(
            say("Passwords of fewer than {n} characters are easily guessed: {names}.", n=_SHORT, names=listed(short))
        )
