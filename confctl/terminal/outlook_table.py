"""What ``confctl plan`` has found, for people and for scripts."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from confctl import dates
from confctl.terminal.table import Table, Text, cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from confctl.outlook import Clash
    from confctl.problems import Problem
    from confctl.terminal.screen import Json, Screen
    from confctl.terminal.table import Row


def table(found: Sequence[Clash], screen: Screen, zone: str) -> Table:
    """A heading for each day, on the clocks of ``zone``."""
    return Table(list(_rows(found, screen, zone)))


def _rows(found: Sequence[Clash], screen: Screen, zone: str) -> Iterator[Row]:
    day = None
    for clash in found:
        if day != (day := datetime.fromtimestamp(clash.start, ZoneInfo(zone)).date()):
            yield Text(dates.day_in_words(day, screen.language))
        hours = dates.hours(clash.start, clash.end, zone)
        yield cell(f"  {hours}"), cell(clash.detail.in_language(screen.language))


def as_json(found: Iterable[Clash], conferences: int, days: int, problems: Sequence[Problem]) -> Json:
    clashes = [_clash(clash) for clash in found]
    return {
        "ok": not clashes and not problems,
        "days": days,
        "conferences": conferences,
        "clashes": clashes,
        "problems": list(map(str, problems)),
    }


def _clash(clash: Clash) -> Json:
    zone = ZoneInfo(clash.plans[0].zone)
    return {
        "kind": str(clash.trouble),
        "start": dates.for_scripts(clash.start, zone),
        "end": dates.for_scripts(clash.end, zone),
        "codes": [plan.code for plan in clash.plans],
        "people": [{"name": person.name, "number": person.number} for person in clash.people],
        "needed": clash.needed,
        "room": clash.room,
        "detail": str(clash.detail),
    }
