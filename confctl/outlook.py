"""``confctl plan``: what the conferences of the coming days have in one another's way, and what they lack."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from confctl import check_entry
from confctl.book.needs import Needs, room_for_calls, room_for_lines
from confctl.book.overlaps import crowds, shared
from confctl.session import listed
from confctl.words import Sentence, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from confctl.book.conference_file import Entry
    from confctl.book.overlaps import Crowd, Shared
    from confctl.people.directory import Directory
    from confctl.settings import Settings
    from mixer.rules.model import Person, Plan

DAY = 86400.0
_NAMED = 10
"""Conferences, where too many are on at once."""


class Trouble(StrEnum):
    OWNER = "owner"
    """Two conferences at the same time have the same owner: nobody talks in one of them."""
    PEOPLE = "people"
    """The same participants."""
    LINES = "lines"
    """More calls than the trunks take."""
    PORTS = "ports"
    """More calls than there are RTP ports."""
    DIRECTORY = "directory"
    """Who is to be called is not in it any more."""
    GREETING = "greeting"
    CLOCKS = "clocks"
    """They show the time of the start twice that day."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Times are seconds since the epoch."""

    trouble: Trouble
    start: float
    end: float
    plans: tuple[Plan, ...]
    detail: Sentence
    people: tuple[Person, ...] = ()
    needed: int | None = None
    room: int | None = None
    """Of what there is too little."""


def coming(entries: Sequence[Entry], now: float, days: int) -> list[Entry]:
    """Those that run or begin in so many days."""
    return [entry for entry in entries if entry.plan.end > now and entry.plan.start < now + days * DAY]


def clashes(settings: Settings, directory: Directory, entries: Sequence[Entry]) -> list[Clash]:
    """By their time."""
    plans = [entry.plan for entry in entries]
    found = [
        *(clash for each in shared(plans) for clash in _of_people(each)),
        *_of_calls(settings, plans),
        *(clash for entry in entries for clash in _of_one(entry, directory)),
    ]
    return sorted(found, key=lambda clash: (clash.start, clash.plans[0].code))


def _of_people(found: Shared) -> Iterator[Clash]:
    one, other, people = _named(found.one), _named(found.other), list(found.people)
    both = found.one, found.other
    if found.one.owner.number == found.other.owner.number:
        owner = found.one.owner
        people = [person for person in people if person.number != owner.number]
        twice = say("{one} and {other} have the same owner, {person}", one=one, other=other, person=listed([owner]))
        yield Clash(Trouble.OWNER, found.start, found.end, both, twice, (owner,))
    if people:
        names = say("{one} and {other} both want {people}", one=one, other=other, people=listed(people))
        yield Clash(Trouble.PEOPLE, found.start, found.end, both, names, tuple(people))


def _of_calls(settings: Settings, plans: Sequence[Plan]) -> Iterator[Clash]:
    needs, lines, calls = Needs(settings), room_for_lines(settings), room_for_calls(settings)
    if lines is not None:
        for crowd in crowds(plans, needs.lines, lines):
            told = say(
                "{needed} calls go out and the trunks take {room}, so some have to wait: {conferences}",
                **_numbers(crowd, lines),
            )
            yield _crowded(Trouble.LINES, crowd, lines, told)
    for crowd in crowds(plans, needs.calls, calls):
        told = say(
            "{needed} calls at once, and media.ports has room for {room}; widen it: {conferences}",
            **_numbers(crowd, calls),
        )
        yield _crowded(Trouble.PORTS, crowd, calls, told)


def _crowded(trouble: Trouble, crowd: Crowd, room: int, told: Sentence) -> Clash:
    return Clash(trouble, crowd.start, crowd.end, crowd.plans, told, needed=crowd.needed, room=room)


def _numbers(crowd: Crowd, room: int) -> dict[str, object]:
    codes = [*(plan.code for plan in crowd.plans[:_NAMED]), *["…"] * (len(crowd.plans) > _NAMED)]
    return {"needed": crowd.needed, "room": room, "conferences": ", ".join(codes)}


def _of_one(entry: Entry, directory: Directory) -> Iterator[Clash]:
    plan = entry.plan
    for finding in check_entry.gone(say("people"), plan, directory):
        yield Clash(Trouble.DIRECTORY, plan.start, plan.end, (plan,), finding.detail)
    for finding in check_entry.greetings(entry):
        if finding.wrong:
            yield Clash(Trouble.GREETING, plan.start, plan.end, (plan,), finding.detail)
    if (twice := _twice(plan)) is not None:
        yield Clash(Trouble.CLOCKS, plan.start, plan.end, (plan,), twice)


def _twice(plan: Plan) -> Sentence | None:
    """A skipped time is refused wherever a conference is written or read."""
    start = datetime.fromtimestamp(plan.start, ZoneInfo(plan.zone))
    if start.replace(fold=0).utcoffset() == start.replace(fold=1).utcoffset():
        return None
    return say(
        "{conference}: the clocks show {time} twice that day; it begins the {which} time, at {utc} UTC",
        conference=_named(plan),
        time=f"{start:%H:%M}",
        which=say("second") if start.fold else say("first"),
        utc=f"{start.astimezone(UTC):%H:%M}",
    )


def _named(plan: Plan) -> Sentence:
    return say("{code} “{title}”", code=plan.code, title=plan.title)
