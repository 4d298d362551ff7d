"""What can be wrong, as values: where it stands, and a sentence that says what would be right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
