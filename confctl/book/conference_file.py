"""One conference as TOML: what a person can read, change by hand and keep under git."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from confctl.book.greeting import Greeting
from confctl.people.numbers import wrong_number
from confctl.problems import BrokenFileError
from confctl.settings import wrong_zone
from confctl.storage.toml_table import Source, Table, matches
from confctl.words import say
from mixer.rules.model import Person, Plan, Recorded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LONGEST = 7 * 86400.0
"""Seconds; by command a conference lasts a day at most."""

CODE = re.compile(r"[0-9]{4,12}")
"""What a person may give a conference by hand; those we make have six digits."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A conference as somebody wants it: all that a command can say of it."""

    title: str
    owner: Person
    participants: tuple[Person, ...]
    start: float
    """Seconds since the epoch, as ``end``."""
    end: float
    zone: str
    greeting: Greeting | None = None
    """The one that it has, or a new copy (:func:`confctl.book.greeting.taken`), which the book then takes over."""
    record: Recorded = Recorded.NOT
    deputy: str | None = None
    """The first number of the participant who becomes the owner if the owner doesn't come."""


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
    """Why it ended, in the words of :mod:`mixer.rules.step`."""

    @property
    def greeting(self) -> Greeting | None:
        if self.plan.greeting is None or self.greeting_name is None:
            return None
        return Greeting(self.plan.greeting, self.greeting_name)

    def draft(self) -> Draft:
        """What a command would have to say to get this conference; change parts of it with dataclasses.replace."""
        plan = self.plan
        return Draft(
            plan.title,
            plan.owner,
            plan.participants,
            plan.start,
            plan.end,
            plan.zone,
            self.greeting,
            plan.record,
            plan.deputy,
        )


def read(file: Path, greetings: Path, by_number: Callable[[str], Person | None]) -> Entry:
    """People are those of the directory now; who is gone from it stays, with the name and the number of then.

    Raises OSError, or BrokenFileError with everything that is wrong.
    """
    return _whole(Source.read(file), greetings, by_number)


def parse(file: Path, text: str, greetings: Path, by_number: Callable[[str], Person | None]) -> Entry:
    """As :func:`read`, of a text that will be the file's."""
    return _whole(Source(file, text), greetings, by_number)


def _whole(source: Source, greetings: Path, by_number: Callable[[str], Person | None]) -> Entry:
    root = source.root()
    entry = _entry(root, source.file, greetings, by_number)
    if source.problems or entry is None:
        raise BrokenFileError(source.in_order())
    return entry


def _entry(root: Table, file: Path, greetings: Path, by_number: Callable[[str], Person | None]) -> Entry | None:
    code = root.text("code", "123456", _wrong_code)
    if code and code != file.stem:
        root.wrong("code", say("the file is named {file}; both must be the same", file=file.name))
    zone = root.text("zone", "Europe/Moscow", wrong_zone)
    place = None if not zone or wrong_zone(zone) else ZoneInfo(zone)
    start = _instant(root, "start", "2026-11-30T15:30:00", place)
    end = _instant(root, "end", "2026-11-30T16:30:00", place)
    if start is not None and end is not None and end <= start:
        root.wrong("end", say("this is not after the start"))
    if start is not None and end is not None and end > start + _LONGEST:
        root.wrong("end", say("this is more than a week after the start; is the date right?"))
    greeting_name = root.optional_text("greeting", "hello.wav")
    greeting_copy = root.optional_text("greeting_copy", "123456-8d2e6f01.wav", _wrong_copy)
    record = _RECORDED[root.flag_or("record", str(Recorded.TRACKS), default=False)]
    owner = _person(root.table("owner"), by_number)
    if "owner" not in root:
        root.missing("owner", 'owner = { name = "Anna Petrova", number = "101" }')
    participants = tuple(_person(table, by_number) for table in root.tables("participants"))
    deputy = _deputy(root, participants, by_number)
    title, owner_code = root.text("title", "Weekly meeting"), root.text("owner_code", "12345678", _wrong_code)
    created, ended = root.instant("created", "2026-11-23T09:00:00Z"), root.instant("ended", "2026-11-30T16:42:00Z")
    reason = root.optional_text("reason", "empty")
    root.finish()
    if start is None or end is None:
        return None
    plan = Plan(
        code=code,
        owner_code=owner_code,
        title=title,
        owner=owner,
        participants=participants,
        start=start,
        end=end,
        zone=zone,
        greeting=greetings / (greeting_copy or f"{code}.wav") if greeting_name else None,
        record=record,
        deputy=deputy,
    )
    return Entry(plan, plan.start if created is None else created, greeting_name, ended, reason)


_RECORDED = {False: Recorded.NOT, True: Recorded.MIXED, str(Recorded.TRACKS): Recorded.TRACKS}
"""By what ``record`` says."""


def _instant(root: Table, name: str, example: str, place: ZoneInfo | None) -> float | None:
    """A date and time on the clocks of the zone; where the clocks go back and it comes twice, the first.

    With an offset from UTC it is the reading that has this offset: so the second one is written.
    """
    value = root.date_and_time(name, example)
    if value is None or place is None:
        return None
    if not _FIRST_YEAR <= value.year < _LAST_YEAR:
        root.wrong(name, say("the year {year} is out of the question; write another one", year=str(value.year)))
        return None
    moment = value if value.tzinfo else value.replace(tzinfo=place)
    if _naive(datetime.fromtimestamp(moment.timestamp(), place)) == _naive(value):
        return moment.timestamp()
    if value.tzinfo:
        root.wrong(name, say("{zone} has another offset from UTC then; write local time, without one", zone=place))
        return None
    readings = (datetime.fromtimestamp(value.replace(tzinfo=place, fold=fold).timestamp(), place) for fold in (1, 0))
    earlier, later = (f"{_naive(reading).isoformat()}" for reading in readings)
    root.wrong(
        name,
        say(
            "the clocks in {zone} skip this time as they go forward; write for example {earlier} or {later}",
            zone=place,
            earlier=earlier,
            later=later,
        ),
    )
    return None


_FIRST_YEAR, _LAST_YEAR = 1970, 9000
"""Beyond them clocks and calendars have no answer."""


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def _person(table: Table, by_number: Callable[[str], Person | None]) -> Person:
    number = table.text("number", "101", wrong_number)
    name = table.text("name", "Anna Petrova")
    table.finish()
    return by_number(number) or Person(name, (number,))


def _deputy(root: Table, participants: tuple[Person, ...], by_number: Callable[[str], Person | None]) -> str | None:
    if "deputy" not in root:
        return None
    deputy = _person(root.table("deputy"), by_number)
    if deputy.number not in {person.number for person in participants}:
        root.wrong("deputy", say("{name} is not among the participants", name=deputy.name))
        return None
    return deputy.number


def local_time(instant: float, zone: str) -> datetime:
    """The date and time on the clocks of a zone, without the zone."""
    return _naive(datetime.fromtimestamp(instant, ZoneInfo(zone)))


_wrong_code = matches(
    CODE.pattern,
    lambda text: say("“{value}” is no code; a code has 4 to 12 digits", value=text),
)

_wrong_copy = matches(
    r"[0-9]{4,12}(-[0-9a-f]+)?\.wav",
    lambda text: say(
        "“{value}” is no copy of a greeting; remove this key and the greeting, and add it anew", value=text
    ),
)
