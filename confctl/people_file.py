"""Adds somebody to ``people.toml`` and leaves everything else in it as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tomlkit
from tomlkit.exceptions import TOMLKitError

from confctl.directory import Directory
from confctl.files import locked, write_whole
from confctl.problems import RefusedError
from confctl.words import say

if TYPE_CHECKING:
    from pathlib import Path

    from mixer.model import Person


def add(file: Path, person: Person, *, trunk: bool) -> None:
    """Raises RefusedError if the person could not be used or is there already, and OSError."""
    with locked(file.with_name(f".{file.name}.lock")):
        text = file.read_text(encoding="utf-8-sig") if file.exists() else ""
        before = Directory.parse(file, text, trunk=trunk)
        try:
            tomlkit.parse(text)
        except TOMLKitError as error:
            raise RefusedError(say("{file} must be mended first: {error}", file=file, error=error)) from None
        after_text = (
            text + ("\n" if text and not text.endswith("\n") else "") + _block(person, after=bool(text.strip()))
        )
        after = Directory.parse(file, after_text, trunk=trunk)
        new = [problem for problem in after.problems if problem not in before.problems]
        if new:
            raise RefusedError(new[0].sentence)
        write_whole(file, after_text)


def _block(person: Person, *, after: bool) -> str:
    """The table of a person; appended as text, since that is the one way that changes nothing else."""
    table = tomlkit.table()
    table["name"] = person.name
    table["numbers"] = list(person.numbers)
    for key, value in (
        ("email", person.email),
        ("language", person.language),
        ("password", person.password),
        ("sip", person.sip),
    ):
        if value is not None:
            table[key] = value
    return ("\n" if after else "") + "[[person]]\n" + table.as_string()
