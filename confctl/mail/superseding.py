"""One mail for all that a person has not been sent yet: who is invited and moved before any mail went out, is invited.

What a person is to be told is then the difference between what they were really sent last and what holds now: who knew
nothing is invited, or, if it is over for them already, told nothing.  Pure.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from confctl.mail.changes import Notice, concerns, mailbox
from confctl.mail.told import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from confctl.mail.told import Unsent
    from mixer.rules.model import Plan


def superseding(notices: Iterable[Notice], unsent: Iterable[Unsent]) -> tuple[tuple[Notice, ...], tuple[str, ...]]:
    """What to write in the place of ``notices`` and of mails to the same people, and the names of those mails.

    ``unsent`` are those of the same conference that wait and were never tried, in their order.
    """
    by_mailbox: dict[str | None, list[Unsent]] = defaultdict(list)
    for mail in unsent:
        by_mailbox[mailbox(mail.to)].append(mail)
    told: list[Notice | None] = []
    superseded: list[str] = []
    for notice in notices:
        waiting = by_mailbox[mailbox(notice.to)]
        told.append(_in_one(notice, waiting[0].knew) if waiting else notice)
        superseded += (mail.file for mail in waiting)
    return tuple(notice for notice in told if notice), tuple(superseded)


def _in_one(notice: Notice, knew: Plan | None) -> Notice | None:
    """None if there is nothing left to be told."""
    over = notice.kind is Kind.CANCELLATION
    if knew is None:
        return None if over else replace(notice, kind=Kind.INVITATION, before=None)
    if over:
        return replace(notice, before=knew)
    return replace(notice, kind=Kind.UPDATE, before=knew) if concerns(notice.to, knew, notice.told.plan) else None
