"""Calls that come in: answered with what fits, settled by the ACK, and ended at any moment."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mixer.bridge.protocol import AddLeg, Address, RemoveLeg
from mixer.party import Gone, Settled
from mixer.settings import TrunkRoute
from sip.effects import Peer
from tests.mixer.desk import Desk, NoPorts, sdp
from tests.mixer.virtual_time import in_virtual_time
from tests.sip import script

if TYPE_CHECKING:
    from pathlib import Path


@in_virtual_time
async def test_a_call_is_announced_answered_and_settled_by_its_ack(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        assert desk.say(script.invite(body=sdp())) == ["100 INVITE"]
        (arrived,) = desk.arrived
        assert (arrived.number, arrived.caller, arrived.label) == ("500", None, "stranger")
        desk.switchboard.answer(arrived.leg, desk.party)
        assert desk.words() == ["100 INVITE", "180 INVITE", "200 INVITE"]
        assert desk.party.heard == []
        desk.acknowledge()
        desk.acknowledge()
        assert desk.party.heard == [Settled(arrived.leg)]
        assert len(desk.bridge.of(AddLeg)) == 1
        assert len(desk.keepsakes.take_open_calls()) == 1


@in_virtual_time
async def test_a_number_is_told_as_it_was_dialled_however_the_uri_escapes_it(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        desk.say(script.invite(uri="sip:trunk%40provider@conf.example", body=sdp()))
        assert desk.arrived[0].number == "trunk@provider"


@in_virtual_time
async def test_who_calls_through_a_trunk_has_the_number_that_we_would_call_there(tmp_path: Path) -> None:
    there = Peer("udp", "192.0.2.5", 5060)
    line = TrunkRoute("line", "sip:192.0.2.5", trust_caller_id=True, rewrite=(("+44", "0"),))
    with Desk(tmp_path, trunks=(line,)) as desk:
        desk.agent.trunk_resolved("line", (there,), 0.0)
        for number, asserted in enumerate(("02079460000", "0123", None), 1):
            headers = () if asserted is None else (("P-Asserted-Identity", f"<sip:{asserted}@192.0.2.5>"),)
            desk.say(script.invite(number, call_id=f"call-{number}", headers=headers, body=sdp()), there)
        assert [each.caller for each in desk.arrived] == ["+442079460000", "0123", "stranger"]
        assert [desk.switchboard.caller(each.leg) for each in desk.arrived] == ["+442079460000", "0123", "stranger"]


@in_virtual_time
async def test_to_a_call_without_an_offer_we_make_one(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        desk.say(script.invite(body=b""))
        desk.switchboard.answer(desk.arrived[0].leg, desk.party)
        assert b"RTP/AVP 0 8 101" in desk.last("200 INVITE").body
        assert not desk.bridge.of(AddLeg)
        desk.acknowledge(sdp(formats="8 101"))
        (added,) = desk.bridge.of(AddLeg)
        assert isinstance(added, AddLeg)
        assert added.media.payload_type == 8
        assert desk.party.heard == [Settled(desk.arrived[0].leg)]


@pytest.mark.parametrize("answer", [b"", sdp(formats="18"), sdp(host="::1", family="IP6")])
@in_virtual_time
async def test_an_offer_of_ours_that_is_not_answered_well_ends_the_call_at_once(tmp_path: Path, answer: bytes) -> None:
    with Desk(tmp_path) as desk:
        desk.say(script.invite(body=b""))
        desk.switchboard.answer(desk.arrived[0].leg, desk.party)
        assert desk.acknowledge(answer) == ["BYE"]
        (gone,) = desk.party.heard
        assert isinstance(gone, Gone)
        assert desk.free()


@pytest.mark.parametrize(
    "offer",
    [
        sdp(formats="18"),
        sdp(host="2001:db8::1", family="IP6"),
        sdp(host="224.0.0.5"),
        sdp(host="240.0.0.1"),
        sdp(port=53),
        b"v=0\r\nnonsense",
    ],
)
@in_virtual_time
async def test_an_offer_of_nothing_we_have_is_refused_and_the_bridge_never_hears_of_it(
    tmp_path: Path, offer: bytes
) -> None:
    with Desk(tmp_path) as desk:
        desk.say(script.invite(body=offer))
        desk.switchboard.answer(desk.arrived[0].leg, desk.party)
        assert desk.words()[-1] == "488 INVITE"
        (gone,) = desk.party.heard
        assert isinstance(gone, Gone)
        assert not desk.bridge.of(AddLeg)
        assert desk.free()


@in_virtual_time
async def test_without_a_free_port_a_caller_is_told_to_try_later(tmp_path: Path) -> None:
    with Desk(tmp_path, ports=NoPorts()) as desk:
        desk.say(script.invite(body=sdp()))
        desk.switchboard.answer(desk.arrived[0].leg, desk.party)
        assert desk.words()[-1] == "503 INVITE"
        assert not desk.switchboard.legs


@in_virtual_time
async def test_a_caller_who_gives_up_before_the_answer_leaves_nothing(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        invite = script.invite(body=sdp())
        desk.say(invite)
        desk.say(script.request("CANCEL", via=invite.via.branch))
        assert desk.words() == ["100 INVITE", "200 CANCEL", "487 INVITE"]
        desk.switchboard.answer(desk.arrived[0].leg, desk.party)
        assert desk.party.heard == []
        assert not desk.switchboard.legs


@in_virtual_time
async def test_a_refused_call_is_refused_with_our_words(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        desk.say(script.invite(body=sdp()))
        desk.switchboard.refuse(desk.arrived[0].leg, 404, "Not Found")
        assert desk.words()[-1] == "404 INVITE"
        assert not desk.switchboard.legs


@in_virtual_time
async def test_an_answer_that_nobody_acknowledges_is_taken_back(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        desk.say(script.invite(body=sdp()))
        desk.switchboard.answer(desk.arrived[0].leg, desk.party)
        await asyncio.sleep(33)
        assert desk.party.heard == [Gone(desk.arrived[0].leg, "our answer was never acknowledged")]
        assert "BYE" in desk.words()
        assert len(desk.bridge.of(RemoveLeg)) == 1
        assert desk.free()


@in_virtual_time
async def test_a_phone_behind_a_nat_is_known_by_where_it_signals_from(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        source = Peer("udp", "93.184.216.34", 5060)
        for call, offer in enumerate([sdp(host="192.168.1.7"), sdp(host="0.0.0.0")]):
            desk.say(script.invite(body=offer, call_id=f"call-{call}", tag=f"tag-{call}"), source)
            desk.switchboard.answer(desk.arrived[-1].leg, desk.party)
        added = [command for command in desk.bridge.told if isinstance(command, AddLeg)]
        assert [command.media.public_host for command in added] == ["93.184.216.34"] * 2
        assert added[0].media.remote == Address("192.168.1.7", 4000)
        assert added[0].socket != added[1].socket, "two phones behind one NAT can't be told apart on one socket"
        assert not added[1].media.sending


@in_virtual_time
async def test_hanging_up_on_a_caller_before_the_answer_refuses_the_call(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        desk.say(script.invite(body=sdp()))
        desk.switchboard.hang_up(desk.arrived[0].leg, "stopping")
        assert desk.words()[-1] == "480 INVITE"
        assert not desk.switchboard.legs
