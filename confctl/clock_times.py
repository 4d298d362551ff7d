"""Times of the day as people write them, in English and Russian, and the length that may stand for an end."""

from __future__ import annotations

import re
import unicodedata
from datetime import time, timedelta

from confctl.problems import UsageError
from confctl.words import say


def parse_time(text: str) -> time:
    """``15:30``, ``15.30``, ``15-30``, ``15 30``, ``15ч30``, ``1530``, ``15``; ``3:30 pm``, ``9 утра``.

    Raises UsageError.  A bare ``3`` is refused: who means 15:00 would have everybody called at night.
    """
    hour, minute = _read(text)
    if (hour, minute) == (24, 0):
        raise UsageError(say("24:00 is the end of a day; a start at midnight is 00:00 on the next date."))
    return time(hour, minute)


def parse_end(text: str) -> time | timedelta:
    """As :func:`parse_time`, and how long it lasts, a day at most: ``+1h``, ``+90m``, ``+1:30``, ``+1ч``, ``+90м``.

    ``24:00`` is the midnight at which the day ends.
    """
    length = _LENGTH.fullmatch(_folded(text))
    if length is None:
        hour, minute = _read(text)
        return time(hour % 24, minute)
    lasts = timedelta(
        hours=int(length["hours"] or 0), minutes=int(length["minutes"] or length["rest"] or length["only"] or 0)
    )
    if not timedelta() < lasts <= timedelta(days=1):
        raise UsageError(say("“{value}” is no length; a conference lasts a minute to 24 hours.", value=text))
    return lasts


def _read(text: str) -> tuple[int, int]:
    """The hour, 24 included where nothing follows, and the minute."""
    match = _CLOCK.fullmatch(_folded(text)) or _DIGITS.fullmatch(text.strip())
    if match is None:
        raise _no_time(text)
    hour, minute, part = int(match["hour"]), int(match["minute"] or 0), match.groupdict().get("part")
    if part:
        hour = _of_24(hour, part, text)
    elif not match["minute"] and match["hour"] in ("1", "2", "3", "4", "5", "6"):
        raise UsageError(
            say(
                "“{value}” is {night} or {day}; write the one that is meant.",
                value=text,
                night=f"{hour:02}:00",
                day=f"{hour + 12}:00",
            )
        )
    if minute > 59 or hour * 60 + minute > 24 * 60:
        raise _no_time(text)
    return hour, minute


def _of_24(hour: int, part: str, text: str) -> int:
    """The hour of a 24-hour clock of one that is said with its part of the day."""
    for parts, hours, later in _PARTS:
        if part in parts and hour in hours:
            return hour % 12 + later
    raise _no_time(text)


def _no_time(text: str) -> UsageError:
    return UsageError(say("“{value}” is no time; write hours and minutes of a 24-hour clock, as in 15:30.", value=text))


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).lower().split())


# Figures are ASCII ones: [0-9], as \d takes those of every script.
_CLOCK = re.compile(
    r"(?:at |в |во )?(?P<hour>[0-9]{1,2})(?:(?:[:. -]| ?[hч] ?)(?P<minute>[0-9]{2})| ?[hч])?"
    r"(?: ?(?P<part>[ap]m|[ap]\.m\.|утра|дня|вечера|ночи))?"
)
_DIGITS = re.compile(r"(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})")
_HOUR = "(?:h|hours?|ч|час|часа|часов)"
_MINUTE = "(?:m|min|minutes?|м|мин|минут|минуты)"
_LENGTH = re.compile(
    rf"\+ ?(?:(?P<hours>[0-9]{{1,2}})(?: ?{_HOUR}(?: ?(?P<minutes>[0-9]{{1,2}})(?: ?{_MINUTE})?)?"
    rf"|:(?P<rest>[0-5][0-9]))|(?P<only>[0-9]{{1,4}}) ?{_MINUTE})"
)
_PARTS: tuple[tuple[tuple[str, ...], range, int], ...] = (
    (("am", "a.m."), range(1, 13), 0),
    (("pm", "p.m."), range(1, 13), 12),
    (("ночи",), range(1, 5), 0),
    (("ночи",), range(12, 13), 0),
    (("утра",), range(3, 12), 0),
    (("дня",), range(12, 13), 12),
    (("дня",), range(1, 6), 12),
    (("вечера",), range(4, 12), 12),
)
"""Parts of the day, the hours that are said with them, and what makes 24-hour ones of these."""
