"""What scripts get with ``--json``.  Times are ISO 8601 with the offset of the conference's zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from confctl import dates
from confctl.book.listing import Current, State, counts
from mixer.rules.model import Recorded

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from confctl.book.conference_file import Entry
    from confctl.findings import Finding
    from confctl.problems import Problem
    from confctl.report.attendance import Attendee, Report
    from confctl.terminal.screen import Json
    from mixer.rules.model import Person, Plan


def person(someone: Person) -> dict[str, Json]:
    return {
        "name": someone.name,
        "numbers": list(someone.numbers),
        "email": someone.email,
        "language": someone.language,
        "timezone": someone.timezone,
        "reached": reached(someone),
        "sip": someone.sip,
        "ring": someone.ring,
    }


def reached(someone: Person) -> str:
    """How a call gets to a person: ``account``, ``sip`` or ``trunk``.  The password itself is nobody's business."""
    if someone.password:
        return "account"
    return "sip" if someone.sip else "trunk"


def conference(entry: Entry, state: State) -> dict[str, Json]:
    plan = entry.plan
    return {
        "code": plan.code,
        "owner_code": plan.owner_code,
        "title": plan.title,
        "owner": _brief(plan.owner),
        "deputy": None if plan.named_deputy is None else _brief(plan.named_deputy),
        "participants": [_brief(participant) for participant in plan.participants],
        "start": _local(plan.start, plan),
        "end": _local(plan.end, plan),
        "zone": plan.zone,
        "greeting": entry.greeting_name,
        "record": _RECORDED[plan.record],
        "state": str(state),
        "created": _local(entry.created, plan),
        "ended": None if entry.ended is None else _local(entry.ended, plan),
        "reason": entry.reason,
    }


_RECORDED: Final[dict[Recorded, bool | str]] = {Recorded.NOT: False, Recorded.MIXED: True, Recorded.TRACKS: "tracks"}
"""As the conference's file says it."""


def in_full(entry: Entry, state: State, report: Report | None, recordings: list[Path]) -> dict[str, Json]:
    """As :func:`conference`, with what takes a look at more files: the greeting's length, the journal, recordings."""
    greeting = entry.greeting
    there = report.attendees if report else ()
    return {
        **conference(entry, state),
        "greeting_seconds": None if greeting is None else greeting.seconds,
        "recordings": list(map(str, recordings)),
        "attendance": [_attendance(someone, entry.plan) for someone in there],
    }


def current(listed: list[Current], problems: Iterable[Problem]) -> Json:
    numbers: dict[str, Json] = {str(state): count for state, count in counts(listed).items()}
    conferences: list[Json] = [conference(each.entry, each.state) for each in listed]
    return {**numbers, "conferences": conferences, "problems": list(map(str, problems))}


def past(entries: list[Entry], problems: Iterable[Problem]) -> Json:
    return {
        "conferences": [conference(entry, State.ENDED) for entry in entries],
        "problems": list(map(str, problems)),
    }


def people(everybody: list[Person]) -> Json:
    return {"people": [person(someone) for someone in everybody]}


def findings(found: list[Finding]) -> Json:
    return {
        "ok": not any(finding.wrong for finding in found),
        "checks": [
            {"what": str(f.what), "ok": None if f.unasked else not f.wrong, "detail": str(f.detail)} for f in found
        ],
    }


def status(found: dict[str, Json], zone: str) -> dict[str, Json]:
    """What a mixer says of itself, its instants as times on the clocks of ``zone``."""
    return {name: _dated(name, value, ZoneInfo(zone)) for name, value in found.items()}


_INSTANTS: Final = frozenset(
    {"since", "start", "end", "at", "next_try", "again_at", "owner_out_since", "recording_since"}
)
"""Of what a mixer says."""


def _dated(name: str, value: Json, zone: ZoneInfo) -> Json:
    match value:
        case dict():
            return {name: _dated(name, inner, zone) for name, inner in value.items()}
        case list():
            return [_dated(name, inner, zone) for inner in value]
        case int() | float() if name in _INSTANTS:
            return dates.for_scripts(value, zone)
    return value


def _attendance(someone: Attendee, plan: Plan) -> Json:
    """``from`` and ``to`` are null, and ``seconds`` is 0, for who was not there."""
    return {
        "name": someone.name,
        "number": someone.number,
        "from": _local(min(stay.start for stay in someone.stays), plan) if someone.stays else None,
        "to": _local(max(stay.end for stay in someone.stays), plan) if someone.stays else None,
        "seconds": round(someone.seconds),
        "reason": someone.reason,
    }


def _brief(someone: Person) -> Json:
    return {"name": someone.name, "number": someone.number}


def _local(instant: float, plan: Plan) -> str:
    return dates.for_scripts(instant, ZoneInfo(plan.zone))
