"""The text of a conference's file: of a new one, of a changed one, of one that has ended.

Apart from the reading (:mod:`confctl.book.conference_file`), which lists do and which must be quick to load.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from confctl.storage.toml_edit import array, inline, quoted, with_items, with_value, without
from mixer.rules.model import Recorded

if TYPE_CHECKING:
    from confctl.book.conference_file import Entry
    from mixer.rules.model import Person, Plan


def write(entry: Entry) -> str:
    """The text of the file of a new conference."""
    plan = entry.plan
    lines = [
        f"title = {quoted(plan.title)}",
        f'code = "{plan.code}"',
        f'owner_code = "{plan.owner_code}"',
        f"owner = {inline(_brief(plan.owner))}",
        f"participants = {array([_brief(person) for person in plan.participants])}",
        f"zone = {quoted(plan.zone)}",
        f"start = {_local(plan.start, plan.zone)}",
        f"end = {_local(plan.end, plan.zone)}",
        *([f"deputy = {inline(_brief(deputy))}"] if (deputy := plan.named_deputy) else []),
        *([f"greeting = {quoted(entry.greeting_name)}"] if entry.greeting_name else []),
        *([f"record = {_RECORDED[plan.record]}"] if plan.record is not Recorded.NOT else []),
        f"created = {_utc(entry.created)}",
    ]
    return "\n".join(lines) + "\n"


def with_changes(text: str, before: Entry, after: Entry) -> str:
    """The text of a file that said ``before`` and is to say ``after``: what is the same stays as it is written."""
    was, plan = before.plan, after.plan
    values = {
        "title": (quoted(was.title), quoted(plan.title)),
        "owner_code": (quoted(was.owner_code), quoted(plan.owner_code)),
        "zone": (quoted(was.zone), quoted(plan.zone)),
        "start": (_local(was.start, was.zone), _local(plan.start, plan.zone)),
        "end": (_local(was.end, was.zone), _local(plan.end, plan.zone)),
        "record": (_RECORDED[was.record], _RECORDED[plan.record]),
    }
    for name, (old, new) in values.items():
        if old != new:
            text = with_value(text, name, new)
    if was.owner.number != plan.owner.number:
        text = with_value(text, "owner", inline(_brief(plan.owner)))
    text = _with_participants(text, was.participants, plan.participants)
    text = _with_deputy(text, was, plan)
    return _with_greeting(text, before, after)


def _with_participants(text: str, was: tuple[Person, ...], now: tuple[Person, ...]) -> str:
    old, new = [person.number for person in was], [person.number for person in now]
    removed = [index for index, number in enumerate(old) if number not in new]
    added = [_brief(person) for person in now if person.number not in old]
    if [number for number in old if number in new] + [person["number"] for person in added] != new:
        return with_value(text, "participants", array([_brief(person) for person in now]))
    return with_items(text, "participants", removed, added) if removed or added else text


def _with_deputy(text: str, was: Plan, plan: Plan) -> str:
    if was.deputy == plan.deputy:
        return text
    deputy = plan.named_deputy
    return without(text, "deputy") if deputy is None else with_value(text, "deputy", inline(_brief(deputy)))


def _with_greeting(text: str, before: Entry, after: Entry) -> str:
    if before.greeting == after.greeting:
        return text
    if after.greeting is None:
        return without(without(text, "greeting"), "greeting_copy")
    text = with_value(text, "greeting", quoted(after.greeting.name))
    return with_value(text, "greeting_copy", quoted(after.greeting.copy.name))


def with_end(text: str, at: float, reason: str) -> str:
    """The text of the file of a conference that has ended, ``text`` being its file until now.

    The two keys go in front: whatever people wrote into the rest, it stays as it is and means what it meant.  A reason
    alone meant nothing; it is left of an end that somebody took out, so that the conference is held once more.
    """
    text = without(text, "reason")
    return f"ended = {_utc(at)}\nreason = {quoted(reason)}\n{text}"


_RECORDED = {Recorded.NOT: "false", Recorded.MIXED: "true", Recorded.TRACKS: quoted(Recorded.TRACKS)}
"""As ``record`` says it."""


def _brief(person: Person) -> dict[str, str]:
    return {"name": person.name, "number": person.number}


def _local(instant: float, zone: str) -> str:
    """Without an offset, unless it is the second time that the clocks show this, as they go back."""
    moment = datetime.fromtimestamp(instant, ZoneInfo(zone))
    return (moment if moment.fold else moment.replace(tzinfo=None)).isoformat()


def _utc(instant: float) -> str:
    return f"{datetime.fromtimestamp(int(instant), UTC):%Y-%m-%dT%H:%M:%SZ}"
