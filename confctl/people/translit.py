"""Names across alphabets: «Щербаков», Shcherbakov and Scherbakov have one key; and text typed in the other layout."""

from __future__ import annotations

import re
import unicodedata


def latin(text: str) -> str:
    """A key that spellings of one name in Cyrillic and Latin letters have in common; ``text`` is folded.

    It is coarser than any one standard (ISO 9, GOST 7.79, BGN, passports), so that a name in any of them is found.
    """
    key = text.translate(_LETTERS)
    if not key.isascii():
        key = "".join(each for each in unicodedata.normalize("NFKD", key) if not unicodedata.combining(each))
    for pattern, instead in _SPELLINGS:
        key = pattern.sub(instead, key)
    for sound, letter in _ONE_SOUND.items():
        key = key.replace(sound, letter)
    return " ".join(key.split())


_CYRILLIC = "а б в г д е ё ж  з и й к л м н о п р с т у ф х ц  ч  ш  щ  ы э ю  я"
_IN_LATIN = "a b v g d e e zh z i i k l m n o p r s t u f h ts ch sh sh i e iu ia"
_LETTERS = str.maketrans(
    dict(zip(_CYRILLIC.split(), _IN_LATIN.split(), strict=True))
    | dict.fromkeys("ъь'’ʹʼ`", "")
    | {"j": "i", "y": "i", "q": "k", "w": "v", "x": "ks", "ß": "s", "ł": "l", "ø": "o"}
)

_SPELLINGS = (
    (re.compile("shch|sch"), "sh"),  # щ, or ш as Germans write it
    (re.compile("kh"), "h"),
    (re.compile("ph"), "f"),
    (re.compile("tch"), "ch"),
    (re.compile("tz"), "ts"),
    (re.compile("ck|c(?!h)"), "k"),
    (re.compile("i[eo]"), "e"),  # ye, ie, je for е; yo, io, jo for ё
    (re.compile(r"([a-hj-z])\1|(i)i+"), r"\1\2"),  # Anna, Ana; -ий, -iy, -y, -i
)
_ONE_SOUND = {"zh": "ж", "sh": "ш", "ch": "ч"}
"""A letter each, so that no ``z`` is found in «Преображенская»."""


def other_layout(text: str) -> str:
    """What the same keys give in the other keyboard layout: ``fyyf`` is «анна», and back."""
    return text.casefold().translate(_LAYOUTS)


_QWERTY = "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
_JCUKEN = "ёйцукенгшщзхъфывапролджэячсмитьбю"
_LAYOUTS = str.maketrans(_QWERTY + _JCUKEN, _JCUKEN + _QWERTY)
