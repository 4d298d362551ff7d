"""A conference that a crash or a stop interrupted, taken up again from its journal.

Whoever was in is called back, and so is whoever was still being called; not whoever had left, declined or failed.
A guest can't be called back: nobody knows the number, and a phone that is just dialling in again is busy.  So a grace
period begins: until one of those who were cut off is in again, or :data:`GRACE` is over, their absence doesn't end the
conference, and its code still lets them in.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from mixer.rules.absence import Absence
from mixer.rules.call_policy import CallPolicy, Failure, Pursuit
from mixer.rules.call_rules import NO_SOUND, Note, call
from mixer.rules.conference import Conference, Ending, EndReason, returning, without_one
from mixer.rules.model import Person
from mixer.rules.orders import Orders
from mixer.rules.records import Kind, Record
from mixer.rules.retry_rules import LOST_GRACE
from mixer.rules.roster import Roster
from mixer.rules.step import Actions, End, end, end_if_over

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mixer.rules.model import Plan

GRACE = 120.0
"""Seconds for those who were cut off to dial in again."""
OVERTIME_GAP = 120.0
"""Seconds: past the planned end, a longer interruption is the end, and nobody's phone rings out of the blue."""


IMMATERIAL: Final = frozenset(
    {
        Kind.SPOKE,
        Kind.QUALITY,
        Kind.RINGING,
        Kind.JOINED,
        Kind.MUTED,
        Kind.HEARD_AGAIN,
        Kind.HELD,
        Kind.TAKEN_UP,
        Kind.REFUSED,
    }
)
"""Of these only when the last one was matters to :func:`resume`, and to whoever looks at the conference afterwards; of
a long one they are by far the most."""

_DIGITS: Final = 6
"""Of the seconds until somebody is called again; a day has five."""


@dataclass(slots=True)
class _Past:
    """The journal, folded: who was where when the mixer went down."""

    everybody: tuple[str, ...]
    started: float | None = None
    ended: Ending | None = None
    calls: int = 0
    ever_in: bool = False
    stopped: bool = False
    """The mixer was told to, and nothing has happened since."""
    awaited: bool = False
    """An earlier interruption cut people off, and none of them has come back since."""
    lost_at: float | None = None
    """When the last who was in was heard no more, and nobody has come in since."""
    owed: set[str] = field(default_factory=set)
    """To be called, and no call was noted yet."""
    ringing: dict[str, str] = field(default_factory=dict)
    """Person by leg."""
    present: dict[str, str | None] = field(default_factory=dict)
    """Person by leg."""
    guests: dict[str, str] = field(default_factory=dict)
    """Of those present: what is known of the number that each has called from."""
    cut_off: tuple[str, ...] = ()
    """As :attr:`mixer.rules.conference.Conference.cut_off`."""

    departed: set[str] = field(default_factory=set)
    """Who has left by themselves, or was kicked, and has not come back since."""
    later: dict[str, Pursuit] = field(default_factory=dict)
    """Who was to be called again, and when."""

    def add(self, record: Record) -> None:
        leg, person = record.leg or "", record.person
        match record.kind:
            case Kind.STARTED:
                self.started = record.at
                self.owed = set(self.everybody)
            case Kind.STOPPED:
                self.stopped = True
            case Kind.RESUMED:
                self.interrupt()
            case Kind.CALLING:
                self.calls += 1
                self.owed.discard(person or "")
                if (pursuit := self.later.get(person or "")) is not None:
                    self.later[person or ""] = replace(pursuit, at=None)
                self.ringing[leg] = person or ""
            case Kind.ANSWERED | Kind.ENTERED:
                self.come_in(leg, person, record.detail if record.kind == Kind.ENTERED else "")
            case Kind.NOT_REACHED | Kind.TAKEN_BACK:
                self.ringing.pop(leg, None)
            case Kind.LEFT:
                self.present.pop(leg, None)
                self.guests.pop(leg, None)
                self.leave(person, record)
            case Kind.KICKED if person is not None:
                self.later.pop(person, None)
                self.departed.add(person)
                self.cut_off = tuple(who for who in self.cut_off if who != person)
            case Kind.LOCKED | Kind.UNLOCKED:
                self.cut_off = ()
            case Kind.CALL_WANTED | Kind.OWNER_AWAITED | Kind.DEPUTY_AWAITED if person is not None:
                self.later.pop(person, None)
            case Kind.CALLED_LATER if person is not None:
                self.postpone(person, record)
            case Kind.ENDED:
                self.ended = Ending(record.at, record.detail)

    def come_in(self, leg: str, person: str | None, caller: str) -> None:
        self.ringing.pop(leg, None)
        self.present[leg] = person
        who = returning(person, caller)
        self.cut_off = without_one(self.cut_off, who)
        if person is None and who:
            self.guests[leg] = who
        self.owed.discard(person or "")
        self.later.pop(person or "", None)
        self.departed.discard(person or "")
        self.ever_in, self.awaited, self.lost_at = True, False, None

    def leave(self, person: str | None, record: Record) -> None:
        """As :func:`mixer.rules.retry_rules.lose`."""
        lost = record.detail.startswith(NO_SOUND)
        if lost and not self.present:
            self.lost_at = record.at
        if person is not None and not lost:
            self.departed.add(person)

    def postpone(self, person: str, record: Record) -> None:
        """What cannot be read is left out: nobody is called for it."""
        why, _, seconds = record.detail.partition(" ")
        if why.upper() in Failure.__members__ and seconds.isdecimal() and len(seconds) <= _DIGITS:
            failure = Failure[why.upper()]
            tries = self.later.get(person, Pursuit()).tries
            self.later[person] = Pursuit(failure, (*tries, failure), record.at + int(seconds))

    def interrupt(self) -> None:
        """Every leg is gone; whoever was on one is owed a call."""
        self.awaited = self.awaited or bool(self.present)
        people = {person: None for person in self.present.values() if person and person not in self.cut_off}
        self.cut_off += (*people, *self.guests.values())
        self.owed.update(self.ringing.values(), (person for person in self.present.values() if person is not None))
        self.ringing.clear()
        self.present.clear()
        self.guests.clear()
        self.stopped = False


