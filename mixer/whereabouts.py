"""What a conference's records tell of those who are not on the line, and since when things are as they are.

The roster knows who is there; of the others only the journal does, so a conference that is resumed knows too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mixer.rules.records import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mixer.rules.records import Record

MOST_GUESTS: Final = 100
"""Guests who have left that are remembered: the last ones."""

_ENDS: Final = frozenset({Kind.NOT_REACHED, Kind.TAKEN_BACK, Kind.LEFT})
_CUTS: Final = frozenset({Kind.STOPPED, Kind.CRASHED, Kind.RESUMED})
"""A mixer that dies right after its last record is not known to have lived until anything else."""
_TAPE: Final = {
    Kind.RECORDING_STARTED: "on",
    Kind.RECORDING_RESUMED: "on",
    Kind.RECORDING_PAUSED: "paused",
    Kind.RECORDING_STOPPED: "off",
}


@dataclass(frozen=True, slots=True)
class Absent:
    """How somebody's last call or stay ended."""

    kind: str
    """Not reached, taken back, or left: a :class:`mixer.rules.records.Kind`."""
    at: float
    detail: str
    number: str = ""
    """Of a guest, where it is known."""


@dataclass(slots=True)
class Whereabouts:
    absent: dict[str, Absent] = field(default_factory=dict)
    """By the first numbers of people; some may be on the line again."""
    guests_gone: dict[str, Absent] = field(default_factory=dict)
    """By their legs."""
    callers: dict[str, str] = field(default_factory=dict)
    """Whence those called who have dialled in, by their legs, where it is known."""
    owner_out: float | None = None
    """Since when the owner, who was in, is out."""
    tape: tuple[str, float] = ("off", 0.0)
    """``on``, ``paused`` or ``off``, and since when."""
    _owner_in: bool = False

    @classmethod
    def of(cls, records: Iterable[Record]) -> Whereabouts:
        whereabouts = cls()
        for record in records:
            whereabouts.take(record)
        return whereabouts

    def take(self, record: Record) -> None:
        if record.kind in _CUTS and self.tape[0] != "off":
            self.tape = "off", record.at
        if record.kind in _ENDS:
            self._end(record)
        elif record.kind in (Kind.ANSWERED, Kind.ENTERED):
            self._come(record)
        elif record.kind == Kind.OWNER_IN:
            self._owner_in, self.owner_out = True, None
        elif record.kind == Kind.OWNER_OUT or (record.kind in _CUTS and self._owner_in):
            self._owner_in, self.owner_out = False, record.at
        elif record.kind in _TAPE:
            self.tape = _TAPE[Kind(record.kind)], record.at

    def _come(self, record: Record) -> None:
        if record.person is not None:
            self.absent.pop(record.person, None)
        if record.leg is not None and record.kind == Kind.ENTERED and record.detail:
            self.callers[record.leg] = record.detail

    def _end(self, record: Record) -> None:
        number = self.callers.pop(record.leg, "") if record.leg is not None else ""
        absent = Absent(record.kind, record.at, record.detail, number)
        if record.person is not None:
            self.absent[record.person] = absent
        elif record.leg is not None:
            self.guests_gone[record.leg] = absent
            if len(self.guests_gone) > MOST_GUESTS:
                del self.guests_gone[next(iter(self.guests_gone))]
