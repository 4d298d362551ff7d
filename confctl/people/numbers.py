"""Telephone numbers as people write them, and when two of them are the same."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING

from confctl.problems import UsageError
from confctl.words import Sentence, say
from mixer.rules.numbers import RUSSIAN, digits, same

if TYPE_CHECKING:
    from collections.abc import Sequence

_WRITTEN = re.compile(r"\+?[0-9][0-9 ().\-]*")
_INTERNATIONAL = 7
"""Digits that a number with a country code has at least."""
_GROUPED = re.compile(
    r"(\+7|[78])[ -]?\(?\d{3}\)?[ -]?\d{3}[ -]?\d{2}[ -]?\d{2}"  # a Russian number as it is usually grouped
    r"|\d{3,5} \d{1,3}-\d{2}-\d{2}",  # one without its country code
    re.ASCII,
)
_NUMBER = re.compile(
    rf"({_GROUPED.pattern}|\+\d{{8,15}}|\+\d[\d ()-]*\d"  # or one of any country
    r")(?!\S)|\S+",
    re.ASCII,
)


def looks_like_number(text: str) -> bool:
    return _WRITTEN.fullmatch(text.strip()) is not None


def wrong_number(text: str) -> Sentence | None:
    """What is wrong with a number of the directory or the settings."""
    if looks_like_number(text) and len(digits(text)) <= 15:  # ITU-T E.164 §6.2.1: fifteen digits at most
        return None
    return say("“{value}” is no number; write up to 15 digits, with + in front of a country code", value=text)


def wrong_written(text: str) -> Sentence | None:
    """As :func:`wrong_number`, of what somebody writes now: a ``+`` in front of a few digits is cut off a number."""
    if text.startswith("+") and looks_like_number(text) and len(digits(text)) < _INTERNATIONAL:
        return say("“{value}” is too short for a number with a country code", value=text)
    return wrong_number(text)


def split_numbers(text: str) -> list[str]:
    """The numbers of a text; between them is ``;``, ``|``, ``,``, a line's end or a space.

    A space can be inside a number too: ``+7 495 123-45-67`` and ``8 (495) 123-45-67`` are one each.
    """
    parts = (" ".join(part.split()) for part in re.split(r"[;|,\t\r\n]+", text))
    numbers = (match.group() for part in parts for match in _NUMBER.finditer(part))
    return [number.strip("'\"=") for number in numbers]  # signs that keep Excel from rounding a number


def given_numbers(words: Sequence[str]) -> tuple[str, ...]:
    """As they are dialled, those of a command line; a word can hold several.

    Raises UsageError, among others where the shell has cut a number at its spaces.
    """
    cut = next((" ".join(words[i:j]) for i, j in combinations(range(len(words) + 1), 2) if _cut(words[i:j])), None)
    if cut:
        raise UsageError(say("Put a number with spaces in quotation marks: '{number}'.", number=cut))
    numbers = [number for word in words for number in split_numbers(word) or [word]]
    for number in numbers:
        if problem := wrong_written(number):
            short = number.startswith("+") and looks_like_number(number) and wrong_number(number) is None
            raise UsageError(
                say("{problem}; put a number with spaces in quotation marks.", problem=problem) if short else problem
            )
    return tuple(dict.fromkeys(map(plain, numbers)))


def _cut(words: Sequence[str]) -> bool:
    return len(words) > 1 and _GROUPED.fullmatch(" ".join(words)) is not None


def plain(text: str) -> str:
    """The number as it is dialled: digits, and ``+`` where it was written."""
    return ("+" if text.strip().startswith("+") else "") + digits(text)


def spellings(text: str) -> tuple[str, ...]:
    """The digits of a number as people key them in: a Russian one begins with 7, or with the trunk prefix 8."""
    dialled = same(text)
    return (dialled, "8" + dialled[1:]) if len(dialled) == RUSSIAN and dialled.startswith("7") else (dialled,)
