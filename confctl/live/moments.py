"""Since when: a moment of the past, as people write it."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import TYPE_CHECKING, Final

from confctl.clock_times import parse_time
from confctl.days import parse_date
from confctl.problems import UsageError
from confctl.words import say

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_AGO: Final = re.compile(r"-?([0-9]{1,5}) ?(s|m|min|h|d|с|мин|м|ч|д)", re.IGNORECASE)
_SECONDS: Final = {"s": 1, "с": 1, "m": 60, "м": 60, "h": 3600, "ч": 3600, "d": 86400, "д": 86400}
_CLOCK: Final = re.compile(r"(?:(.*)[ T])?(?:([0-9]{1,2}:[0-9]{2}):[0-9]{2}|([0-9]{1,2}[:.][0-9]{2}))", re.DOTALL)
"""With seconds only where there are colons: ``05.11.26`` is a day."""


def parse_moment(text: str, now: float, zone: ZoneInfo) -> float:
    """``15:30`` of today, ``2026-11-30``, ``yesterday``, ``2026-11-30 15:30``; ``10m``, ``2h``, ``3d`` ago.

    Raises UsageError.
    """
    if ago := _AGO.fullmatch(text.strip()):
        return now - int(ago[1]) * _SECONDS[ago[2][0].lower()]
    today = datetime.fromtimestamp(now, zone).date()
    clock = _CLOCK.fullmatch(text.strip())
    day, hour = (clock[1], parse_time(clock[2] or clock[3])) if clock else (text, time(0))
    try:
        found = datetime.combine(parse_date(day, today) if day or not clock else today, hour, zone).timestamp()
    except UsageError:
        raise UsageError(
            say("“{value}” is no time: write 15:30, 2026-11-30 15:30, yesterday, or 2h for two hours ago.", value=text)
        ) from None
    if found > now:
        raise UsageError(say("“{value}” has not come yet.", value=text))
    return found
