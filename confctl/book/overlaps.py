"""Conferences at the same time: who is wanted in two of them, and when more is needed than there is.  Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mixer.rules.model import Person, Plan


@dataclass(frozen=True, slots=True)
class Shared:
    """Two conferences that want the same people."""

    one: Plan
    """Begins first."""
    other: Plan
    people: tuple[Person, ...]

    @property
    def start(self) -> float:
        return self.other.start

    @property
    def end(self) -> float:
        return min(self.one.end, self.other.end)


@dataclass(frozen=True, slots=True)
class Crowd:
    """A time, without a gap, for which more is needed than there is.  Seconds since the epoch."""

    start: float
    end: float
    needed: int
    """At the worst moment."""
    plans: tuple[Plan, ...]
    """Those of that moment that need anything."""


def overlap(one: Plan, other: Plan) -> bool:
    """Whether they are two conferences that have a moment in common."""
    return one.code != other.code and one.start < other.end and other.start < one.end


def in_both(one: Plan, other: Plan) -> tuple[Person, ...]:
    """People of the one who are wanted in the other, too."""
    numbers = {person.number for person in other.people}
    return tuple(person for person in one.people if person.number in numbers)


def shared(plans: Iterable[Plan]) -> Iterator[Shared]:
    """By the start of the later one."""
    running: list[Plan] = []
    for plan in _in_order(plans):
        running = [each for each in running if each.end > plan.start]
        for each in running:
            if people := in_both(each, plan):
                yield Shared(each, plan, people)
        running.append(plan)


def crowds(plans: Iterable[Plan], need: Callable[[Plan], int], room: int) -> Iterator[Crowd]:
    """When what all that are on need together is more than ``room``.

    >>> def plan(code, start, end):
    ...     from mixer.rules.model import Person, Plan
    ...     return Plan(code, "", "", Person("A", ("1",)), (), start, end, "UTC")
    >>> one, two, three = plan("1", 0, 60), plan("2", 30, 90), plan("3", 90, 120)
    >>> [(each.start, each.end, each.needed) for each in crowds([one, two, three], lambda _: 3, 5)]
    [(30, 60, 6)]
    """
    crowd: Crowd | None = None
    for moment, on in _changes(plan for plan in plans if need(plan)):
        needed = sum(map(need, on))
        if needed > room:
            if crowd is None:
                crowd = Crowd(moment, moment, needed, on)
            elif needed > crowd.needed:
                crowd = replace(crowd, needed=needed, plans=on)
        elif crowd is not None:
            yield replace(crowd, end=moment)
            crowd = None


def most(plans: Iterable[Plan], need: Callable[[Plan], int], within: Plan) -> int:
    """What is needed at the worst moment of ``within``, which counts too."""
    others = [plan for plan in plans if overlap(plan, within)]
    moments = [within.start, *(plan.start for plan in others if plan.start > within.start)]
    return need(within) + max(
        sum(need(plan) for plan in others if plan.start <= moment < plan.end) for moment in moments
    )


def _changes(plans: Iterable[Plan]) -> Iterator[tuple[float, tuple[Plan, ...]]]:
    """Each moment at which a conference begins or ends, and all that are on from then; the last one has none."""
    on: dict[str, Plan] = {}
    ends: list[tuple[float, str]] = []
    coming = deque(_in_order(plans))
    while coming or ends:
        moment = min([plan.start for plan in islice(coming, 1)] + [end for end, _ in ends[:1]])
        while ends and ends[0][0] == moment:
            del on[heappop(ends)[1]]
        while coming and coming[0].start == moment:
            plan = coming.popleft()
            on[plan.code] = plan
            heappush(ends, (plan.end, plan.code))
        yield moment, tuple(on.values())


def _in_order(plans: Iterable[Plan]) -> list[Plan]:
    return sorted(plans, key=lambda plan: (plan.start, plan.code))
