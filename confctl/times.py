"""When a conference is, in its own time zone.

A local time that a clock change skips is refused.  Of one that it doubles the first reading that is still ahead is
taken, and said so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from confctl.clock_times import parse_end, parse_time
from confctl.days import parse_date, written
from confctl.problems import RefusedError
from confctl.words import Sentence, say


@dataclass(frozen=True, slots=True)
class Times:
    start: float
    """Seconds since the epoch, as ``end``."""
    end: float
    notes: tuple[Sentence, ...]
    """What was settled and a person should know."""


def settle(day: str, start: str, end: str, zone: str, now: float) -> Times:
    """When a conference is, from what was typed.

    An end not later than the start is on the next day.  A start that is past is taken if it is today's and the end is
    still ahead.  Raises UsageError for what can't be read, RefusedError for times that can't be.
    """
    begins = datetime.combine(parse_date(day, _today(zone, now)), parse_time(start))
    return settled(begins, until(begins, parse_end(end)), zone, now)


def until(start: datetime, end: time | timedelta) -> datetime | timedelta:
    """The first such time after the start; a length stays one."""
    if isinstance(end, timedelta):
        return end
    at = datetime.combine(start.date(), end)
    return at if at > start else at + timedelta(days=1)


def settled(start: datetime, end: datetime | timedelta, zone: str, now: float) -> Times:
    """As :func:`settle`, of what the clocks of the zone are to show, without a zone of their own.

    A length is one of time that passes, whatever the clocks do meanwhile.
    """
    place = ZoneInfo(zone)
    if start.date() < _today(zone, now):
        raise RefusedError(say("{date} is past; give today's date or a later one.", date=written(start.date())))
    begins, start_notes = _instant(start.date(), start.time(), place, now)
    end_notes: tuple[Sentence, ...] = ()
    if isinstance(end, timedelta):
        ends = begins + end.total_seconds()
    else:
        ends, end_notes = _instant(end.date(), end.time(), place, max(now, begins))
    if ends <= now:
        past = datetime.fromtimestamp(ends, place).time()
        raise RefusedError(say("It is past {end} already; give a later time or another date.", end=_clock(past)))
    return Times(begins, ends, (*start_notes, *end_notes))


def _instant(day: date, at: time, zone: ZoneInfo, after: float) -> tuple[float, tuple[Sentence, ...]]:
    """Of two readings the first, unless it is not ``after`` that moment."""
    first = datetime.combine(day, at, zone)
    second = first.replace(fold=1)
    if first.utcoffset() == second.utcoffset():
        return first.timestamp(), ()
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != first.replace(tzinfo=None):
        raise RefusedError(_skipped(first, second))
    taken, other = (first, second) if first.timestamp() > after else (second, first)
    return taken.timestamp(), (_doubled(taken, other),)


def _skipped(first: datetime, second: datetime) -> Sentence:
    """Read with the offset before the change, a skipped time lands after it; with the other, before it."""
    zone = first.tzinfo
    later, earlier = (moment.astimezone(UTC).astimezone(zone) for moment in (first, second))
    return say(
        "There is no {time} on {date} in {zone}: the clocks go forward; give {earlier} or {later}, for example.",
        time=_clock(first.time()),
        date=written(first.date()),
        zone=zone,
        earlier=_seen_from(first.date(), earlier),
        later=_seen_from(first.date(), later),
    )


def _doubled(taken: datetime, other: datetime) -> Sentence:
    return say(
        "{time} comes twice on {date} in {zone}, as the clocks go back; {taken} is taken, not {other}:"
        " for that one give times of --zone UTC, where it is {utc}.",
        time=_clock(taken.time()),
        date=written(taken.date()),
        zone=taken.tzinfo,
        taken=_with_offset(taken),
        other=_with_offset(other),
        utc=_seen_from(taken.date(), other.astimezone(UTC)),
    )


def _seen_from(day: date, moment: datetime) -> str:
    """Its clock, with its date if that is another day."""
    clock = _clock(moment.time())
    return clock if moment.date() == day else f"{written(moment.date())} {clock}"


def _with_offset(moment: datetime) -> str:
    return f"{_clock(moment.time())} UTC{moment:%z}"


def _clock(at: time) -> str:
    return at.strftime("%H:%M")


def _today(zone: str, now: float) -> date:
    return datetime.fromtimestamp(now, ZoneInfo(zone)).date()
