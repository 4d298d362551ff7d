"""The journal: what happens in each conference, one JSON object a line, appended.

``FOLDER/CODE.jsonl`` for each conference, ``FOLDER/mixer.jsonl`` for what belongs to none, ``FOLDER/alive`` whose
modification time is the running mixer's last sign of life.

A line is written whole or not at all, as far as the system allows: where a full disk or a power cut left half a line,
that line alone is lost, to the reader and to the next writer.
"""

from __future__ import annotations

import dataclasses
import fcntl
import json
import logging
import os
import re
from operator import attrgetter
from typing import TYPE_CHECKING

from mixer.rules.records import ACTS, Kind, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

_log = logging.getLogger(__name__)

DURABLE = frozenset({Kind.STARTED, Kind.STOPPED, Kind.RESUMED, Kind.ENDED}) | ACTS
"""What must survive a power cut: nobody is called twice, no dead code lives again, what is locked stays so.  The rest
survives a crash of the mixer anyway; waiting for the disk at each of 500 answers would hold up everybody's calls."""

_MEMBERS = tuple(field.name for field in dataclasses.fields(Record))
_VALUES = attrgetter(*_MEMBERS)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
"""Made once: :func:`json.dumps` makes one for each line."""
_ABSENT: dict[str, object] = {"leg": None, "person": None, "owner": False, "detail": "", "by": "", "user": ""}
"""What a member that isn't written means."""
_DEFAULTS = tuple(map(_ABSENT.get, _MEMBERS))
_DECODER = json.JSONDecoder(parse_int=float)
"""Made once: :func:`json.loads` makes one for each line."""
_KIND_FIRST = b'{"kind":"'
"""Of each line that :func:`_line` wrote."""

_LATEST = 250_000_000_000.0
"""Seconds since the epoch, in the year 9892: no calendar has what is after it, nor what is before 0."""
_MOST_WARNED_OF = 5
"""Lines of one file: where a hand has changed thousands, they are counted."""

_CODE = re.compile(r"[0-9]{1,32}", re.ASCII)


class JournalError(Exception):
    """A record could not be written: one line that says which file and why.  Calls go on without it."""


class Journal:
    """The journal in ``folder``, which the first record creates."""

    def __init__(self, folder: Path, confirm: Callable[[Path], None] | None = None) -> None:
        """``confirm`` sees to it that the disk has a file: :func:`confirmed`, or something that need not be waited for.

        A power cut before it has is as if the power had failed that much earlier: no call outlives one.
        """
        self._folder = folder
        self._confirm = confirmed if confirm is None else confirm

    def write(self, code: str | None, *records: Record) -> None:
        """Appends the records in one write; to the mixer's own journal if ``code`` is None.  Raises JournalError."""
        path = self._path(code)
        durable = any(record.kind in DURABLE for record in records)
        lines = b"".join(map(_line, records))
        try:
            opened = _locked if code is None else _opened
            try:
                _append(opened(path), lines)
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
                _append(opened(path), lines)
            if durable:
                self._confirm(path)
        except OSError as error:
            raise JournalError(f"{path}: not written, {error.strerror}: make room or give the mixer access") from None

    def read(self, code: str | None) -> list[Record]:
        """What :meth:`one_by_one` tells."""
        return list(self.one_by_one(code))

    def one_by_one(self, code: str | None, kinds: Collection[str] | None = None) -> Iterator[Record]:
        """The records, oldest first, one at a time, so that a journal of millions takes no memory; none if there is no
        journal.  Of these ``kinds`` alone, where they are named: other lines are hardly looked at.

        Unreadable lines are passed over with a warning.  Raises OSError for a file that is there and can't be read.
        """
        path, unreadable = self._path(code), _Unreadable()
        wanted = {None, *(kinds or ())}
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return
        with file:
            for number, line in enumerate(file, 1):
                if (kinds is not None and kind_of(line) not in wanted) or line == b"\n":
                    continue
                if (record := parsed(line)) is None:
                    if line.strip():
                        unreadable.add(number)
                elif kinds is None or record.kind in kinds:
                    yield record
        unreadable.warn(path)

    def beat(self, now: float) -> None:
        """Leaves a sign of life; call it every few seconds.  Raises JournalError."""
        path = self._folder / "alive"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            os.utime(path, (now, now))
        except OSError as error:
            raise JournalError(f"{path}: not written, {error.strerror}: make room or give the mixer access") from None

    def last_seen(self) -> float | None:
        """When a mixer last left a sign of life in this folder; None if none ever did."""
        try:
            return (self._folder / "alive").stat().st_mtime
        except FileNotFoundError:
            return None

    def forget(self, code: str) -> None:
        """Removes the journal of a conference.  Raises OSError."""
        self._path(code).unlink(missing_ok=True)

    def codes(self) -> list[str]:
        """Of the conferences that have a journal."""
        return sorted(path.stem for path in self._folder.glob("[0-9]*.jsonl") if _CODE.fullmatch(path.stem))

    def last_written(self, code: str | None) -> float | None:
        """When something was written last; None if there is no journal."""
        try:
            return self._path(code).stat().st_mtime
        except FileNotFoundError:
            return None

    def forget_before(self, at: float) -> int:
        """Takes what is older out of the mixer's own journal; how many lines.  Raises OSError.

        A mixer that writes meanwhile waits for two renamings at most, and nothing that it writes is lost.
        """
        path = self._path(None)
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return 0
        with file:
            if not any(_is_before(line, at) for line in file):
                return 0
            file.seek(0)
            gone, shorter = 0, path.with_name(f".{path.name}.tmp")
            with open(shorter, "wb", opener=lambda name, flags: os.open(name, flags, 0o640)) as stream:
                status = os.fstat(file.fileno())
                if os.geteuid() == 0:
                    os.fchown(stream.fileno(), status.st_uid, status.st_gid)
                for line in file:
                    if _is_before(line, at):
                        gone += 1
                    else:
                        stream.write(line)
                stream.flush()
                os.fsync(stream.fileno())
                fcntl.flock(file, fcntl.LOCK_EX)  # whoever appends holds it
                stream.writelines(file)
            shorter.replace(path)
        return gone

    def _path(self, code: str | None) -> Path:
        if code is not None and not _CODE.fullmatch(code):
            raise ValueError(f"not a conference's code: {code!r}")
        return self._folder / f"{code or 'mixer'}.jsonl"


