"""The journal: what happens in each conference, one JSON object a line, appended.

``FOLDER/CODE.jsonl`` for each conference, ``FOLDER/mixer.jsonl`` for what belongs to none.
"""

from __future__ import annotations

from pathlib import Path

from mixer.records import Record


class JournalError(Exception):
    """A record could not be written: one line that says which file and why.  Calls go on without it."""


class Journal:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, code: str | None, *records: Record) -> None:
        """Appends the records in one write; to the mixer's own journal if ``code`` is None.  Raises JournalError."""
        raise NotImplementedError

    def read(self, code: str | None) -> list[Record]:
        """The records, oldest first; none if there is no journal.  Unreadable lines are passed over with a warning."""
        raise NotImplementedError

    def beat(self, now: float) -> None:
        """Leaves a sign of life: call it every few seconds.  Raises JournalError."""
        raise NotImplementedError

    def last_seen(self) -> float | None:
        """When a mixer last left a sign of life in this folder; None if none ever did."""
        raise NotImplementedError
