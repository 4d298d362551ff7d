"""The languages of people, as they are written in options and spreadsheets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from confctl.words import Language

CHOICES = "ru, en"
_WRITTEN: dict[str, Language] = {
    "ru": "ru",
    "en": "en",
    "русский": "ru",
    "английский": "en",
    "russian": "ru",
    "english": "en",
}


def language_named(text: str) -> Language | None:
    """None if it is no language that we speak."""
    return _WRITTEN.get(text.strip().casefold())