def resume(
    plan: Plan,
    records: Sequence[Record],
    now: float,
    last_seen: float | None = None,
    policy: CallPolicy = CallPolicy(),  # noqa: B008  it never changes
    by_number: Callable[[str], Person | None] = lambda number: None,
    label: str | None = None,
) -> tuple[Conference, Actions]:
    """The conference that the journal's records tell of, at ``now``, and what is to be done.

    ``last_seen`` is when the former mixer is known to have run last, should that be later than the last record: of an
    hour in which everybody only talked the journal itself tells nothing, so it is noted where somebody was in.
    Whom the owner has added is on the list as the directory has them (``by_number``), or as the journal does.
    ``label``: :attr:`mixer.rules.conference.Conference.label`.
    A conference that hadn't started is as its plan has it; one that had ended is only moved to the past (again).
    """
    plan = plan.with_people(*_added(plan, records, by_number))
    everybody = tuple(person.number for person in plan.people)
    past = _Past(everybody)
    for record in records:
        past.add(record)
    known = records[-1].at if records else plan.start
    seen = max(known, min(now, last_seen or 0.0))
    crashed = (Note(Record(Kind.CRASHED, seen)),) if past.present and not past.stopped and seen > known else ()
    past.interrupt()
    orders = Orders().after(records)
    conference = Conference(
        plan,
        Roster(),
        past.calls,
        past.started,
        past.ever_in,
        ended=past.ended,
        policy=policy,
        wanted=orders.recorded,
        orders=orders,
        absence=Absence().after(records),
        departed=frozenset(past.departed),
        cut_off=past.cut_off,
        label=label,
    )
    if past.ended is not None:
        return conference, (End(past.ended.reason),)
    if past.started is None:
        return conference, ()
    if orders.over is not None:
        over, actions = end(conference, orders.over, seen)
    elif now >= conference.end and (not past.awaited or now - seen >= OVERTIME_GAP):
        over_since = min(now, max(conference.end, seen))  # not since somebody started a mixer again
        over, actions = end(conference, EndReason.PLANNED_END, over_since)
    else:
        over, actions = _go_on(conference, past, now)
    return over, (*crashed, *actions)


def _added(plan: Plan, records: Sequence[Record], by_number: Callable[[str], Person | None]) -> Iterator[Person]:
    names = {each.person: each.detail for each in records if each.kind == Kind.ADDED and each.person is not None}
    for number, name in names.items():
        if plan.person(number) is None:
            yield by_number(number) or Person(name, (number,))


def _go_on(conference: Conference, past: _Past, now: float) -> tuple[Conference, Actions]:
    owed = tuple(number for number in past.everybody if number in past.owed)
    known = ((number, each) for number, each in past.later.items() if number in past.everybody)
    pursuits = {number: each for number, each in known if number in owed or each.at is not None}
    resumed = replace(conference, grace_until=_grace_ends(past, now), pursuits=pursuits)
    called, calls = call(resumed, owed, now)
    last, closing = end_if_over(called, now)
    return last, (Note(Record(Kind.RESUMED, now)), *calls, *closing)


def _grace_ends(past: _Past, now: float) -> float | None:
    """Of those who were cut off by us, and of those whom the network had lost before."""
    ends = [now + GRACE] if past.awaited else []
    if past.lost_at is not None:
        ends.append(past.lost_at + LOST_GRACE)
    return max(ends, default=None)
