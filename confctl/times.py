"""Dates and times as people type them, in a conference's own time zone.

A local time that a clock change skips is refused; one that it doubles is taken as the first of the two, and said so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from confctl.problems import RefusedError, UsageError
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
    place = ZoneInfo(zone)
    today = datetime.fromtimestamp(now, place).date()
    on = parse_date(day, today)
    if on < today:
        raise RefusedError(say("{date} is past; give today's date or a later one.", date=written(on)))
    start_time, end_time = parse_time(start), parse_time(end)
    until = on if end_time > start_time else _next_day(on)
    began, start_notes = _instant(on, start_time, place)
    ends, end_notes = _instant(until, end_time, place)
    if ends <= now:
        raise RefusedError(say("It is past {end} already; give a later time or another date.", end=_clock(end_time)))
    if ends <= began:  # the clocks go back between the two, and the end is the first of the doubled times
        raise RefusedError(
            say(
                "From {start} to {end} no time passes on {date}: the clocks change; give other times.",
                start=_clock(start_time),
                end=_clock(end_time),
                date=written(on),
            )
        )
    return Times(began, ends, (*start_notes, *end_notes))


def parse_date(text: str, today: date) -> date:
    """``2026-11-30``, ``30.11.2026``, ``today``, ``tomorrow`` or their Russian words.  Raises UsageError."""
    word = text.strip().lower()
    if word in ("today", "сегодня"):
        return today
    if word in ("tomorrow", "завтра"):
        return _next_day(today)
    iso = re.fullmatch(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", word)
    russian = re.fullmatch(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})", word)
    if iso:
        year, month, day = iso.groups()
    elif russian:
        day, month, year = russian.groups()
    else:
        raise UsageError(say("“{value}” is no date; write 2026-11-30, 30.11.2026, today or tomorrow.", value=text))
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        raise UsageError(say("There is no {value} in the calendar.", value=text)) from None
    if found.year >= _LAST_YEAR:
        raise UsageError(say("{value} is too far ahead.", value=text))
    return found


def parse_time(text: str) -> time:
    """``15:30`` or ``15.30``, on a 24-hour clock.  Raises UsageError."""
    match = re.fullmatch(r"([0-9]{1,2})[:.]([0-9]{2})", text.strip())
    if match and int(match.group(1)) < 24 and int(match.group(2)) < 60:
        return time(int(match.group(1)), int(match.group(2)))
    raise UsageError(say("“{value}” is no time; write hours and minutes of a 24-hour clock, as in 15:30.", value=text))


def written(day: date) -> str:
    """A date as both languages can read it: ``2026-11-30``."""
    return day.isoformat()


_LAST_YEAR = 9000
"""Beyond it, zones have no rules and calendars end."""


def _instant(day: date, at: time, zone: ZoneInfo) -> tuple[float, tuple[Sentence, ...]]:
    first = datetime.combine(day, at, zone)
    second = first.replace(fold=1)
    if first.utcoffset() == second.utcoffset():
        return first.timestamp(), ()
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != first.replace(tzinfo=None):
        raise RefusedError(_skipped(first, second))
    return first.timestamp(), (_doubled(first, second),)


def _skipped(first: datetime, second: datetime) -> Sentence:
    """Read with the offset before the change, a skipped time lands after it; with the other, before it."""
    zone = first.tzinfo
    later, earlier = (time.astimezone(UTC).astimezone(zone) for time in (first, second))
    return say(
        "There is no {time} on {date} in {zone}: the clocks go forward; give {earlier} or {later}, for example.",
        time=_clock(first.time()),
        date=written(first.date()),
        zone=zone,
        earlier=_clock(earlier.time()),
        later=_clock(later.time()),
    )


def _doubled(first: datetime, second: datetime) -> Sentence:
    return say(
        "{time} comes twice on {date} in {zone}, as the clocks go back; the first is taken: {first}, not {second}.",
        time=_clock(first.time()),
        date=written(first.date()),
        zone=first.tzinfo,
        first=_with_offset(first),
        second=_with_offset(second),
    )


def _with_offset(moment: datetime) -> str:
    return f"{_clock(moment.time())} UTC{moment:%z}"


def _clock(at: time) -> str:
    return at.strftime("%H:%M")


def _next_day(day: date) -> date:
    return day + timedelta(days=1)
