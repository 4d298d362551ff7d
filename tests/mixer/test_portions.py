"""What concerns thousands of legs is done in portions, in its order."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from mixer.bridge.channel import HEARTBEAT, Channel, pair
from mixer.bridge.client import BridgeClient
from mixer.bridge.protocol import Command, Event, Played, Ready
from mixer.portions import AT_ONCE, Portions
from mixer.rules.acts import EndNow, WantRecording
from mixer.rules.model import Person, Recorded
from mixer.rules.records import Kind
from mixer.rules.step import Tick
from tests.mixer.house import BROUGHT, MUSIC, open_house
from tests.mixer.rehearsal import OWNER, PLAN, START
from tests.mixer.virtual_time import in_virtual_time

if TYPE_CHECKING:
    from pathlib import Path

    from tests.mixer.house import House

MANY = 1000


def test_a_little_work_is_done_at_once_without_an_event_loop() -> None:
    done: list[int] = []
    portions = Portions()
    portions.do(partial(done.append, number) for number in range(AT_ONCE))
    portions.do(partial(done.append, number) for number in range(AT_ONCE, AT_ONCE + 3))
    assert done == list(range(AT_ONCE + 3))


@in_virtual_time
async def test_what_comes_later_is_done_behind_what_waits_and_others_go_on_between() -> None:
    done: list[int] = []
    portions = Portions()
    portions.do(partial(done.append, number) for number in range(2 * AT_ONCE + 1))
    portions.do([partial(done.append, -1)])
    seen = []
    while len(done) < 2 * AT_ONCE + 2:
        seen.append(len(done))
        await asyncio.sleep(0)
    assert seen[:2] == [AT_ONCE, 2 * AT_ONCE]
    assert done == [*range(2 * AT_ONCE + 1), -1]


@in_virtual_time
async def test_a_mistake_costs_what_it_was_made_in_alone() -> None:
    done: list[int] = []

    def mistake() -> None:
        raise ZeroDivisionError

    portions = Portions()
    with pytest.raises(ZeroDivisionError):
        portions.do([mistake, partial(done.append, 1)])
    portions.do([partial(done.append, 2)])
    await asyncio.sleep(0)
    assert done == [1, 2]


def crowd(house: House) -> list[str]:
    legs = [house.calls(PLAN.code) for _ in range(MANY)]
    house.answers(OWNER)
    return legs


@in_virtual_time
async def test_a_thousand_come_into_the_room_a_few_hundred_at_a_time_and_who_has_hung_up_meanwhile_does_not(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await asyncio.sleep(0)
        await asyncio.sleep(1)
        legs = crowd(house)
        assert {house.board.hears[leg] for leg in legs[AT_ONCE:]} == {(MUSIC,)}
        house.leaves(legs[-1])
        await asyncio.sleep(0.01)
        assert {house.board.hears[leg] for leg in legs[:-1]} == {1}
        assert house.board.hears[legs[-1]] == (MUSIC,)


@in_virtual_time
async def test_what_is_brought_to_a_thousand_and_taken_away_at_once_is_heard_by_nobody_later(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await asyncio.sleep(1)
        legs = crowd(house)
        await asyncio.sleep(0.01)
        running = house.conductor.programme.opened(PLAN.code)
        assert running is not None
        assert running.bring(legs, BROUGHT) == MANY
        assert running.take_away() == MANY
        await asyncio.sleep(0.01)
        assert {house.board.hears[leg] for leg in legs} == {1}


@in_virtual_time
async def test_a_thousand_who_are_dismissed_all_hear_so_though_the_conference_is_over_already(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await asyncio.sleep(1)
        legs = crowd(house)
        running = house.conductor.programme.opened(PLAN.code)
        assert running is not None
        running.act(WantRecording(Recorded.MIXED))
        running.act(EndNow())
        await asyncio.sleep(1)
        assert house.conductor.programme.opened(PLAN.code) is None
        assert {tuple(house.said(leg)) for leg in legs} == {("ended",)}


PEOPLE = tuple(Person(f"Person {number}", (str(number),), password="a phone here") for number in range(1000, 2000))


@in_virtual_time
async def test_a_thousand_are_called_some_at_a_time_and_who_is_called_is_in_the_journal_first(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    large = replace(PLAN, owner=PEOPLE[0], participants=PEOPLE[1:])
    async with open_house(tmp_path, large, now=START - 5) as house:
        await house.until(START - 1)
        house.set_clock(1.0)
        running = house.conductor.programme.opened(PLAN.code)
        assert running is not None
        running.feed(Tick())
        assert len(house.board.dialled) == AT_ONCE
        assert house.kinds(PLAN.code).count(Kind.CALLING) == MANY
        assert caplog.text.count(" is called") < AT_ONCE
        await asyncio.sleep(0.01)
        assert house.called == [person.number for person in PEOPLE]
        assert caplog.text.count(" is called") == MANY


@in_virtual_time
async def test_who_has_not_been_called_yet_when_it_is_ended_is_not_called_any_more(tmp_path: Path) -> None:
    large = replace(PLAN, owner=PEOPLE[0], participants=PEOPLE[1:])
    async with open_house(tmp_path, large, now=START - 5) as house:
        await house.until(START - 1)
        house.set_clock(1.0)
        running = house.conductor.programme.opened(PLAN.code)
        assert running is not None
        running.feed(Tick())
        running.act(EndNow())
        await asyncio.sleep(0.01)
        assert len(house.board.dialled) == AT_ONCE
        assert not house.board.parties


async def test_of_what_a_bridge_tells_some_is_taken_at_a_time() -> None:
    told: list[Event] = []
    client = BridgeClient(told.append)
    ours, theirs = pair()
    client._channel, client._descriptor = Channel[Command, Event](ours, 1), ours.fileno()
    bridge: Channel[Event, Command] = Channel(theirs, 1)
    bridge.send(Ready(1))
    bridge.send_octets(HEARTBEAT)
    for leg in range(100):
        bridge.send(Played(leg, 1))
    client._readable()
    assert 0 < len(told) < 50
    while len(told) < 101:
        client._readable()
    assert told[1:] == [Played(leg, 1) for leg in range(100)]
    bridge.close()
    client._channel.close()
