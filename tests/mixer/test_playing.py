"""Sounds that somebody plays to a conference from the machine it runs on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mixer.control import ControlError, Refused, Request
from mixer.playing import Playing
from tests.mixer.house import BROUGHT, MUSIC, House, open_house
from tests.mixer.rehearsal import ANNA, BORIS, OWNER, PLAN, START
from tests.mixer.test_acting import Console, begun
from tests.mixer.virtual_time import in_virtual_time

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mixer.control import Json


class Player(Console):
    def __init__(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(house, monkeypatch)
        self.playing = Playing(self.words, house.library)  # type: ignore[arg-type]  # all of it that is used
        house.conductor.chronicle.on_record.append(self.playing.hear)

    async def play(self, *, file: Path | None = None, **args: Json) -> Mapping[str, Json]:
        told = self.playing.answers["play"](Request("play", args, "root", file))
        assert not isinstance(told, dict)
        return await told  # type: ignore[misc]  # it is a coroutine


@in_virtual_time
async def test_a_file_is_heard_beside_the_room_and_kept_until_it_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "alarm").write_bytes(b"sound")
    async with open_house(tmp_path, PLAN, now=START - 5) as house:
        await begun(house)
        player, board = Player(house, monkeypatch), house.board
        assert (await player.play(file=tmp_path / "alarm"))["heard"] == 3
        assert {board.hears[leg] for leg in board.legs} == {(BROUGHT,)}
        assert {board.beside[leg] for leg in board.legs} == {-9.0}, "who talks is heard on"
        anna = board.leg_of[ANNA.number]
        house.hears_to_the_end(anna)
        assert (await player.play(stop=True))["heard"] == 2
        assert board.hears[board.leg_of[BORIS.number]] == board.room[anna]
        assert house.library.kept == set()
        with pytest.raises(Refused, match="nothing is being played"):
            await player.play(stop=True)
        board.hears = dict.fromkeys(board.hears)
        await player.play(file=tmp_path / "alarm", to=["boris"])
        assert [leg for leg in board.legs if board.hears[leg] == (BROUGHT,)] == [board.leg_of[BORIS.number]]
        assert house.library.kept == {PLAN.code}
        await player("end")
        assert house.library.kept == set()


@in_virtual_time
async def test_of_a_file_that_is_ready_when_all_is_over_nothing_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "alarm").write_bytes(b"sound")
    async with open_house(tmp_path, PLAN, now=START - 5) as house:
        await begun(house)
        player = Player(house, monkeypatch)
        house.library.reading = 3.0
        playing = asyncio.create_task(player.play(file=tmp_path / "alarm"))
        await asyncio.sleep(1)
        await player("end")
        with pytest.raises(Refused, match="nobody of these can hear it now"):
            await playing
        assert house.library.kept == set()


@in_virtual_time
async def test_a_prompt_is_said_to_who_waits_too_and_the_music_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(tmp_path, PLAN, now=START - 5) as house:
        await house.until(START + 1)
        anna = house.answers(ANNA)
        player = Player(house, monkeypatch)
        assert (await player.play(prompt="ten-minutes"))["heard"] == 1, "whoever still rings hears nothing"
        assert (house.said(anna), house.board.beside[anna]) == (["ten-minutes"], None)
        house.hears_to_the_end(anna)
        assert house.board.hears[anna] == (MUSIC,)


@in_virtual_time
async def test_what_is_played_takes_the_place_of_what_was_and_tones_leave_the_talk_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "alarm").write_bytes(b"sound")
    async with open_house(tmp_path, PLAN, now=START - 5) as house:
        await begun(house)
        player, board = Player(house, monkeypatch), house.board
        anna, boris = board.leg_of[ANNA.number], board.leg_of[BORIS.number]
        await player.play(file=tmp_path / "alarm")
        await player.play(prompt="comes", to=["anna"])
        assert (house.said(anna), board.beside[anna]) == (["comes"], 0.0)
        assert board.hears[boris] == (BROUGHT,), "who does not hear it hears on what was played"
        await player.play(file=tmp_path / "alarm", to=["anna"])
        assert board.hears[anna] == (BROUGHT,)
        assert board.hears[boris] == board.room[boris]


@in_virtual_time
async def test_what_can_not_be_played_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "noise").write_bytes(b"noise")
    async with open_house(tmp_path, PLAN, now=START - 5) as house:
        await house.until(START + 1)
        player = Player(house, monkeypatch)
        with pytest.raises(Refused, match="nobody of these can hear it now"):
            await player.play(prompt="ten-minutes")
        house.answers(OWNER)
        with pytest.raises(Refused, match="there is no prompt “nine-minutes”"):
            await player.play(prompt="nine-minutes")
        with pytest.raises(Refused, match="the file can't be played: it holds no sound"):
            await player.play(file=tmp_path / "noise")
        with pytest.raises(ControlError, match="needs"):
            await player.play()


@in_virtual_time
async def test_while_all_hear_that_it_is_recorded_a_refusal_says_so_and_that_it_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(tmp_path, PLAN, now=START - 5) as house:
        await begun(house)
        player = Player(house, monkeypatch)
        await player("record", on=True)
        with pytest.raises(Refused, match="hears the greeting or that it is recorded first; try again in some seconds"):
            await player.play(prompt="ten-minutes")
        await player("record", on=False)
        assert (await player.play(prompt="ten-minutes"))["heard"] == 3
