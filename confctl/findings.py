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


def fine(what: Sentence, detail: Sentence) -> Finding:
    return Finding(what, wrong=False, detail=detail)


def wrong(what: Sentence, detail: Sentence) -> Finding:
    return Finding(what, wrong=True, detail=detail)
