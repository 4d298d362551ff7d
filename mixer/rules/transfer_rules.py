"""What phones ask for inside a conference: another phone in the place of one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mixer.rules.call_rules import Change, note
from mixer.rules.records import Kind

if TYPE_CHECKING:
    from mixer.rules.conference import Conference


@dataclass(frozen=True, slots=True)
class Transferred:
    """The leg goes on with another phone; who it belongs to, and all else of it, stays."""

    leg: str
    to: str
    """Whose phone, for the journal; empty where nobody knows."""


def transfer(conference: Conference, event: Transferred, now: float) -> Change:
    """Whoever is at that phone has not heard that it is recorded."""
    leg = conference.legs.get(event.leg)
    if leg is None:
        return conference, ()
    legs = conference.legs.with_(replace(leg, told=False)) if leg.told else conference.legs
    return replace(conference, legs=legs), (note(Kind.TRANSFERRED, leg, now, event.to),)
