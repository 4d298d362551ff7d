"""What a check found: each thing that was looked at, good or wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from confctl.words import Sentence


@dataclass(frozen=True, slots=True)
class Finding:
    what: Sentence
    wrong: bool
    detail: Sentence
    unasked: bool = False
    """Nobody knows whether it is good or wrong: what would know it does not run."""


def fine(what: Sentence, detail: Sentence) -> Finding:
    return Finding(what, wrong=False, detail=detail)


def unasked(what: Sentence, detail: Sentence) -> Finding:
    return Finding(what, wrong=False, detail=detail, unasked=True)


def wrong(what: Sentence, detail: Sentence) -> Finding:
    return Finding(what, wrong=True, detail=detail)
