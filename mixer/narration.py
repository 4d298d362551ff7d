"""A record as a line of the log: what happens, for whoever watches ``confctl run``.  No code is ever in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mixer.conference import EndReason
from mixer.records import Kind
from mixer.rules import HangUpReason

if TYPE_CHECKING:
    from mixer.model import Plan
    from mixer.records import Record

SAID: Final[dict[str, str]] = {
    Kind.STARTED: "begins",
    Kind.CALLING: "is called",
    Kind.RINGING: "has a phone that rings",
    Kind.NOT_REACHED: "is not reached",
    Kind.TAKEN_BACK: "is called no more",
    Kind.ANSWERED: "answers",
    Kind.ENTERED: "dials in",
    Kind.JOINED: "is in",
    Kind.LEFT: "has left",
    Kind.OWNER_IN: "the owner is in, everybody is connected",
    Kind.OWNER_OUT: "the owner has left, music for everybody",
    Kind.REFUSED: "is refused",
    Kind.STOPPED: "is left, the mixer stops",
    Kind.RESUMED: "is resumed",
    Kind.ENDED: "is over",
}

_DETAILS: Final[dict[str, str]] = {
    "TooEarly": "it has not started",
    "NoSuch": "no conference has this code",
    "NotListed": "not on the list",
    EndReason.PLANNED_END: "its planned end has come and nobody is in",
    EndReason.LAST_LEFT: "the last one has left",
    EndReason.MISSED: "no mixer ran in its time",
    HangUpReason.JOINED_ELSEWHERE: "dialled in meanwhile",
}
"""What the journal has as words for programs."""


def narrate(plan: Plan | None, record: Record) -> str:
    """``“Weekly meeting”: Anna Petrova is in``; ``plan`` None for callers whose code belongs to no conference."""
    said = SAID.get(record.kind, record.kind)
    parts = [f"“{plan.title}”" if plan else "no conference", f"{_who(plan, record)}{said}"]
    detail = _DETAILS.get(record.detail, record.detail)
    return ": ".join(parts) + (f" ({detail})" if detail else "")


def _who(plan: Plan | None, record: Record) -> str:
    if record.leg is None:
        return ""
    if record.kind == Kind.REFUSED:
        return f"{record.person or 'a caller'} "
    person = plan.person(record.person) if plan and record.person else None
    return f"{person.name if person else 'a guest'} "
