"""The rules of a wall clock that is set while a conference runs: what is so long after something else stays so.

The planned start and end are moments on the clock, and stay where they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mixer.rules.conference import Conference


@dataclass(frozen=True, slots=True)
class ClockSet:
    """The clock shows so many seconds more than it would if nobody had set it."""

    by: float


def set_clock(conference: Conference, by: float) -> Conference:
    """As if all that has happened had done so by the clock as it is now."""
    absence, announced = conference.absence, conference.announced
    return replace(
        conference,
        legs=conference.legs.with_(*(replace(leg, since=leg.since + by) for leg in conference.legs.values())),
        started=_later(conference.started, by),
        grace_until=_later(conference.grace_until, by),
        pursuits={person: replace(each, at=_later(each.at, by)) for person, each in conference.pursuits.items()},
        absence=replace(absence, called_at=_later(absence.called_at, by)),
        announced=replace(announced, toned=announced.toned + by, looked=announced.looked + by),
    )


def _later(at: float | None, by: float) -> float | None:
    return None if at is None else at + by
