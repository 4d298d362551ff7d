"""``[retention]`` of ``confctl.toml``: how long what is over is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from confctl.storage.toml_table import Table

LONGEST = 36_500
"""Days: a hundred years."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Days; 0 is for ever."""

    recordings: int = 0
    journals: int = 0
    """Who was called, came and left; and who was refused."""
    conferences: int = 0
    """Past and deleted ones, with their greetings and their journals."""
    mails: int = 0
    """Those that were given up, or that nobody could send."""

    @property
    def is_set(self) -> bool:
        return any((self.recordings, self.journals, self.conferences, self.mails))


def retention_of(table: Table) -> Retention:
    retention = Retention(
        recordings=table.integer("recordings", 0, 0, LONGEST),
        journals=table.integer("journals", 0, 0, LONGEST),
        conferences=table.integer("conferences", 0, 0, LONGEST),
        mails=table.integer("mails", 0, 0, LONGEST),
    )
    table.finish()
    return retention
