"""When two numbers are the same, whoever writes them: the directory, a command, an exchange that names who calls."""

from __future__ import annotations

import re
from typing import Final

_WRITTEN: Final = re.compile(r"[+\-.() ]*[0-9][0-9+\-.() ]*", re.ASCII)
"""Digits, and what people and exchanges write between them (RFC 3966 visual separators, and the plus)."""
_NO_DIGITS: Final = re.compile("[^0-9]+")
_NATIONAL_ZERO: Final = re.compile(r"((?:\+|00)[1-9][0-9]{0,2})[ .\-]*\(0\)")
"""``+44 (0)20``: the zero is dialled only without the country code.  Nothing is looked for in front of it: of a number
full of spaces, which any stranger may dial, each would be a place to begin at."""
RUSSIAN: Final = 11
"""Digits of a Russian number: the country code 7 or the trunk prefix 8, and ten more."""
_SHORTEST: Final = 8
"""Digits of a number with its country code, at least: whoever calls from an extension has fewer."""


def digits(text: str) -> str:
    if text.isascii() and text.isdigit():
        return text
    return _NO_DIGITS.sub("", _NATIONAL_ZERO.sub(r"\1", text, count=1))


def same(text: str) -> str:
    """Two numbers are the same if this is: ``8 (495) 555-01-00``, ``+7 495 5550100`` and ``74955550100`` are one.

    Behind a plus stands a country code: ``+84 912 345 678`` is in Viet Nam.
    """
    dialled = digits(text)
    return "7" + dialled[1:] if _begins_with_8(text, dialled) else dialled


def same_number(one: str, other: str) -> bool:
    """However they are written; of what is no number, a name that a provider calls us by, if it is spelled so."""
    return one == other or ((found := key(one)) != "" and found == key(other))


def key(text: str) -> str:
    """As :func:`same`, of what an exchange sends, which may be anything; empty for what is no number."""
    return same(text) if _WRITTEN.fullmatch(text) else ""


def with_country(number: str) -> str:
    """A Russian number that begins with the trunk prefix as it is dialled from anywhere; any other one as it is."""
    return "+" + same(number) if _begins_with_8(number, digits(number)) else number


def received(number: str, rewrite: tuple[tuple[str, str], ...]) -> str:
    """Whom a trunk names as the caller, as we would write it: what ``rewrite`` does to the numbers that go out there,
    the provider does to those that come in.

    Of several ways back the one with the longest prefix counts; what is no number with a country code then stays as it
    came, for an extension may begin with the same digits.
    """
    fitting = [(by, prefix) for prefix, by in rewrite if by and prefix.startswith("+") and number.startswith(by)]
    if not fitting:
        return number
    by, prefix = max(fitting, key=lambda way: len(way[0]))
    found = prefix + number.removeprefix(by)
    return found if len(digits(found)) >= _SHORTEST and digits(number) == number.removeprefix("+") else number


def _begins_with_8(text: str, dialled: str) -> bool:
    return len(dialled) == RUSSIAN and dialled.startswith("8") and not text.lstrip().startswith("+")
