"""A time zone as a calendar entry brings it along: VTIMEZONE (RFC 5545 §3.6.5), true for the years that matter.

icalendar's own writes the onset of an observance on the clocks after the change, where the RFC wants those before it;
readers that take it at its word are then an hour wrong for an hour.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

if TYPE_CHECKING:
    from collections.abc import Iterator


@lru_cache(maxsize=16)
def vtimezone(zone: str, first_year: int, last_year: int) -> Timezone:
    """All that the zone's clocks do from the first day of the one year to the last of the other."""
    place = ZoneInfo(zone)
    begins = datetime(first_year, 1, 1, tzinfo=UTC) - timedelta(days=2)  # New Year is earlier in the east
    made = Timezone()
    made.add("tzid", zone)
    made.add_component(_observance(begins, begins, place))
    for before, after in _changes(place, begins, datetime(last_year + 1, 1, 2, tzinfo=UTC)):
        made.add_component(_observance(before, after, place))
    return made


def _changes(place: ZoneInfo, begins: datetime, ends: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The last second before each change of the clocks and the first after it.  No zone changes twice a day."""
    day = begins
    while day < ends:
        following = day + timedelta(days=1)
        if _clock(day, place) != _clock(following, place):
            before, after = day, following
            while after - before > timedelta(seconds=1):
                middle = before + timedelta(seconds=(after - before) // timedelta(seconds=1) // 2)
                if _clock(middle, place) == _clock(day, place):
                    before = middle
                else:
                    after = middle
            yield before, after
        day = following


def _clock(moment: datetime, place: ZoneInfo) -> tuple[timedelta | None, str | None]:
    there = moment.astimezone(place)
    return there.utcoffset(), there.tzname()


def _observance(before: datetime, after: datetime, place: ZoneInfo) -> TimezoneStandard | TimezoneDaylight:
    """What holds from ``after`` on, its onset on the clocks of ``before``."""
    was, now = before.astimezone(place).utcoffset() or timedelta(), after.astimezone(place)
    offset = now.utcoffset() or timedelta()
    ahead = (now.dst() or timedelta()) > timedelta() if before == after else offset > was
    observance = (
        TimezoneDaylight() if ahead else TimezoneStandard()
    )  # not as IANA has Dublin, whose winter is the odd one
    observance.add("dtstart", (after + was).replace(tzinfo=None))
    observance.add("tzoffsetfrom", was)
    observance.add("tzoffsetto", offset)
    observance.add("tzname", now.tzname() or "")
    return observance
