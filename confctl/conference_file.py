"""One conference as TOML: what a person can read, change by hand and keep under git."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from confctl.numbers import wrong_number
from confctl.problems import BrokenFileError
from confctl.settings import wrong_zone
from confctl.toml_table import Source, Table, matches
from confctl.words import say
from mixer.model import Person, Plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CODE = re.compile(r"[0-9]{4,12}")
"""What a person may give a conference by hand; those we make have six digits."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A conference with what the book knows of its life."""

    plan: Plan
    created: float
    """Seconds since the epoch, as are the others."""
    greeting_name: str | None = None
    """What the greeting's file was called; the book's copy is :attr:`Plan.greeting`."""
    ended: float | None = None
    reason: str | None = None
    """Why it ended, in the words of :mod:`mixer.rules`."""


def read(file: Path, greetings: Path, by_number: Callable[[str], Person | None]) -> Entry:
    """People are those of the directory now; who is gone from it stays, with the name and the number of then.

    Raises OSError, or BrokenFileError with everything that is wrong.
    """
    source = Source.read(file)
    root = source.root()
    entry = _entry(root, file, greetings, by_number)
    if source.problems or entry is None:
        raise BrokenFileError(source.in_order())
    return entry


def _entry(root: Table, file: Path, greetings: Path, by_number: Callable[[str], Person | None]) -> Entry | None:
    code = root.text("code", "123456", _wrong_code)
    if code and code != file.stem:
        root.wrong("code", say("the file is named {file}; both must be the same", file=file.name))
    zone = root.text("zone", "Europe/Moscow", wrong_zone)
    start, end = root.local_time("start", "2026-11-30T15:30:00"), root.local_time("end", "2026-11-30T16:30:00")
    if start and end and end <= start:
        root.wrong("end", say("this is not after the start"))
    greeting_name = root.optional_text("greeting", "hello.wav")
    owner = _person(root.table("owner"), by_number)
    if "owner" not in root:
        root.missing("owner", 'owner = { name = "Anna Petrova", number = "101" }')
    participants = tuple(_person(table, by_number) for table in root.tables("participants"))
    title, owner_code = root.text("title", "Weekly meeting"), root.text("owner_code", "12345678", _wrong_code)
    created, ended = root.instant("created", "2026-11-23T09:00:00Z"), root.instant("ended", "2026-11-30T16:42:00Z")
    reason = root.optional_text("reason", "empty")
    root.finish()
    if not (start and end) or wrong_zone(zone):
        return None
    plan = Plan(
        code=code,
        owner_code=owner_code,
        title=title,
        owner=owner,
        participants=participants,
        start=start.replace(tzinfo=ZoneInfo(zone)).timestamp(),
        end=end.replace(tzinfo=ZoneInfo(zone)).timestamp(),
        zone=zone,
        greeting=greetings / f"{code}.wav" if greeting_name else None,
    )
    return Entry(plan, plan.start if created is None else created, greeting_name, ended, reason)


def _person(table: Table, by_number: Callable[[str], Person | None]) -> Person:
    number = table.text("number", "101", wrong_number)
    name = table.text("name", "Anna Petrova")
    table.finish()
    return by_number(number) or Person(name, (number,))


def write(entry: Entry) -> str:
    """The text of the file."""
    import tomlkit  # slow to load, and only writers need it

    plan = entry.plan
    document = tomlkit.document()
    document["title"] = plan.title
    document["code"] = plan.code
    document["owner_code"] = plan.owner_code
    document["owner"] = _inline(plan.owner)
    participants = tomlkit.array()
    participants.extend(_inline(person) for person in plan.participants)
    document["participants"] = participants.multiline(multiline=bool(plan.participants))
    document["zone"] = plan.zone
    document["start"] = local_time(plan.start, plan.zone)
    document["end"] = local_time(plan.end, plan.zone)
    if entry.greeting_name:
        document["greeting"] = entry.greeting_name
    document["created"] = _utc(entry.created)
    return tomlkit.dumps(document)


def with_end(text: str, at: float, reason: str) -> str:
    """The text of the file of a conference that has ended, ``text`` being its file until now.

    The two keys go in front: whatever people wrote into the rest, it stays as it is and means what it meant.
    """
    import tomlkit

    return f"ended = {_utc(at):%Y-%m-%dT%H:%M:%SZ}\nreason = {tomlkit.item(reason).as_string()}\n{text}"


def local_time(instant: float, zone: str) -> datetime:
    """The date and time on the clocks of a zone, without the zone."""
    return datetime.fromtimestamp(instant, ZoneInfo(zone)).replace(tzinfo=None)


def _inline(person: Person) -> object:
    import tomlkit

    table = tomlkit.inline_table()
    table["name"] = person.name
    table["number"] = person.number
    return table


def _utc(instant: float) -> datetime:
    return datetime.fromtimestamp(int(instant), UTC)


_wrong_code = matches(
    CODE.pattern,
    lambda text: say("“{value}” is no code; a code has 4 to 12 digits", value=text),
)
