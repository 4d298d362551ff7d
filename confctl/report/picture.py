"""The picture on a report's page: a row for everybody on one axis of time, as inline SVG.  No script, nothing fetched.

Each row is a drawing of its own that is stretched to the width it gets, so that names beside it stay readable on a
telephone; whatever has letters is HTML.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from confctl.report.attendance import MINUTE, Outcome, Rating, Until
from mixer.sound_records import SLOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from confctl.report.attendance import Attendee, Report, Span

_WIDTH: Final = 4000
"""Units across: finer than any screen."""
_HEIGHT: Final = 29
_TOP, _BAR, _APART_TOP, _APART_BAR = 4, 12, 17, 3
_FOOT: Final = 28
"""On which the sound stands."""
SOUND: Final = {Rating.GOOD: 1, Rating.FAIR: 3, Rating.POOR: 5, Rating.BAD: 7}
"""How high: what was wrong is what is to be seen, by its height as well as by its colour."""
_FINEST: Final = 320
"""So many parts of time at most: each is as dark as the share of it that somebody spoke."""
_LEVELS: Final = 4
_STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440)
"""Minutes between two marks of the axis."""
_MARKS: Final = 9
_MARGIN: Final = 0.02
_NEAR: Final = 0.2
"""A planned end that is not farther away than this part of the whole is on the picture too."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Of the axis."""

    label: str
    at: float
    """Per cent of the width."""


class Picture:
    def __init__(self, report: Report, zone: str) -> None:
        self._report = report
        self._zone = ZoneInfo(zone)
        known = [report.plan.start, *(each.came_at for each in report.came if each.came_at is not None)]
        self._start = min(known)
        end = max(report.until, self._start + 60)
        if end < report.end <= end + _NEAR * (end - self._start):
            end = report.end
        self._length = (end - self._start) * (1 + _MARGIN)
        self._part = max(SLOT, math.ceil(self._length / _FINEST / SLOT) * SLOT)

    def ground(self) -> str:
        """What lies under every row, drawn once: when the owner was away, when no mixer ran, start and planned end."""
        away = f'<path class="away" d="{self._boxes(self._report.without_owner, 0, _HEIGHT)}"/>'
        gaps = "".join(
            f'<path class="gap" d="{self._box(gap.start, gap.end, 0, _HEIGHT)}"/>' for gap in self._report.gaps
        )
        marks = "".join(f"M{_WIDTH * mark.at / 100:.0f} 0v{_HEIGHT}" for mark in self.axis())
        lines = "".join(f"M{self._x(at)} 0v{_HEIGHT}" for at in (self._report.plan.start, self._report.end))
        return (
            '<svg class="defs" aria-hidden="true"><defs><pattern id="hatch" width="60" height="6" '
            'patternUnits="userSpaceOnUse"><path class="hatch" d="M0 6L60 0"/></pattern>'
            f'<symbol id="ground" viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none">{away}{gaps}'
            f'<path class="mark" d="{marks}"/><path class="limit" d="{lines}"/></symbol></defs></svg>'
        )

    def row(self, someone: Attendee, label: str) -> str:
        """``label`` says in words what is drawn, and is safe in HTML."""
        drawn = [
            f'<path class="{name}" d="{path}"/>'
            for name, path in (
                ("in", self._boxes(someone.stays, _TOP, _BAR)),
                *((f"talk{level}", self._talk(someone, level)) for level in range(1, _LEVELS + 1)),
                *((f"sound-{rating}", self._sound(someone, rating)) for rating in Rating),
                ("apart", self._boxes((s for all_ in someone.apart.values() for s in all_), _APART_TOP, _APART_BAR)),
                ("cut", self._cuts(someone)),
                ("failed", self._failed(someone)),
            )
            if path
        ]
        return (
            f'<svg class="strip" role="img" viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none">'
            f"<title>{label}</title>"
            f'<use href="#ground" width="{_WIDTH}" height="{_HEIGHT}"/>{"".join(drawn)}</svg>'
        )

    def axis(self) -> list[Mark]:
        """Full hours and the like, on the clocks of the zone."""
        minutes = next((step for step in _STEPS if self._length / 60 / step <= _MARKS), _STEPS[-1])
        first = datetime.fromtimestamp(self._start, self._zone)
        midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
        moment, step = midnight.astimezone(UTC), timedelta(minutes=minutes)
        moment += step * math.ceil((first.astimezone(UTC) - moment) / step)
        marks: list[Mark] = []
        while (at := moment.timestamp()) <= self._start + self._length and len(marks) < 4 * _MARKS:
            marks.append(Mark(f"{moment.astimezone(self._zone):%H:%M}", 100 * (at - self._start) / self._length))
            moment += step
        return marks

    def _talk(self, someone: Attendee, level: int) -> str:
        """The parts of time in which they spoke for so many quarters."""
        spans = [(part, tenths) for part, tenths in self._parts(someone) if self._level(tenths) == level]
        starts = (self._start + part * self._part for part, _ in spans)
        return "".join(self._box(start, start + self._part, _TOP, _BAR) for start in starts)

    def _sound(self, someone: Attendee, rating: Rating) -> str:
        minutes, high = math.ceil(self._part / MINUTE), SOUND[rating]
        return self._boxes((span for each, span in someone.sounded(minutes) if each is rating), _FOOT - high, high)

    def _parts(self, someone: Attendee) -> Iterator[tuple[int, int]]:
        parts: dict[int, int] = {}
        for slot, tenths in someone.talk.items():
            part = int((slot * SLOT - self._start) // self._part)
            if not -1 <= part < self._length / self._part:  # a clock was set meanwhile
                continue
            parts[part] = parts.get(part, 0) + tenths
        yield from parts.items()

    def _level(self, tenths: int) -> int:
        return min(_LEVELS, math.ceil(_LEVELS * tenths / (10 * self._part)))

    def _cuts(self, someone: Attendee) -> str:
        """Ends of stays of which nobody knows."""
        return "".join(
            f"M{self._x(stay.end)} {_TOP - 2}v{_BAR + 4}" for stay in someone.stays if stay.until is Until.LAST_KNOWN
        )

    def _failed(self, someone: Attendee) -> str:
        failed = (call for call in someone.calls if call.outcome is Outcome.NOT_REACHED)
        return "".join(f"M{self._x(call.at)} {_TOP}v{_BAR}" for call in failed)

    def _boxes(self, spans: Iterable[Span], top: int, height: int) -> str:
        return "".join(self._box(span.start, span.end, top, height) for span in spans)

    def _box(self, start: float, end: float, top: int, height: int) -> str:
        left, right = self._x(start), self._x(end)
        return f"M{left} {top}h{max(right - left, 4)}v{height}H{left}z"

    def _x(self, at: float) -> int:
        return round(min(max((at - self._start) / self._length, 0.0), 1.0) * _WIDTH)
