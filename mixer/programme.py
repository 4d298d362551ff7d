"""The conferences that there are, found by their codes: those of the book as read last, and those that are open."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mixer.rules.conference import Conference
    from mixer.rules.model import Plan
    from mixer.running import Running

_log = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS: Final = 0.25
"""How soon after a look at the book an unknown code leads to another: strangers dial them too."""


class BookError(Exception):
    """The book can't be read or changed: one line that says which file and why."""


class Book(Protocol):
    """What the mixer needs of the stored conferences."""

    def stamp(self) -> object:
        """Differs from the last one if a conference was added, changed or deleted since.  Raises BookError."""

    def plans(self) -> Sequence[Plan]:
        """Planned and running conferences; what is wrong with others has been told to somebody.  Raises BookError."""

    def end(self, code: str, at: float, reason: str) -> None:
        """To the past; nothing if it is there already.  Raises BookError."""


class Programme:
    """``steady`` is a clock that is not set.  ``changed`` is told when the book has been read anew."""

    def __init__(self, book: Book, steady: Callable[[], float], changed: Callable[[], None]) -> None:
        self._book = book
        self._steady = steady
        self._changed = changed
        self._looked = -LOOK_AGAIN_SECONDS
        """When an unknown code last made us look at the book; steady."""
        self._unreadable = False
        self._lengths: set[int] = set()
        """Of the codes that there are."""
        self.seen: object = None
        """The book's stamp when it was read last; None before that."""
        self.plans: dict[str, Plan] = {}
        """By code, those of the book."""
        self.open: dict[str, Running] = {}
        """By code; one that runs is as it was opened, whatever became of its file."""

    def read(self) -> None:
        """As it is now; while it can't be read, the conferences are as they were."""
        try:
            stamp = self._book.stamp()
            if stamp != self.seen:
                self.plans = {plan.code: plan for plan in self._book.plans()}
                self.seen = stamp
                self._lengths = {len(code) for code in self.codes}
                self._changed()
        except BookError as error:
            if not self._unreadable:
                _log.error("%s; conferences stay as they are known until it can be read", error)
            self._unreadable = True
        else:
            self._unreadable = False

    # By code

    def plan(self, code: str) -> Plan | None:
        """The conference of this code."""
        running = self.open.get(code)
        return self.plans.get(code) if running is None else running.plan

    def planned(self, code: str) -> Plan | None:
        """The conference of this code, or owner code; the book is looked at again where there is none."""
        return self._of_code(code) or self._added_just_now(code)

    def opened(self, code: str) -> Running | None:
        """As :meth:`planned`, if it is open."""
        plan = self._of_code(code)
        return None if plan is None else self.open.get(plan.code)

    def runs(self, code: str) -> Conference | None:
        """The conference of this code, if it has begun and is not over."""
        running = self.open.get(code)
        return None if running is None or not _has_begun(running.conference) else running.conference

    def has_codes_like(self, code: str) -> bool:
        """Whether the code of a conference has as many digits: else it can't be one."""
        return len(code) in self._lengths and code.isascii() and code.isdigit()

    @property
    def codes(self) -> frozenset[str]:
        """Of the conferences that one can come into now or later, their owners' codes too."""
        plans = (*self.plans.values(), *(running.plan for running in self.open.values()))
        return frozenset(code for plan in plans for code in (plan.code, plan.owner_code))

    def lists(self, number: str) -> bool:
        """Whether somebody who is on the list of a conference has this number."""
        return any(plan.whose(number) for plan in self._all())

    def _of_code(self, code: str) -> Plan | None:
        """By its own code, or by its owner's."""
        if (plan := self.plan(code)) is not None:
            return plan
        return next((plan for plan in self._all() if plan.owner_code == code), None)

    def _all(self) -> Iterator[Plan]:
        plans = (self.plan(each) for each in (*self.open, *self.plans))
        return (plan for plan in plans if plan is not None)

    def _added_just_now(self, code: str) -> Plan | None:
        """Whoever adds a conference may dial its code before the next poll."""
        if self._steady() < self._looked + LOOK_AGAIN_SECONDS:
            return None
        self._looked = self._steady()
        self.read()
        return self._of_code(code)

    # Those that are open

    @property
    def conferences(self) -> list[Conference]:
        """Those that are open: they run, are about to, or are over and not yet put away."""
        return [each.conference for each in self.open.values()]

    @property
    def begun(self) -> list[Running]:
        """Those that run, by their start."""
        return sorted(
            (each for each in self.open.values() if _has_begun(each.conference)), key=lambda each: each.plan.start
        )

    @property
    def load(self) -> tuple[int, int]:
        """Conferences that run, and people in them."""
        begun = [each for each in self.conferences if _has_begun(each)]
        return len(begun), sum(each.present for each in begun)


def _has_begun(conference: Conference) -> bool:
    """And is not over."""
    return conference.started is not None and conference.ended is None
