"""A clock that is a day ahead for some minutes: no conference of that day is put away, and people are called at its
hour."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mixer.conductor import BELIEVED_AFTER
from mixer.rules.conference import EndReason
from mixer.rules.records import Kind
from tests.mixer.house import open_house
from tests.mixer.rehearsal import ANNA, BORIS, END, GREETED, HOUR, OWNER, PLAN, START
from tests.mixer.virtual_time import in_virtual_time

if TYPE_CHECKING:
    from pathlib import Path

    from mixer.rules.model import Plan

DAY = 24 * HOUR
LATER = replace(PLAN, code="4712", owner_code="471299", title="Later", start=END + HOUR, end=END + 2 * HOUR)
EVERYBODY = [OWNER.number, ANNA.number, BORIS.number]


@pytest.mark.parametrize("plan", [PLAN, GREETED])
@pytest.mark.parametrize("before", [HOUR, 30.0])
@in_virtual_time
async def test_when_the_clock_is_right_again_people_are_called_at_the_hour(
    tmp_path: Path, plan: Plan, before: float
) -> None:
    """An hour before the start, and when it stands open already."""
    async with open_house(tmp_path, plan, LATER, now=START - before) as house:
        await asyncio.sleep(5)
        house.set_clock(DAY)
        await asyncio.sleep(10)
        house.set_clock(-DAY)
        await house.until(START - 1)
        assert (house.called, house.book.ended) == ([], {})
        await house.until(START + 1)
        assert house.called == EVERYBODY
        house.leaves(house.answers(OWNER))
        for person in (ANNA, BORIS):
            house.declines(person)
        await house.until(LATER.start + 1)
        assert house.called == EVERYBODY * 2


@in_virtual_time
async def test_a_machine_that_begins_a_day_ahead_loses_nothing_of_that_day(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_house(tmp_path, PLAN, LATER, now=START - 600 + DAY) as house:
        await asyncio.sleep(BELIEVED_AFTER - 60)
        assert [each["code"] for each in house.conductor.status()["planned"]] == [PLAN.code, LATER.code]
        house.set_clock(-DAY)
        assert caplog.text.count("has not begun, and by the clock its end has passed") == 2
        await house.until(START + 1)
        assert (house.called, house.book.ended) == (EVERYBODY, {})


@in_virtual_time
async def test_each_mixer_has_to_believe_the_clock_by_itself_however_often_one_is_killed(tmp_path: Path) -> None:
    for _ in range(4):
        async with open_house(tmp_path, PLAN, now=END + DAY) as house:
            await asyncio.sleep(BELIEVED_AFTER - 10)
            assert house.book.ended == {}
    assert house.kinds(PLAN.code) == []
    async with open_house(tmp_path, PLAN, now=START - 5) as house:
        await house.until(START + 1)
        assert house.called == EVERYBODY


@in_virtual_time
async def test_one_that_goes_by_is_put_away_when_the_clock_has_said_so_for_minutes_and_then_nothing_is_due(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, PLAN, LATER, now=START - HOUR) as house:
        await asyncio.sleep(5)
        house.set_clock(DAY)
        await asyncio.sleep(BELIEVED_AFTER)
        assert house.book.ended == {}
        assert not house.conductor.idle
        await asyncio.sleep(3)
        assert house.book.ended == {PLAN.code: EndReason.MISSED, LATER.code: EndReason.MISSED}
        assert house.conductor.idle
        assert house.called == []
        assert house.kinds(PLAN.code) == [Kind.ENDED]


@in_virtual_time
async def test_a_clock_that_was_ahead_twice_is_believed_only_after_minutes_at_a_stretch(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START - 2 * HOUR) as house:
        for _ in range(3):
            house.set_clock(DAY)
            await asyncio.sleep(BELIEVED_AFTER - 60)
            house.set_clock(-DAY)
            await asyncio.sleep(2)
        assert house.book.ended == {}
        await house.until(START + 1)
        assert house.called == EVERYBODY


@in_virtual_time
async def test_changes_of_the_book_do_not_put_it_off_that_one_is_put_away(tmp_path: Path) -> None:
    """With a greeting it is opened anew at each."""
    async with open_house(tmp_path, GREETED, now=END + 1) as house:
        for _ in range(int(BELIEVED_AFTER / 30) + 1):
            await asyncio.sleep(30)
            house.book.change(*house.book.content)
        await asyncio.sleep(3)
        assert house.book.ended == {GREETED.code: EndReason.MISSED}


@in_virtual_time
async def test_one_that_is_put_off_meanwhile_begins_at_its_new_time(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=END + 1) as house:
        await asyncio.sleep(BELIEVED_AFTER - 10)
        house.book.change(replace(PLAN, start=END + 2 * HOUR, end=END + 3 * HOUR))
        await house.until(END + 2 * HOUR + 1)
        assert (house.called, house.book.ended) == (EVERYBODY, {})


@in_virtual_time
async def test_what_a_clock_opened_that_was_ahead_is_opened_anew_at_its_time(tmp_path: Path) -> None:
    async with open_house(tmp_path, GREETED, now=START - HOUR) as house:
        house.set_clock(DAY)
        await asyncio.sleep(5)
        house.set_clock(-DAY)
        await asyncio.sleep(2)
        assert house.library.dropped == [GREETED.greeting]
        assert not house.conductor.programme.open
        await house.until(START + 1)
        assert house.library.read == [GREETED.greeting] * 2
        assert house.called == EVERYBODY


@in_virtual_time
async def test_one_that_had_begun_is_ended_at_once_by_the_next_mixer_after_its_time(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await asyncio.sleep(1)
        house.answers(ANNA)
    async with open_house(tmp_path, PLAN, now=END + HOUR) as house:
        await asyncio.sleep(2)
        assert house.book.ended == {PLAN.code: EndReason.PLANNED_END}
        assert house.conductor.idle
