"""Days as people write them, in English and Russian."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from datetime import date, timedelta

from confctl.problems import UsageError
from confctl.words import say


def parse_date(text: str, today: date) -> date:
    """A day: in figures, with the month's name, as a weekday, or counted from today, in English or Russian.

    ``2026-11-30``, ``20261130``, ``30.11.2026``, ``30.11.26``, ``30 november 2026``, ``nov 30``, ``30-го ноября``;
    ``30/11`` where one of the two can be no month; without a year it is the next such day, today included.  ``fri``,
    ``в пятницу``: the next one, which is never today, as ``today`` says that; in front of a date, ``fri, 4 dec``, it
    must be right.  ``tomorrow``, ``послезавтра``, ``+3``, ``in 3 days``, ``через неделю``, ``yesterday``.
    Raises UsageError, with both readings for what has two.
    """
    words = _folded(text)
    found = (
        _relative(words, today)
        or _weekday(words, today)
        or _weekday_after(words, today, text)
        or _day_with_weekday(words, today, text)
    )
    if found is None:
        raise UsageError(
            say("“{value}” is no date; write for example 2026-11-30, 30.11, 30 november, tomorrow or fri.", value=text)
        )
    if found.year >= _LAST_YEAR:
        raise UsageError(say("{value} is too far ahead.", value=text))
    return found


def rolled_over(text: str, found: date, today: date) -> bool:
    """Whether a day that was written without a year is ``found`` next year, as this year's is past."""
    words = _folded(text)
    first, _, rest = words.partition(" ")
    match = _in_figures_or_words(words if _place(first.rstrip(".,"), _WEEKDAYS) is None else rest)
    return bool(match and not match["year"]) and found.year == today.year + 1


def written(day: date) -> str:
    """A date as both languages can read it: ``2026-11-30``."""
    return day.isoformat()


_LAST_YEAR = 9000
"""Beyond it, zones have no rules and calendars end."""

# Figures are ASCII ones: [0-9], as \d takes those of every script.
_ISO = re.compile(r"(?P<year>[0-9]{4})(?P<between>[-/])(?P<month>[0-9]{1,2})(?P=between)(?P<day>[0-9]{1,2})")
_DIGITS = re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})")
_POINTS = re.compile(r"(?P<day>[0-9]{1,2})\.(?P<month>[0-9]{1,2})(?:\.(?P<year>[0-9]{4}|[0-9]{2})?)?")
_SLASHES = re.compile(r"(?P<one>[0-9]{1,2})/(?P<other>[0-9]{1,2})(?:/(?P<year>[0-9]{4}|[0-9]{2}))?")
_DAY_MONTH = re.compile(
    r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th|-(?:го|е))? ?(?P<name>[a-zа-я]+)\.?,?(?: (?P<year>[0-9]{4}))?"
)
_MONTH_DAY = re.compile(r"(?P<name>[a-z]+)\.? (?P<day>[0-9]{1,2})(?:st|nd|rd|th)?(?:,? (?P<year>[0-9]{4}))?")
_YEAR_WORD = re.compile(r" ?(?:г\.?|года)$")
_PREPOSITION = re.compile(r"^(?:on|в|во) ")
_NEXT = re.compile(r"^(?:on )?next |^(?:в |во )?следующ(?:ий|ую|ая|ее) ")
_DAYS_AHEAD = re.compile(r"\+(?P<plus>[0-9]{1,4})|(?:in|через) (?P<days>[0-9]{1,4}) (?:days?|день|дня|дней)")
_WEEKS_AHEAD = re.compile(r"(?:in|через) (?P<weeks>[0-9]{1,3}) (?:weeks?|неделю|недели|недель)")

_NEAR = {
    "today": 0,
    "сегодня": 0,
    "tomorrow": 1,
    "завтра": 1,
    "day after tomorrow": 2,
    "the day after tomorrow": 2,
    "послезавтра": 2,
    "in a week": 7,
    "next week": 7,
    "через неделю": 7,
    "yesterday": -1,
    "вчера": -1,
    "позавчера": -2,
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
    weeks = _WEEKS_AHEAD.fullmatch(words)
    if weeks:
        ahead = 7 * int(weeks["weeks"])
    return None if ahead is None else today + timedelta(days=ahead)


def _weekday(words: str, today: date) -> date | None:
    weekday = _place(_PREPOSITION.sub("", words).removesuffix("."), _WEEKDAYS)
    return None if weekday is None else today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _weekday_after(words: str, today: date, text: str) -> date | None:
    """``next friday``: some mean the one that comes, some that of the next week; where those differ it is refused."""
    coming = _weekday(_NEXT.sub("", words), today) if _NEXT.match(words) else None
    if coming is None:
        return None
    next_weeks = today + timedelta(days=7 - today.weekday() + coming.weekday())
    if coming != next_weeks:
        raise _two_readings(text, coming, next_weeks)
    return coming


def _two_readings(text: str, one: date, other: date) -> UsageError:
    return UsageError(
        say("“{value}” is {one} or {other}; write the one that is meant.", value=text, one=one, other=other)
    )


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
    match = _in_figures_or_words(words)
    if match is None:
        return None
    parts = match.groupdict()
    if "one" in parts:
        return _with_slashes(int(parts["one"]), int(parts["other"]), parts["year"], today, text)
    if "name" not in parts:
        return _dated(parts["year"], int(parts["month"]), int(parts["day"]), today, text)
    month = _place(parts["name"], _MONTHS)
    return None if month is None else _dated(parts["year"], month + 1, int(parts["day"]), today, text)


def _in_figures_or_words(words: str) -> re.Match[str] | None:
    words = _YEAR_WORD.sub("", words)
    matches = (form.fullmatch(words) for form in (_ISO, _DIGITS, _POINTS, _SLASHES, _DAY_MONTH, _MONTH_DAY))
    return next(filter(None, matches), None)


def _with_slashes(one: int, other: int, year: str | None, today: date, text: str) -> date:
    """Britain writes the day first, America the month."""
    if one > 12 or one == other:
        return _dated(year, other, one, today, text)
    if other > 12:
        return _dated(year, one, other, today, text)
    raise _two_readings(text, _dated(year, other, one, today, text), _dated(year, one, other, today, text))


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
