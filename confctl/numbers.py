"""Telephone numbers as people write them, and when two of them are the same."""

from __future__ import annotations

import re

from confctl.words import Sentence, say

_WRITTEN = re.compile(r"\+?[0-9][0-9 ().\-]*")
_RUSSIAN_TRUNK = re.compile(r"8([0-9]{10})")


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
    return re.sub("[^0-9]", "", text)


def same(text: str) -> str:
    """Two numbers are the same if this is: ``8 (495) 555-01-00``, ``+7 495 5550100`` and ``74955550100`` are one."""
    return _RUSSIAN_TRUNK.sub(r"7\1", digits(text)) if len(digits(text)) == 11 else digits(text)
