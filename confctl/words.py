"""What the program says to people: English sentences with places to fill, put into a language where they are printed.

The English text is the key of the gettext catalogues in ``confctl/locale``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from confctl.clean import clean
from mixer.phrases import Phrase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from gettext import GNUTranslations

Language = Literal["en", "ru"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """``text`` has places like ``{code}``; ``values`` fills them.  A value may be a sentence itself,
    or a phrase of the mixer's."""

    text: str
    values: Mapping[str, object]
    other: str | None = None
    """The text for every other ``n`` than one, if the sentence counts something."""

    def in_language(self, language: Language) -> str:
        """The sentence in one line, harmless to a terminal whatever the values are."""
        if self.other is None:
            pattern = translated(self.text, language)
        else:
            pattern = _plural(self.text, self.other, self.values["n"], language)
        return pattern.format_map({key: _filled(value, language) for key, value in self.values.items()})

    def __str__(self) -> str:
        return self.in_language("en")


def say(text: str, /, **values: object) -> Sentence:
    """A sentence of the catalogue with its places filled."""
    return Sentence(text, values)


def count(n: int, one: str, other: str, /, **values: object) -> Sentence:
    """``count(21, "{n} participant", "{n} participants")`` is ``21 участник`` in Russian."""
    return Sentence(one, {"n": n, **values}, other)


def in_a_row(sentences: Sequence[Sentence]) -> Sentence:
    """One after the other, in one line."""
    if len(sentences) == 1:
        return sentences[0]
    places = {f"sentence{n}": sentence for n, sentence in enumerate(sentences)}
    return Sentence(" ".join(f"{{{place}}}" for place in places), places)


def plural(n: int, one: str, other: str, language: Language) -> str:
    """As :func:`count`, in a language."""
    return count(n, one, other).in_language(language)


def translated(text: str, language: Language) -> str:
    """The catalogue's text; English where the catalogue has none."""
    if language == "en" or not text:  # the catalogue's text for nothing is its head
        return text
    return _catalogue(language).gettext(text)


def language_of_locale(environ: Mapping[str, str]) -> Language | None:
    """None for a locale that says no language (``C``, ``C.UTF-8``) or one that we do not speak."""
    locale = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return "ru" if locale.startswith("ru") else "en" if locale.startswith("en") else None


LOCALE = Path(__file__).with_name("locale")


@cache
def _catalogue(language: Language) -> GNUTranslations:
    from gettext import GNUTranslations  # English needs none of it

    with (LOCALE / language / "LC_MESSAGES" / "confctl.mo").open("rb") as compiled:
        return GNUTranslations(compiled)


def _plural(one: str, other: str, n: object, language: Language) -> str:
    assert isinstance(n, int)
    if language == "en":
        return one if n == 1 else other
    return _catalogue(language).ngettext(one, other, n)


def phrase_in_language(phrase: Phrase, language: Language) -> str:
    """What the mixer says, in one line, harmless to a terminal."""
    return translated(phrase.text, language) % {name: _filled(each, language) for name, each in phrase.values.items()}


def _filled(value: object, language: Language) -> str | float:
    if isinstance(value, Sentence):
        return value.in_language(language)
    if isinstance(value, Phrase):
        return phrase_in_language(value, language)
    if isinstance(value, float | int):
        return value  # its place may say how many digits are shown
    return clean(str(value))
