"""Conferences that name somebody who is going from the directory.

A conference's file keeps everybody's name and number, so it goes on: who is gone is called at that number as it is,
through the trunk if there is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from confctl.book.book import Book

if TYPE_CHECKING:
    from pathlib import Path

    from confctl.people.directory import Directory
    from mixer.rules.model import Person, Plan


@dataclass(frozen=True, slots=True)
class LeftBehind:
    owned: tuple[tuple[Plan, Person], ...]
    """Current conferences with their owner, who is going."""
    attended: tuple[tuple[Plan, Person], ...]
    """Current conferences with a participant who is going."""


def left_behind(conferences: Path, before: Directory, after: Directory) -> LeftBehind:
    """What is known in ``before`` under the number that a conference has, and not in ``after``."""
    entries, _ = Book(conferences, after).entries()
    plans = [entry.plan for entry in entries]

    def is_going(person: Person) -> bool:
        return before.by_number(person.number) is not None and after.by_number(person.number) is None

    return LeftBehind(
        tuple((plan, plan.owner) for plan in plans if is_going(plan.owner)),
        tuple((plan, person) for plan in plans for person in plan.people[1:] if is_going(person)),
    )
