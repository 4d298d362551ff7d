"""What is older than ``[retention]`` says: found, and removed.

Each thing goes whole or stays whole, whenever the machine stops: of a conference its own file is the last to go, so
that the next look finds it again.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import chain
from stat import S_ISREG
from typing import TYPE_CHECKING

from confctl.mail.outbox import Outbox
from mixer.journal import Journal

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from pathlib import Path

    from confctl.book.book import Book
    from confctl.settings import Settings

_DAY = 86400.0


class Kind(StrEnum):
    """In the order in which they are removed."""

    RECORDING = "recording"
    MAIL = "mail"
    JOURNAL = "journal"
    CONFERENCE = "conference"
    """A past one."""
    DELETED = "deleted"
    """A deleted one."""


@dataclass(frozen=True, slots=True)
class Outdated:
    kind: Kind
    file: Path
    code: str | None
    """The conference's; None of a recording, whose name does not have it."""
    at: float
    """When it was over, in seconds since the epoch."""

    @property
    def octets(self) -> int:
        """0 for what is gone meanwhile."""
        try:
            return self.file.stat().st_size
        except OSError:
            return 0


def outdated(settings: Settings, book: Book, now: float) -> list[Outdated]:
    """Oldest first within each kind.  Raises OSError."""
    days = settings.retention
    found = chain(
        _recordings(settings.recording.folder, now - days.recordings * _DAY) if days.recordings else (),
        _mails(Outbox(settings.paths.outbox), now - days.mails * _DAY) if days.mails else (),
        _journals(settings, book, now - days.journals * _DAY) if days.journals else (),
        _conferences(settings.paths.conferences, book, now - days.conferences * _DAY) if days.conferences else (),
        _deleted(settings.paths.conferences, now - days.conferences * _DAY) if days.conferences else (),
    )
    order = list(Kind)
    return sorted(found, key=lambda each: (order.index(each.kind), each.at, each.file))


def remove(each: Outdated, settings: Settings, book: Book) -> None:
    """Nothing if it is gone meanwhile.  Raises OSError."""
    match each.kind:
        case Kind.RECORDING:
            each.file.unlink(missing_ok=True)
        case Kind.MAIL:
            outbox = Outbox(settings.paths.outbox)
            with outbox.sending(), outbox.changing():
                for mail in (*outbox.waiting(), *outbox.failed()):
                    if mail.file == each.file:
                        outbox.discard(mail)
        case Kind.JOURNAL:
            each.file.unlink(missing_ok=True)
        case Kind.CONFERENCE | Kind.DELETED:
            assert each.code is not None
            Journal(settings.paths.journal).forget(each.code)
            book.forget(each.code)
            with suppress(OSError):  # not empty, or gone
                each.file.parent.rmdir()


def forget_strangers(settings: Settings, now: float) -> int:
    """Takes what is too old out of the mixer's own journal, as who was refused; how many lines.  Raises OSError."""
    days = settings.retention.journals
    return Journal(settings.paths.journal).forget_before(now - days * _DAY) if days else 0


def _recordings(folder: Path, before: float) -> Iterator[Outdated]:
    """Finished ones; what anybody else has put there stays."""
    if not folder.is_dir():
        return
    for file in folder.iterdir():
        if not _RECORDING.fullmatch(file.name) or not (status := _status(file)):
            continue
        if S_ISREG(status.st_mode) and status.st_mtime < before:
            yield Outdated(Kind.RECORDING, file, None, status.st_mtime)


def _status(file: Path) -> os.stat_result | None:
    """None for what has been renamed or removed meanwhile, and for a link that leads nowhere."""
    try:
        return file.stat()
    except FileNotFoundError:
        return None


def _mails(outbox: Outbox, before: float) -> Iterator[Outdated]:
    for mail in (*outbox.waiting(), *outbox.failed()):
        if mail.at < before:
            yield Outdated(Kind.MAIL, mail.file, mail.code, mail.at)


def _journals(settings: Settings, book: Book, before: float) -> Iterator[Outdated]:
    """Of conferences that are over.  While the file of a current one can't be read, it is still one."""
    journal = Journal(settings.paths.journal)
    for code in journal.codes():
        at = journal.last_written(code)
        if at is not None and at < before and not book.is_current(code):
            yield Outdated(Kind.JOURNAL, settings.paths.journal / f"{code}.jsonl", code, at)


def _conferences(conferences: Path, book: Book, before: float) -> Iterator[Outdated]:
    """Months that began later are not read.  Whoever broke a file of the past is to mend it: it stays."""
    for month in (conferences / "past").glob("[0-9][0-9][0-9][0-9]/[01][0-9]"):
        try:
            first = datetime(int(month.parent.name), int(month.name), 1, tzinfo=UTC)
        except ValueError:  # a folder of somebody else's: no year has a 13th month
            continue
        if first.timestamp() - _DAY > before:  # that day: it began earlier in the east
            continue
        for entry in book.past(first.year, first.month)[0]:
            file = month / f"{entry.plan.code}.toml"
            at = entry.plan.end if entry.ended is None else entry.ended
            if at < before and file.exists():
                yield Outdated(Kind.CONFERENCE, file, entry.plan.code, at)


def _deleted(conferences: Path, before: float) -> Iterator[Outdated]:
    for file in (conferences / "deleted").glob("[0-9]*.toml"):
        if (status := _status(file)) is None:
            continue
        at = max(status.st_mtime, status.st_ctime)  # ctime: when it was moved there
        if at < before:
            yield Outdated(Kind.DELETED, file, file.stem, at)


_RECORDING = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}_[0-9]{2}-[0-9]{2}_.+\.(opus|flac|wav)")
"""As :meth:`mixer.recording.studio.Studio.stem` names them."""
