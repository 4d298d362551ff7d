"""Where output goes: lines, tables or JSON on stdout, complaints on stderr, each harmless to the terminal."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from confctl.clean import DANGEROUS
from confctl.words import Language, Sentence, translated

if TYPE_CHECKING:
    import re

    from rich.table import Table

    from confctl.problems import Problem

Json = None | bool | int | float | str | Sequence["Json"] | dict[str, "Json"]

_WIDE = 1000
"""Columns where no terminal is: nothing is wrapped."""


@dataclass(frozen=True, slots=True)
class Screen:
    language: Language

    def line(self, sentence: Sentence) -> None:
        sys.stdout.write(sentence.in_language(self.language) + "\n")

    def json(self, value: Json) -> None:
        """Characters that act on a terminal are escaped as JSON has it, so the value stays what it is."""
        text = json.dumps(value, ensure_ascii=False, indent=2)
        sys.stdout.write("\n".join(DANGEROUS.sub(_escaped, line) for line in text.split("\n")) + "\n")

    def table(self, table: Table) -> None:
        """As wide as the terminal, styled unless ``NO_COLOR`` is set; elsewhere plain, and nothing is wrapped."""
        from rich.console import Console

        if sys.stdout.isatty():
            plain = bool(os.environ.get("NO_COLOR"))
            Console(color_system=None if plain else "auto", highlight=False, markup=False, emoji=False).print(table)
            return
        console = Console(width=_WIDE, color_system=None, highlight=False, markup=False, emoji=False)
        with console.capture() as captured:
            console.print(table)
        sys.stdout.write("".join(line.rstrip() + "\n" for line in captured.get().rstrip("\n").split("\n")))

    def complain(self, sentence: Sentence) -> None:
        sys.stderr.write(f"confctl: {sentence.in_language(self.language)}\n")

    def warn_of(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            sys.stderr.write(f"confctl: {problem.in_language(self.language)}\n")

    def word(self, text: str) -> str:
        """A word of the catalogue, such as the heading of a column."""
        return translated(text, self.language)


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"
