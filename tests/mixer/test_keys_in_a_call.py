"""Keys and announcements in a running conference: what each leg hears, and goes on hearing afterwards."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from mixer.key_table import DEFAULT_KEYS, KeyTable
from mixer.menu import IDLE_SECONDS
from mixer.party import PlaysMusic, Pressed
from mixer.rules.announcements import Announcements
from tests.mixer.house import MUSIC, House, open_house
from tests.mixer.rehearsal import ANNA, BORIS, GREETED, OWNER, PLAN, START
from tests.mixer.virtual_time import in_virtual_time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from mixer.rules.model import Plan

KEYS = KeyTable("*", DEFAULT_KEYS)
ALL = Announcements(20, True, True, True, True, True, True, True, True, True)
NONE = Announcements()


@asynccontextmanager
async def talk(folder: Path, plan: Plan = PLAN, said: Announcements = NONE) -> AsyncIterator[tuple[House, str, str]]:
    async with open_house(folder, plan, now=START, keys=KEYS, announcements=said) as house:
        await asyncio.sleep(1)
        yield house, house.answers(OWNER), house.answers(ANNA)


@in_virtual_time
async def test_the_menu_is_told_and_the_room_goes_on_after_it(tmp_path: Path) -> None:
    async with talk(tmp_path) as (house, owner, anna):
        house.keys(anna, "*")
        assert house.said(anna)[:2] == ["menu-mute", "number-1"]
        assert "menu-lock" not in house.said(anna)
        assert house.board.hears[owner] == 1
        house.keys(anna, "*")
        assert house.board.hears[anna] == 1


@in_virtual_time
async def test_who_waits_has_a_menu_too_and_the_music_goes_on_after_it(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START, keys=KEYS) as house:
        await asyncio.sleep(1)
        anna = house.answers(ANNA)
        house.keys(anna, "*3")
        assert house.said(anna) == ["people-in", "number-1"]
        house.hears_to_the_end(anna)
        assert house.board.hears[anna] == (MUSIC,)
        house.keys(anna, "**")
        assert house.board.hears[anna] == (MUSIC,)


@in_virtual_time
async def test_one_mutes_oneself_sets_a_volume_and_leaves(tmp_path: Path) -> None:
    async with talk(tmp_path) as (house, _, anna):
        house.keys(anna, "*1")
        assert house.board.muted == {anna}
        assert house.said(anna) == ["you-are-muted"]
        house.keys(anna, "*669")
        assert house.board.volumes[anna] == (8.0, 4.0)
        house.keys(anna, "*0")
        assert house.board.hung_up == {anna: "leaving"}
        assert house.kinds(PLAN.code)[-2:] == ["silenced", "left"]


@in_virtual_time
async def test_the_menu_closes_some_seconds_after_it_was_told(tmp_path: Path) -> None:
    async with talk(tmp_path) as (house, _, anna):
        house.keys(anna, "*")
        house.hears_to_the_end(anna)
        await asyncio.sleep(IDLE_SECONDS)
        house.keys(anna, "1")
        assert house.board.muted == set()


@in_virtual_time
async def test_the_star_of_a_leg_that_hold_music_has_muted_opens_no_menu(tmp_path: Path) -> None:
    async with talk(tmp_path) as (house, _, anna):
        house.board.parties[anna].take(PlaysMusic(anna, True))
        assert house.said(anna) == ["muted"]
        house.keys(anna, "*")
        assert house.board.hears[anna] == 1
        assert house.board.muted == set()
        house.keys(anna, "*")
        assert "menu-mute" in house.said(anna)


@in_virtual_time
async def test_a_menu_that_the_owner_s_coming_cuts_short_is_closed(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START, keys=KEYS) as house:
        await asyncio.sleep(1)
        anna = house.answers(ANNA)
        house.keys(anna, "*")
        house.answers(OWNER)
        house.keys(anna, "1")
        assert house.board.hears[anna] == 1
        assert house.board.muted == set()


@in_virtual_time
async def test_the_greeting_is_not_cut_short_by_keys_or_announcements(tmp_path: Path) -> None:
    async with talk(tmp_path, GREETED, ALL) as (house, owner, anna):
        house.keys(anna, "*1")
        house.hears_to_the_end(owner)
        assert house.board.hears[anna] == (2,)
        assert house.board.muted == set(), "nobody does blindly what they could not be told of"
        house.hears_to_the_end(anna)
        assert house.board.hears[anna] == 1


@in_virtual_time
async def test_the_owner_who_leaves_is_announced_before_the_music_and_is_back_before_the_room(tmp_path: Path) -> None:
    async with talk(tmp_path, said=ALL) as (house, owner, anna):
        house.leaves(owner)
        assert house.said(anna) == ["owner-left"]
        assert house.board.beside[anna] is None
        house.hears_to_the_end(anna)
        assert house.board.hears[anna] == (MUSIC,)
        house.calls(PLAN.owner_code)
        assert house.said(anna) == ["owner-back"]
        assert house.board.beside[anna] == -9.0, "nobody misses what the owner says meanwhile"
        house.hears_to_the_end(anna)
        assert house.board.room[anna] == 1


@in_virtual_time
async def test_a_tone_cuts_short_neither_a_menu_nor_what_else_one_is_told(tmp_path: Path) -> None:
    async with talk(tmp_path, said=ALL) as (house, owner, anna):
        house.keys(owner, "*")
        menu = house.said(owner)
        house.board.parties[anna].take(PlaysMusic(anna, True))
        await asyncio.sleep(3)
        boris = house.answers(BORIS)
        assert (house.said(anna), house.said(owner)) == (["muted"], menu)
        house.keys(owner, "*")
        await asyncio.sleep(3)
        house.leaves(boris)
        assert house.said(owner) == ["goes"]


@in_virtual_time
async def test_ten_minutes_before_the_end_the_mixer_wakes_up_to_tell(tmp_path: Path) -> None:
    async with talk(tmp_path, said=ALL) as (house, owner, anna):
        assert house.said(owner) == ["first"]
        house.hears_to_the_end(owner)
        await house.until(PLAN.end - 600 - 1)
        assert (house.board.hears[anna], house.said(owner)) == (1, ["first"])
        await house.until(PLAN.end - 600 + 0.1)
        assert house.said(anna) == house.said(owner) == ["ten-minutes"]


@in_virtual_time
async def test_a_thousand_are_told_a_few_hundred_at_a_time(tmp_path: Path) -> None:
    async with talk(tmp_path, said=ALL) as (house, owner, anna):
        legs = [anna, *(house.calls(PLAN.code) for _ in range(1000))]
        house.leaves(owner)
        assert sum(house.board.hears[leg] != 1 for leg in legs) < 500
        await asyncio.sleep(0.01)
        assert {tuple(house.said(leg)) for leg in legs} == {("owner-left",)}


@in_virtual_time
async def test_a_phone_that_sends_a_thousand_keys_a_second_does_no_more_than_fingers_could(tmp_path: Path) -> None:
    async with talk(tmp_path) as (house, owner, anna):
        before = len(house.kinds(PLAN.code))
        for _ in range(1000):
            house.keys(anna, "*1")
            house.keys(owner, "*21")
            await asyncio.sleep(0.002)
        assert 10 < len(house.kinds(PLAN.code)) - before < 60
        house.hears_to_the_end(anna)
        await asyncio.sleep(IDLE_SECONDS)
        house.keys(anna, "*3")
        assert house.said(anna)[0] == "people-in"
        for _ in range(10):
            house.keys(anna, "*6")
        assert house.board.volumes[anna][0] == 12.0


@in_virtual_time
async def test_who_leaves_in_any_state_of_the_menu_takes_it_along(tmp_path: Path) -> None:
    for keys in ("*", "*2", "*1", "*6", "*66", "**", "*3", "*9*"):
        async with talk(tmp_path / str(len(keys)) / keys.replace("*", "s")) as (house, owner, anna):
            house.keys(anna, keys)
            party = house.board.parties[anna]
            house.leaves(anna)
            for key in keys:  # those that were on their way
                party.take(Pressed(anna, key))
            house.keys(owner, "*3")
            assert house.said(owner) == ["people-in", "number-1"]
            await asyncio.sleep(2 * IDLE_SECONDS)
            assert house.board.hung_up == {}
