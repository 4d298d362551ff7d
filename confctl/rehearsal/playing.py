"""A rehearsal of a conference in the book: by its settings and directory, and touching none of them."""

from __future__ import annotations

import logging
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from confctl.book.live import LiveBook
from confctl.mixer_settings import mixer_settings
from confctl.own_prompts import prepared
from confctl.words import say
from media.prompts import Prompts
from mixer.rehearsal.play import House, play
from mixer.rehearsal.scene import chance, usual, with_leaving
from mixer.rehearsal.verdict import faults, verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from logging import LogRecord

    from confctl.settings import Settings
    from confctl.terminal.screen import Screen
    from confctl.words import Sentence
    from mixer.rehearsal.play import Played
    from mixer.rehearsal.scene import Scene
    from mixer.rehearsal.verdict import Fault, Verdict
    from mixer.rules.model import Plan

_PATIENCE: Final = 1.0
"""Seconds after which whoever waits is told how far it is."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    played: Played
    verdicts: tuple[Verdict, ...]
    faults: tuple[Fault, ...]
    """Of the conference."""
    mistakes: tuple[str, ...]
    """Errors that the mixer has logged."""
    seed: int | None
    quick: bool

    @property
    def right(self) -> bool:
        return not (self.faults or self.mistakes or any(each.faults for each in self.verdicts))


def rehearse(
    plan: Plan, told: Scene, settings: Settings, screen: Screen, *, seed: int | None, quick: bool
) -> Rehearsed:
    """``told``: what somebody is to do; the others do it by chance if there is a ``seed``, as usual if nobody is told
    anything, else they answer."""
    dice = None if seed is None else Random(seed)  # noqa: S311  to be played again, and nobody has to guess it
    others = chance(plan, dice) if dice else {} if told else usual(plan)
    book = LiveBook(settings)
    house = House(book, book, book.language_of, Prompts(settings.company.language, own=prepared(settings)))
    with _logged() as mistakes, _Progress(plan, screen) as progress:
        played = play(
            plan,
            with_leaving(plan, {**others, **told}),
            mixer_settings(settings),
            house,
            seed=seed or 0,
            quick=quick,
            progress=progress.tell,
        )
    return Rehearsed(played, verdicts(played), faults(played), tuple(dict.fromkeys(mistakes)), seed, quick)


class _Mistakes(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._lines = lines

    def emit(self, record: LogRecord) -> None:
        cause = f": {record.exc_info[1]!r}" if record.exc_info and record.exc_info[1] is not None else ""
        self._lines.append(f"{record.getMessage()}{cause}")


@contextmanager
def _logged() -> Iterator[list[str]]:
    """Errors that are logged meanwhile; what else the mixer says is in the timeline."""
    mistakes: list[str] = []
    handler, root = _Mistakes(mistakes), logging.getLogger()
    root.addHandler(handler)
    try:
        yield mistakes
    finally:
        root.removeHandler(handler)


class _Progress:
    """A line on the terminal that says which moment is being played, if it takes long."""

    def __init__(self, plan: Plan, screen: Screen) -> None:
        self._zone = ZoneInfo(plan.zone)
        self._screen = screen
        self._silent = not sys.stderr.isatty()
        self._begun = time.monotonic()
        self._written = False

    def __enter__(self) -> _Progress:
        return self

    def tell(self, moment: float) -> None:
        if self._silent or time.monotonic() < self._begun + _PATIENCE:
            return
        self._write(say("{time} is being played …", time=f"{datetime.fromtimestamp(moment, self._zone):%H:%M}"))

    def __exit__(self, *_: object) -> None:
        if self._written:
            sys.stderr.write("\r\x1b[K")

    def _write(self, sentence: Sentence) -> None:
        self._written = True
        sys.stderr.write(f"\r{sentence.in_language(self._screen.language)}\x1b[K")
        sys.stderr.flush()
