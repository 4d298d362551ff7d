"""What ``confctl check`` says of the clock: what it shows, and whether anything keeps it in step."""

from __future__ import annotations

import ctypes
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from confctl.findings import Finding, fine, wrong
from confctl.words import say

if TYPE_CHECKING:
    from confctl.settings import Settings

NO_EARLIER: Final = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
"""A clock before this program was written has not been set."""
_TIME_ERROR: Final = 5
"""What adjtimex(2) returns of a clock that nothing keeps in step."""


class _Timex(ctypes.Structure):
    """Of which nothing is asked or set: what counts is what the call returns.  208 octets on 64-bit Linux."""

    _fields_ = (("modes", ctypes.c_uint), ("rest", ctypes.c_byte * 508))


def in_step() -> bool | None:
    """Whether the system says that NTP or the like keeps its clock; None where it doesn't tell."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.byref(_Timex()))
    except (OSError, AttributeError):  # no Linux
        return None
    return None if state < 0 else state != _TIME_ERROR  # a container may not be allowed to ask


def clock(settings: Settings, now: float) -> Finding:
    zone = settings.company.timezone
    time, what = f"{datetime.fromtimestamp(now, ZoneInfo(zone)):%Y-%m-%d %H:%M}", say("clock")
    shown = say("{time} in {zone}", time=time, zone=zone)
    if now < NO_EARLIER:
        return wrong(what, shown)
    match in_step():
        case True:
            return fine(what, say("{time}, kept in step", time=shown))
        case False:
            return fine(what, say("{time}; nothing keeps it in step: set up NTP, for example chrony", time=shown))
        case None:
            return fine(what, say("{time}; whether it is kept in step is not told here", time=shown))
