"""What can be wrong, as values: where it stands, and a sentence that says what would be right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from confctl.clean import clean
from confctl.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from confctl.words import Language, Sentence


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a file; ``line`` counts from 1 and is None where no line is to blame."""

    file: Path
    line: int | None
    sentence: Sentence

    def in_language(self, language: Language) -> str:
        place = clean(str(self.file)) if self.line is None else f"{clean(str(self.file))}:{self.line}"
        return f"{place}: {self.sentence.in_language(language)}"

    def __str__(self) -> str:
        return self.in_language("en")


class RefusedError(Exception):
    """The command can't be done as it was given; one sentence says why and what to do.  Exit status 1."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


class UsageError(RefusedError):
    """An argument that can't be understood.  Exit status 2."""


class BrokenFileError(RefusedError):
    """A file that can't be used: every problem in it, in the order of the lines."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0].sentence)
        self.problems = tuple(problems)


def in_the_way(file: object) -> Sentence:
    """Of something that stands where a folder has to be."""
    return say("{file} is in the way: there has to be a folder of that name; move it elsewhere.", file=file)


def reason(error: OSError) -> Sentence | str:
    """Why the system would not, in the reader's language where it is one of the common reasons."""
    return in_words(error.strerror or str(error))


def in_words(told: str) -> Sentence | str:
    """As :func:`reason`, of what the C library says."""
    return _REASONS.get(told, told)


_REASONS: Final = {
    sentence.text: sentence
    for sentence in (
        say("Address family for hostname not supported"),
        say("Cannot assign requested address"),
        say("Connection refused"),
        say("Connection reset by peer"),
        say("Device or resource busy"),
        say("Disk quota exceeded"),
        say("File name too long"),
        say("Input/output error"),
        say("Is a directory"),
        say("another mixer listens there"),
        say("Name or service not known"),
        say("Network is unreachable"),
        say("No address associated with hostname"),
        say("No route to host"),
        say("No space left on device"),
        say("No such file or directory"),
        say("Not a directory"),
        say("Operation not permitted"),
        say("Permission denied"),
        say("Read-only file system"),
        say("Temporary failure in name resolution"),
        say("Too many levels of symbolic links"),
        say("Too many open files"),
    )
}
"""As the C library of Linux words them."""
