"""Dates and times in words, the same in lists, in ``show`` and in mails.

>>> day_in_words(date(2026, 11, 30), "en"), day_in_words(date(2026, 11, 30), "ru")
('Monday, 30 November 2026', 'понедельник, 30 ноября 2026')
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from confctl.words import Language

_WEEKDAYS: dict[Language, tuple[str, ...]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "ru": ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье"),
}
_MONTHS = (
    ("January", "января", "Январь"),
    ("February", "февраля", "Февраль"),
    ("March", "марта", "Март"),
    ("April", "апреля", "Апрель"),
    ("May", "мая", "Май"),
    ("June", "июня", "Июнь"),
    ("July", "июля", "Июль"),
    ("August", "августа", "Август"),
    ("September", "сентября", "Сентябрь"),
    ("October", "октября", "Октябрь"),
    ("November", "ноября", "Ноябрь"),
    ("December", "декабря", "Декабрь"),
)
"""In English, in Russian after a day, in Russian by itself."""


def day(of: date, language: Language) -> str:
    """``30 November 2026``, ``30 ноября 2026``."""
    english, russian, _ = _MONTHS[of.month - 1]
    month = russian if language == "ru" else english
    return f"{of.day} {month} {of.year}"


def day_in_words(of: date, language: Language) -> str:
    """``Monday, 30 November 2026``, ``понедельник, 30 ноября 2026``."""
    return f"{_WEEKDAYS[language][of.weekday()]}, {day(of, language)}"


def month_in_words(of: date, language: Language) -> str:
    """``November 2026``, ``Ноябрь 2026``: a heading."""
    english, _, russian = _MONTHS[of.month - 1]
    month = russian if language == "ru" else english
    return f"{month} {of.year}"


def hours(start: float, end: float, zone: str) -> str:
    """``15:30–16:30``; of one that ends on a later day ``23:00–01:00 (+1)``.  Seconds since the epoch, IANA name."""
    first, last = _on_the_clocks_of(zone, start, end)
    later = (last.date() - first.date()).days
    return f"{first:%H:%M}–{last:%H:%M}" + (f" (+{later})" if later else "")


def span(start: float, end: float, zone: str, home: str, language: Language) -> str:
    """``30 November 2026, 15:30–16:30``; with its zone where that is not the company's, ``home``."""
    first = datetime.fromtimestamp(start, ZoneInfo(zone))
    return f"{day(first, language)}, {hours(start, end, zone)}" + (f" {zone}" if zone != home else "")


def span_without_zone(start: float, end: float, zone: str, language: Language) -> str:
    """``30 November 2026, 15:30–16:30``, the second day in full where it is another: for who has no legend at hand."""
    first, last = _on_the_clocks_of(zone, start, end)
    return f"{day(first, language)}, {_times(first, last, day(last, language))}"


def span_in_full(start: float, end: float, zone: str, language: Language) -> str:
    """``Monday, 30 November 2026, 15:30–16:30 Europe/Moscow (UTC+3)``, the second day too where it is another."""
    first, last = _on_the_clocks_of(zone, start, end)
    times = _times(first, last, day_in_words(last, language))
    offsets = _offsets(first, last)
    place = zone if offsets == zone else f"{zone} ({offsets})"
    return f"{day_in_words(first, language)}, {times} {place}"


def span_elsewhere(start: float, end: float, zone: str, there: str, language: Language) -> str:
    """The same hours on the clocks of ``there``, for somebody who knows the date in ``zone``.

    ``07:30–08:30 America/New_York``; the day leads where it is another one there.
    """
    here = datetime.fromtimestamp(start, ZoneInfo(zone)).date()
    first, last = _on_the_clocks_of(there, start, end)
    times = f"{_times(first, last, day_in_words(last, language))} {there}"
    return times if first.date() == here else f"{day_in_words(first, language)}, {times}"


def for_scripts(instant: float, zone: ZoneInfo) -> str:
    """``2026-11-30T15:30:00+03:00``, without what is less than a second."""
    return datetime.fromtimestamp(int(instant), zone).isoformat()


def length(seconds: float) -> str:
    """``0:07``, ``12:30``, ``1:02:30``: minutes and seconds, after an hour with hours."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def duration(seconds: float, language: Language) -> str:
    """``45 min``, ``1 h 30 min``, ``24 h``; ``1 ч 30 мин``."""
    hours, minutes = divmod(round(seconds / 60), 60)
    hour, minute = ("ч", "мин") if language == "ru" else ("h", "min")
    parts = [f"{hours} {hour}"] * bool(hours) + [f"{minutes} {minute}"] * bool(minutes or not hours)
    return " ".join(parts)


def _on_the_clocks_of(zone: str, *instants: float) -> list[datetime]:
    return [datetime.fromtimestamp(instant, ZoneInfo(zone)) for instant in instants]


def _times(first: datetime, last: datetime, last_day: str) -> str:
    """``15:30–16:30``, ``23:00 – Tuesday, 1 December 2026, 01:00``."""
    if first.date() == last.date():
        return f"{first:%H:%M}–{last:%H:%M}"
    return f"{first:%H:%M} – {last_day}, {last:%H:%M}"


def _offsets(first: datetime, last: datetime) -> str:
    """``UTC+3``; ``UTC+2 → UTC+1`` where the clocks change in between, so that nobody counts the hours wrong."""
    before, after = (_offset(moment.utcoffset()) for moment in (first, last))
    return before if before == after else f"{before} → {after}"


def _offset(offset: timedelta | None) -> str:
    minutes = round((offset or timedelta()).total_seconds() / 60)
    if not minutes:
        return "UTC"
    sign, whole, rest = "+" if minutes > 0 else "−", abs(minutes) // 60, abs(minutes) % 60
    return f"UTC{sign}{whole}" + (f":{rest:02}" if rest else "")
