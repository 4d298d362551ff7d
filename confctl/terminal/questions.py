"""A question on a terminal: it is asked again until the answer can be read, and what was understood is shown in full.

Questions go to stderr: stdout is the command's.  Ctrl-C and Ctrl-D leave with nothing changed, exit status 130.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

import typer

from confctl.problems import RefusedError
from confctl.terminal.folding import folded
from confctl.terminal.screen import columns
from confctl.words import Language, Sentence, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that may be meant by what is typed so far."""

    text: str
    """What stands in the line once it is chosen."""
    shown: str
    beside: str = ""
    """What tells it from others."""


class Lines(Protocol):
    """A terminal on which a line is typed.  Raises KeyboardInterrupt for Ctrl-C, EOFError for Ctrl-D."""

    @property
    def shows_offers(self) -> bool:
        """Whether they are seen as one types."""

    def line(self, question: str, typed: str, offers: Callable[[str], Iterable[Offer]]) -> str:
        """What was typed; ``typed`` is there already, to be changed."""

    def file(self, question: str, typed: str) -> str:
        """As :meth:`line`; the files that there are are offered."""

    def erase(self, text: str) -> None:
        """Takes away lines that were just written above, where the terminal can."""


def possible() -> bool:
    """Whether somebody sits at a terminal, sees what is asked and can answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def terminal() -> Lines:
    """The one of stdin and stderr."""
    if os.environ.get("TERM", "").lower() in ("", "dumb", "unknown"):
        from confctl.terminal.plain_lines import PlainLines

        return PlainLines()
    from confctl.terminal.line_editor import LineEditor  # prompt_toolkit: only where somebody is asked

    return LineEditor()


@contextmanager
def nothing_changes(language: Language) -> Iterator[None]:
    """Whoever leaves by Ctrl-C or Ctrl-D, at a question or between two, is told so.  Raises typer.Abort then."""
    try:
        yield
    except (KeyboardInterrupt, EOFError):
        sys.stderr.write(_filled(say("Nothing is changed.").in_language(language)))
        raise typer.Abort from None


class Questions:
    """``read`` makes an answer of a line, and raises RefusedError or UsageError for one that won't do."""

    def __init__(self, lines: Lines, language: Language) -> None:
        self._lines = lines
        self._language = language

    @property
    def shows_offers(self) -> bool:
        return self._lines.shows_offers

    def ask(
        self,
        question: Sentence,
        read: Callable[[str], Answer],
        *,
        default: str = "",
        typed: str = "",
        offers: Callable[[str], Iterable[Offer]] = lambda _: (),
    ) -> Answer:
        """``default`` is shown: it is what ``read`` takes an empty line for.  ``typed`` stands there to be changed."""
        return self._until_read(question, default, lambda shown: self._lines.line(shown, typed, offers), read)

    def file(self, question: Sentence, read: Callable[[str], Answer], *, default: str = "") -> Answer:
        return self._until_read(question, default, lambda shown: self._lines.file(shown, ""), read)

    def yes(self, question: Sentence, default: bool) -> bool:
        """``y``, ``yes``, ``д``, ``да`` and their opposites, whichever language the question is in.

        The keyboard may be in the other layout, but ``н``, on the key of ``y``, is a no of its own.
        """

        def read(text: str) -> bool:
            word = text.strip().lower()
            if word in _YES or word in _NO:
                return word in _YES
            if word:
                raise RefusedError(say("Write yes or no."))
            return default

        choice = say("[Y/n]") if default else say("[y/N]")
        return self.ask(say("{question} {choice}", question=question, choice=choice), read)

    def settled(self, question: Sentence, answer: str) -> None:
        """Shows what was understood."""
        self.write(f"{question.in_language(self._language)}: {answer}")

    def tell(self, sentence: Sentence) -> None:
        self.write(sentence.in_language(self._language))

    def write(self, text: str) -> None:
        sys.stderr.write(_filled(text))

    def _until_read(
        self, question: Sentence, default: str, line: Callable[[str], str], read: Callable[[str], Answer]
    ) -> Answer:
        words = question.in_language(self._language)
        shown = f"{words} [{default}]: " if default else f"{words}: "
        complaint = ""
        with nothing_changes(self._language):
            while True:
                try:
                    answer = line(shown)
                    if complaint:
                        self._lines.erase(complaint)
                    return read(answer)
                except RefusedError as refused:
                    complaint = _filled(refused.sentence.in_language(self._language))
                    sys.stderr.write(complaint)


def _filled(text: str) -> str:
    width = columns(os.environ, sys.stderr) - 1  # a terminal may break the line after its last column by itself
    return "\n".join(folded(text, width)) + "\n"


_YES = ("y", "yes", "д", "да", "l", "lf", "нуы")
_NO = ("n", "no", "н", "нет", "ytn", "т", "тщ")
