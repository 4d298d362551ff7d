"""Encrypted calls as the switchboard places and takes them: what is offered to whom, and what is refused."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from mixer.bridge.protocol import AddLeg, ChangeMedia, Codec, RemoveLeg
from mixer.negotiation import Exchange, capabilities_of
from mixer.party import NotReached, Reached
from sip.placing import LARGEST_DATAGRAM
from sip.sdp import SessionDescription
from tests.mixer.desk import Desk, sdp
from tests.mixer.virtual_time import in_virtual_time
from tests.sip import script

if TYPE_CHECKING:
    from pathlib import Path

    from mixer.bridge.protocol import Command, Encryption
    from sip.message import Request, Response

CM_80 = "AES_CM_128_HMAC_SHA1_80"


def encrypted(profile: str = "RTP/SAVP", fill: int = 1, tag: int = 1) -> bytes:
    """A phone's description."""
    key = b64encode(bytes([fill]) * 30).decode()
    return sdp().replace(b"RTP/AVP", profile.encode()) + f"a=crypto:{tag} {CM_80} inline:{key}\r\n".encode()


def offered(message: Request | Response) -> tuple[str, int]:
    """Under which profile, with how many keys."""
    (media,) = SessionDescription.parse(message.body).media
    return media.profile, len(media.attributes("crypto"))


def encryption(command: Command) -> Encryption:
    assert isinstance(command, AddLeg | ChangeMedia)
    assert command.media.encryption is not None
    return command.media.encryption


@in_virtual_time
async def test_a_phone_that_takes_a_key_in_the_plain_profile_is_called_once(tmp_path: Path) -> None:
    with Desk(tmp_path, srtp="optional") as desk:
        sent = await desk.dial()
        assert offered(sent) == ("RTP/AVP", 1)
        desk.say(script.answer(sent, 200, body=encrypted("RTP/AVP")))
        assert desk.party.heard == [Reached("leg")]
        assert desk.switchboard.encrypted("leg")
        (added,) = desk.bridge.of(AddLeg)
        assert encryption(added).theirs.octets == bytes([1]) * 30


@in_virtual_time
async def test_a_phone_that_knows_nothing_of_keys_is_called_once_and_plain(tmp_path: Path) -> None:
    with Desk(tmp_path, srtp="optional") as desk:
        sent = await desk.dial()
        desk.say(script.answer(sent, 200, body=sdp()))
        assert desk.party.heard == [Reached("leg")]
        assert not desk.switchboard.encrypted("leg")


@pytest.mark.parametrize("status", [415, 488, 606])
@in_virtual_time
async def test_a_phone_that_refuses_is_offered_its_sound_encrypted_alone_and_then_plain(
    tmp_path: Path, status: int
) -> None:
    with Desk(tmp_path, srtp="optional") as desk:
        found = []
        sent = await desk.dial()
        for _ in range(3):
            found.append(offered(sent))
            desk.say(script.answer(sent, status))
            await asyncio.sleep(0.01)
            sent = desk.last("INVITE")
        assert found == [("RTP/AVP", 1), ("RTP/SAVP", 2), ("RTP/AVP", 0)]
        assert [type(event) for event in desk.party.heard] == [NotReached]
        assert desk.words().count("INVITE") == 3
        assert desk.free()
        assert not desk.switchboard.legs


@in_virtual_time
async def test_a_phone_that_takes_the_second_offer_is_reached(tmp_path: Path) -> None:
    with Desk(tmp_path, srtp="optional") as desk:
        desk.say(script.answer(await desk.dial(), 488))
        await asyncio.sleep(0.01)
        desk.say(script.answer(desk.last("INVITE"), 200, body=encrypted()))
        assert desk.party.heard == [Reached("leg")]
        assert desk.switchboard.encrypted("leg")
        desk.switchboard.hang_up("leg", "over")
        assert desk.words()[-1] == "BYE"
        assert desk.free()


