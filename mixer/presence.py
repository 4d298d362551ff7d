"""Everyone who is invited to a conference or in it, as whoever looks at it is told: a row each.

A row says where somebody is in ``state``: ``calling``, ``ringing``, ``asked`` (to press 1), ``greeting`` (hears it),
``notice`` (hears that it is recorded), ``waiting`` (hears music), ``in``; ``busy``, ``declined``, ``no-answer``,
``not-reached``, ``called-off`` (nobody wants them called any more), ``left``; ``not-called``.
"""

from __future__ import annotations

import re
from operator import attrgetter
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from mixer.rules.absence_rules import next_owner_call
from mixer.rules.conference import Sound, hearing
from mixer.rules.records import Kind
from mixer.rules.roster import Stage
from mixer.whom import guest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mixer.observed import Observed
    from mixer.rules.conference import Conference
    from mixer.rules.model import Person
    from mixer.rules.roster import Leg
    from mixer.whereabouts import Absent, Whereabouts

Value: TypeAlias = "str | float | bool | None"
Row: TypeAlias = "dict[str, Value]"

_STATES: Final = {
    Sound.PRESS_ONE: "asked",
    Sound.GREETING: "greeting",
    Sound.NOTICE: "notice",
    Sound.MUSIC: "waiting",
    Sound.ROOM: "in",
}
_STATUSES: Final = {"486": "busy", "600": "busy", "603": "declined", "403": "declined", "408": "no-answer"}
_STATUS_LINE: Final = re.compile(r"([3-6][0-9]{2}) ?")
_SOUND: Final = (
    *("speaking", "talked", "level", "codec", "received", "lost", "late", "missed", "jitter", "mos"),
    *("mos_on_average", "mos_at_worst", "delay", "far_lost", "far_jitter", "round_trip"),
)
"""Of :class:`mixer.observations.Observed`."""
_MEASURED: Final[Callable[[Observed], tuple[Value, ...]]] = attrgetter(*_SOUND)
_DIGITS: Final = (("talked", 0), ("missed", 3), ("jitter", 3), ("mos", 1), ("round_trip", 3), ("far_lost", 3))
_UNSEEN: Final = ("level", "received", "lost", "late", "mos_on_average", "mos_at_worst", "delay", "far_jitter")
_UNKNOWN: Final[Mapping[str, Value]] = {**dict.fromkeys(_SOUND), "speaking": False}


class Lines(Protocol):
    """What is known of legs besides the conference's rules: :class:`mixer.lines.Lines`."""

    def rings(self, leg: str) -> bool: ...
    def on_hold(self, leg: str) -> bool: ...
    def encrypted(self, leg: str) -> bool: ...


class Sounds(Protocol):
    """:class:`mixer.observations.Observations`."""

    def of(self, leg: str) -> Observed | None: ...


def head(conference: Conference, whereabouts: Whereabouts) -> Row:
    """The conference as a whole; times are seconds since the epoch."""
    tape, since = whereabouts.tape
    orders = conference.orders
    return {
        "code": conference.plan.code,
        "title": conference.plan.title,
        "start": conference.plan.start,
        "end": conference.end,
        "extended_by": orders.extended_by,
        "owner_in": conference.owner_in,
        "owner_out_since": None if conference.owner_in else whereabouts.owner_out,
        "recording": tape,
        "recording_since": None if tape == "off" else since,
        "locked": orders.locked,
        "others_silenced": orders.others_silenced,
        "in": conference.present,
        "called": conference.called,
    }


def people(conference: Conference, whereabouts: Whereabouts, lines: Lines, sounds: Sounds) -> Iterator[Row]:
    """The owner first, then who is on the list, in its order, then guests as they came; those who left come last.

    Things may happen between two rows, which are those of the conference as it is given.
    """
    heard, legs, gone = hearing(conference), _by_person(conference), tuple(whereabouts.guests_gone.items())
    guests = [leg for person, theirs in legs.items() if _is_guest(conference, person) for leg in theirs]
    for person in conference.plan.people:
        theirs = _shown(legs.get(person.number, []))
        for leg in theirs:
            yield {**_there(leg, heard.get(leg.name), lines, sounds), **_known(conference, person)}
        if not theirs:
            yield _missing(conference, whereabouts, person)
    for leg in guests:
        number = leg.person or whereabouts.callers.get(leg.name)
        role = "owner" if leg.owner else "guest"
        yield {**_there(leg, heard.get(leg.name), lines, sounds), **_guest(leg.name, number), "role": role}
    for name, absent in gone:
        yield {**_absent(absent), **_guest(name, absent.number or None), "role": "guest"}


