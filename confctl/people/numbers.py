"""Telephone numbers as people write them, and when two of them are the same."""

from __future__ import annotations

import re

from confctl.words import Sentence, say

_WRITTEN = re.compile(r"\+?[0-9][0-9 ().\-]*")
_NO_DIGITS = re.compile("[^0-9]+")
_RUSSIAN = 11
"""Digits of a Russian number: the country code 7 or the trunk prefix 8, and ten more."""


def looks_like_number(text: str) -> bool:
    return _WRITTEN.fullmatch(text.strip()) is not None


def wrong_number(text: str) -> Sentence | None:
    """What is wrong with a number of the directory or the settings."""
    if looks_like_number(text) and len(digits(text)) <= 15:  # ITU-T E.164 §6.2.1: fifteen digits at most
        return None
    return say("“{value}” is no number; write up to 15 digits, with + in front of a country code", value=text)


def plain(text: str) -> str:
    """The number as it is dialled: digits, and ``+`` where it was written."""
    return ("+" if text.strip().startswith("+") else "") + digits(text)


def digits(text: str) -> str:
    return text if text.isascii() and text.isdigit() else _NO_DIGITS.sub("", text)


def same(text: str) -> str:
    """Two numbers are the same if this is: ``8 (495) 555-01-00``, ``+7 495 5550100`` and ``74955550100`` are one."""
    dialled = digits(text)
    return "7" + dialled[1:] if len(dialled) == _RUSSIAN and dialled.startswith("8") else dialled


def spellings(text: str) -> tuple[str, ...]:
    """The digits of a number as people key them in: a Russian one begins with 7, or with the trunk prefix 8."""
    dialled = same(text)
    return (dialled, "8" + dialled[1:]) if len(dialled) == _RUSSIAN and dialled.startswith("7") else (dialled,)
