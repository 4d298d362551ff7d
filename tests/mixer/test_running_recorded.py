"""A recorded conference from its first call to its end: what each leg hears, what bridge and journal are told."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from mixer.bridge.protocol import StartTape, StopTape
from mixer.rules.announcements import Announcements
from mixer.rules.model import Recorded
from tests.mixer.house import MUSIC, House, open_house
from tests.mixer.rehearsal import ANNA, OWNER, PLAN

if TYPE_CHECKING:
    from pathlib import Path

    from mixer.rules.model import Plan


def now_recorded(how: Recorded = Recorded.MIXED) -> Plan:
    """It has just begun; recorders run in real time."""
    start = time.time() - 1
    return replace(PLAN, record=how, participants=(ANNA,), start=start, end=start + 3600)


async def both_called(house: House) -> None:
    async with asyncio.timeout(20):
        while len(house.called) < 2:  # noqa: ASYNC110  a board has no events
            await asyncio.sleep(0.01)


def tape(house: House) -> list[str]:
    return [kind for kind in house.kinds(PLAN.code) if kind.startswith("recording")]


async def test_everybody_is_told_then_the_tape_rolls_pauses_and_ends_with_the_conference(tmp_path: Path) -> None:
    async with open_house(tmp_path, now_recorded(Recorded.TRACKS), now=time.time()) as house:
        await both_called(house)
        anna = house.answers(ANNA)
        assert house.board.hears[anna] == (MUSIC,)
        owner = house.answers(OWNER)
        assert house.said(anna) == house.said(owner) == ["recorded"]
        assert house.board.room[anna] is None, "nobody is heard meanwhile"
        assert house.tapes == []
        house.hears_to_the_end(anna)
        assert house.board.hears[anna] == house.board.room[anna] == 1
        assert house.tapes == [StartTape(1, 1, tracks=True)]
        house.hears_to_the_end(owner)
        late = house.calls(PLAN.code)
        assert house.said(late) == ["recorded"]
        house.leaves(owner)
        assert house.board.hears[late] == (MUSIC,)
        back = house.calls(PLAN.owner_code)
        house.hears_to_the_end(back)
        for leg in (anna, late, back):
            house.leaves(leg)
        assert [type(each) for each in house.tapes] == [StartTape, StopTape, StartTape, StopTape]
        assert house.tapes[2] == StartTape(1, 2, tracks=True)
        assert tape(house) == [f"recording_{what}" for what in ("started", "paused", "resumed", "stopped")]
        await house.studio.close()


async def test_a_conference_that_can_t_be_recorded_is_held_without(tmp_path: Path) -> None:
    (tmp_path / "recordings").write_text("in the way")
    async with open_house(tmp_path, now_recorded(), now=time.time()) as house:
        await both_called(house)
        owner = house.answers(OWNER)
        house.hears_to_the_end(owner)
        assert house.board.hears[owner] == 1
        anna = house.answers(ANNA)
        assert house.board.hears[anna] == 1, "and is told nothing"
        assert tape(house) == ["recording_stopped"]
        assert house.tapes == []


async def test_where_the_notice_is_switched_off_the_talk_begins_at_once(tmp_path: Path) -> None:
    silent = Announcements(recording=False)
    async with open_house(tmp_path, now_recorded(), now=time.time(), announcements=silent) as house:
        await both_called(house)
        owner, anna = house.answers(OWNER), house.answers(ANNA)
        assert house.board.hears[owner] == house.board.hears[anna] == 1
        assert house.tapes == [StartTape(1, 1, tracks=False)]
        for leg in (owner, anna):
            house.leaves(leg)
        await house.studio.close()