@pytest.mark.parametrize("status", [486, 603, 500])
@in_virtual_time
async def test_a_phone_that_refuses_for_another_reason_is_not_called_again(tmp_path: Path, status: int) -> None:
    with Desk(tmp_path, srtp="optional") as desk:
        desk.say(script.answer(await desk.dial(), status))
        assert desk.words().count("INVITE") == 1
        assert len(desk.party.heard) == 1


@in_virtual_time
async def test_where_encryption_is_required_nothing_else_is_offered(tmp_path: Path) -> None:
    with Desk(tmp_path, srtp="required") as desk:
        sent = await desk.dial()
        assert offered(sent) == ("RTP/SAVP", 2)
        desk.say(script.answer(sent, 488))
        assert desk.words().count("INVITE") == 1
        assert desk.free()


@in_virtual_time
async def test_where_encryption_is_required_a_plain_answer_ends_the_call(tmp_path: Path) -> None:
    with Desk(tmp_path, srtp="required") as desk:
        sent = await desk.dial()
        assert desk.say(script.answer(sent, 200, body=sdp()))[-1] == "BYE"
        assert not desk.bridge.of(AddLeg)


@in_virtual_time
async def test_where_encryption_is_required_a_plain_call_gets_488(tmp_path: Path) -> None:
    with Desk(tmp_path, srtp="required") as desk:
        desk.say(script.invite(body=sdp()))
        desk.switchboard.answer(desk.arrived[-1].leg, desk.party)
        refusal = desk.last("488 INVITE")
        assert refusal.headers.get("Warning").endswith('"Encrypted sound is required (SRTP with SDES)"')
        assert not desk.bridge.of(AddLeg)
        assert desk.free()


@in_virtual_time
async def test_a_phone_that_takes_another_key_in_a_call_is_heard_with_it_and_hears_us_as_before(tmp_path: Path) -> None:
    with Desk(tmp_path, srtp="optional") as desk:
        desk.settle(encrypted())
        before = encryption(desk.bridge.told[-1])
        desk.say(script.request("INVITE", 2, to_tag=desk.last("200 INVITE").to.tag, body=encrypted(fill=2)))
        after = encryption(desk.bridge.told[-1])
        assert (before.theirs.octets, after.theirs.octets) == (bytes([1]) * 30, bytes([2]) * 30)
        assert (before.ours, before.since) == (after.ours, after.since)


@in_virtual_time
async def test_a_call_that_is_encrypted_refuses_plain_sound_and_goes_on(tmp_path: Path) -> None:
    with Desk(tmp_path, srtp="optional") as desk:
        desk.settle(encrypted())
        told = len(desk.bridge.told)
        tag = desk.last("200 INVITE").to.tag
        for number, offer in enumerate((sdp(), encrypted().replace(b"a=crypto", b"a=nothing")), 2):
            desk.say(script.request("INVITE", number, to_tag=tag, body=offer))
            assert desk.words()[-1] == "488 INVITE"
            desk.say(script.request("ACK", number, to_tag=tag))
        assert len(desk.bridge.told) == told
        assert not desk.bridge.of(RemoveLeg)
        assert all(desk.switchboard.encrypted(leg) for leg in desk.switchboard.legs)


@in_virtual_time
async def test_no_key_is_shown_of_what_the_bridge_is_told(tmp_path: Path) -> None:
    with Desk(tmp_path, srtp="optional") as desk:
        desk.settle(encrypted(fill=65))
        shown = repr(desk.bridge.told)
        used = encryption(desk.bridge.told[-1])
        assert "AAAA" not in shown
        assert repr(used.ours.octets)[2:8] not in shown


@in_virtual_time
async def test_an_invite_with_keys_and_all_codecs_still_fits_into_a_datagram(tmp_path: Path) -> None:
    hd = len(Exchange(capabilities_of(Codec), "198.51.100.100", 20000, 2**31).offer())
    plain = len(Exchange(capabilities_of((Codec.PCMU, Codec.PCMA)), "198.51.100.100", 20000, 2**31).offer())
    for policy in ("optional", "required"):
        with Desk(tmp_path, srtp=policy) as desk:
            assert len(bytes(await desk.dial())) + hd - plain <= LARGEST_DATAGRAM
