"""INVITE with Replaces: a PBX hands the seat of one of its phones to another (RFC 3891)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mixer.bridge.protocol import AddLeg, ChangeMedia, JoinRoom, RemoveLeg
from mixer.rules.model import Person
from mixer.settings import TrunkRoute
from sip.replaces import Replaces
from tests.mixer.desk import Desk
from tests.mixer.hall import ANNA, BORIS, CLARA, Hall, Talker, meet, open_hall
from tests.mixer.virtual_time import in_virtual_time
from tests.sip import script

if TYPE_CHECKING:
    from pathlib import Path

DOOR = "sip:500@conf.example"


def legs(hall: Hall) -> list[tuple[str | None, bool, str]]:
    (running,) = hall.conductor.programme.open.values()
    return [(leg.person, leg.owner, leg.stage.value) for leg in running.conference.legs.values()]


@in_virtual_time
async def test_the_new_phone_takes_the_seat_and_the_old_one_is_hung_up(tmp_path: Path) -> None:
    async with open_hall(tmp_path, BORIS) as hall:
        anna, boris = await meet(hall, ANNA, BORIS)
        clara = Talker(hall, CLARA)
        before = legs(hall)
        told = len(hall.bridge.told)
        assert clara.dial(DOOR, ("Replaces", anna.replaces()), ("Require", "replaces")) == 200
        await asyncio.sleep(1)
        assert len(anna.requests("BYE")) == 1
        assert not clara.requests("BYE") and boris.in_call
        assert legs(hall) == before
        (changed,) = hall.bridge.told[told:]
        assert isinstance(changed, ChangeMedia)
        assert changed.media.remote.host == clara.peer.host
        assert hall.kinds()[-1] == "transferred" and "left" not in hall.kinds()
        assert not hall.bridge.of(RemoveLeg)
        assert len(hall.bridge.of(AddLeg)) == len(hall.bridge.of(JoinRoom)) == 2
        assert len(hall.keepsakes.take_open_calls()) == 2


@in_virtual_time
async def test_what_the_new_phone_does_is_the_legs(tmp_path: Path) -> None:
    async with open_hall(tmp_path, BORIS) as hall:
        anna, _ = await meet(hall, ANNA, BORIS)
        clara = Talker(hall, CLARA)
        clara.dial(DOOR, ("Replaces", anna.replaces()), call_id="mine")
        ok = clara.last("200 INVITE")
        clara.say(script.request("BYE", 2, tag="103", to_tag=ok.to.tag, call_id="mine"))
        await asyncio.sleep(0.5)
        assert hall.kinds()[-2:] == ["left", "owner_out"]


@in_virtual_time
async def test_an_unknown_dialog_is_not_there_and_one_with_a_wrong_tag_neither(tmp_path: Path) -> None:
    async with open_hall(tmp_path, BORIS) as hall:
        anna, _ = await meet(hall, ANNA, BORIS)
        right = Replaces.parse(anna.replaces())
        clara = Talker(hall, CLARA)
        for wrong in (
            Replaces("nobodys", right.to_tag, right.from_tag),
            Replaces(right.call_id, "else", right.from_tag),
            Replaces(right.call_id, right.to_tag, "else"),
            Replaces(right.call_id, right.from_tag, right.to_tag),
        ):
            assert clara.dial(DOOR, ("Replaces", str(wrong))) == 481
        assert clara.dial(DOOR, ("Replaces", f"{right};early-only")) == 486
        assert clara.dial(DOOR, ("Replaces", "nonsense")) == 400
        assert anna.in_call and not [leg for leg in hall.switchboard.legs if leg.startswith("in-")]


@in_virtual_time
async def test_a_dialog_that_has_ended_is_declined_and_one_that_rings_is_not_there(tmp_path: Path) -> None:
    async with open_hall(tmp_path, BORIS) as hall:
        (anna,) = await meet(hall, ANNA)
        clara, boris = Talker(hall, CLARA), Talker(hall, BORIS)
        anna.takes_news = False  # so that our BYE to it is remembered
        hall.switchboard.hang_up(hall.switchboard.legs[0], "test")
        assert clara.dial(DOOR, ("Replaces", anna.replaces())) == 603
        assert not boris.heard
        ringing = hall.last("INVITE")
        early = Replaces(ringing.call_id, ringing.from_.tag or "", "102")
        assert clara.dial(DOOR, ("Replaces", str(early))) == 481


@in_virtual_time
async def test_sound_that_does_not_fit_leaves_the_seat_where_it_is(tmp_path: Path) -> None:
    async with open_hall(tmp_path, BORIS) as hall:
        anna, _ = await meet(hall, ANNA, BORIS)
        clara = Talker(hall, CLARA)
        assert clara.dial(DOOR, ("Replaces", anna.replaces()), body=clara.sdp(formats="18")) == 488
        assert anna.in_call
        assert anna.offer(anna.sdp(direction="sendonly")) == 200


@pytest.mark.parametrize(("listed_only", "status"), [(False, 200), (True, 403)])
def test_where_only_the_listed_come_in_a_stranger_gets_no_seat(tmp_path: Path, listed_only: bool, status: int) -> None:
    @in_virtual_time
    async def seat() -> None:
        async with open_hall(tmp_path, BORIS, listed_only=listed_only) as hall:
            anna, _ = await meet(hall, ANNA, BORIS)
            assert Talker(hall, CLARA).dial(DOOR, ("Replaces", anna.replaces())) == status
            assert anna.in_call == (status == 403)

    seat()


@in_virtual_time
async def test_a_phone_that_followed_the_roster_in_its_old_call_follows_no_more(tmp_path: Path) -> None:
    async with open_hall(tmp_path, BORIS) as hall:
        anna, _ = await meet(hall, ANNA, BORIS)
        anna.inside("SUBSCRIBE", ("Event", "conference"))
        await asyncio.sleep(2)
        Talker(hall, CLARA).dial(DOOR, ("Replaces", anna.replaces()))
        await asyncio.sleep(3)
        assert anna.requests("NOTIFY")[-1].headers.get("Subscription-State") == "terminated;reason=noresource"
        assert len(hall.agent.notifier) == 0


@in_virtual_time
async def test_a_call_that_is_to_take_a_seat_through_a_trunk_counts_there_until_it_is_dismissed(tmp_path: Path) -> None:
    trunk = TrunkRoute("provider", "sip:10.0.0.50", max_calls=1)
    far = Person("Far away", ("+74955550111",))
    with Desk(tmp_path, trunks=(trunk,)) as desk:
        await desk.talk()
        relief = await desk.switchboard.replacement.dial_instead("leg", far, ())
        assert relief.trunk == "provider"
        second = asyncio.create_task(desk.switchboard.replacement.dial_instead("leg", far, ()))
        await asyncio.sleep(1)
        assert not second.done(), "the trunk has room for one call"
        desk.switchboard.replacement.dismiss(relief)
        third = asyncio.create_task(desk.switchboard.replacement.dial_instead("leg", far, ()))
        desk.switchboard.replacement.dismiss(await second)
        assert (await third).trunk == "provider"
