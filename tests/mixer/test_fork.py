"""An account with several phones: all ring, the first that answers has the call."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mixer.fork import SLOW_SECONDS
from mixer.party import Gone, NotReached, Rang, Reached
from mixer.rules.model import Person
from sip.effects import Peer
from sip.message import Request
from sip.registrar import StoredBinding
from tests.mixer.desk import RING_SECONDS, Desk, sdp, theirs
from tests.mixer.virtual_time import in_virtual_time
from tests.sip import script
from tests.sip.link import said

if TYPE_CHECKING:
    from pathlib import Path

ANNA = Person("Anna", ("101",), password="x")
DESK_PHONE, SOFTPHONE = Peer("udp", "10.0.0.7", 5060), Peer("udp", "10.0.0.8", 5060)


def binding(host: str) -> StoredBinding:
    return StoredBinding(
        account="101",
        contact=f"sip:101@{host}",
        transport="udp",
        host=host,
        port=5060,
        remaining=3600.0,
        call_id=host,
        cseq=1,
    )


class Office(Desk):
    def register(self, *hosts: str) -> None:
        self.agent.registrar.load([binding(host) for host in hosts], asyncio.get_running_loop().time(), 0.0)

    async def ring(self) -> dict[str, Request]:
        """The INVITE that each phone gets, by its host."""
        self.register("10.0.0.7", "10.0.0.8")
        self.switchboard.dial("leg", ANNA, self.party)
        await asyncio.sleep(0.1)
        invites = [message for message in self.heard if isinstance(message, Request)]
        assert {said(message) for message in invites} == {"INVITE"}
        return {message.uri.host: message for message in invites}


@in_virtual_time
async def test_all_phones_of_an_account_ring_and_the_first_that_answers_has_the_call(tmp_path: Path) -> None:
    with Office(tmp_path) as desk:
        sent = await desk.ring()
        desk.say(script.answer(sent["10.0.0.7"], 180), DESK_PHONE)
        desk.say(script.answer(sent["10.0.0.8"], 180), SOFTPHONE)
        assert desk.say(script.answer(sent["10.0.0.8"], 200, body=sdp(host="10.0.0.8")), SOFTPHONE) == ["ACK", "CANCEL"]
        cancel = desk.last("CANCEL")
        assert cancel.call_id == sent["10.0.0.7"].call_id
        assert "elsewhere" in (cancel.headers.get("Reason") or "")
        assert desk.party.heard == [Rang("leg"), Reached("leg")]
        assert desk.switchboard.legs == ("leg",)
        assert desk.switchboard.party("leg") is desk.party
        desk.say(script.answer(sent["10.0.0.7"], 487), DESK_PHONE)
        bye = theirs("BYE", sent["10.0.0.8"])
        assert desk.say(bye, SOFTPHONE) == ["200 BYE"]
        assert desk.party.heard[-1] == Gone("leg", "hung up")
        assert desk.free()


@in_virtual_time
async def test_two_that_answer_at_the_same_moment_are_one_call_and_a_goodbye(tmp_path: Path) -> None:
    with Office(tmp_path) as desk:
        sent = await desk.ring()
        desk.say(script.answer(sent["10.0.0.7"], 200, body=sdp(host="10.0.0.7")), DESK_PHONE)
        late = script.answer(sent["10.0.0.8"], 200, body=sdp(host="10.0.0.8"))
        assert desk.say(late, SOFTPHONE) == ["ACK", "BYE"]
        assert desk.party.heard == [Reached("leg")]


@pytest.mark.parametrize("status", [603, 600])
@in_virtual_time
async def test_who_declines_at_one_phone_declines_at_all(tmp_path: Path, status: int) -> None:
    with Office(tmp_path) as desk:
        sent = await desk.ring()
        desk.say(script.answer(sent["10.0.0.8"], 180), SOFTPHONE)
        assert desk.say(script.answer(sent["10.0.0.7"], status), DESK_PHONE) == ["ACK", "CANCEL"]
        assert [type(event) for event in desk.party.heard] == [Rang, NotReached]
        assert desk.party.heard[-1].status == status  # type: ignore[union-attr]  # as the line above says
        assert not desk.switchboard.legs
        assert desk.free()


@in_virtual_time
async def test_a_busy_phone_leaves_the_other_ringing_and_its_answer_counts(tmp_path: Path) -> None:
    with Office(tmp_path) as desk:
        sent = await desk.ring()
        desk.say(script.answer(sent["10.0.0.8"], 180), SOFTPHONE)
        desk.say(script.answer(sent["10.0.0.7"], 486), DESK_PHONE)
        assert desk.party.heard == [Rang("leg")]
        desk.say(script.answer(sent["10.0.0.8"], 480), SOFTPHONE)
        assert desk.party.heard == [Rang("leg"), NotReached("leg", 486, "Busy Here")]


@in_virtual_time
async def test_a_busy_phone_is_not_waited_beyond_for_one_that_is_not_there(tmp_path: Path) -> None:
    with Office(tmp_path) as desk:
        sent = await desk.ring()
        desk.say(script.answer(sent["10.0.0.7"], 486), DESK_PHONE)
        await asyncio.sleep(SLOW_SECONDS)
        assert desk.party.heard == [NotReached("leg", 486, "Busy Here")]
        assert not desk.switchboard.legs


@in_virtual_time
async def test_a_phone_that_is_busy_at_once_leaves_another_time_to_ring(tmp_path: Path) -> None:
    with Office(tmp_path) as desk:
        sent = await desk.ring()
        desk.say(script.answer(sent["10.0.0.7"], 486), DESK_PHONE)
        await asyncio.sleep(SLOW_SECONDS / 2)
        desk.say(script.answer(sent["10.0.0.8"], 180), SOFTPHONE)
        await asyncio.sleep(SLOW_SECONDS)
        desk.say(script.answer(sent["10.0.0.8"], 200, body=sdp(host="10.0.0.8")), SOFTPHONE)
        assert desk.party.heard == [Rang("leg"), Reached("leg")]


@in_virtual_time
async def test_a_busy_phone_waits_for_nobody_once_the_call_is_taken_back(tmp_path: Path) -> None:
    with Office(tmp_path) as desk:
        sent = await desk.ring()
        desk.say(script.answer(sent["10.0.0.7"], 486), DESK_PHONE)
        desk.switchboard.hang_up("leg", "ended")
        await asyncio.sleep(2 * SLOW_SECONDS)
        assert desk.party.heard == []


@in_virtual_time
async def test_a_phone_that_is_gone_costs_the_other_nothing(tmp_path: Path) -> None:
    with Office(tmp_path) as desk:
        sent = await desk.ring()
        desk.agent.transport_failed(DESK_PHONE, asyncio.get_running_loop().time())
        desk.flush()
        assert desk.party.heard == []
        desk.say(script.answer(sent["10.0.0.8"], 200, body=sdp(host="10.0.0.8")), SOFTPHONE)
        assert desk.party.heard == [Reached("leg")]


@in_virtual_time
async def test_nobody_answers_at_any_phone(tmp_path: Path) -> None:
    with Office(tmp_path) as desk:
        sent = await desk.ring()
        for peer in (DESK_PHONE, SOFTPHONE):
            desk.say(script.answer(sent[peer.host], 180), peer)
        await asyncio.sleep(RING_SECONDS)
        assert desk.party.heard == [Rang("leg"), NotReached("leg", 408, "no answer")]
        assert desk.words().count("CANCEL") == 2
        assert desk.free()


@in_virtual_time
async def test_hanging_up_takes_all_of_them_back_and_tells_nothing_more(tmp_path: Path) -> None:
    with Office(tmp_path) as desk:
        sent = await desk.ring()
        for peer in (DESK_PHONE, SOFTPHONE):
            desk.say(script.answer(sent[peer.host], 180), peer)
        desk.switchboard.hang_up("leg", "ended")
        assert desk.words().count("CANCEL") == 2
        assert desk.party.heard == [Rang("leg")]
        assert not desk.switchboard.legs
        assert desk.free()


@in_virtual_time
async def test_a_single_phone_is_called_as_ever(tmp_path: Path) -> None:
    with Office(tmp_path) as desk:
        desk.register("10.0.0.7")
        desk.switchboard.dial("leg", ANNA, desk.party)
        await asyncio.sleep(0.1)
        assert desk.switchboard.legs == ("leg",)
        assert desk.words().count("INVITE") == 1
