"""Dates and times as people write them, in a conference's own time zone.

A local time that a clock change skips is refused.  Of one that it doubles the first reading that is still ahead is
taken, and said so.
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
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
    on, start_time, end_time = parse_date(day, _today(zone, now)), parse_time(start), parse_end(end)
    until = on if end_time > start_time else _next_day(on)
    return settled(datetime.combine(on, start_time), datetime.combine(until, end_time), zone, now)


def settled(start: datetime, end: datetime, zone: str, now: float) -> Times:
    """As :func:`settle`, of what the clocks of the zone are to show; both without a zone of their own."""
    place = ZoneInfo(zone)
    if start.date() < _today(zone, now):
        raise RefusedError(say("{date} is past; give today's date or a later one.", date=written(start.date())))
    begins, start_notes = _instant(start.date(), start.time(), place, now)
    ends, end_notes = _instant(end.date(), end.time(), place, max(now, begins))
    if ends <= now:
        raise RefusedError(say("It is past {end} already; give a later time or another date.", end=_clock(end.time())))
    return Times(begins, ends, (*start_notes, *end_notes))


def parse_date(text: str, today: date) -> date:
    """A day: in figures, with the month's name, as a weekday, or counted from today, in English or Russian.

    ``2026-11-30``, ``30.11.2026``, ``30.11.26``, ``30 november 2026``, ``nov 30``, ``30 ноября``; without a year it is
    the next such day, today included.  ``fri``, ``в пятницу``: the next one, which is never today, as ``today`` says
    that; in front of a date, ``fri, 4 dec``, it must be right.  ``tomorrow``, ``послезавтра``, ``+3``, ``in 3 days``,
    ``через 3 дня``.  Raises UsageError.
    """
    words = _folded(text)
    found = _relative(words, today) or _weekday(words, today) or _day_with_weekday(words, today, text)
    if found is None:
        raise UsageError(
            say("“{value}” is no date; write for example 2026-11-30, 30.11, 30 november, tomorrow or fri.", value=text)
        )
    if found.year >= _LAST_YEAR:
        raise UsageError(say("{value} is too far ahead.", value=text))
    return found


def parse_time(text: str) -> time:
    """``15:30`` or ``15.30``, on a 24-hour clock.  Raises UsageError.

    A bare ``3`` is refused: who means 15:00 would have everybody called at night.
    """
    match = _TIME.fullmatch(text.strip())
    if match and int(match["hour"]) < 24 and int(match["minute"]) < 60:
        return time(int(match["hour"]), int(match["minute"]))
    if match and (int(match["hour"]), int(match["minute"])) == (24, 0):
        raise UsageError(say("24:00 is the end of a day; a start at midnight is 00:00 on the next date."))
    raise UsageError(say("“{value}” is no time; write hours and minutes of a 24-hour clock, as in 15:30.", value=text))


def parse_end(text: str) -> time:
    """As :func:`parse_time`; ``24:00`` is the midnight at which the day ends."""
    return time() if text.strip() in ("24:00", "24.00") else parse_time(text)


def written(day: date) -> str:
    """A date as both languages can read it: ``2026-11-30``."""
    return day.isoformat()


_LAST_YEAR = 9000
"""Beyond it, zones have no rules and calendars end."""

# Figures are ASCII ones: [0-9], as \d takes those of every script.
_TIME = re.compile(r"(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})")
_ISO = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})")
_POINTS = re.compile(r"(?P<day>[0-9]{1,2})\.(?P<month>[0-9]{1,2})(?:\.(?P<year>[0-9]{4}|[0-9]{2})?)?")
_DAY_MONTH = re.compile(r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)? ?(?P<name>[a-zа-я]+)\.?,?(?: (?P<year>[0-9]{4}))?")
_MONTH_DAY = re.compile(r"(?P<name>[a-z]+)\.? (?P<day>[0-9]{1,2})(?:st|nd|rd|th)?(?:,? (?P<year>[0-9]{4}))?")
_YEAR_WORD = re.compile(r" ?(?:г\.?|года)$")
_PREPOSITION = re.compile(r"^(?:on|в|во) ")
_DAYS_AHEAD = re.compile(r"\+(?P<plus>[0-9]{1,4})|(?:in|через) (?P<days>[0-9]{1,4}) (?:days?|день|дня|дней)")

_NEAR = {
    "today": 0,
    "сегодня": 0,
    "tomorrow": 1,
    "завтра": 1,
    "day after tomorrow": 2,
    "the day after tomorrow": 2,
    "послезавтра": 2,
}
_WEEKDAYS = (
    ("monday", "понедельник", "пн"),
    ("tuesday", "вторник", "вт"),
    ("wednesday", "среда", "среду", "ср"),
    ("thursday", "четверг", "чт"),
    ("friday", "пятница", "пятницу", "пт"),
    ("saturday", "суббота", "субботу", "сб"),
    ("sunday", "воскресенье", "вс"),
)
_MONTHS = (
    ("january", "январь", "января"),
    ("february", "февраль", "февраля"),
    ("march", "март", "марта"),
    ("april", "апрель", "апреля"),
    ("may", "май", "мая"),
    ("june", "июнь", "июня"),
    ("july", "июль", "июля"),
    ("august", "август", "августа"),
    ("september", "сентябрь", "сентября"),
    ("october", "октябрь", "октября"),
    ("november", "ноябрь", "ноября"),
    ("december", "декабрь", "декабря"),
)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).lower().replace("ё", "е").split())


def _relative(words: str, today: date) -> date | None:
    ahead = _NEAR.get(words)
    counted = _DAYS_AHEAD.fullmatch(words)
    if counted:
        ahead = int(counted["plus"] or counted["days"])
    return None if ahead is None else today + timedelta(days=ahead)


def _weekday(words: str, today: date) -> date | None:
    weekday = _place(_PREPOSITION.sub("", words).removesuffix("."), _WEEKDAYS)
    return None if weekday is None else today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _day_with_weekday(words: str, today: date, text: str) -> date | None:
    first, _, rest = words.partition(" ")
    weekday = _place(first.rstrip(".,"), _WEEKDAYS)
    if weekday is None:
        return _calendar_day(words, today, text)
    found = _calendar_day(rest, today, text)
    if found and found.weekday() != weekday:
        raise UsageError(say("{date} is another day of the week; give one of the two.", date=written(found)))
    return found


def _calendar_day(words: str, today: date, text: str) -> date | None:
    words = _YEAR_WORD.sub("", words)
    figures = _ISO.fullmatch(words) or _POINTS.fullmatch(words)
    if figures:
        return _dated(figures["year"], int(figures["month"]), int(figures["day"]), today, text)
    named = _DAY_MONTH.fullmatch(words) or _MONTH_DAY.fullmatch(words)
    month = _place(named["name"], _MONTHS) if named else None
    if named is None or month is None:
        return None
    return _dated(named["year"], month + 1, int(named["day"]), today, text)


def _place(word: str, table: tuple[tuple[str, ...], ...]) -> int | None:
    """Which row has the word, or a longer one that begins with its three letters or more."""
    for place, names in enumerate(table):
        if word in names or (len(word) >= 3 and any(name.startswith(word) for name in names)):
            return place
    return None


def _dated(year: str | None, month: int, day: int, today: date, text: str) -> date:
    years = [_full(year)] if year else range(today.year, today.year + 9)  # after 29 February 2096 comes 2104
    for candidate in years:
        with suppress(ValueError):
            found = date(candidate, month, day)
            if year or found >= today:
                return found
    raise UsageError(say("There is no {value} in the calendar.", value=text))


def _full(year: str) -> int:
    return int(year) if len(year) == 4 else 2000 + int(year)


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


def _next_day(day: date) -> date:
    return day + timedelta(days=1)
