"""``[log]`` of ``confctl.toml``: how the running mixer tells what happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, cast

from confctl.problems import UsageError
from confctl.words import say

if TYPE_CHECKING:
    from confctl.storage.toml_table import Table

Format = Literal["plain", "json"]
Level = Literal["debug", "info", "warning", "error"]
LEVELS: Final[tuple[Level, ...]] = ("info", "debug", "warning", "error")


@dataclass(frozen=True, slots=True)
class Log:
    format: Format = "plain"
    level: Level = "info"
    """The least that is told."""
    mask_numbers: bool = False
    """Whether only the last two digits of telephone numbers are told."""


def level_of(text: str) -> Level:
    """What ``--log-level`` says.  Raises UsageError."""
    for level in LEVELS:
        if text.casefold() == level:
            return level
    raise UsageError(say("“{value}” is none of: {choices}", value=text, choices=", ".join(LEVELS)))


def log_of(table: Table) -> Log:
    log = Log(
        format=cast("Format", table.choice("format", ("plain", "json")) or "plain"),
        level=cast("Level", table.choice("level", LEVELS) or "info"),
        mask_numbers=table.flag("mask_numbers", default=False),
    )
    table.finish()
    return log
