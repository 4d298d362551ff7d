"""Changes ``people.toml``: one command at a time, all of a command's changes or none."""

from __future__ import annotations

import codecs
from contextlib import contextmanager
from typing import TYPE_CHECKING

from confctl.people.directory import Directory, not_free, wrong_email, wrong_sip
from confctl.people.people_text import PeopleText
from confctl.problems import RefusedError
from confctl.storage.files import locked, write_whole
from confctl.storage.toml_table import Source
from confctl.words import Sentence, say
from mixer.rules.numbers import same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confctl.settings import Settings
    from mixer.rules.model import Person


@contextmanager
def changing(settings: Settings) -> Iterator[PeopleText]:
    """The file as it is now; what is done to it is stored at the end of the block, unless an error leaves it.

    Raises OSError, BrokenFileError if the file is no TOML, and RefusedError if somebody could not be used as changed.
    """
    file = settings.paths.people.resolve()  # the lock is beside the file, whatever links lead to it
    with locked(file.with_name(f".{file.name}.lock")):
        text = Source.read(file).text if file.exists() else ""
        mark = "\ufeff" if text and file.read_bytes().startswith(codecs.BOM_UTF8) else ""
        people = PeopleText(settings.paths.people, text, trunk=bool(settings.trunks))
        yield people
        if people.text != text:
            _check(people, settings)
            write_whole(file, mark + people.text)


def _check(people: PeopleText, settings: Settings) -> None:
    """Everybody is as they should be in the file that is about to be written."""
    try:
        people.text.encode()
    except UnicodeEncodeError as error:  # a terminal with another encoding
        value = people.text[error.start : error.end]
        raise RefusedError(say("“{value}” is no text; type it in UTF-8", value=value)) from None
    before = people.directory
    changed = [person for person in people.people if before.by_number(person.number) != person]
    others = (person for person in people.people if before.by_number(person.number) == person)
    owners = {same(number): person for person in others for number in person.numbers}
    for person in changed:
        problem = _wrong(person, settings) or _wrong_number(person, before, owners, settings)
        if problem:
            raise RefusedError(problem)
    after = Directory.parse(settings.paths.people, people.text, trunk=bool(settings.trunks))
    for person in people.people:
        if after.by_number(person.number) != person:
            lines = people.lines(person)
            raise RefusedError(next(problem.sentence for problem in after.problems if problem.line in lines))


def _wrong(person: Person, settings: Settings) -> Sentence | None:
    """What is wrong with somebody, in the words of the command line."""
    if not person.name.strip():
        return say("Somebody needs a name.")
    for value, check in ((person.email, wrong_email), (person.sip, wrong_sip)):
        problem = None if value is None else check(value)
        if problem:
            return problem
    if person.password is not None and not person.password.strip():
        return say("A password must not be empty.")
    if person.password and person.sip:
        return say("Give --password or --sip: the phone either registers here or is called at its URI.")
    if not (person.password or person.sip or settings.trunks):
        return say(
            "There is no way to call {name}: add --account, --password or --sip, or set up a trunk in confctl.toml.",
            name=person.name,
        )
    return None


def _wrong_number(person: Person, before: Directory, owners: dict[str, Person], settings: Settings) -> Sentence | None:
    """Those that are free become the person's in ``owners``."""
    for number in person.numbers:
        owner = owners.setdefault(same(number), person)
        if owner is not person:
            return not_free(number, owner)
        if same(number) == same(settings.company.conference_number) and not before.by_number(number):
            return say("{number} is the conference number; give another one.", number=number)
    return None
