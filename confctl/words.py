"""What the program says to people: English sentences with places to fill, put into a language where they are printed.

The English text is the key of the catalogue, as in gettext.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from confctl.clean import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

Language = Literal["en", "ru"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """``text`` has places like ``{code}``; ``values`` fills them.  A value may be a sentence itself."""

    text: str
    values: Mapping[str, object]

    def in_language(self, language: Language) -> str:
        """The sentence in one line, harmless to a terminal whatever the values are."""
        return translated(self.text, language).format_map({k: _filled(v, language) for k, v in self.values.items()})

    def __str__(self) -> str:
        return self.in_language("en")


def say(text: str, /, **values: object) -> Sentence:
    """A sentence of the catalogue with its places filled."""
    return Sentence(text, values)


def translated(text: str, language: Language) -> str:
    """The catalogue's text; English where the catalogue has none."""
    if language == "en":
        return text
    from confctl.russian import SENTENCES  # the catalogue is read only where it is needed

    return SENTENCES.get(text, text)


def plural(count: int, noun: str, language: Language) -> str:
    """The number with its noun in the right form: ``plural(21, "participant", "ru")`` is ``21 участник``."""
    if language == "en":
        return f"{count} {noun if count == 1 else _ENGLISH_PLURALS.get(noun, noun)}"
    from confctl.russian import NOUNS  # the catalogue is read only where it is needed

    one, few, many = NOUNS[noun]
    if count % 10 == 1 and count % 100 != 11:
        return f"{count} {one}"
    if count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14):
        return f"{count} {few}"
    return f"{count} {many}"


_ENGLISH_PLURALS = {"participant": "participants"}


def choose_language(option: Language | None, environ: Mapping[str, str], company: Language | None) -> Language:
    """``--lang``, else the locale's, else the company's, else English.

    A locale that says no language (``C``, ``C.UTF-8``) or one that we do not speak has no say.
    """
    if option:
        return option
    locale = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    if locale.startswith("ru"):
        return "ru"
    if locale.startswith("en"):
        return "en"
    return company or "en"


def _filled(value: object, language: Language) -> str | float:
    if isinstance(value, Sentence):
        return value.in_language(language)
    if isinstance(value, float | int):
        return value  # its place may say how many digits are shown
    return clean(str(value))
