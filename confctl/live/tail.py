"""The journal's files, read on from where they were: what a mixer writes, and the next one after it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from heapq import merge
from typing import TYPE_CHECKING

from mixer.journal import kind_of, parsed
from mixer.rules.records import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mixer.rules.records import Record

_MIXER = "mixer"
_SUFFIX = ".jsonl"
_PIECE = 1 << 18
"""Octets that are read at once."""
_FOR_THE_REPORT = frozenset({Kind.SPOKE, Kind.QUALITY})


@dataclass(frozen=True, slots=True)
class Entry:
    code: str | None
    """None: of what belongs to no conference."""
    record: Record


@dataclass(slots=True)
class _Place:
    """How far a file has been read."""

    inode: int
    octets: int
    last: bytes = b""
    """The line before that."""


class Tail:
    """Of one conference's journal or, without a ``code``, of all.  ``since`` is for the first look."""

    def __init__(self, folder: Path, code: str | None, since: float) -> None:
        self._folder = folder
        self._code = code
        self._since = since
        self._places: dict[str, _Place] = {}

    def read(self) -> list[Entry]:
        """What :meth:`entries` has."""
        return list(self.entries())

    def entries(self) -> Iterator[Entry]:
        """What is new since the last look, in the order of time; of one conference, in that in which it happened,
        whatever a clock did.  Half a line, as a mixer may be writing it or a full disk has left it, waits for its end.

        Journals of any length: little of each is in memory at a time.  Raises OSError for a file that can't be read.
        """
        new = [self._new(name, inode, size) for name, inode, size in self._files()]
        return merge(*new, key=lambda entry: entry.record.at)

    def _files(self) -> Iterator[tuple[str, int, int]]:
        """Name, inode and size of those that may have something new."""
        try:
            if self._code is not None:
                found = (self._folder / f"{self._code}{_SUFFIX}").stat()
                yield self._code, found.st_ino, found.st_size
                return
            with os.scandir(self._folder) as entries:
                for entry in entries:
                    if entry.name.endswith(_SUFFIX) and (found := entry.stat()).st_mtime >= self._since:
                        yield entry.name.removesuffix(_SUFFIX), found.st_ino, found.st_size
        except FileNotFoundError:
            return  # nothing has been written yet

    def _new(self, name: str, inode: int, size: int) -> Iterator[Entry]:
        place = self._places.get(name)
        if place is None or place.inode != inode or size < place.octets:  # another file of the same name
            known = place.last if place is not None and name == _MIXER else b""
            place = self._places[name] = _Place(inode, self._behind(name, known), known)
        code = None if name == _MIXER else name
        while place.octets < size and (lines := self._lines(name, place)):
            for line in lines:
                record = parsed(line) if line and kind_of(line) not in _FOR_THE_REPORT else None
                if record is not None and record.at >= self._since and record.kind not in _FOR_THE_REPORT:
                    yield Entry(code, record)

    def _lines(self, name: str, place: _Place) -> list[bytes]:
        """The next ones that are whole; none where there are no more."""
        with (self._folder / f"{name}{_SUFFIX}").open("rb") as file:  # not held open: there may be thousands
            file.seek(place.octets)
            piece = file.read(_PIECE)
            if len(piece) == _PIECE and b"\n" not in piece:
                piece += file.read()
        whole, end, _ = piece.rpartition(b"\n")
        place.octets += len(whole) + len(end)
        lines = whole.split(b"\n") if end else []
        place.last = lines[-1] if lines else place.last
        return lines

    def _behind(self, name: str, last: bytes) -> int:
        """Where it goes on behind that line: the mixer's own journal becomes another file when what is too old is taken
        out of it.  0 where there is no such line."""
        octets = 0
        if last:
            with (self._folder / f"{name}{_SUFFIX}").open("rb") as file:
                for line in file:
                    octets += len(line)
                    if line == last + b"\n":
                        return octets
        return 0
