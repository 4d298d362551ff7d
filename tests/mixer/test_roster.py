"""The roster as a value, and that no event looks at everybody."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.rules.call_rules import Answered, Entered, GreetingEnded, Left, NotReached
from mixer.rules.conference import Conference
from mixer.rules.model import Person
from mixer.rules.roster import Leg, Roster, Stage
from mixer.rules.step import Event, Tick, step
from tests.mixer.rehearsal import GREETED, OWNER, PLAN, START

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

NAMES = st.sampled_from("abcdef")
LEGS = st.builds(Leg, NAMES, st.none(), st.booleans(), st.sampled_from(Stage), st.just(START))


@settings(max_examples=60, deadline=None)
@given(st.lists(LEGS | NAMES, max_size=30))
def test_the_counts_are_those_of_the_legs_however_they_came_and_went(changes: list[Leg | str]) -> None:
    roster = Roster()
    for change in changes:
        if isinstance(change, Leg):
            roster = roster.with_(change)
        elif change in roster:
            roster = roster.without(roster[change])
    assert roster == Roster(roster.values())
    for stage in Stage:
        assert roster.count(stage) == len(roster.at(stage))
        assert roster.count(stage, owner=True) == sum(leg.owner for leg in roster.at(stage))


def test_a_roster_never_changes() -> None:
    ringing = Leg("a", None, True, Stage.RINGING, START)
    roster = Roster([ringing])
    roster.with_(replace(ringing, stage=Stage.IN))
    roster.without(ringing)
    assert roster == Roster([ringing])


@pytest.mark.parametrize(
    "event",
    [
        Tick(),
        Answered("4711-7"),
        GreetingEnded("4711-8"),
        NotReached("4711-7", 486, "Busy Here"),
        Left("4711-9", "hung up"),
        Entered("in-1", None, owner=False),
    ],
    ids=lambda event: type(event).__name__,
)
def test_an_event_costs_no_more_among_2000_people_than_among_20(event: Event) -> None:
    few, many = _crowd(20), _crowd(2000)
    assert _instructions(lambda: step(many, event, START + 60)) == _instructions(lambda: step(few, event, START + 60))


def _crowd(people: int) -> Conference:
    """In a conference with a greeting the owner is in, some ring, some hear the greeting, the others are in too."""
    others = tuple(Person(f"Person {number}", (str(number),)) for number in range(1000, 999 + people))
    plan = replace(GREETED, participants=others)
    assert plan.owner is OWNER
    conference, _ = step(Conference(plan), Tick(), START)
    stages = {4: Stage.RINGING, 7: Stage.RINGING, 8: Stage.GREETING}
    legs = (replace(leg, stage=stages.get(at, Stage.IN)) for at, leg in enumerate(conference.legs.values(), 1))
    return replace(conference, legs=Roster(legs), ever_in=True)


def _instructions(work: Callable[[], object]) -> int:
    """How many of the interpreter's instructions it takes: the same at each run, as no clock's time would be."""
    count = 0

    def trace(frame: FrameType, happening: str, _: object) -> Callable[..., object]:
        nonlocal count
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        count += happening == "opcode"
        return trace

    before = sys.gettrace()
    for _ in range(2):  # from Python 3.12 on, code tells of its instructions only from its second traced run on
        count = 0
        sys.settrace(trace)
        try:
            work()
        finally:
            sys.settrace(before)
    return count


def test_the_plan_knows_whose_a_number_is_by_any_of_their_numbers_and_the_owner_first() -> None:
    double = Person("Double", (OWNER.number, "900"))
    plan = replace(PLAN, participants=(double,))
    assert plan.person(OWNER.number) is OWNER
    assert plan.person(OWNER.numbers[1]) is OWNER
    assert plan.person("no such") is None
