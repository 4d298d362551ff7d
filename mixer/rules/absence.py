"""The owner who does not come: what the settings want done about it, and what has been done so far."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from mixer.rules.records import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mixer.rules.records import Record


class Remedy(StrEnum):
    DEPUTY = "deputy"
    """The deputy becomes an owner, beside the one who may come yet; is called first if not in."""
    CALL_OFF = "call-off"
    """Everybody in hears that the conference is called off, and it ends."""


@dataclass(frozen=True, slots=True)
class AbsencePolicy:
    call_again_seconds: float | None = None
    """How often the owner is called again, on every number, from the start on; None: only as everybody is."""
    call_again_times: int = 3
    seconds: float | None = None
    """How long the owner is waited for, from the start on; None: as long as anybody waits."""
    remedy: Remedy = Remedy.DEPUTY


@dataclass(frozen=True, slots=True)
class Absence:
    """As the journal tells it: the same after a crash as before."""

    over: bool = False
    """An owner was in: whoever leaves afterwards is not absent."""
    calls: int = 0
    """How often the owner was called again on every number."""
    called_at: float | None = None
    """When last."""
    deputy: str | None = None
    """Who was called to stand in for the owner, by their first number."""

    def after(self, records: Iterable[Record]) -> Absence:
        """What holds after these besides; records of other things change nothing."""
        absence = self
        for record in records:
            match record.kind:
                case Kind.OWNER_IN:
                    absence = replace(absence, over=True)
                case Kind.OWNER_AWAITED:
                    absence = replace(absence, calls=absence.calls + 1, called_at=record.at)
                case Kind.DEPUTY_AWAITED:
                    absence = replace(absence, deputy=record.person)
        return absence