def missing(conference: Conference, whereabouts: Whereabouts) -> Iterator[Row]:
    """Those of the list who are neither in nor being called."""
    legs = _by_person(conference)
    for person in conference.plan.people:
        if person.number not in legs:
            yield _missing(conference, whereabouts, person)


def brief(row: Row) -> Row:
    """What is shown of it, with no more digits than that: so a row changes only when somebody would see it."""
    seen = row.copy()
    for name in _UNSEEN:
        del seen[name]
    for name, digits in _DIGITS:
        value = seen[name]
        if isinstance(value, float):
            seen[name] = round(value, digits)
    return seen


def _by_person(conference: Conference) -> dict[str | None, list[Leg]]:
    legs: dict[str | None, list[Leg]] = {}
    for leg in conference.legs.values():
        legs.setdefault(leg.person, []).append(leg)
    return legs


def _known(conference: Conference, person: Person) -> Row:
    role = _role(conference, person.number)
    return {"name": person.name, "guest": None, "number": person.number, "role": role}


def _guest(leg: str, number: str | None) -> Row:
    """``guest``: what commands call them, and called them before they left."""
    return {"name": None, "guest": guest(leg, number), "number": number}


def _missing(conference: Conference, whereabouts: Whereabouts, person: Person) -> Row:
    pursuit = conference.pursuits.get(person.number)
    calls = [None if pursuit is None else pursuit.at]
    if person.number == conference.owner:
        calls.append(next_owner_call(conference))
    again_at = min((at for at in calls if at is not None), default=None)
    return {**_absent(whereabouts.absent.get(person.number)), **_known(conference, person), "again_at": again_at}


def _is_guest(conference: Conference, person: str | None) -> bool:
    return person is None or conference.plan.person(person) is None


def _role(conference: Conference, number: str) -> str:
    if number == conference.owner:
        return "owner"
    return "deputy" if number == conference.deputy else "participant"


def _shown(legs: list[Leg]) -> list[Leg]:
    """Of somebody who rings at several phones, one; none of those once they are in."""
    there = [leg for leg in legs if not leg.called]
    return there or sorted(legs, key=lambda leg: leg.stage is not Stage.ASKED)[:1]


def _there(leg: Leg, heard: Sound | None, lines: Lines, sounds: Sounds) -> Row:
    called = "ringing" if lines.rings(leg.name) else "calling"
    return {
        **_sound(None if leg.called else sounds.of(leg.name)),
        "leg": leg.name,
        "state": called if heard is None else _STATES[heard],
        "since": leg.since,
        "reason": None,
        "again_at": None,
        "on_hold": lines.on_hold(leg.name),
        "silenced": leg.silenced,
        "quiet": leg.quiet,
        "muted": leg.muted,
        "encrypted": lines.encrypted(leg.name),
    }


def _sound(observed: Observed | None) -> Mapping[str, Value]:
    if observed is None:
        return _UNKNOWN
    return dict(zip(_SOUND, _MEASURED(observed), strict=True))


def _absent(absent: Absent | None) -> Row:
    return {
        **_UNKNOWN,
        "leg": None,
        "state": "not-called" if absent is None else _of_absence(absent),
        "since": None if absent is None else absent.at,
        "reason": absent.detail or None if absent is not None else None,
        "again_at": None,
        "on_hold": False,
        "silenced": False,
        "quiet": False,
        "muted": False,
        "encrypted": False,
    }


def _of_absence(absent: Absent) -> str:
    if absent.kind == Kind.LEFT:
        return "left"
    if absent.kind == Kind.TAKEN_BACK:
        return "called-off"
    status = _STATUS_LINE.match(absent.detail)
    return _STATUSES.get(status[1], "not-reached") if status else "not-reached"
