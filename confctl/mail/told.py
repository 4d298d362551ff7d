"""What people were last told of each conference: ``told/CODE.json`` in the outbox.

Each is replaced in one step after the mails that say it are on disk, so it is also what tells a mail that counts
from one that a crash left half-announced.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypedDict

from confctl.storage.files import make_folder, sync_folder, write_whole
from mixer.model import Person, Plan

if TYPE_CHECKING:
    from pathlib import Path


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
        try:
            return _told(json.loads(self._file(code).read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def write(self, told: Told) -> None:
        make_folder(self._folder)
        write_whole(self._file(told.plan.code), json.dumps(_stored(told), ensure_ascii=False, indent=1) + "\n")

    def forget(self, code: str) -> None:
        self._file(code).unlink(missing_ok=True)
        sync_folder(self._folder)

    def _file(self, code: str) -> Path:
        return self._folder / f"{code}.json"


class _StoredPerson(TypedDict):
    name: str
    numbers: list[str]
    email: str | None
    language: str | None
    timezone: str | None


class _StoredTold(TypedDict):
    code: str
    owner_code: str
    title: str
    start: float
    end: float
    zone: str
    people: list[_StoredPerson]
    """The owner first."""
    uid: str
    sequence: int
    at: float
    cancelled: bool


def _stored(told: Told) -> _StoredTold:
    plan = told.plan
    return {
        "code": plan.code,
        "owner_code": plan.owner_code,
        "title": plan.title,
        "start": plan.start,
        "end": plan.end,
        "zone": plan.zone,
        "people": [
            {
                "name": person.name,
                "numbers": list(person.numbers),
                "email": person.email,
                "language": person.language,
                "timezone": person.timezone,
            }
            for person in plan.people
        ],
        "uid": told.uid,
        "sequence": told.sequence,
        "at": told.at,
        "cancelled": told.cancelled,
    }


def _told(stored: _StoredTold) -> Told:
    owner, *others = (
        Person(
            each["name"],
            tuple(each["numbers"]),
            email=each["email"],
            language=each["language"],
            timezone=each["timezone"],
        )
        for each in stored["people"]
    )
    plan = Plan(
        code=stored["code"],
        owner_code=stored["owner_code"],
        title=stored["title"],
        owner=owner,
        participants=tuple(others),
        start=stored["start"],
        end=stored["end"],
        zone=stored["zone"],
    )
    return Told(plan, stored["uid"], stored["sequence"], stored["at"], stored["cancelled"])
