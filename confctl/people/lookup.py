"""Who is meant by a part of a name or of a number, among thousands of people, at each keystroke."""

from __future__ import annotations

import unicodedata
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from confctl.people.numbers import looks_like_number, spellings
from confctl.people.translit import latin, other_layout
from mixer.rules.numbers import digits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mixer.rules.model import Person


def folded(text: str) -> str:
    """Text for comparison: case, ё, decomposed letters and runs of spaces make no difference."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).casefold().replace("ё", "е")
    return " ".join(text.casefold().split())


class Lookup:
    """Answers are in the order of ``people`` unless it is said otherwise."""

    def __init__(self, people: Sequence[Person]) -> None:
        self._people = people

    def by_name(self, text: str) -> tuple[Person, ...]:
        """Whose whole name this is."""
        return self._pick(_whole(self._names, folded(text)))

    def by_part(self, text: str) -> tuple[Person, ...]:
        """Whom a part of the name, the beginnings of its words in any order, or a part of a number fits."""
        wanted = folded(text)
        if not wanted:
            return ()
        numbered = _parts(self._numbers, digits(text)) if looks_like_number(text) else []
        return self._pick({*_parts(self._names, wanted), *_words(self._names, wanted), *numbered})

    def by_sound(self, text: str) -> tuple[Person, ...]:
        """As :meth:`by_name` and, if that is nobody, :meth:`by_part`, of names in another alphabet or spelling."""
        wanted = _sound(text)
        if not wanted:
            return ()
        whole = _whole(self._latin_names, wanted)
        return self._pick(whole or {*_parts(self._latin_names, wanted), *_words(self._latin_names, wanted)})

    def matches(self, text: str) -> tuple[Person, ...]:
        """Everybody whom ``text`` fits somehow, the likeliest first; everybody if it is empty.

        First those whose number or name begins with it, then those with a word of the name that does, then those with
        it somewhere inside, then those whose name sounds like it; and if that is nobody, those whom it fits in the
        other keyboard layout.
        """
        wanted = folded(text)
        if not wanted:
            return tuple(self._people)
        numbers = _ranked(self._numbers, digits(text)) if looks_like_number(text) else ([], [], [])
        names = _ranked(self._names, wanted)
        sounds = _ranked(self._latin_names, _sound(text))
        places = (*numbers[0], *numbers[1], *names[0], *names[1], *names[2], *numbers[2], *chain(*sounds))
        return tuple(self._people[place] for place in dict.fromkeys(places)) or self.by_other_layout(text)

    def by_other_layout(self, text: str) -> tuple[Person, ...]:
        """As :meth:`by_part`, of what the same keys give in the other keyboard layout."""
        return self.by_part(other_layout(text)) if len(text.strip()) >= _TELLING else ()

    def nearest(self, text: str, limit: int = 3) -> tuple[Person, ...]:
        """Who may have been meant by what fits nobody, the likeliest first."""
        return self.by_other_layout(text)[:limit] or self._alike(text, limit)

    def _alike(self, text: str, limit: int) -> tuple[Person, ...]:
        from difflib import SequenceMatcher  # only for a mistake

        likeness = SequenceMatcher(autojunk=False)
        likeness.set_seq2(latin(folded(text)))
        ratios: dict[str, float] = {}  # names share most of their words

        def ratio(word: str) -> float:
            if word not in ratios:
                likeness.set_seq1(word)
                quick = likeness.real_quick_ratio() >= _ALIKE and likeness.quick_ratio() >= _ALIKE
                ratios[word] = likeness.ratio() if quick else 0
            return ratios[word]

        def of(place: int) -> float:
            name = self._latin_names[place].strip()
            return max(map(ratio, (name, *name.split(), *self._people[place].numbers)))

        found = {place: of(place) for place in range(len(self._people))}
        alike = sorted((place for place in found if found[place] >= _ALIKE), key=lambda place: -found[place])
        return tuple(self._people[place] for place in alike[:limit])

    def _pick(self, places: Iterable[int]) -> tuple[Person, ...]:
        return tuple(self._people[place] for place in sorted(places))

    # In front of each word is a space: one search in one string then finds the beginnings of words.

    @cached_property
    def _names(self) -> list[str]:
        return [f" {folded(person.name)}" for person in self._people]

    @cached_property
    def _latin_names(self) -> list[str]:
        return [f" {latin(name[1:])}" for name in self._names]

    @cached_property
    def _numbers(self) -> list[str]:
        return ["".join(f" {way}" for number in person.numbers for way in spellings(number)) for person in self._people]


_ALIKE = 0.7
"""Ratio of likeness from which a name is worth offering."""
_TELLING = 3
"""Letters; fewer fit somebody in any layout."""


def _sound(text: str) -> str:
    """The key of a name in any alphabet; of one letter twice there is none, for the key is that of the letter."""
    name = folded(text)
    return "" if len(name) > 1 and len({*name}) == 1 else latin(name)


def _whole(names: list[str], wanted: str) -> list[int]:
    return [place for place, name in enumerate(names) if name == f" {wanted}"]


def _ranked(names: list[str], wanted: str) -> tuple[list[int], list[int], list[int]]:
    """Which names begin with what is wanted, which have words that do, and which have it anywhere."""
    begin = f" {wanted}"
    parts = _parts(names, wanted) if wanted else []
    words = _words(names, wanted) if " " in wanted else [place for place in parts if begin in names[place]]
    return [place for place in words if names[place].startswith(begin)], words, parts


def _parts(names: list[str], wanted: str) -> list[int]:
    return [place for place, name in enumerate(names) if wanted in name]


def _words(names: list[str], wanted: str) -> list[int]:
    """Each word begins a word of the name: ``пет анна`` fits ``Анна Петрова``."""
    first, *others = [f" {word}" for word in wanted.split()]
    places = [place for place, name in enumerate(names) if first in name]
    return [place for place in places if all(word in names[place] for word in others)]
