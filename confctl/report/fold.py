"""The journal of a conference, folded into a report.  Pure, and whatever the records are, it raises nothing.

Records count in the order in which they stand; a clock that was set back in between makes spans empty, never negative.
What a newer version wrote is passed over.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from confctl.report.attendance import (
    FINE,
    MINUTE,
    Apart,
    Attendee,
    Call,
    Came,
    Deed,
    Outcome,
    Refused,
    Report,
    Role,
    Span,
    Stay,
    Until,
)
from confctl.report.course import Course
from mixer.quality import mos_of_part
from mixer.rules.numbers import key
from mixer.rules.orders import Orders
from mixer.rules.records import ACTS, Kind
from mixer.rules.roster import Leg, Stage
from mixer.sound_records import SLOT, Spoken, sounds_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from mixer.rules.model import Plan
    from mixer.rules.records import Record
    from mixer.sound_records import Sound

_APART: Final[dict[str, tuple[Apart, bool]]] = {
    Kind.HELD: (Apart.ON_HOLD, True),
    Kind.TAKEN_UP: (Apart.ON_HOLD, False),
    Kind.MUTED: (Apart.MUSIC, True),
    Kind.HEARD_AGAIN: (Apart.MUSIC, False),
}
_ORDERS: Final = frozenset(
    {
        Kind.SILENCED,
        Kind.UNSILENCED,
        Kind.OTHERS_SILENCED,
        Kind.OTHERS_UNSILENCED,
        Kind.HANDED_OVER,
        Kind.DEPUTY_STANDS_IN,
    }
)
"""Whoever is silenced may be another afterwards."""
_DEEDS: Final = _ORDERS | ACTS | {Kind.ADDED, Kind.TRANSFERRED, Kind.OWNER_AWAITED, Kind.DEPUTY_AWAITED}
_SOUND: Final = frozenset({Kind.SPOKE, Kind.QUALITY})
_LONGEST: Final = 10
"""Minutes from one note of a leg's sound to the next, at most: twice what :data:`mixer.minutes.TURNS` says, as a clock
may have been set in between."""
_DIGITS: Final = 6
"""Of the seconds of an extension: more is none of ours."""


class Fold:
    """Fed with one record after the other."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._found = {person.number: Attendee(person.name, person.number, Role.PARTICIPANT) for person in plan.people}
        self._found[plan.owner.number].role = Role.OWNER
        self._course = Course()
        self._whose: dict[str, Attendee] = {}
        """By leg, also of those that are gone: what is known of their sound is noted a moment later."""
        self._calls: dict[str, Call] = {}
        """Those that ring."""
        self._stays: dict[str, Stay] = {}
        """Of who is in."""
        self._apart: dict[tuple[str, Apart], float] = {}
        """Since when."""
        self._noted: dict[str, float] = {}
        """When each leg came, or its sound was noted last."""
        self._mixers = 1
        """So many had it until now: each gives the same names to guests' legs."""
        self._refused: list[Refused] = []
        self._deeds: list[Deed] = []
        self._kicked: dict[str, Attendee | None] = {}
        """By whom, by leg."""
        self._orders = Orders()
        self._legs: dict[str, Leg] = {}
        """Of who is in, as far as orders concern them."""
        self._end = plan.end
        self._last: float | None = None
        """The last that is known."""

    def add(self, record: Record) -> None:
        last = record.at if self._last is None else self._last
        self._last = max(last, record.at)
        if record.kind in _SOUND:  # by far the most
            self._listen(record)
        else:
            self._take(record, last)

    def _take(self, record: Record, last: float) -> None:
        """``last`` is the last that was known before."""
        if record.kind == Kind.ENDED and self._stays:  # they leave before it ends, wherever a mixer ran
            self._course.break_off(last)
        self._course.add(record, last)
        match record.kind:
            case Kind.STOPPED:
                self._go_down(record.at, Until.STOPPED)
            case Kind.CRASHED:
                self._go_down(record.at, Until.LAST_KNOWN)
            case Kind.RESUMED:
                self._go_down(last, Until.LAST_KNOWN)
                self._mixers += 1
            case Kind.ENDED:
                self._go_down(last, Until.LAST_KNOWN)
            case Kind.REFUSED:
                self._refused.append(Refused(record.at, record.person, sys.intern(record.detail)))
            case Kind.ADDED if record.person is not None:
                self._found.setdefault(record.person, Attendee(record.detail or None, record.person, Role.ADDED))
            case _:
                self._of_a_leg(record, record.leg or "")
        if record.kind in _DEEDS:
            self._note(record)

    def report(self, now: float | None) -> Report:
        """``now``: a mixer runs it at this moment, so who is in is in still.  Nothing can be added afterwards."""
        running = now is not None and self._course.ended is None
        last = self._plan.start if self._last is None else self._last
        until = max(last, now) if now is not None and running else last
        self._go_down(until, Until.NOW if running else Until.LAST_KNOWN, ringing=running)
        return Report(
            plan=self._plan,
            attendees=tuple(self._found.values()),
            started=self._course.started,
            ended=self._course.ended,
            reason=self._course.reason,
            until=until,
            end=self._end,
            owner_away=self._course.away(until),
            gaps=tuple(self._course.gaps),
            refused=tuple(self._refused),
            recordings=self._course.taped(until),
            deeds=tuple(self._deeds),
        )

    def _of_a_leg(self, record: Record, leg: str) -> None:
        at = record.at
        match record.kind:
            case Kind.CALLING:
                self._call(record, leg)
            case Kind.RINGING if leg in self._calls:
                self._calls[leg].rang = True
            case Kind.NOT_REACHED:
                if leg not in self._calls and record.person is not None:  # the line that told of the call is lost
                    self._call(record, leg)
                self._end_call(leg, Outcome.NOT_REACHED, at, record.detail)
            case Kind.TAKEN_BACK:
                self._end_call(leg, Outcome.TAKEN_BACK, at, record.detail)
            case Kind.ANSWERED:
                self._end_call(leg, Outcome.ANSWERED, at)
                self._come_in(record, leg, Came.ANSWERED)
            case Kind.ENTERED:
                self._come_in(record, leg, Came.DIALLED_IN)
            case Kind.LEFT:
                self._leave([leg], at, Until.LEFT, record.detail)
            case kind if kind in _APART:
                self._set_apart(leg, *_APART[kind], at)

    # Calls

    def _call(self, record: Record, leg: str) -> None:
        someone = self._attendee(record, leg)
        self._whose[leg] = someone
        self._calls[leg] = Call(leg, record.at)
        someone.calls.append(self._calls[leg])

    def _end_call(self, leg: str, outcome: Outcome, at: float, detail: str = "") -> None:
        if (call := self._calls.pop(leg, None)) is not None:
            call.outcome, call.until, call.detail = outcome, max(at, call.at), detail

    # Stays

    def _come_in(self, record: Record, leg: str, came: Came) -> None:
        if leg in self._stays:  # said twice, as no mixer does
            return
        someone = self._whose[leg] = self._attendee(record, leg)
        self._stays[leg] = Stay(record.at, record.at, leg, came, Until.NOW)
        self._noted[leg] = record.at
        someone.stays.append(self._stays[leg])
        self._legs[leg] = Leg(leg, record.person, record.owner, Stage.IN, record.at)
        self._silence([leg], record.at)

    def _attendee(self, record: Record, leg: str) -> Attendee:
        """A guest who comes again from the same number is the same."""
        person = self._plan.person(record.person) if record.person is not None else None
        whose = key(record.detail) or record.detail or (leg, self._mixers)
        found = person.number if person else record.person or f"guest {whose}"
        number = record.person or (record.detail if record.kind == Kind.ENTERED else None)
        return self._found.setdefault(found, Attendee(None, number or None, Role.GUEST))

    def _leave(self, legs: Collection[str], at: float, until: Until, why: str = "") -> None:
        for leg in legs:
            if (stay := self._stays.pop(leg, None)) is not None:
                stay.end, stay.until, stay.why = max(at, stay.start), until, why
                stay.by = self._kicked.pop(leg, None)
                del self._legs[leg]
                for how in Apart:
                    self._set_apart(leg, how, False, at)

    def _go_down(self, at: float, until: Until, *, ringing: bool = False) -> None:
        """Every leg is gone, or, at the end of the journal, no more is known of it."""
        self._leave(list(self._stays), at, until)
        for leg in [] if ringing else list(self._calls):
            self._end_call(leg, Outcome.CUT, at)

    def _set_apart(self, leg: str, how: Apart, apart: bool, at: float) -> None:
        if apart and leg in self._stays:
            self._apart.setdefault((leg, how), at)
        elif not apart and (since := self._apart.pop((leg, how), None)) is not None:
            self._whose[leg].apart.setdefault(how, []).append(Span(since, max(at, since)))

    # Acts

    def _note(self, record: Record) -> None:
        leg = record.leg or ""
        who = self._whose.get(leg) or self._found.get(record.person or "")
        by = self._whose.get(record.by)
        self._deeds.append(Deed(record.at, record.kind, who, by, record.detail, record.user))
        match record.kind:
            case Kind.KICKED:
                self._kicked[leg] = by
            case Kind.EXTENDED if record.detail.isdecimal() and len(record.detail) <= _DIGITS:
                self._end += int(record.detail)
            case Kind.SILENCED | Kind.UNSILENCED if record.by == leg:
                self._set_apart(leg, Apart.QUIET, record.kind == Kind.SILENCED, record.at)
            case kind if kind in _ORDERS:
                self._orders = self._orders.after([record])
                self._silence(self._legs, record.at)

    def _silence(self, legs: Iterable[str], at: float) -> None:
        """As is ordered now."""
        for name in legs:
            leg = self._legs[name]
            owner = leg.owner if self._orders.owner is None else leg.person == self._orders.owner
            known = replace(leg, owner=owner or (leg.person is not None and leg.person == self._orders.stand_in))
            self._set_apart(name, Apart.SILENCED, self._orders.silent(known), at)

    # Sound

    def _listen(self, record: Record) -> None:
        if record.kind == Kind.QUALITY:
            for leg, sound in sounds_of(record.detail).items():
                if (someone := self._whose.get(leg)) is not None:
                    self._rate(someone, leg, sound, record.at)
        elif (spoken := Spoken.parse(record.detail)) is not None:
            first = spoken.start // SLOT
            for leg, tenths in spoken.tenths.items():
                if (someone := self._whose.get(leg)) is not None:
                    someone.talk.add(first, tenths, 10 * SLOT)

    def _rate(self, someone: Attendee, leg: str, sound: Sound, at: float) -> None:
        """How they sounded since it was noted last, too."""
        before = someone.sounds.get((leg, self._mixers))
        lost, lost_of_whole = sound.loss_since(before), sound.loss_since(None)
        if sound.mos is not None and lost is not None and lost_of_whole is not None:
            mos = mos_of_part(sound.codec, lost, lost_of_whole, sound.mos)
            until = round(at / MINUTE)
            first = max(round(self._noted.get(leg, at) / MINUTE), until - _LONGEST)
            someone.heard.lower(min(first, until - 1), until, round(FINE * mos))
        someone.sounds[leg, self._mixers] = sound
        self._noted[leg] = at
