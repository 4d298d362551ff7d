"""What people were last told of each conference: ``told/CODE.json`` in the outbox.

Each is replaced in one step after the mails that say it are on disk, so it is also what tells a mail that counts
from one that a crash left half-announced, or left behind although another had taken its place.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from confctl.storage.files import make_folder, sync_folder, unfinished_name, write_whole

if TYPE_CHECKING:
    from mixer.rules.model import Person, Plan


class Kind(StrEnum):
    INVITATION = "invitation"
    UPDATE = "update"
    CANCELLATION = "cancellation"


class Aside(StrEnum):
    """Mails that are no announcements: nothing that is told later makes them untrue."""

    WARNING = "warning"
    """To the sysadmin, of what may go wrong at the start."""
    REPORT = "report"
    """To the owner, of how it went."""


@dataclass(frozen=True, slots=True)
class Unsent:
    """A mail that was put into the outbox; while nobody has tried to send it, another can take its place."""

    file: str
    """Its name."""
    kind: Kind
    to: Person
    knew: Plan | None
    """What the person was really told last, before this mail; None if nothing."""


@dataclass(frozen=True, slots=True)
class Waits:
    """What is known of the mails of one conference that wait."""

    sender: str = ""
    """Whom they are from."""
    unsent: tuple[Unsent, ...] = ()
    """In the order of the outbox; some may have been sent since."""
    superseded: tuple[str, ...] = ()
    """Names of mails in whose place others were written: not to be sent, wherever they turn up."""


@dataclass(frozen=True, slots=True)
class Told:
    plan: Plan
    """As it was announced; people without what is no matter of mails (:func:`bare`)."""
    uid: str
    """Of the calendar entry, the same for as long as the conference lives (RFC 5545 §3.8.4.7)."""
    sequence: int
    """Of the calendar entry (RFC 5545 §3.8.7.4); rises with each announcement."""
    at: float
    """When this was announced, in seconds since the epoch; never before what was announced earlier."""
    cancelled: bool = False
    reported: bool = False
    """The owner was told how it went; that is the last that anybody is told."""
    waits: Waits = field(default=Waits(), compare=False)


def bare(plan: Plan) -> Plan:
    """The part of a plan that people are told: no greeting, no passwords, everybody once."""
    owner, *others = (replace(person, password=None, sip=None) for person in plan.people)
    return replace(plan, owner=owner, participants=tuple(others), greeting=None)


class ToldFolder:
    """The callers hold the outbox's lock.  Methods raise OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def codes(self) -> set[str]:
        return {file.stem for file in self._folder.glob("[0-9]*.json")}

    def read(self, code: str) -> Told | None:
        """None if nobody was told anything, or if the file is none of ours."""
        from confctl.mail.told_text import parsed

        try:
            return parsed(json.loads(self._file(code).read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, LookupError, TypeError):
            return None

    def is_there(self, code: str) -> bool:
        """Whether there is anything under its name, though :meth:`read` may make nothing of it."""
        return self._file(code).exists()

    def keep_aside(self, code: str) -> Path:
        """Copies a file that is none of ours, before it is written anew or forgotten; the copy's name."""
        file = self._file(code)
        return Path(shutil.copyfile(file, file.with_name(f"{file.name}.broken")))

    def write(self, told: Told) -> None:
        from confctl.mail.told_text import stored

        make_folder(self._folder)
        write_whole(self._file(told.plan.code), json.dumps(stored(told), ensure_ascii=False, indent=1) + "\n")

    def forget(self, code: str) -> None:
        self._file(code).unlink(missing_ok=True)
        unfinished_name(self._file(code)).unlink(missing_ok=True)  # a kill in the middle of the last word
        sync_folder(self._folder)

    def _file(self, code: str) -> Path:
        return self._folder / f"{code}.json"
