"""Changes ``people.toml``: one command at a time, all of a command's changes or none."""

from __future__ import annotations

import codecs
from contextlib import contextmanager
from typing import TYPE_CHECKING

from confctl.people.directory import Directory
from confctl.people.numbers import same
from confctl.people.people_text import PeopleText
from confctl.problems import RefusedError
from confctl.storage.files import locked, write_whole
from confctl.storage.toml_table import Source
from confctl.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confctl.settings import Settings


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
    reserved = same(settings.company.conference_number)
    for person in people.people:
        for number in person.numbers:
            if same(number) == reserved and not before.by_number(number):
                raise RefusedError(say("{number} is the conference number; give another one.", number=number))
    after = Directory.parse(settings.paths.people, people.text, trunk=bool(settings.trunks))
    for person in people.people:
        if after.by_number(person.number) != person:
            lines = people.lines(person)
            raise RefusedError(next(problem.sentence for problem in after.problems if problem.line in lines))
