"""A phone that plays hold music, from its packets to what the others hear: with and without a word of signalling."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest

from media.prompt import Prompt
from mixer.bridge.protocol import Address, Command, Music, Mute, OpenSocket
from mixer.party import PlaysMusic, Pressed
from mixer.rules.records import Kind
from tests.mixer.bridge_rig import Rig, level
from tests.mixer.desk import Desk, sdp, theirs
from tests.mixer.house import MUSIC, open_house
from tests.mixer.rehearsal import ANNA, OWNER, PLAN, START
from tests.mixer.virtual_time import in_virtual_time
from tests.sip import script

if TYPE_CHECKING:
    from pathlib import Path

HELD, LISTENS = Address("10.0.0.9", 4000), Address("10.0.0.8", 4000)


@dataclass
class Talk:
    """Two phones in a room, one of which speaks all the time, signalled by SIP and mixed by a bridge."""

    desk: Desk
    rig: Rig = field(default_factory=Rig)
    obeyed: int = 0

    async def begin(self) -> None:
        self.held = await self.desk.talk()
        listens = await self.desk.dial("listens")
        self.desk.say(script.answer(listens, 200, body=sdp(host=LISTENS.host)))
        for leg in ("leg", "listens"):
            self.desk.switchboard.join(leg, 1)
        self.ticks(20)

    def ticks(self, count: int) -> int:
        """How loud the listener hears the other at the end of them."""
        told: list[Command] = self.desk.bridge.told[self.obeyed :]
        self.obeyed += len(told)
        for command in told:
            if isinstance(command, OpenSocket):
                self.rig.open(command.socket)
            else:
                self.rig.obey(command)
        heard = self.rig.ticks(count, {HELD: level(1000)})
        return int(np.abs(heard[LISTENS].sound).max())

    def reinvite(self, number: int, body: bytes) -> None:
        self.desk.say(theirs("INVITE", self.held, number, body))
        self.desk.say(theirs("ACK", self.held, number))


@pytest.mark.parametrize(
    "hold",
    [sdp(direction="sendonly"), sdp(direction="inactive"), sdp(host="0.0.0.0")],
    ids=["sendonly", "inactive", "zeros"],
)
@in_virtual_time
async def test_a_phone_that_says_it_holds_is_out_of_the_mix_with_the_next_tick_and_back_likewise(
    tmp_path: Path, hold: bytes
) -> None:
    with Desk(tmp_path) as desk:
        talk = Talk(desk)
        await talk.begin()
        assert talk.ticks(1) > 900
        assert [leg for leg in desk.switchboard.legs if desk.switchboard.on_hold(leg)] == []
        talk.reinvite(2, hold)
        assert len([leg for leg in desk.switchboard.legs if desk.switchboard.on_hold(leg)]) == 1
        assert talk.ticks(1) < 10
        assert talk.ticks(100) < 10
        talk.reinvite(3, sdp())
        assert talk.ticks(1) > 900
        assert [leg for leg in desk.switchboard.legs if desk.switchboard.on_hold(leg)] == []


@in_virtual_time
async def test_what_the_bridge_says_of_music_reaches_the_party_and_a_muted_leg_the_bridge(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        await desk.talk()
        number = desk.switchboard.number("leg")
        assert number is not None
        for playing in (True, False):
            desk.switchboard.sounded(Music(number, playing))
            assert desk.party.heard[-1] == PlaysMusic("leg", playing)
            desk.switchboard.mute("leg", playing)
            assert desk.bridge.told[-1] == Mute(number, playing)
        told = len(desk.bridge.told)
        desk.switchboard.mute("nobody", True)
        desk.switchboard.sounded(Music(number + 1, True))
        assert len(desk.bridge.told) == told


@in_virtual_time
async def test_whoever_plays_music_is_muted_and_told_the_owner_hears_nothing_of_it_and_the_star_brings_them_back(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await house.until(START + 1)
        owner, anna = house.answers(OWNER), house.answers(ANNA)
        room = house.board.hears[owner]
        before = house.board.tokens
        house.board.parties[anna].take(PlaysMusic(anna, True))
        assert house.said(anna) == [Prompt.MUTED]
        assert house.board.tokens == before + 1, "nobody else is told anything"
        assert (house.board.muted, house.board.hears[owner]) == ({anna}, room)
        house.hears_to_the_end(anna)
        house.board.parties[anna].take(Pressed(anna, "*"))
        assert house.board.muted == set()
        assert house.kinds(PLAN.code)[-2:] == [Kind.MUTED, Kind.HEARD_AGAIN]


@in_virtual_time
async def test_whoever_presses_the_star_need_not_hear_the_rest_of_how_to_come_back(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await house.until(START + 1)
        owner, anna = house.answers(OWNER), house.answers(ANNA)
        room = house.board.hears[owner]
        for ends in (Pressed(anna, "*"), PlaysMusic(anna, False), PlaysMusic(anna, False)):
            house.board.parties[anna].take(PlaysMusic(anna, True))
            house.board.parties[anna].take(ends)
            assert (house.board.muted, house.board.hears[anna]) == (set(), room)


@in_virtual_time
async def test_the_star_ends_no_other_sound_than_that(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await house.until(START + 1)
        owner, anna = house.answers(OWNER), house.answers(ANNA)
        house.board.parties[anna].take(PlaysMusic(anna, True))
        house.leaves(owner)
        house.board.parties[anna].take(Pressed(anna, "*"))
        assert (house.board.muted, house.board.hears[anna]) == (set(), (MUSIC,))


@in_virtual_time
async def test_the_owner_who_puts_everybody_on_hold_is_muted_too_and_then_leaves_music_for_them(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await house.until(START + 1)
        owner, anna = house.answers(OWNER), house.answers(ANNA)
        house.board.parties[owner].take(PlaysMusic(owner, True))
        assert house.board.muted == {owner}
        house.leaves(owner)
        assert house.board.hears[anna] == (MUSIC,)
