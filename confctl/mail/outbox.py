"""Mails on disk that wait to be sent, and those that were given up.

``AT-CODE-SEQUENCE-NUMBER-KIND.eml`` in the outbox's folder is a mail, the ``.json`` of the same name what became of the
attempts at it so far; ``failed/`` has those that were given up.  The names are in the order of the announcements, which
is the order in which each person gets theirs.

Whoever looks at what waits, or adds to it, holds :meth:`Outbox.changing`, and not for long; whoever sends holds
:meth:`Outbox.sending`, so that there is one, whom no command waits for.
"""

from __future__ import annotations

import errno
import json
import math
import os
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from confctl.mail.told import Aside, Kind, ToldFolder
from confctl.storage.files import (
    locked,
    locked_if_free,
    make_folder,
    move,
    sync_folder,
    unfinished_name,
    write_whole,
)
from confctl.words import Sentence
from mixer.rules.numbers import same

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from confctl.mail.changes import Notice
    from confctl.mail.told import Told


@dataclass(frozen=True, slots=True)
class Tries:
    """Attempts that came to nothing.  Times are seconds since the epoch."""

    first: float
    count: int
    next: float
    """Not before this; of a mail that was given up, when that was."""
    error: Sentence
    """What was wrong the last time."""


@dataclass(frozen=True, slots=True)
class Mail:
    file: Path
    at: float
    """When it was put here, in whole seconds since the epoch."""
    code: str
    sequence: int
    number: str
    """The addressee's."""
    kind: Kind | Aside
    tries: Tries | None

    @property
    def order(self) -> tuple[float, str, int, str]:
        return self.at, self.code, self.sequence, self.file.name


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the head of a mail says of it."""

    to: str
    """A mail address."""
    subject: str
    expires: float
    """Afterwards it is of no use to anybody; seconds since the epoch, or infinity."""


class Outbox:
    """Methods raise OSError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told = ToldFolder(folder / "told")

    def changing(self) -> AbstractContextManager[None]:
        return locked(self.folder / ".lock")

    def sending(self) -> AbstractContextManager[None]:
        """Waits for another who sends."""
        return locked(self.folder / ".sending")

    def sending_if_free(self) -> AbstractContextManager[bool]:
        return locked_if_free(self.folder / ".sending")

    def waiting(self) -> list[Mail]:
        """In the order in which they were put here."""
        return _mails(self.folder)

    def failed(self) -> list[Mail]:
        """Those that were given up; their ``tries`` say why."""
        return _mails(self.folder / "failed")

    def put(self, notice: Notice, text: str) -> str:
        """The name of its file; the same notice is the same file."""
        told = notice.told
        return self._put(told.at, told.plan.code, told.sequence, notice.to.number, notice.kind, text)

    def put_aside(self, at: float, code: str, number: str, kind: Aside, text: str, *, sequence: int = 0) -> str:
        """A mail that is true whatever else anybody is told, to whoever has a number of a person or any digits.

        With the next ``sequence`` of what was told of the conference it counts once that is written.

        The name of its file; one to the same for the same at the same second is the same file.  The caller holds
        :meth:`changing`.
        """
        return self._put(at, code, sequence, number, kind, text)

    def _put(self, at: float, code: str, sequence: int, number: str, kind: Kind | Aside, text: str) -> str:
        instant = datetime.fromtimestamp(at, UTC)
        name = f"{instant:%Y%m%dT%H%M%SZ}-{code}-{sequence}-{number}-{kind}.eml"
        make_folder(self.folder)
        self.rewrite(name, text)
        return name

    def rewrite(self, name: str, text: str) -> None:
        write_whole(self.folder / name, text)

    def begin(self, mail: Mail, tries: Tries) -> bool:
        """Before it is handed over: from now on nothing takes its place.  False if something has done so already.

        ``tries`` is what is known if we are killed at it.
        """
        with self.changing():
            if not (mail.file.exists() and is_to_be_sent(mail, self.told.read(mail.code))):
                return False
            if mail.tries is None:
                self.note(mail, tries)
        return True

    def never_began(self, mail: Mail) -> None:
        """Takes :meth:`begin` back."""
        if mail.tries is None:
            _beside(mail.file).unlink(missing_ok=True)

    def clear(self) -> None:
        """What a kill left in the middle of :meth:`put` or :meth:`sent`; the caller holds :meth:`changing`."""
        for half_written in self.folder.glob(unfinished_name(self.folder / "[0-9]*.eml").name):
            half_written.unlink(missing_ok=True)
        for note in self.folder.glob("[0-9]*.json"):
            if not note.with_suffix(".eml").exists():
                note.unlink(missing_ok=True)

    def envelope(self, mail: Mail) -> Envelope:
        from email.parser import HeaderParser  # slow to load; most commands only add
        from email.policy import SMTPUTF8

        with mail.file.open(encoding="utf-8", errors="replace", newline="") as stream:
            head = HeaderParser(policy=SMTPUTF8).parse(stream)
        return Envelope(  # what somebody has put here by hand may lack anything
            to=head["To"].addresses[0].addr_spec if head["To"] and head["To"].addresses else "",
            subject=str(head["Subject"] or ""),
            expires=_instant(str(head["Expires"] or "")),
        )

    def sent(self, mail: Mail) -> None:
        mail.file.unlink(missing_ok=True)
        _beside(mail.file).unlink(missing_ok=True)
        sync_folder(self.folder)

    def note(self, mail: Mail, tries: Tries) -> None:
        write_whole(_beside(mail.file), _text(tries))

    def give_up(self, mail: Mail, tries: Tries) -> None:
        """Moved last: while it is here, it still waits."""
        failed = self.folder / "failed"
        make_folder(failed)
        write_whole(_beside(failed / mail.file.name), _text(tries))
        move(mail.file, failed / mail.file.name)
        _beside(mail.file).unlink(missing_ok=True)

    def is_void(self, mail: Mail) -> bool:
        """Whether a mail that was given up is no longer true, or its addressee was sent something later."""
        if isinstance(mail.kind, Aside):
            return False
        told = self.told.read(mail.code)
        if told is None:
            return True
        numbers = {same(number) for person in told.plan.people for number in person.numbers}
        invited = same(mail.number) in numbers and not told.cancelled
        if invited == (mail.kind is Kind.CANCELLATION):
            return True
        written = (_mail(self.folder / each.file) for each in told.waits.unsent if each.to.number == mail.number)
        return any(each and each.sequence > mail.sequence and not self._is_kept(each) for each in written)

    def _is_kept(self, mail: Mail) -> bool:
        return mail.file.exists() or (self.folder / "failed" / mail.file.name).exists()

    def take_back(self, mail: Mail, now: float) -> None:
        """A mail that was given up waits again, for as long as a new one; that it was tried is kept in mind."""
        if mail.tries and mail.tries.count:
            tries = replace(mail.tries, first=now, count=0, next=now)
            write_whole(_beside(self.folder / mail.file.name), _text(tries))
        move(mail.file, self.folder / mail.file.name)
        _beside(mail.file).unlink(missing_ok=True)

    def discard(self, mail: Mail) -> None:
        """A mail that nobody needs any more."""
        mail.file.unlink(missing_ok=True)
        _beside(mail.file).unlink(missing_ok=True)

    @property
    def server(self) -> Tries | None:
        """What the server as a whole is to blame for; None if it did its work the last time."""
        return _tries(self.folder / _SERVER)

    def blame_server(self, tries: Tries) -> None:
        write_whole(self.folder / _SERVER, _text(tries))

    def praise_server(self) -> None:
        (self.folder / _SERVER).unlink(missing_ok=True)

    def stamp(self) -> int:
        """Differs from an earlier one if a mail was put here or taken away since: one look at one folder."""
        try:
            return self.folder.stat().st_mtime_ns
        except OSError:
            return 0

    def check_writable(self) -> None:
        """Raises OSError if what is sent could not be taken away, and would be sent again and again."""
        if not os.access(self.folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self.folder))


