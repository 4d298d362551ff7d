"""In which encoding a spreadsheet wrote its comma-separated values: they don't say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from confctl.problems import BrokenFileError, Problem, UsageError
from confctl.words import Language, say

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Decoded:
    text: str
    guessed: str | None = None
    """The encoding, where it was guessed from letters alone."""


def decoded(file: Path, data: bytes, encoding: str | None = None, language: Language = "en") -> Decoded:
    """UTF-8, UTF-16, or a Windows code page where it can only be one: the letters tell which, else the language.

    Raises BrokenFileError for what is no text of ``encoding`` or of any of these, UsageError if there is no such one.
    """
    read = _as(file, data, encoding) if encoding else _guessed(file, data, language)
    if "\0" in read.text or "\ufffd" in read.text or data.startswith(b"PK\3\4"):
        raise BrokenFileError([Problem(file, None, say("this is no CSV; save the sheet as CSV UTF-8"))])
    return read


def _as(file: Path, data: bytes, encoding: str) -> Decoded:
    try:
        return Decoded(data.decode(encoding).removeprefix("\ufeff"))
    except LookupError:
        raise UsageError(
            say("There is no encoding “{value}”; write for example: --encoding windows-1252", value=encoding)
        ) from None
    except UnicodeError:
        raise BrokenFileError([Problem(file, None, say("this is not {encoding}", encoding=encoding))]) from None


def _guessed(file: Path, data: bytes, language: Language) -> Decoded:
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return Decoded(data.decode(encoding))
    except UnicodeDecodeError as error:
        if _is_damaged_utf8(data):
            line = data.count(b"\n", 0, error.start) + 1
            raise BrokenFileError([Problem(file, line, say("this is not UTF-8; save the file as UTF-8"))]) from None
    cyrillic, western = (data.decode(page, errors="replace") for page in ("cp1251", "cp1252"))
    if _is_cyrillic(cyrillic, language):
        return Decoded(cyrillic, "windows-1251")
    return Decoded(western, "windows-1252")


def _is_damaged_utf8(data: bytes) -> bool:
    """Whether most of what is not ASCII is UTF-8: in a text of a Windows code page hardly anything is."""
    text = data.decode("utf-8", errors="replace")
    return sum(each > "\x7f" for each in text) > 2 * text.count("\ufffd")


def _is_cyrillic(text: str, language: Language) -> bool:
    """Whether the words are in one alphabet each: of «Müller» in the wrong code page, one letter is Cyrillic."""
    words = [word for word in re.findall(r"[^\W\d_]+", text) if not word.isascii()]
    mixed = sum(re.search("[A-Za-z]", word) is not None for word in words)
    return language == "ru" if 2 * mixed == len(words) else 2 * mixed < len(words)
