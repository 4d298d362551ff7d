"""``[conference] owner_…`` of ``confctl.toml``: what becomes of a conference whose owner does not come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from confctl.words import say
from mixer.rules.absence import Remedy

if TYPE_CHECKING:
    from confctl.storage.toml_table import Table


@dataclass(frozen=True, slots=True)
class OwnerAbsence:
    call_again_seconds: int
    """How often the owner is called again on every number; 0: only as everybody is."""
    call_again_times: int
    minutes: int
    """How long the owner is waited for; 0: as long as anybody waits."""
    remedy: Remedy

    @property
    def needs_deputy(self) -> bool:
        """Without one everybody waits on."""
        return bool(self.minutes) and self.remedy is Remedy.DEPUTY


def owner_absence_of(table: Table) -> OwnerAbsence:
    absence = OwnerAbsence(
        call_again_seconds=table.integer("owner_call_again_seconds", 0, 0, 3600),
        call_again_times=table.integer("owner_call_again_times", 3, 1, 20),
        minutes=table.integer("owner_absent_minutes", 0, 0, 240),
        remedy=Remedy(table.choice("owner_absent", tuple(Remedy)) or Remedy.DEPUTY),
    )
    if "owner_absent" in table and not absence.minutes:
        table.wrong("owner_absent", say("say after how long, too; add: {example}", example="owner_absent_minutes = 10"))
    if "owner_call_again_times" in table and not absence.call_again_seconds:
        example = "owner_call_again_seconds = 60"
        table.wrong("owner_call_again_times", say("say how often, too; add: {example}", example=example))
    return absence
