"""Where output goes: lines, tables or JSON on stdout, complaints on stderr, each harmless to the terminal."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from confctl.clean import DANGEROUS
from confctl.words import Language, Sentence, translated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from confctl.problems import Problem
    from confctl.terminal.table import Table, Terminal

Json = None | bool | int | float | str | Sequence["Json"] | dict[str, "Json"]


@dataclass(frozen=True, slots=True)
class Screen:
    language: Language

    def line(self, sentence: Sentence) -> None:
        """On a terminal broken between words, elsewhere one line."""
        sys.stdout.write(_broken(sentence.in_language(self.language), sys.stdout))

    def as_it_is(self, text: str) -> None:
        """A line that is no sentence: never folded, and harmless to the terminal."""
        sys.stdout.write(DANGEROUS.sub(_escaped, text) + "\n")

    @property
    def width(self) -> int:
        """Of the terminal, in cells; 100 elsewhere."""
        return columns(os.environ, sys.stdout) if sys.stdout.isatty() else 100

    def blank(self) -> None:
        """A line with nothing on it, between two tables."""
        sys.stdout.write("\n")

    def json(self, value: Json) -> None:
        """Characters that act on a terminal are escaped as JSON has it, so the value stays what it is."""
        text = json.dumps(value, ensure_ascii=lacks_letters(sys.stdout), indent=2)
        sys.stdout.write("\n".join(DANGEROUS.sub(_escaped, line) for line in text.split("\n")) + "\n")

    def table(self, table: Table) -> None:
        """As wide as the terminal, in colours unless ``NO_COLOR`` is set; elsewhere plain, and nothing is folded."""
        sys.stdout.write(_laid_out(table, sys.stdout))

    def aside(self, table: Table) -> None:
        """As :meth:`table`, on stderr: where questions are asked."""
        sys.stderr.write(_laid_out(table, sys.stderr))

    def complain(self, sentence: Sentence) -> None:
        """As :meth:`line`, on stderr."""
        sys.stderr.write(_broken(f"confctl: {sentence.in_language(self.language)}", sys.stderr))

    def warn_of(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            sys.stderr.write(_broken(f"confctl: {problem.in_language(self.language)}", sys.stderr))

    def word(self, text: str) -> str:
        """A word of the catalogue, such as the heading of a column."""
        return translated(text, self.language)


def lacks_letters(stream: TextIO) -> bool:
    """Whether its encoding has not all letters: what would stand in their places there is no JSON."""
    return not (stream.encoding or "utf-8").lower().startswith("utf")


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"


def _broken(text: str, stream: TextIO) -> str:
    if stream.isatty():
        from confctl.terminal.folding import folded  # most sentences are short, and read by no terminal

        text = "\n".join(folded(text, columns(os.environ, stream)))
    return f"{text}\n"


def _laid_out(table: Table, stream: TextIO) -> str:
    return "".join(f"{line}\n" for line in table.lines(_terminal(os.environ, stream)))


def _terminal(environ: Mapping[str, str], stream: TextIO) -> Terminal | None:
    """What the stream is; None for a file or a pipe."""
    if not stream.isatty():
        return None
    from confctl.terminal.table import Terminal  # most commands print no table

    capable = environ.get("TERM") != "dumb"
    return Terminal(columns(environ, stream), colours=capable and not environ.get("NO_COLOR"), moves=capable)


def columns(environ: Mapping[str, str], stream: TextIO) -> int:
    """``COLUMNS`` says more than the terminal, as everywhere; one that knows nothing of its width is 80 wide."""
    told = environ.get("COLUMNS", "")
    if re.fullmatch("[1-9][0-9]{0,3}", told):
        return max(int(told), _NARROWEST)
    try:
        return max(os.get_terminal_size(stream.fileno()).columns or 80, _NARROWEST)
    except OSError:
        return 80


_NARROWEST = 10
"""Nobody reads a table narrower than that; what is narrower folds it further."""
