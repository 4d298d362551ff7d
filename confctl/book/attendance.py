"""Who was in a conference from when to when, as its journal tells; nothing here reads a file or a clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mixer.records import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mixer.model import Plan
    from mixer.records import Record


@dataclass(slots=True)
class Attendance:
    """Of one person, on however many legs."""

    name: str | None
    """None for a guest."""
    number: str | None
    """A person's first one; a guest's caller ID, where known."""
    stays: list[tuple[float, float]] = field(default_factory=list)
    """From when to when, in seconds since the epoch; in the order in which they ended."""
    reason: str | None = None
    """Why the last call to them was not answered, as the network said it: ``486 Busy Here``."""

    @property
    def seconds(self) -> float:
        """In all; what was spent on two phones at once counts once."""
        total, until = 0.0, float("-inf")
        for start, end in sorted(self.stays):
            total += max(end - max(start, until), 0.0)
            until = max(until, end)
        return total


def attendance(plan: Plan, records: Iterable[Record]) -> list[Attendance]:
    """The owner, the participants, then whom the owner has added and guests in the order in which they came.

    In is who has answered or dialled in: the greeting and the music count.  A leg that the journal doesn't see leaving
    was there until the mixer stopped, or left its last sign of life; where that isn't noted either, until the last
    thing that the journal knows of before.
    """
    found = {person.number: Attendance(person.name, person.number) for person in plan.people}
    legs: dict[str, tuple[Attendance, float]] = {}
    last = plan.start
    for record in records:
        match record.kind:
            case Kind.ADDED if record.person is not None:
                found.setdefault(record.person, Attendance(record.detail or None, record.person))
            case Kind.ANSWERED | Kind.ENTERED:
                key = record.person or f"guest {record.detail or record.leg}"
                someone = found.setdefault(key, Attendance(None, record.person or record.detail or None))
                legs[record.leg or ""] = someone, record.at
            case Kind.NOT_REACHED if record.person in found:
                found[record.person].reason = record.detail or None
            case Kind.LEFT:
                _close(legs, [record.leg or ""], record.at)
            case Kind.STOPPED | Kind.CRASHED | Kind.ENDED:
                _close(legs, list(legs), record.at)
            case Kind.RESUMED:
                _close(legs, list(legs), last)
        last = record.at
    _close(legs, list(legs), last)
    return list(found.values())


def _close(legs: dict[str, tuple[Attendance, float]], which: list[str], at: float) -> None:
    for leg in which:
        if leg in legs:
            someone, since = legs.pop(leg)
            someone.stays.append((since, max(since, at)))
