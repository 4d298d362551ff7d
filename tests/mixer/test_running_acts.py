"""Acts in a running conference: what phones hear of them, and what becomes of their calls."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mixer.control import Refused
from mixer.rules.absence import AbsencePolicy, Remedy
from mixer.rules.acts import CallAgain, EndNow, Extend, Kick, Lock, Silence, WantRecording
from mixer.rules.conference import EndReason
from mixer.rules.model import Recorded
from mixer.rules.records import Kind
from tests.mixer.house import MUSIC, House, open_house
from tests.mixer.rehearsal import ANNA, BORIS, END, ONCE, OWNER, PLAN, START
from tests.mixer.virtual_time import in_virtual_time

if TYPE_CHECKING:
    from pathlib import Path

    from mixer.running import Running


def running(house: House) -> Running:
    found = house.conductor.programme.opened(PLAN.code)
    assert found is not None
    return found


@in_virtual_time
async def test_a_silenced_leg_is_muted_in_the_bridge(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await asyncio.sleep(1)
        house.answers(OWNER)
        anna = house.answers(ANNA)
        running(house).act(Silence((anna,), True))
        assert house.board.muted == {anna}
        running(house).act(Silence((anna,), False))
        assert house.board.muted == set()


@in_virtual_time
async def test_what_is_refused_says_why_and_changes_nothing(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await asyncio.sleep(1)
        house.answers(OWNER)
        with pytest.raises(Refused, match="nobody of these is on the line any more"):
            running(house).act(Kick(("4711-99",)))
        assert house.board.hung_up == {}


@pytest.mark.parametrize("number", [PLAN.code, "500"])
@in_virtual_time
async def test_who_dials_in_where_it_is_locked_hears_so_and_is_hung_up(tmp_path: Path, number: str) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await asyncio.sleep(1)
        house.answers(OWNER)
        running(house).act(Lock(True))
        guest = house.calls("+74955550100" if number == "500" else number)
        if number == "500":
            house.keys(guest, f"{PLAN.code}*")
        assert house.said(guest) == ["locked"]
        house.hears_to_the_end(guest)
        assert house.board.hung_up == {guest: "locked"}
        assert house.journal.read(PLAN.code)[-1].detail == "Locked"


@in_virtual_time
async def test_whom_the_mixer_calls_may_dial_in_where_it_is_locked(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await asyncio.sleep(1)
        house.answers(OWNER)
        running(house).act(Lock(True))
        anna = house.calls(PLAN.code, ANNA.number)
        assert running(house).conference.legs[anna].person == ANNA.number
        house.leaves(anna)
        assert house.said(house.calls(PLAN.code, ANNA.number)) == ["locked"]


@in_virtual_time
async def test_when_it_is_ended_each_hears_so_and_is_hung_up_while_the_book_has_it_in_the_past(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await asyncio.sleep(1)
        legs = {house.answers(OWNER), house.answers(ANNA)}
        running(house).act(EndNow())
        await asyncio.sleep(2)
        assert house.book.ended == {PLAN.code: EndReason.ENDED_NOW}
        assert house.board.hung_up == {house.board.leg_of[BORIS.number]: "ended"}
        for leg in legs:
            assert (house.said(leg), house.board.room[leg]) == (["ended"], None)
            house.hears_to_the_end(leg)
            assert house.board.hung_up[leg] == "ended"
        assert house.said(house.calls("+74955550100")) == ["enter-code", "tone"]
        assert house.conductor.programme.opened(PLAN.code) is None


@in_virtual_time
async def test_who_hangs_up_during_the_farewell_has_left_and_a_mixer_that_stops_hangs_up_the_rest(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await asyncio.sleep(1)
        owner, anna = house.answers(OWNER), house.answers(ANNA)
        running(house).act(EndNow())
        house.leaves(owner)
        house.conductor.stop()
        assert house.board.hung_up[anna] == "stopping"
        assert house.kinds(PLAN.code)[-1] == Kind.ENDED


@in_virtual_time
async def test_an_owner_who_does_not_come_in_time_has_it_called_off(tmp_path: Path) -> None:
    policy = replace(ONCE, absence=AbsencePolicy(seconds=600, remedy=Remedy.CALL_OFF))
    async with open_house(tmp_path, PLAN, now=START, policy=policy) as house:
        await asyncio.sleep(1)
        house.declines(OWNER)
        anna = house.answers(ANNA)
        await house.until(START + 599)
        assert house.board.hears[anna] == (MUSIC,)
        await house.until(START + 602)
        assert house.said(anna) == ["called-off"]
        assert house.book.ended == {PLAN.code: EndReason.CALLED_OFF}


@in_virtual_time
async def test_what_was_ordered_is_known_to_the_mixer_that_runs_next(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await asyncio.sleep(1)
        house.answers(OWNER)
        anna = house.answers(ANNA)
        for act in (Lock(True), Silence((anna,), True), Extend(1800), WantRecording(Recorded.MIXED)):
            running(house).act(act)
    async with open_house(tmp_path, PLAN, now=START + 60) as house:
        await asyncio.sleep(1)
        owner, anna = house.answers(OWNER), house.answers(ANNA)
        assert house.board.muted == {anna}
        assert house.said(owner) == ["recorded"]
        assert running(house).conference.end == END + 1800
        assert house.said(house.calls(PLAN.code)) == ["locked"]


@in_virtual_time
async def test_who_declined_is_called_again(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await asyncio.sleep(1)
        house.answers(OWNER)
        house.declines(ANNA)
        house.declines(BORIS)
        running(house).act(CallAgain())
        assert house.called[3:] == [ANNA.number, BORIS.number]
