"""The catalogue of Russian sentences.  Keys are the English texts."""

from __future__ import annotations

NOUNS: dict[str, tuple[str, str, str]] = {
    "participant": ("участник", "участника", "участников"),
    "person": ("человек", "человека", "человек"),
    "problem": ("ошибка", "ошибки", "ошибок"),
}
"""One, a few (2-4), many (5-20): the forms after a number."""

SENTENCES: dict[str, str] = {}
