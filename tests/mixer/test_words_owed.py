"""What is announced and matters afterwards is heard to its end by everybody whom it concerns, sooner or later."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mixer.recording.studio import Studio
from mixer.rules.acts import HandOver, SilenceOthers, WantRecording
from mixer.rules.model import Recorded
from mixer.rules.recording_rules import RecordingFailed
from mixer.rules.transfer_rules import Transferred
from tests.mixer.house import MUSIC, House, open_house
from tests.mixer.rehearsal import ANNA, BORIS, OWNER, PLAN, RECORDED, START
from tests.mixer.test_keys_in_a_call import ALL, KEYS, talk
from tests.mixer.virtual_time import in_virtual_time

if TYPE_CHECKING:
    from pathlib import Path

    from mixer.rules.acts import Act


class _Tape:
    """A recorder is a process, and takes real time."""

    def roll(self, how: Recorded) -> str | None:
        return "take"

    def pause(self) -> None:
        pass

    def cut(self) -> bool:
        return True

    def enters(self, *_: object) -> None:
        pass

    def leaves(self, *_: object) -> None:
        pass


@pytest.fixture(autouse=True)
def _tapes_without_recorders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Studio, "tape", lambda *_: _Tape())


def act(house: House, act: Act) -> None:
    running = house.conductor.programme.opened(PLAN.code)
    assert running is not None
    running.act(act)


def hears_out(house: House, *legs: str) -> None:
    """The room is heard alone again, unless something else plays."""
    for leg in legs:
        house.board.hears[leg] = house.board.room.get(leg)
        house.hears_to_the_end(leg)


@in_virtual_time
async def test_whoever_is_muted_while_in_the_menu_is_told_so_after_it(tmp_path: Path) -> None:
    async with talk(tmp_path, said=ALL) as (house, owner, anna):
        hears_out(house, owner)
        house.keys(anna, "*")
        menu = house.said(anna)
        act(house, SilenceOthers(True))
        assert house.said(anna) == menu
        hears_out(house, anna)
        assert (house.said(anna), house.board.beside[anna]) == (["owner-mutes-you"], -9.0)
        hears_out(house, anna)
        assert house.board.hears[anna] == 1


@in_virtual_time
async def test_words_are_not_lost_to_a_tone(tmp_path: Path) -> None:
    async with talk(tmp_path, said=ALL) as (house, owner, anna):
        hears_out(house, owner)
        await asyncio.sleep(3)
        house.answers(BORIS)
        assert house.said(anna) == ["comes"]
        act(house, SilenceOthers(True))
        assert house.said(anna) == ["owner-mutes-you"]


@in_virtual_time
async def test_of_what_was_said_meanwhile_of_one_thing_the_last_holds(tmp_path: Path) -> None:
    async with talk(tmp_path, said=ALL) as (house, owner, anna):
        hears_out(house, owner)
        act(house, SilenceOthers(True))
        house.keys(anna, "*")
        act(house, SilenceOthers(False))
        act(house, SilenceOthers(True))
        act(house, SilenceOthers(False))
        hears_out(house, anna)
        assert house.said(anna) == ["you-are-heard"]
        hears_out(house, anna)
        assert house.board.hears[anna] == 1


@in_virtual_time
async def test_who_comes_into_a_recorded_talk_in_which_all_are_muted_is_told_both(tmp_path: Path) -> None:
    async with talk(tmp_path, RECORDED, ALL) as (house, owner, anna):
        hears_out(house, owner, anna)
        act(house, SilenceOthers(True))
        boris = house.answers(BORIS)
        assert house.said(boris) == ["recorded"]
        hears_out(house, boris)
        assert house.said(boris) == ["owner-mutes-you"]
        hears_out(house, boris)
        assert house.board.hears[boris] == 1


@in_virtual_time
async def test_what_the_owner_s_leaving_cuts_short_is_told_again_and_the_music_goes_on(tmp_path: Path) -> None:
    async with talk(tmp_path, said=ALL) as (house, owner, anna):
        act(house, SilenceOthers(True))
        assert house.said(anna) == ["owner-mutes-you"]
        house.leaves(owner)
        assert (house.said(anna), house.board.beside[anna]) == (["owner-mutes-you"], None)
        hears_out(house, anna)
        assert house.said(anna) == ["owner-left"]
        hears_out(house, anna)
        assert house.board.hears[anna] == (MUSIC,)


@in_virtual_time
async def test_whoever_has_the_call_on_hold_is_told_when_they_take_it_up_again(tmp_path: Path) -> None:
    async with talk(tmp_path, said=ALL) as (house, owner, anna):
        hears_out(house, owner)
        house.board.holding.add(anna)
        act(house, SilenceOthers(True))
        await asyncio.sleep(600)
        assert house.board.hears[anna] == 1
        house.board.holding.clear()
        await asyncio.sleep(1.5)
        assert house.said(anna) == ["owner-mutes-you"]


@in_virtual_time
async def test_nobody_comes_into_a_recorded_talk_whose_phone_held_the_call_while_that_was_said(tmp_path: Path) -> None:
    async with talk(tmp_path) as (house, owner, anna):
        house.board.holding.add(anna)
        act(house, WantRecording(Recorded.MIXED))
        hears_out(house, owner, anna)
        assert house.board.hears[owner] == 1
        assert house.said(anna) == ["recorded"]
        house.board.holding.clear()
        hears_out(house, anna)
        assert house.said(anna) == ["recorded"], "its beginning was not heard"
        hears_out(house, anna)
        assert house.board.hears[anna] == 1


@in_virtual_time
async def test_whoever_takes_a_phone_over_is_told_that_it_is_recorded_and_that_it_is_muted(tmp_path: Path) -> None:
    async with talk(tmp_path, RECORDED, ALL) as (house, owner, anna):
        hears_out(house, owner, anna)
        house.keys(anna, "*1")
        hears_out(house, anna)
        running = house.conductor.programme.opened(PLAN.code)
        assert running is not None
        running.feed(Transferred(anna, "+74955550199"))
        assert house.said(anna) == ["recorded"]
        hears_out(house, anna)
        assert house.said(anna) == ["you-are-muted"]


@in_virtual_time
async def test_whom_a_new_owner_makes_muted_or_heard_is_told(tmp_path: Path) -> None:
    async with talk(tmp_path, said=ALL) as (house, owner, anna):
        act(house, SilenceOthers(True))
        hears_out(house, owner, anna)
        act(house, HandOver(ANNA.number))
        assert house.board.muted == {owner}
        assert (house.said(owner), house.said(anna)) == (["owner-mutes-you"], ["you-are-owner"])
        hears_out(house, anna)
        assert house.said(anna) == ["you-are-heard"]


@in_virtual_time
async def test_who_is_made_the_owner_of_a_recorded_talk_is_told_so_after_the_notice(tmp_path: Path) -> None:
    async with open_house(tmp_path, RECORDED, now=START, keys=KEYS, announcements=ALL) as house:
        await asyncio.sleep(1)
        anna = house.answers(ANNA)
        act(house, HandOver(ANNA.number))
        assert house.said(anna) == ["recorded"]
        hears_out(house, anna)
        assert (house.said(anna), house.board.beside[anna]) == (["you-are-owner"], -9.0)
        hears_out(house, anna)
        assert house.board.hears[anna] == 1


@in_virtual_time
async def test_who_holds_the_call_while_being_made_the_owner_is_not_told_later_when_that_may_be_over(
    tmp_path: Path,
) -> None:
    async with talk(tmp_path, said=ALL) as (house, owner, anna):
        hears_out(house, owner)
        house.board.holding.add(anna)
        act(house, HandOver(ANNA.number))
        house.board.holding.discard(anna)
        await asyncio.sleep(2)
        assert house.board.hears[anna] == 1


@in_virtual_time
async def test_whoever_mutes_themselves_is_not_told_afterwards_that_they_are_heard(tmp_path: Path) -> None:
    async with talk(tmp_path, said=ALL) as (house, owner, anna):
        act(house, SilenceOthers(True))
        hears_out(house, owner, anna)
        house.keys(anna, "*")
        act(house, SilenceOthers(False))
        house.keys(anna, "1")
        assert house.said(anna) == ["you-are-muted"]
        hears_out(house, anna)
        assert house.board.hears[anna] == 1
        assert house.board.muted == {anna}
        assert OWNER.number in house.called


@in_virtual_time
async def test_that_the_recording_has_stopped_is_told_too_when_the_notice_of_another_was_broken_off(
    tmp_path: Path,
) -> None:
    async with talk(tmp_path, RECORDED, ALL) as (house, owner, anna):
        hears_out(house, owner, anna)
        house.keys(anna, "*")
        act(house, WantRecording(Recorded.NOT))
        act(house, WantRecording(Recorded.MIXED))
        assert house.said(anna) == ["recorded"]
        running = house.conductor.programme.opened(PLAN.code)
        assert running is not None
        running.feed(RecordingFailed("full"))
        assert house.said(anna) == ["recording-stopped"]
