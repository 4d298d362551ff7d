"""``[check]`` of ``confctl.toml``: when the mixer looks whether a conference could begin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from confctl.storage.toml_table import Table


@dataclass(frozen=True, slots=True)
class CheckAhead:
    minutes: int = 15
    """Before each start; 0: not at all."""


def check_of(table: Table) -> CheckAhead:
    check = CheckAhead(minutes=table.integer("minutes", 15, 0, 1440))
    table.finish()
    return check
