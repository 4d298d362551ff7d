"""People as a spreadsheet has them: comma-separated values in the ways in which spreadsheets write them."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from confctl.people.people_text import FIELDS
from confctl.problems import BrokenFileError, Problem
from confctl.words import Sentence, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from mixer.model import Person

_HEADINGS = {
    "name": ("name", "full name", "имя", "фио", "ф.и.о.", "абонент"),
    "numbers": ("numbers", "number", "phone", "phones", "номера", "номер", "телефон", "телефоны"),
    "email": ("email", "e-mail", "mail", "почта", "эл. почта", "электронная почта"),
    "language": ("language", "язык"),
    "timezone": ("timezone", "time zone", "zone", "пояс", "часовой пояс"),
    "password": ("password", "пароль"),
    "sip": ("sip",),
}
_FIELDS = {heading: field for field, headings in _HEADINGS.items() for heading in headings}


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    """As the spreadsheet counts: the row of the headings is 1."""
    cells: Mapping[str, str]
    """By the field of a person; without the empty ones."""


@dataclass(frozen=True, slots=True)
class Sheet:
    headings: Mapping[str, str]
    """What the columns are called, by the field of a person."""
    rows: tuple[Row, ...]


def parse(file: Path, data: bytes) -> Sheet:
    """Columns in any order, separated by commas, semicolons or tabs, in UTF-8, UTF-16 or Windows-1251.

    Raises BrokenFileError with everything that is wrong.
    """
    text = _decoded(file, data)
    text = re.sub(r"\A\"?sep=.\"?\r?\n", "", text)  # Excel's own first line, which says the delimiter to Excel
    delimiter = max(",;\t", key=lambda each: len(_known(_headings(text, each))))
    problems: list[Problem] = []
    records = _records(file, text, delimiter, problems)
    titles = next(records, [])
    problems += _wrong_headings(file, titles)
    if problems:
        raise BrokenFileError(problems)
    fields = [_FIELDS.get(_plain(title)) for title in titles]
    rows = []
    for number, record in enumerate(records, 2):
        if any(map(str.strip, record[len(fields) :])):
            problems.append(Problem(file, None, say("row {row}: there are more cells than headings", row=number)))
        cells = {field: cell.strip() for field, cell in zip(fields, record, strict=False) if field and cell.strip()}
        if cells:
            rows.append(Row(number, cells))
    if problems:
        raise BrokenFileError(problems)
    return Sheet({field: title for field, title in zip(fields, titles, strict=True) if field}, tuple(rows))


def split_numbers(cell: str) -> list[str]:
    """The numbers of a cell; between them is ``;``, ``|``, ``,``, a line's end or a space.

    A space can be inside a number too: ``+7 495 123-45-67`` and ``8 (495) 123-45-67`` are one each.
    """
    parts = (" ".join(part.split()) for part in re.split(r"[;|,\t\r\n]+", cell))
    numbers = (match.group() for part in parts for match in _NUMBER.finditer(part))
    return [number.strip("'\"=") for number in numbers]  # signs that keep Excel from rounding a number


_NUMBER = re.compile(
    r"((\+7|[78])[ -]?\(?\d{3}\)?[ -]?\d{3}[ -]?\d{2}[ -]?\d{2}"  # a Russian number as it is usually grouped
    r"|\d{3,5} \d{1,3}-\d{2}-\d{2}"  # one without its country code
    r"|\+\d{8,15}|\+\d[\d ()-]*\d"  # one of any country
    r")(?!\S)|\S+",
    re.ASCII,
)


def write(people: Iterable[Person], *, passwords: bool) -> str:
    """What :func:`parse` reads; without passwords there is no column for them."""
    fields = [field for field in FIELDS if passwords or field != "password"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(fields)
    for person in people:
        cells = (getattr(person, field) or "" for field in fields)
        writer.writerow([cell if isinstance(cell, str) else "; ".join(cell) for cell in cells])
    return text.getvalue()


def _decoded(file: Path, data: bytes) -> str:
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if _is_damaged_utf8(data):
            line = data.count(b"\n", 0, error.start) + 1
            raise BrokenFileError([Problem(file, line, say("this is not UTF-8; save the file as UTF-8"))]) from None
        text = data.decode("cp1251", errors="replace")  # Excel in Russia
    if "\0" in text or "\ufffd" in text or data.startswith(b"PK\3\4"):
        raise BrokenFileError([Problem(file, None, say("this is no CSV; save the sheet as CSV UTF-8"))])
    return text


def _is_damaged_utf8(data: bytes) -> bool:
    """Whether most of what is not ASCII is UTF-8: in a Windows-1251 text hardly anything is."""
    text = data.decode("utf-8", errors="replace")
    return sum(each > "\x7f" for each in text) > 2 * text.count("\ufffd")


def _records(file: Path, text: str, delimiter: str, problems: list[Problem]) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for record in reader:
            number += 1
            yield record
    except csv.Error as error:
        problems.append(Problem(file, None, say("row {row}: {problem}", row=number + 1, problem=error)))


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


def _wrong_headings(file: Path, titles: list[str]) -> Iterator[Problem]:
    known = _known(titles)
    if not {"name", "numbers"} <= {*known}:
        sentence = say("row 1 must name the columns, at least “name” and “numbers”, or “имя” and “номера”")
        yield Problem(file, None, sentence)
        return
    for column, title in enumerate(titles, 1):
        problem = _wrong_heading(title, column, known)
        if problem:
            yield Problem(file, None, problem)


def _wrong_heading(title: str, column: int, known: list[str]) -> Sentence | None:
    field = _FIELDS.get(_plain(title))
    if field is None and _plain(title):
        return say(
            "row 1: column {column}, “{title}”, is unknown; known are: {known}",
            column=column,
            title=title,
            known=", ".join(FIELDS),
        )
    if field and known.count(field) > 1:
        return say("row 1: “{title}” and another column are both “{field}”; keep one", title=title, field=field)
    return None
