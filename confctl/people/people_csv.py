"""People as a spreadsheet has them: comma-separated values in the ways in which spreadsheets write them."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from confctl.csv_cells import as_meant, harmless
from confctl.people.csv_encoding import decoded
from confctl.people.people_text import FIELDS
from confctl.problems import BrokenFileError, Problem
from confctl.words import Sentence, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from confctl.words import Language
    from mixer.rules.model import Person

_HEADINGS = {
    "name": ("name", "full name", "имя", "фио", "ф.и.о.", "абонент"),
    "numbers": ("numbers", "number", "phone", "phones", "номера", "номер", "телефон", "телефоны"),
    "email": ("email", "e-mail", "mail", "почта", "эл. почта", "электронная почта"),
    "language": ("language", "язык"),
    "timezone": ("timezone", "time zone", "zone", "пояс", "часовой пояс"),
    "password": ("password", "пароль"),
    "sip": ("sip",),
    "ring": ("ring", "звонить"),
}
_FIELDS = {heading: field for field, headings in _HEADINGS.items() for heading in headings}


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    """As the spreadsheet counts: the row of the headings is 1."""
    cells: Mapping[str, str]
    """By the field of a person; without the empty ones."""


@dataclass(frozen=True, slots=True)
class Mistake:
    row: int
    sentence: Sentence
    """Names the row too."""


@dataclass(frozen=True, slots=True)
class Sheet:
    headings: Mapping[str, str]
    """What the columns are called, by the field of a person."""
    rows: tuple[Row, ...]
    wrong: tuple[Mistake, ...] = ()
    """What no field of a person is to blame for."""
    guessed: str | None = None
    """The encoding, if the file doesn't show which it is."""


def parse(file: Path, data: bytes, encoding: str | None = None, language: Language = "en") -> Sheet:
    """Columns in any order, separated by commas, semicolons or tabs.

    Raises BrokenFileError for what is no table of people; ``encoding`` and ``language`` are :func:`decoded`'s.
    """
    read = decoded(file, data, encoding, language)
    text = re.sub(r"\A\"?sep=.\"?\r?\n", "", read.text)  # Excel's own first line, which says the delimiter to Excel
    if not text.strip():
        raise BrokenFileError([Problem(file, None, say("this file is empty"))])
    delimiter = max(",;\t", key=lambda each: len(_known(_headings(text, each))))
    wrong: list[Mistake] = []
    records = _records(text, delimiter, wrong)
    titles = next(records, [])
    known = _known(titles)
    if not {"name", "numbers"} <= {*known}:
        sentence = say("row 1 must name the columns, at least “name” and “numbers”")
        raise BrokenFileError([Problem(file, None, each.sentence) for each in (*wrong, Mistake(1, sentence))])
    wrong += _wrong_headings(titles)
    fields = [_FIELDS.get(_plain(title)) for title in titles]
    rows = []
    for number, record in enumerate(records, 2):
        if any(map(str.strip, record[len(fields) :])):
            wrong.append(Mistake(number, say("row {row}: there are more cells than headings", row=number)))
        given = ((field, as_meant(cell.strip())) for field, cell in zip(fields, record, strict=False) if field)
        cells = {field: cell for field, cell in given if cell}
        if cells:
            rows.append(Row(number, cells))
    headings = {field: title for field, title in zip(fields, titles, strict=True) if field}
    return Sheet(headings, tuple(rows), tuple(wrong), read.guessed)


def write(people: Iterable[Person], *, passwords: bool) -> str:
    """What :func:`parse` reads, and no spreadsheet computes; without passwords there is no column for them."""
    fields = [field for field in FIELDS if passwords or field != "password"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(fields)
    for person in people:
        cells = (getattr(person, field) or "" for field in fields)
        writer.writerow([harmless(cell if isinstance(cell, str) else "; ".join(cell)) for cell in cells])
    return text.getvalue()


def _records(text: str, delimiter: str, wrong: list[Mistake]) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for record in reader:
            number += 1
            yield record
    except csv.Error as error:
        wrong.append(Mistake(number + 1, say("row {row}: {problem}", row=number + 1, problem=error)))


def _headings(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return []


def _known(titles: Iterable[str]) -> list[str]:
    """The fields that columns are named after."""
    return [_FIELDS[_plain(title)] for title in titles if _plain(title) in _FIELDS]


def _plain(title: str) -> str:
    return " ".join(title.casefold().split())


def _wrong_headings(titles: list[str]) -> Iterator[Mistake]:
    columns: dict[str, str] = {}
    for column, title in enumerate(titles, 1):
        field = _FIELDS.get(_plain(title))
        if field is None and _plain(title):
            sentence = say(
                "row 1: column {column}, “{title}”, is unknown; known are: {known}",
                column=column,
                title=title,
                known=say("name, numbers, email, language, timezone, password, sip"),
            )
            yield Mistake(1, sentence)
        elif field in columns:
            sentence = say(
                "row 1: columns “{one}” and “{other}” mean the same; keep one", one=columns[field], other=title
            )
            yield Mistake(1, sentence)
        elif field:
            columns[field] = title
