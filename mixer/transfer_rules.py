"""What phones ask for inside a conference: another phone in the place of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mixer.call_rules import Change, note
from mixer.records import Kind

if TYPE_CHECKING:
    from mixer.conference import Conference


@dataclass(frozen=True, slots=True)
class Transferred:
    """The leg goes on with another phone; who it belongs to, and all else of it, stays."""

    leg: str
    to: str
    """Whose phone, for the journal; empty where nobody knows."""


def transfer(conference: Conference, event: Transferred, now: float) -> Change:
    leg = conference.legs.get(event.leg)
    return (conference, ()) if leg is None else (conference, (note(Kind.TRANSFERRED, leg, now, event.to),))
