"""What whoever plans a conference may have overlooked, though nothing forbids it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confctl import dates
from confctl.book.overlaps import in_both, overlap
from confctl.session import listed
from confctl.words import Sentence, count, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from confctl.absence_settings import OwnerAbsence
    from confctl.book.conference_file import Entry
    from mixer.rules.model import Plan


def overlooked(plan: Plan, current: Sequence[Entry], absence: OwnerAbsence) -> list[Sentence]:
    """``current``: the conferences of the book; the plan may be one of them."""
    notes = [] if plan.participants else [say("Nobody but the owner is called.")]
    if plan.participants and absence.needs_deputy and plan.deputy is None:
        notes.append(say("If the owner does not come, nobody stands in: name who does with --deputy."))
    if plan.deputy is not None and not absence.needs_deputy:
        example = 'owner_absent_minutes = 10, owner_absent = "deputy"'
        notes.append(say("Nothing makes the deputy stand in; set under [conference]: {example}.", example=example))
    elsewhere = [
        say(
            "{person} is in {code} “{title}” then, {hours}.",
            person=listed([person]),
            code=other.code,
            title=other.title,
            hours=dates.hours(other.start, other.end, plan.zone),
        )
        for other in (entry.plan for entry in current)
        if overlap(plan, other)
        for person in in_both(plan, other)
    ]
    more = len(elsewhere) - _NAMED
    notes += elsewhere[:_NAMED]
    if more > 0:
        notes.append(count(more, "{n} more is in another conference then.", "{n} more are in other conferences then."))
    return notes


_NAMED = 3
"""Who is in another conference at the time, as far as they are named one by one."""
