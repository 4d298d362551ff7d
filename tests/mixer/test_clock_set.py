"""The wall clock is set while a conference runs: what was to come after some minutes comes after them all the same."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from media.prompt import Prompt
from mixer.party import Gone, NotReached
from mixer.rules.absence import AbsencePolicy, Remedy
from mixer.rules.announcement_rules import TONE_SECONDS
from mixer.rules.call_policy import CallPolicy
from mixer.rules.clock_rules import ClockSet
from mixer.rules.conference import EndReason
from mixer.rules.step import deadline, step
from tests.mixer.house import open_house
from tests.mixer.rehearsal import ANNA, BORIS, END, HOUR, OWNER, PLAN, START, begun
from tests.mixer.test_rules_of_announcements import talk
from tests.mixer.virtual_time import in_virtual_time

if TYPE_CHECKING:
    from pathlib import Path

    from mixer.rules.model import Person
    from tests.mixer.house import House

DAY = 24 * HOUR
LONG = replace(PLAN, end=START + 3 * DAY)
JUMPS = pytest.mark.parametrize("by", [-DAY, -HOUR, HOUR, DAY])
AGAIN = CallPolicy(trunk=False)
CALL_OFF = CallPolicy(again=False, trunk=False, absence=AbsencePolicy(seconds=600, remedy=Remedy.CALL_OFF))


def is_busy(house: House, person: Person) -> None:
    leg = house.board.leg_of[person.number]
    house.board.parties.pop(leg).take(NotReached(leg, 486, "Busy Here"))


@JUMPS
@in_virtual_time
async def test_who_was_busy_is_called_again_after_two_minutes(tmp_path: Path, by: float) -> None:
    async with open_house(tmp_path, LONG, now=START, policy=AGAIN) as house:
        await asyncio.sleep(1)
        house.answers(OWNER)
        is_busy(house, ANNA)
        house.set_clock(by)
        await asyncio.sleep(115)
        assert house.called.count(ANNA.number) == 1
        await asyncio.sleep(10)
        assert house.called.count(ANNA.number) == 2


@JUMPS
@in_virtual_time
async def test_an_owner_who_is_a_minute_late_is_waited_for_as_long_as_ever(tmp_path: Path, by: float) -> None:
    async with open_house(tmp_path, LONG, now=START, policy=CALL_OFF) as house:
        await asyncio.sleep(1)
        house.answers(ANNA)
        house.declines(OWNER)
        await asyncio.sleep(60)
        house.set_clock(by)
        await asyncio.sleep(530)
        assert house.book.ended == {}
        await asyncio.sleep(15)
        assert house.book.ended == {LONG.code: EndReason.CALLED_OFF}


@JUMPS
@in_virtual_time
async def test_whom_the_network_lost_are_waited_for_and_not_for_longer_than_ever(tmp_path: Path, by: float) -> None:
    async with open_house(tmp_path, LONG, now=START) as house:
        await asyncio.sleep(1)
        for person in (ANNA, BORIS):
            house.declines(person)
        leg = house.answers(OWNER)
        house.board.parties.pop(leg).take(Gone(leg, "no sound", lost=True))
        house.set_clock(by)
        await asyncio.sleep(110)
        assert house.book.ended == {}
        await asyncio.sleep(15)
        assert house.book.ended == {LONG.code: EndReason.LAST_LEFT}


@JUMPS
def test_tones_tell_on_of_who_comes(by: float) -> None:
    play, owner, anna = talk(LONG)
    play.answer(BORIS)
    assert play.news() == [(Prompt.COMES, {owner, anna})]
    play.now += TONE_SECONDS + by
    play.do(ClockSet(by))
    play.dial_in(None)
    assert [prompt for prompt, _ in play.news()] == [Prompt.COMES]


def test_the_planned_end_stays_where_it_is_on_the_clock() -> None:
    play, owner, anna = talk()
    play.wait(END - 600 - play.now)
    assert play.news() == [(Prompt.TEN_MINUTES, {owner, anna})]
    play.now -= 300
    play.do(ClockSet(-300))
    play.wait(299)
    assert play.news() == []
    play.wait(1)
    assert play.news() == [(Prompt.TEN_MINUTES, {owner, anna})], "they are there again"


@in_virtual_time
async def test_a_clock_that_is_only_slewed_was_not_set(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        for _ in range(1000):
            house.set_clock(0.0005)
            await asyncio.sleep(1)
        assert "clock" not in caplog.text
        house.set_clock(-HOUR)
        await asyncio.sleep(1)
        assert caplog.messages == ["the clock was set by -3600 s"]


def test_a_conference_that_has_not_begun_begins_when_the_clock_says_so() -> None:
    play = begun()
    fresh = replace(play.conference, started=None)
    after, _ = step(fresh, ClockSet(-HOUR), START - HOUR)
    assert (after.started, deadline(after, START - HOUR)) == (None, START)
    after, _ = step(fresh, ClockSet(HOUR), START + 60)
    assert after.started == START + 60
    after, _ = step(fresh, ClockSet(DAY), END + 1)
    assert (after.started, after.ended) == (None, None), "the clock may be set right before long"
