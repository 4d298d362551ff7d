"""What phones change during a call: hold, resume, codec, address; and what they can't have."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mixer.bridge.protocol import AddLeg, Address, ChangeMedia, Codec, Media, SetVolume
from mixer.party import Gone
from sip.effects import Peer
from sip.message import respond
from tests.mixer.desk import PHONE, Desk, sdp, theirs, version
from tests.mixer.virtual_time import in_virtual_time
from tests.sip import script

if TYPE_CHECKING:
    from pathlib import Path

    from sip.message import Request, Response


def media(desk: Desk) -> Media:
    """As the bridge was told last."""
    told = [command for command in desk.bridge.told if isinstance(command, AddLeg | ChangeMedia)]
    return told[-1].media


def reoffer(desk: Desk, sent: Request, number: int, body: bytes, source: Peer = PHONE) -> Response:
    """The answer to a re-INVITE, which is acknowledged."""
    desk.say(theirs("INVITE", sent, number, body), source)
    answer = desk.heard[-1]
    desk.say(theirs("ACK", sent, number), source)
    return answer  # type: ignore[return-value]  # what is sent upon an INVITE is a response


@pytest.mark.parametrize(
    ("direction", "ours", "sending"),
    [("sendonly", "recvonly", False), ("inactive", "inactive", False), ("recvonly", "sendonly", True)],
)
@in_virtual_time
async def test_on_hold_a_phone_hears_nothing_and_its_hold_music_is_not_heard(
    tmp_path: Path, direction: str, ours: str, sending: bool
) -> None:
    with Desk(tmp_path) as desk:
        sent = await desk.talk()
        before = media(desk)
        answer = reoffer(desk, sent, 2, sdp(direction=direction))
        assert f"a={ours}" in answer.body.decode()
        held = media(desk)
        assert (held.sending, held.receiving, held.remote) == (sending, False, before.remote)
        assert "a=sendrecv" in reoffer(desk, sent, 3, sdp()).body.decode()
        assert media(desk) == before


@in_virtual_time
async def test_a_leg_s_volumes_are_told_to_the_bridge(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        await desk.talk()
        desk.switchboard.turn("leg", 8.0, -4.0)
        desk.switchboard.turn("gone", 8.0, -4.0)
        (added,) = (command for command in desk.bridge.told if isinstance(command, AddLeg))
        assert [command for command in desk.bridge.told if isinstance(command, SetVolume)] == [
            SetVolume(added.leg, listening=8.0, talking=-4.0)
        ]


@in_virtual_time
async def test_hold_by_zeros_leaves_the_phone_where_it_was(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        sent = await desk.talk()
        before = media(desk)
        assert "a=recvonly" in reoffer(desk, sent, 2, sdp(host="0.0.0.0")).body.decode()
        held = media(desk)
        assert (held.remote, held.public_host) == (before.remote, None)
        assert (held.sending, held.receiving) == (False, False)
        reoffer(desk, sent, 3, sdp())
        assert media(desk) == before


@in_virtual_time
async def test_two_phones_that_hold_by_zeros_from_the_same_port_are_both_held(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        first = await desk.talk()
        second = await desk.dial("other")
        desk.say(script.answer(second, 200, body=sdp(host="10.0.0.8")))
        for sent in (first, second):
            assert reoffer(desk, sent, 2, sdp(host="0.0.0.0")).status == 200


@in_virtual_time
async def test_another_codec_is_taken_up_and_one_that_is_not_ours_changes_nothing(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        sent = await desk.talk()
        reoffer(desk, sent, 2, sdp(formats="8 101"))
        assert (media(desk).codec, media(desk).payload_type) == (Codec.PCMA, 8)
        told = len(desk.bridge.told)
        assert reoffer(desk, sent, 3, sdp(formats="18")).status == 488
        assert len(desk.bridge.told) == told
        assert reoffer(desk, sent, 4, sdp(formats="0 101")).status == 200
        assert media(desk).codec is Codec.PCMU


@in_virtual_time
async def test_the_version_of_our_description_rises_with_each_change_and_only_then(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        sent = await desk.talk()
        offered = version(sent)
        same = reoffer(desk, sent, 2, sdp(formats="0 101"))
        again = reoffer(desk, sent, 3, sdp(formats="0 101"))
        held = reoffer(desk, sent, 4, sdp(formats="0 101", direction="sendonly"))
        assert [version(answer) for answer in (same, again, held)] == [offered + 1, offered + 1, offered + 2]


@in_virtual_time
async def test_a_phone_that_moves_is_followed_also_behind_another_nat(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        sent = await desk.talk()
        reoffer(desk, sent, 2, sdp(host="10.0.0.7", port=5000))
        assert media(desk).remote == Address("10.0.0.7", 5000)
        mobile = Peer("udp", "93.184.216.34", 40000)
        reoffer(desk, sent, 3, sdp(host="100.64.3.2", port=7000), mobile)
        assert media(desk).public_host == "93.184.216.34"


@in_virtual_time
async def test_an_ipv6_address_for_sound_is_refused_and_the_old_one_stays(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        sent = await desk.talk()
        before = media(desk)
        assert reoffer(desk, sent, 2, sdp(host="2001:db8::1", family="IP6")).status == 488
        assert media(desk) == before
        with_rtcp = sdp(port=4002) + b"a=rtcp:5000 IN IP6 2001:db8::1\r\n"
        assert reoffer(desk, sent, 3, with_rtcp).status == 200
        assert (media(desk).remote.port, media(desk).rtcp) == (4002, None)


@in_virtual_time
async def test_asked_for_an_offer_we_make_one_and_take_the_answer(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        sent = await desk.talk()
        reoffer(desk, sent, 2, sdp(direction="inactive"))
        desk.say(theirs("INVITE", sent, 3))
        offer = desk.heard[-1]
        assert b"m=audio" in offer.body
        assert b"RTP/AVP 0 8 101" in offer.body
        desk.say(theirs("ACK", sent, 3, sdp(formats="8 101")))
        assert (media(desk).codec, media(desk).sending) == (Codec.PCMA, True)


@in_virtual_time
async def test_an_answer_to_our_offer_that_does_not_fit_ends_the_call(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        sent = await desk.talk()
        desk.say(theirs("INVITE", sent, 2))
        assert desk.say(theirs("ACK", sent, 2, sdp(formats="18"))) == ["BYE"]
        assert desk.party.heard[-1] == Gone("leg", "Answer without a codec that was offered")
        assert desk.free()


TWO_STREAMS = sdp().replace(b"m=audio 4000", b"m=audio 4010 FOO/BAR 0\r\nm=audio 4000")


@pytest.mark.parametrize("offer", [sdp(), TWO_STREAMS], ids=["one stream", "two streams"])
@in_virtual_time
async def test_a_session_that_is_refreshed_leaves_the_sound_alone(tmp_path: Path, offer: bytes) -> None:
    """RFC 4028 §7.4: whoever refreshes, by whatever request, nothing of the stream is touched."""
    with Desk(tmp_path) as desk:
        sent = await desk.talk()
        ours = reoffer(desk, sent, 2, offer).body
        told = list(desk.bridge.told)
        assert reoffer(desk, sent, 3, offer).body == ours
        assert desk.say(theirs("UPDATE", sent, 4, offer)) == ["200 UPDATE"]
        assert desk.heard[-1].body == ours
        assert desk.say(theirs("UPDATE", sent, 5)) == ["200 UPDATE"]
        await refresh(desk, sdp() if offer == sdp() else TWO_STREAMS.replace(b"4010", b"0"))
        assert desk.bridge.told == told


async def refresh(desk: Desk, answer: bytes) -> None:
    """Ours, by the description that the phone knows."""
    (call,) = desk.switchboard._by_call
    known = desk.heard[-2].body or desk.heard[-1].body
    desk.agent.offer(call, known, asyncio.get_running_loop().time())
    desk.flush()
    asked = desk.last("INVITE")
    assert asked.body == known
    assert desk.say(script.answer(asked, 200, body=answer))[0] == "ACK"  # type: ignore[arg-type]  # it is a request


@in_virtual_time
async def test_a_phone_that_answers_our_refresh_otherwise_is_followed(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        sent = await desk.talk()
        reoffer(desk, sent, 2, sdp())
        desk.say(theirs("UPDATE", sent, 3, sdp()))
        await refresh(desk, sdp(host="10.0.0.7", port=5000))
        assert media(desk).remote == Address("10.0.0.7", 5000)


@in_virtual_time
async def test_a_phone_that_answers_our_refresh_with_what_we_have_not_is_hung_up_on(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        sent = await desk.talk()
        reoffer(desk, sent, 2, sdp())
        desk.say(theirs("UPDATE", sent, 3, sdp()))
        await refresh(desk, sdp(formats="18"))
        assert desk.party.heard[-1] == Gone("leg", "Answer without a codec that was offered")
        bye = desk.last("BYE")
        assert bye.headers.get("Reason") == 'SIP;cause=488;text="Answer without a codec that was offered"'
        assert desk.free()


@in_virtual_time
async def test_a_reinvite_that_crosses_our_hanging_up_brings_nothing_back(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        sent = await desk.talk()
        desk.switchboard.hang_up("leg", "ended")
        bye = desk.last("BYE")
        assert desk.say(theirs("INVITE", sent, 2, sdp())) == ["481 INVITE"]
        desk.say(respond(bye, 200))  # type: ignore[arg-type]  # a BYE is a request
        assert not desk.bridge.of(ChangeMedia)
        assert desk.free()
