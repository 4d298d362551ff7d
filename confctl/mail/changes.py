"""Who has to be told what: the conference as it is now against the conference as people know it.  Pure.

A mail goes to a mailbox, so mailboxes are compared: two people who share one get one mail, and one who leaves does not
cancel the other's calendar entry.  A person whose address changed is invited at the new one; the old one hears no more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from confctl.clean import DANGEROUS
from confctl.mail.told import Kind, Told, bare
from mixer.rules.model import Recorded
from mixer.rules.numbers import same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mixer.rules.model import Person, Plan


@dataclass(frozen=True, slots=True)
class Notice:
    """One mail to be written."""

    kind: Kind
    to: Person
    """Has a mailbox (:func:`mailbox`)."""
    told: Told
    """What holds now; what the mail is part of."""
    before: Plan | None
    """What the person was told last; None with an invitation."""
    without_owner: bool = False
    """A cancellation of what had begun: the owner did not come."""

    @property
    def about(self) -> Plan:
        """Who has left is told of what they know, not of what it has become without them."""
        if self.kind is Kind.CANCELLATION and self.before is not None:
            return self.before
        return self.told.plan

    @property
    def is_owner(self) -> bool:
        return is_among(self.to, (self.about.owner,))


@dataclass(frozen=True, slots=True)
class News:
    told: Told
    """What everybody knows once the notices are out."""
    notices: tuple[Notice, ...]
    unreachable: tuple[Person, ...]
    """Who would be told something as well, and has no mailbox."""


def news(told: Told | None, plan: Plan, uid: str, now: float) -> News | None:
    """Of a conference that is planned or runs; None if there is nothing to keep in mind.

    ``uid`` is for a conference that nobody knows yet.
    """
    plan = bare(plan)
    if told is None or told.cancelled:
        return _first(told, plan, uid, now)
    if plan == told.plan:
        return None
    after = _next(told, plan, now)
    changed = _differ(plan, told.plan)
    knew, know = _mailboxes(told.plan.people), _mailboxes(plan.people)
    notices: list[Notice] = []
    for box, person in know.items():
        if box not in knew:
            notices.append(Notice(Kind.INVITATION, person, after, None))
        elif concerns(person, told.plan, plan):
            notices.append(Notice(Kind.UPDATE, person, after, told.plan))
    gone = left(told.plan, plan)
    notices += [
        Notice(Kind.CANCELLATION, person, after, told.plan)
        for box, person in knew.items()
        if box not in know and person in gone
    ]
    if not notices:
        return News(replace(told, plan=plan), (), ())
    return News(after, tuple(notices), tuple(p for p in (*plan.people, *gone) if changed and mailbox(p) is None))


def called_off(told: Told, now: float, *, without_owner: bool = False) -> News:
    """Of a conference that was deleted, or whose owner did not come: everybody who knows of it is told."""
    after = replace(_next(told, told.plan, now), cancelled=True)
    boxes = _mailboxes(told.plan.people)
    notices = tuple(Notice(Kind.CANCELLATION, person, after, told.plan, without_owner) for person in boxes.values())
    return News(after, notices, tuple(person for person in told.plan.people if mailbox(person) is None))


def with_known_addresses(plan: Plan, told: Told | None, in_directory: Callable[[str], Person | None]) -> Plan:
    """Who is not in the directory any more, or not now, as its file is broken, is written to as before."""
    known = told.plan.people if told else ()

    def settled(person: Person) -> Person:
        if in_directory(person.number) is not None:
            return person
        return next((each for each in known if is_among(each, (person,))), person)

    return replace(plan, owner=settled(plan.owner), participants=tuple(map(settled, plan.participants)))


def joined(before: Plan, after: Plan) -> tuple[Person, ...]:
    return tuple(person for person in after.people if not is_among(person, before.people))


def left(before: Plan, after: Plan) -> tuple[Person, ...]:
    return tuple(person for person in before.people if not is_among(person, after.people))


def mailbox(person: Person) -> str | None:
    """Where mails to a person go, as mailboxes are compared; None if there is none that a mail could be sent to."""
    address = person.email or ""
    if not _MAILBOX.fullmatch(address) or DANGEROUS.search(address):
        return None
    return address.casefold()


_MAILBOX = re.compile(r"[^@\s]+@([\w\-]+(\.[\w\-]+)*|\[[0-9A-Fa-f:.]+\])")
"""Domains have letters of any script (RFC 5890), or are an IP address in brackets (RFC 5321 §4.1.3)."""


def _first(told: Told | None, plan: Plan, uid: str, now: float) -> News:
    """``told`` is of a conference that was deleted and is back."""
    after = _next(told, plan, now) if told else Told(plan, uid, 0, now)
    notices = tuple(Notice(Kind.INVITATION, person, after, None) for person in _mailboxes(plan.people).values())
    return News(after, notices, tuple(person for person in plan.people if mailbox(person) is None))


def _next(told: Told, plan: Plan, now: float) -> Told:
    return Told(plan, told.uid, told.sequence + 1, max(now, told.at))


def concerns(person: Person, before: Plan, after: Plan) -> bool:
    """Whether what is different is a matter of mails to somebody who was there before and is now."""
    return _differ(before, after) or (is_among(person, (after.owner,)) and before.owner_code != after.owner_code)


def _differ(plan: Plan, other: Plan) -> bool:
    return _facts(plan) != _facts(other) or not _same_people(plan, other)


def _facts(plan: Plan) -> tuple[object, ...]:
    return plan.title, plan.start, plan.end, plan.zone, plan.record is Recorded.NOT, plan.deputy


def _same_people(plan: Plan, other: Plan) -> bool:
    return is_among(plan.owner, (other.owner,)) and not joined(other, plan) and not left(other, plan)


def is_among(person: Person, people: Iterable[Person]) -> bool:
    """A person is who has one of the same numbers: the first of them may have changed."""
    numbers = set(map(same, person.numbers))
    return any(not numbers.isdisjoint(map(same, other.numbers)) for other in people)


def _mailboxes(people: Iterable[Person]) -> dict[str, Person]:
    """Of those who share one, the first is written to: that is the owner, if it is one of them."""
    found: dict[str, Person] = {}
    for person in people:
        box = mailbox(person)
        if box is not None:
            found.setdefault(box, person)
    return found
