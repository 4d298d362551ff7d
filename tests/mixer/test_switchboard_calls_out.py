"""Calls that the switchboard places: everything that can become of them."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from media.dtmf import DtmfMode
from mixer.bridge.protocol import AddLeg, Address, Codec, Digit, Media, Played, RemoveLeg, Unheard
from mixer.party import Finished, Gone, NotReached, Pressed, Rang, Reached
from mixer.rules.call_rules import HangUpReason
from mixer.rules.model import Person
from sip.effects import Peer
from sip.targets import Unresolved
from tests.mixer.desk import RING_SECONDS, Desk, NoPorts, sdp, theirs
from tests.mixer.virtual_time import in_virtual_time
from tests.sip import script

if TYPE_CHECKING:
    from pathlib import Path

    from sip.uri import Uri


@in_virtual_time
async def test_a_phone_rings_once_is_answered_and_has_its_place_in_the_bridge(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        sent = await desk.dial()
        assert str(sent.from_.uri) == "sip:+74955550100@conf.example"
        assert str(sent.uri) == "sip:anna@10.0.0.9"
        for status in (100, 180, 183, 180):
            desk.say(script.answer(sent, status))
        assert desk.say(script.answer(sent, 200, body=sdp())) == ["ACK"]
        assert desk.party.heard == [Rang("leg"), Reached("leg")]
        (added,) = desk.bridge.of(AddLeg)
        assert isinstance(added, AddLeg)
        assert added.media == Media(Address("10.0.0.9", 4000), Codec.PCMU, 0, 101)
        assert len(desk.keepsakes.take_open_calls()) == 1


@pytest.mark.parametrize(("status", "reason"), [(486, "Busy Here"), (603, "Decline"), (404, "Not Found")])
@in_virtual_time
async def test_a_refusal_is_told_as_the_phone_said_it(tmp_path: Path, status: int, reason: str) -> None:
    with Desk(tmp_path) as desk:
        desk.say(script.answer(await desk.dial(), status))
        assert desk.party.heard == [NotReached("leg", status, reason)]
        assert desk.free()
        assert not desk.switchboard.legs


@in_virtual_time
async def test_nobody_answers_and_the_phone_stops_ringing(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        sent = await desk.dial()
        desk.say(script.answer(sent, 180))
        await asyncio.sleep(RING_SECONDS - 1)
        assert desk.party.heard == [Rang("leg")]
        await asyncio.sleep(1)
        assert desk.party.heard == [Rang("leg"), NotReached("leg", 408, "no answer")]
        assert desk.words() == ["INVITE", "CANCEL"]
        desk.say(script.answer(sent, 487))
        assert len(desk.party.heard) == 2
        assert desk.free()


@in_virtual_time
async def test_a_phone_that_is_called_in_vain_is_told_that_the_person_is_in_so_it_lists_no_missed_call(
    tmp_path: Path,
) -> None:
    with Desk(tmp_path) as desk:
        sent = await desk.dial()
        desk.say(script.answer(sent, 180))
        desk.switchboard.hang_up("leg", HangUpReason.ANSWERED_ELSEWHERE)
        assert desk.last("CANCEL").headers.get("Reason") == 'SIP;cause=200;text="Call completed elsewhere"'


@in_virtual_time
async def test_an_answer_that_crosses_our_giving_up_is_hung_up(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        sent = await desk.dial()
        desk.say(script.answer(sent, 180))
        await asyncio.sleep(RING_SECONDS)
        assert desk.say(script.answer(sent, 200, body=sdp())) == ["ACK", "BYE"]
        assert desk.party.heard == [Rang("leg"), NotReached("leg", 408, "no answer")]
        assert not desk.bridge.of(AddLeg)


@in_virtual_time
async def test_who_does_not_exist_on_the_network_is_not_waited_for_longer_than_the_phone_may_ring(
    tmp_path: Path,
) -> None:
    with Desk(tmp_path) as desk:
        await desk.dial()
        await asyncio.sleep(RING_SECONDS)
        assert desk.party.heard == [NotReached("leg", 408, "Request Timeout")]


@pytest.mark.parametrize("answer", [sdp(formats="18"), sdp(port=0), sdp(host="::1", family="IP6"), b"v=0\r\nnonsense"])
@in_virtual_time
async def test_an_answer_that_does_not_fit_ends_the_call(tmp_path: Path, answer: bytes) -> None:
    with Desk(tmp_path) as desk:
        sent = await desk.dial()
        assert desk.say(script.answer(sent, 200, body=answer)) == ["ACK", "BYE"]
        (refused,) = desk.party.heard
        assert isinstance(refused, NotReached)
        assert refused.status == 488
        assert desk.free()
        assert not desk.bridge.of(AddLeg)


@in_virtual_time
async def test_a_name_without_an_address_is_no_reason_to_wait(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:

        async def nowhere(uri: Uri) -> tuple[Peer, ...]:
            raise Unresolved(f"the name {uri.host} has no address")

        desk.switchboard._dialler._lookup = nowhere
        desk.switchboard.dial("leg", Person("Carol", ("7",), sip="sip:carol@nowhere.example"), desk.party)
        assert desk.party.heard == []
        await asyncio.sleep(0)
        assert desk.party.heard == [NotReached("leg", 480, "the name nowhere.example has no address")]


@in_virtual_time
async def test_who_is_hung_up_while_the_name_is_looked_up_is_never_called(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        answers = asyncio.Event()

        async def slow(_: Uri) -> tuple[Peer, ...]:
            await answers.wait()
            return (Peer("udp", "10.0.0.9", 5060),)

        desk.switchboard._dialler._lookup = slow
        desk.switchboard.dial("leg", Person("Carol", ("7",), sip="sip:carol@slow.example"), desk.party)
        await asyncio.sleep(1)
        desk.switchboard.hang_up("leg", "ended")
        answers.set()
        await asyncio.sleep(1)
        assert desk.words() == []
        assert desk.party.heard == []


@in_virtual_time
async def test_without_a_free_port_nobody_is_called(tmp_path: Path) -> None:
    with Desk(tmp_path, ports=NoPorts()) as desk:
        desk.switchboard.dial("leg", Person("Carol", ("7",), sip="sip:carol@10.0.0.9"), desk.party)
        await asyncio.sleep(1)
        assert desk.party.heard == [NotReached("leg", 503, "no free pair of RTP ports")]
        assert desk.words() == []


@in_virtual_time
async def test_a_mistake_of_ours_costs_the_call_and_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Desk(tmp_path) as desk:

        async def mistaken(_: Uri) -> tuple[Peer, ...]:
            raise ZeroDivisionError

        desk.switchboard._dialler._lookup = mistaken
        with caplog.at_level(logging.ERROR):
            desk.switchboard.dial("leg", Person("Carol", ("7",), sip="sip:carol@10.0.0.9"), desk.party)
            await asyncio.sleep(1)
        assert desk.party.heard == [NotReached("leg", 500, "Server Internal Error")]
        assert "Carol can't be called" in caplog.text


@in_virtual_time
async def test_who_hangs_up_is_gone_with_all_that_the_call_had(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        sent = await desk.talk()
        assert desk.say(theirs("BYE", sent)) == ["200 BYE"]
        assert desk.party.heard[-1] == Gone("leg", "hung up")
        assert len(desk.bridge.of(RemoveLeg)) == 1
        assert desk.free()
        assert desk.keepsakes.take_open_calls() == []
        assert desk.switchboard.party("leg") is None


@in_virtual_time
async def test_hanging_up_says_why_and_the_leg_tells_nothing_more(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        await desk.talk()
        told = len(desk.party.heard)
        desk.switchboard.hang_up("leg", "ended")
        bye = desk.last("BYE")
        assert bye.headers.get("Reason") == 'SIP;text="ended"'
        desk.say(script.answer(bye, 200))  # type: ignore[arg-type]  # a BYE is a request
        desk.switchboard.hang_up("leg", "ended")
        assert len(desk.party.heard) == told
        assert desk.free()


@in_virtual_time
async def test_a_phone_that_is_not_heard_for_thirty_seconds_is_lost(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        await desk.talk()
        number = desk.bridge.of(AddLeg)[0].leg  # type: ignore[union-attr]  # an AddLeg
        for seconds in (10, 20):
            desk.switchboard.sounded(Unheard(number, seconds))
        assert "BYE" not in desk.words()
        desk.switchboard.sounded(Unheard(number, 30))
        assert desk.party.heard[-1] == Gone("leg", "no sound for 30 seconds", lost=True)
        assert desk.words()[-1] == "BYE"
        desk.switchboard.sounded(Unheard(number, 40))
        assert isinstance(desk.party.heard[-2], Reached)


@pytest.mark.parametrize("mode", [DtmfMode.EVENT, DtmfMode.TONE])
@pytest.mark.parametrize("first", ["sound", "info"])
@in_virtual_time
async def test_a_phone_that_sends_each_digit_both_ways_presses_each_key_once(
    tmp_path: Path, first: str, mode: DtmfMode
) -> None:
    with Desk(tmp_path) as desk:
        sent = await desk.talk()
        number = desk.bridge.of(AddLeg)[0].leg  # type: ignore[union-attr]  # an AddLeg
        for at, digit in enumerate("47*", 2):
            ways = [
                lambda digit=digit: desk.switchboard.sounded(Digit(number, digit, mode)),
                lambda at=at, digit=digit: desk.say(
                    theirs("INFO", sent, at, f"Signal={digit}\r\n".encode(), "application/dtmf-relay")
                ),
            ]
            for way in ways if first == "sound" else reversed(ways):
                way()
        pressed = [event.digit for event in desk.party.heard if isinstance(event, Pressed)]
        assert pressed == ["4", "7", "*"]


@in_virtual_time
async def test_the_end_of_what_was_played_is_told_with_its_token(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        await desk.talk()
        number = desk.bridge.of(AddLeg)[0].leg  # type: ignore[union-attr]  # an AddLeg
        token = desk.switchboard.play("leg", (5, 6))
        desk.switchboard.sounded(Played(number, token))
        desk.switchboard.sounded(Played(number + 1, token))
        assert desk.party.heard[1:] == [Finished("leg", token)]


@in_virtual_time
async def test_commands_about_legs_that_are_gone_change_nothing(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        switchboard = desk.switchboard
        switchboard.join("nobody", 1)
        switchboard.stop_playing("nobody")
        switchboard.play("nobody", (1,))
        switchboard.answer("nobody", desk.party)
        switchboard.refuse("nobody", 404, "Not Found")
        switchboard.hand_over("nobody", desk.party)
        assert switchboard.caller("nobody") is None
        assert desk.bridge.told == []
