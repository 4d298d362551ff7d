"""Conferences at the same time, against a count at every moment."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from confctl.book.overlaps import crowds, in_both, most, overlap, shared
from mixer.rules.model import Person, Plan

NOBODY_TWICE = st.sets(st.sampled_from("abcdef"), min_size=1).map(sorted)


@st.composite
def books(draw: st.DrawFn) -> list[Plan]:
    plans = []
    for code in range(draw(st.integers(0, 7))):
        start, people = draw(st.integers(0, 20)), [Person(each, (each,)) for each in draw(NOBODY_TWICE)]
        end = start + draw(st.integers(1, 8))
        plans.append(Plan(str(code), "", f"T{code}", people[0], tuple(people[1:]), start, end, "UTC"))
    return plans


def needed(plans: list[Plan], moment: float) -> int:
    return sum(len(plan.people) for plan in plans if plan.start <= moment < plan.end)


@given(books(), st.integers(0, 12))
@settings(max_examples=60, deadline=None)
def test_a_crowd_is_every_moment_at_which_there_is_too_little_and_no_other(plans: list[Plan], room: int) -> None:
    found = list(crowds(plans, lambda plan: len(plan.people), room))
    for moment in range(30):
        crowded = [crowd for crowd in found if crowd.start <= moment < crowd.end]
        assert len(crowded) == (needed(plans, moment) > room)
    for crowd in found:
        span = range(int(crowd.start), int(crowd.end))
        assert crowd.needed == max(needed(plans, moment) for moment in span)
        assert crowd.needed == sum(len(plan.people) for plan in crowd.plans)


@given(books())
@settings(max_examples=40, deadline=None)
def test_the_worst_moment_of_each_conference_counts_all_that_are_on_then(plans: list[Plan]) -> None:
    for plan in plans:
        span = range(int(plan.start), int(plan.end))
        assert most(plans, lambda each: len(each.people), plan) == max(needed(plans, moment) for moment in span)


@given(books())
@settings(max_examples=40, deadline=None)
def test_two_conferences_share_people_once_and_only_if_both_are_on(plans: list[Plan]) -> None:
    found = {frozenset((each.one.code, each.other.code)): each for each in shared(plans)}
    for one in plans:
        for other in plans:
            clash = found.get(frozenset((one.code, other.code)))
            expected = overlap(one, other) and bool(in_both(one, other))
            assert (clash is not None) == expected
            if clash is not None:
                assert clash.start < clash.end
                assert {person.number for person in clash.people} == {p.number for p in in_both(one, other)}