def is_to_be_sent(mail: Mail, told: Told | None) -> bool:
    """Whether its announcement was brought to an end, and nothing has taken its place."""
    if isinstance(mail.kind, Aside):
        return told is None or mail.sequence <= told.sequence
    return told is not None and mail.sequence <= told.sequence and mail.file.name not in told.waits.superseded


_Stored = str | float | dict[str, "_Stored"]

_SERVER = "server.json"
_KINDS: Final[Mapping[str, Kind | Aside]] = {str(kind): kind for kind in (*Kind, *Aside)}
_NAME = re.compile(rf"([0-9]{{8}}T[0-9]{{6}}Z)-([0-9]+)-([0-9]+)-([0-9+]+)-({'|'.join(_KINDS)})\.eml")


def _mails(folder: Path) -> list[Mail]:
    found = map(_mail, folder.glob("[0-9]*.eml"))
    return sorted((mail for mail in found if mail), key=lambda mail: mail.order)


def _mail(file: Path) -> Mail | None:
    """None if it is none of ours."""
    match = _NAME.fullmatch(file.name)
    if match is None:
        return None
    put, code, sequence, number, kind = match.groups()
    at = datetime.strptime(put, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    return Mail(file, at, code, int(sequence), number, _KINDS[kind], _tries(_beside(file)))


def _instant(date: str) -> float:
    """Infinity for what is no date."""
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return math.inf


def _beside(file: Path) -> Path:
    return file.with_suffix(".json")


def _text(tries: Tries) -> str:
    stored = {"first": tries.first, "count": tries.count, "next": tries.next, "error": _stored(tries.error)}
    return json.dumps(stored, ensure_ascii=False) + "\n"


def _stored(value: object) -> _Stored:
    """A sentence with its places apart, so that it can be read in another language than it was written in."""
    if isinstance(value, Sentence):
        return {"text": value.text, "values": {key: _stored(each) for key, each in value.values.items()}}
    return value if isinstance(value, int | float) else str(value)


def _sentence(stored: dict[str, _Stored]) -> Sentence:
    text, values = stored["text"], stored["values"]
    if not (isinstance(text, str) and isinstance(values, dict)):
        raise TypeError
    return Sentence(text, {key: _sentence(each) if isinstance(each, dict) else each for key, each in values.items()})


def _tries(file: Path) -> Tries | None:
    """None as well for a file that is not as we write them: what it is about is then simply tried again."""
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        return Tries(stored["first"], stored["count"], stored["next"], _sentence(stored["error"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
