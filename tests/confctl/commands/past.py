"""Conferences that are over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confctl.book.book import Book
from confctl.people.directory import Directory
from tests.confctl.office import moment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.confctl.office import Office


def ended(office: Office, code: str, at: str, reason: str) -> None:
    """As the mixer does it, ``at`` on the company's clocks."""
    book(office.folder).end(code, moment(at), reason)


def book(folder: Path) -> Book:
    return Book(folder / "conferences", Directory.load(folder / "people.toml", trunk=False))
