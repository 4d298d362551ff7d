"""Hundreds of calls, ended in every way there is: afterwards no table holds anything of them."""

from __future__ import annotations

import asyncio
import gc
import os
from typing import TYPE_CHECKING

from mixer.bridge.bridge import Bridge
from mixer.bridge.standing import Standing
from mixer.party import Gone
from tests.mixer import desk as desks
from tests.mixer.bridge_rig import Wires
from tests.mixer.desk import Desk, sdp, theirs
from tests.mixer.house import House, open_house
from tests.mixer.rehearsal import END, HOUR, PLAN, START
from tests.mixer.tables import grown, tables
from tests.mixer.test_dialling_in import NUMBER
from tests.mixer.virtual_time import in_virtual_time
from tests.sip import script

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from mixer.bridge.protocol import Command

ROUNDS = 20
LONG = 700.0
"""Seconds: by then every timer of SIP has run down, the one of a phone that rings for ever included."""


class BothEnds:
    """What the main process keeps for another bridge, and a bridge."""

    def __init__(self) -> None:
        self.standing = Standing()
        self.bridge = Bridge(Wires(), seed=1)
        self.tick = 1000

    def send(self, command: Command, *descriptors: int) -> None:
        self.standing.note(command, *descriptors)
        self.tick += 1
        self.bridge.obey(command, [os.dup(each) for each in descriptors], self.tick, 0)
        self.bridge.tick(self.tick, 0)
        self.bridge.events()

    def close(self) -> None:
        self.standing.close()
        self.bridge.close()


async def call_out(desk: Desk) -> None:
    """Calls of ours: we hang up, they do, they refuse, nobody answers, they answer with nonsense, they don't exist."""
    await desk.talk()
    desk.switchboard.hang_up("leg", "over")
    desk.say(script.answer(desk.last("BYE"), 200))
    sent = await desk.talk()
    desk.say(theirs("BYE", sent))
    desk.say(script.answer(await desk.dial(), 486))
    desk.say(script.answer(await desk.dial(), 180))
    await asyncio.sleep(desks.RING_SECONDS)
    await desk.talk(b"v=0\r\nnonsense")
    await desk.dial()
    await asyncio.sleep(desks.RING_SECONDS)


async def call_in(desk: Desk, number: int) -> None:
    """Calls of theirs: they hang up, we do and hear nothing more, they give up, are refused, or vanish."""

    def arrives(name: str) -> script.Request:
        invite = script.invite(call_id=f"{name}-{number}", body=sdp())
        desk.say(invite)
        return invite

    def answered(name: str) -> str:
        arrives(name)
        desk.switchboard.answer(desk.arrived[-1].leg, desk.party)
        tag = desk.last("200 INVITE").to.tag
        desk.say(script.request("ACK", call_id=f"{name}-{number}", to_tag=tag))
        return tag

    desk.say(script.request("BYE", 2, call_id=f"a-{number}", to_tag=answered("a")))
    answered("b")
    desk.switchboard.hang_up(desk.arrived[-1].leg, "over")
    invite = arrives("c")
    desk.say(script.request("CANCEL", call_id=f"c-{number}", via=invite.via.branch))
    arrives("d")
    desk.switchboard.refuse(desk.arrived[-1].leg, 404, "Not Found")
    arrives("e")
    desk.switchboard.answer(desk.arrived[-1].leg, desk.party)
    await asyncio.sleep(40)


@in_virtual_time
async def test_calls_leave_nothing_in_the_agent_the_switchboard_and_the_bridge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = BothEnds()
    monkeypatch.setattr(desks.Bridge, "send", lambda _, command, *descriptors: both.send(command, *descriptors))

    def kept(desk: Desk) -> dict[str, int]:
        parts = (desk.agent, desk.switchboard, desk.keepsakes, both.standing, both.bridge)
        return {name: length for part in parts for name, length in tables(part).items()}

    with Desk(tmp_path) as desk:
        await call_out(desk)
        await call_in(desk, 0)
        await asyncio.sleep(LONG)
        before = kept(desk)
        for number in range(1, ROUNDS + 1):
            await call_out(desk)
            await call_in(desk, number)
        await asyncio.sleep(LONG)
        assert not desk.switchboard.legs
        assert desk.free()
        assert not grown(before, kept(desk))
        assert not (tmp_path / "calls.jsonl").exists()
    both.close()
    assert sum(isinstance(event, Gone) for event in desk.party.heard) >= 2 * ROUNDS


@in_virtual_time
async def test_calls_leave_no_cycles_that_only_a_collector_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bridge has none, and that of the main process looks seldom."""
    both = BothEnds()
    monkeypatch.setattr(desks.Bridge, "send", lambda _, command, *descriptors: both.send(command, *descriptors))
    with Desk(tmp_path) as desk:
        await call_out(desk)
        await call_in(desk, 0)
        await asyncio.sleep(LONG)
        gc.collect()
        gc.disable()
        try:
            for number in range(1, ROUNDS + 1):
                await call_out(desk)
                await call_in(desk, number)
            await asyncio.sleep(LONG)
            assert gc.collect() < ROUNDS
        finally:
            gc.enable()
    both.close()


@in_virtual_time
async def test_callers_and_conferences_leave_nothing_in_the_conductor(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START - HOUR) as house:
        await asyncio.sleep(1)
        dial_in_and_out(house)
        await asyncio.sleep(2)
        before = tables(house.conductor)
        for _ in range(ROUNDS):
            dial_in_and_out(house)
            await asyncio.sleep(2)
        assert not grown(before, tables(house.conductor))
        await house.until(START + 1)
        for person in PLAN.people:
            house.answers(person)
        running = tables(house.conductor)
        for _ in range(ROUNDS):
            dial_in_and_out(house)
            await asyncio.sleep(2)
        assert not grown(running, tables(house.conductor))
        for leg in house.board.legs:
            house.leaves(leg)
        await house.until(END + 5)
        assert not grown(before, tables(house.conductor))


def dial_in_and_out(house: House) -> None:
    """By the code, by keys, with a wrong code, and with none."""
    for leg in (house.calls(PLAN.code), house.calls(NUMBER), house.calls(NUMBER), house.calls("999999")):
        if house.board.party(leg) is not None and leg.endswith(("2", "6")):
            house.keys(leg, f"{PLAN.code}#")
        if house.board.party(leg) is not None:
            house.leaves(leg)