def confirmed(path: Path) -> None:
    """Waits until the disk has a file, and its folder's entry: a new file survives a power cut only with that."""
    for each, kind in ((path, os.O_WRONLY), (path.parent, os.O_RDONLY)):
        descriptor = os.open(each, kind | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _append(file: int, lines: bytes) -> None:
    """Closes it."""
    try:
        size = os.fstat(file).st_size
        torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
        _write_whole(file, b"\n" + lines if torn else lines)
    finally:
        os.close(file)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)


def _locked(path: Path) -> int:
    """The file as it is called now: another may have come in its place (:meth:`Journal.forget_before`)."""
    while True:
        file = _opened(path)
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            if os.path.samestat(os.fstat(file), path.stat()):
                return file
        except FileNotFoundError:
            pass  # removed in this instant: a new one
        os.close(file)


def _is_before(line: bytes, at: float) -> bool:
    record = parsed(line)
    return record is not None and record.at < at


def _write_whole(file: int, data: bytes) -> None:
    """One write: the system takes it whole, unless the disk is full; a second one then says so."""
    while data:
        data = data[os.write(file, data) :]


def _line(record: Record) -> bytes:
    """``{"kind":"left","at":1764505800.0,"leg":"4711-2","person":"102","detail":"hung up"}``, without what is empty."""
    fields = dict(zip(_MEMBERS, _VALUES(record), strict=True))
    for name, absent in _ABSENT.items():
        if fields[name] == absent:
            del fields[name]
    text = _ENCODER.encode(fields)
    return text.encode(errors="backslashreplace") + b"\n"  # a stray octet from the network becomes JSON's own \udcXX


class _Unreadable:
    """Lines of a file, by their numbers."""

    def __init__(self) -> None:
        self._first: list[int] = []
        self._more = 0

    def add(self, number: int) -> None:
        if len(self._first) < _MOST_WARNED_OF:
            self._first.append(number)
        else:
            self._more += 1

    def warn(self, path: Path) -> None:
        for number in self._first:
            _log.warning(
                "%s:%d: not a record, passed over (the write was interrupted, or a hand changed it)", path, number
            )
        if self._more:
            _log.warning("%s: more lines that are no records: %d", path, self._more)


def kind_of(line: bytes) -> str | None:
    """What a line of ours says first, without reading the rest; None where only :func:`parsed` can tell."""
    if not line.startswith(_KIND_FIRST):
        return None
    return line[len(_KIND_FIRST) : line.find(b'"', len(_KIND_FIRST))].decode("ascii", "replace")


def parsed(line: bytes) -> Record | None:
    """None for what is no record.  Members that a newer version added are passed over."""
    try:
        fields = _DECODER.decode(line.decode("utf-8", "surrogatepass").removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    kind, at, leg, person, owner, detail, by, user = map(fields.get, _MEMBERS, _DEFAULTS)
    valid = (
        isinstance(at, float)
        and 0 <= at <= _LATEST
        and isinstance(kind, str)
        and (leg is None or isinstance(leg, str))
        and (person is None or isinstance(person, str))
        and isinstance(owner, bool)
        and isinstance(detail, str)
        and isinstance(by, str)
        and isinstance(user, str)
    )
    return Record(kind, at, leg, person, owner, detail, by, user) if valid else None
