"""Which calls are encrypted, what inside a call never becomes plain, and where in its streams a leg is."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import pytest

from mixer.bridge.protocol import Address, Codec, Media
from mixer.encryption import Policies, encryption_of
from mixer.negotiation import Exchange, capabilities_of
from mixer.settings import Listener, MixerSettings, RecordingSettings, TrunkRoute
from sip.crypto import Crypto, CryptoPair, Policy
from sip.effects import Peer
from sip.errors import RemoteError
from sip.sdp import SessionDescription

CAPABILITIES = capabilities_of((Codec.PCMU, Codec.PCMA))
CM_80, CM_32, GCM = "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_128_GCM"
MEDIA = Media(Address("192.0.2.1", 4000), Codec.PCMU, 0, 101)


def exchange(policy: Policy = "optional") -> Exchange:
    return Exchange(CAPABILITIES, "198.51.100.1", 20000, 7, policy)


def said(profile: str, *lines: str, port: int = 4000) -> bytes:
    head = "v=0\r\no=- 1 1 IN IP4 192.0.2.5\r\ns=-\r\nc=IN IP4 192.0.2.5\r\nt=0 0\r\n"
    return (head + "".join(f"{line}\r\n" for line in (f"m=audio {port} {profile} 0", *lines))).encode()


def line(tag: int = 1, suite: str = CM_80, fill: int = 1) -> str:
    size = {CM_80: 30, CM_32: 30, GCM: 28}[suite]
    return f"a=crypto:{tag} {suite} inline:{b64encode(bytes([fill]) * size).decode()}"


def lines_of(description: bytes) -> tuple[str, ...]:
    return SessionDescription.parse(description).media[0].attributes("crypto")


@pytest.mark.parametrize(("profile", "lines"), [("RTP/AVP", ()), ("RTP/AVP", (line(2, GCM),)), ("RTP/SAVP", ())])
def test_a_call_that_is_encrypted_refuses_to_become_plain_or_half(profile: str, lines: tuple[str, ...]) -> None:
    call = exchange()
    call.answer(said("RTP/SAVP", line()))
    if lines:
        assert call.answer(said(profile, *lines))[1].crypto is not None
        return
    with pytest.raises(RemoteError) as refused:
        call.answer(said(profile, *lines))
    assert refused.value.status == 488
    assert call.answer(said("RTP/SAVP", line()))[1].crypto is not None


def test_an_offer_of_ours_inside_an_encrypted_call_takes_no_plain_answer() -> None:
    call = exchange()
    call.answer(said("RTP/AVP", line()))
    assert b"RTP/AVP" in call.offer()
    with pytest.raises(RemoteError):
        call.accept(said("RTP/AVP"))


def test_an_offer_of_ours_inside_a_call_is_made_under_its_profile_and_with_its_key() -> None:
    call = exchange()
    answered, _ = call.answer(said("RTP/SAVPF", line(5, CM_32)))
    (ours,) = lines_of(answered)
    offered = call.offer()
    assert b"RTP/SAVPF" in offered
    assert ours.split()[1:] in [each.split()[1:] for each in lines_of(offered)]


def test_a_plain_call_may_become_encrypted() -> None:
    call = exchange()
    assert call.answer(said("RTP/AVP"))[1].crypto is None
    assert call.answer(said("RTP/SAVP", line()))[1].crypto is not None


def test_the_same_offer_again_is_answered_with_the_same_words() -> None:
    call = exchange()
    first = call.answer(said("RTP/SAVP", line()))
    assert call.answer(said("RTP/SAVP", line())) == first


def test_another_key_of_the_phone_leaves_ours_as_it_is() -> None:
    call = exchange()
    _, before = call.answer(said("RTP/SAVP", line(fill=1)))
    _, after = call.answer(said("RTP/SAVP", line(fill=2)))
    assert before.crypto is not None and after.crypto is not None
    assert before.crypto.ours == after.crypto.ours
    assert before.crypto.theirs != after.crypto.theirs


def test_a_suite_to_which_a_phone_returns_has_another_key() -> None:
    call = exchange()
    keys = []
    for suite in (CM_80, GCM, CM_80, GCM):
        _, negotiated = call.answer(said("RTP/SAVP", line(suite=suite)))
        assert negotiated.crypto is not None
        keys.append(negotiated.crypto.ours.key)
    assert len(set(keys)) == 4


def test_two_calls_have_keys_of_their_own() -> None:
    assert not {*lines_of(exchange().offer())} & {*lines_of(exchange().offer())}


def test_no_call_has_a_key_where_encryption_is_off() -> None:
    assert lines_of(exchange("off").offer()) == ()


def pair(ours: int = 1, theirs: int = 2, suite: str = CM_80) -> CryptoPair:
    return CryptoPair(Crypto(1, suite, bytes([ours]) * 30), Crypto(1, suite, bytes([theirs]) * 30))


def test_a_stream_begins_in_the_first_half_of_its_first_round() -> None:
    """RFC 3711 §3.3.1: else a phone that misses the first packets counts wrongly."""
    found = encryption_of(pair(), 5000, None, sending=True)
    assert found is not None and 0 < 5000 - found.since < 1000


def test_a_session_that_is_refreshed_changes_nothing() -> None:
    first = encryption_of(pair(), 5000, None, sending=True)
    assert encryption_of(pair(), 90_000, replace(MEDIA, encryption=first), sending=True) == first


def test_another_key_of_ours_begins_its_rounds_anew_and_goes_on_with_its_sequence_numbers() -> None:
    first = encryption_of(pair(), 5000, None, sending=True)
    assert first is not None
    second = encryption_of(pair(ours=9), 205_000, replace(MEDIA, encryption=first), sending=True)
    assert second is not None
    assert 205_000 - second.since == (205_000 - first.since) & 0xFFFF
    assert second.keyed == 205_000


@pytest.mark.parametrize("held", [1, 400, 40_000, 400_000])
def test_while_a_leg_is_on_hold_its_stream_stands_still_but_no_index_comes_twice(held: int) -> None:
    media = replace(MEDIA, encryption=encryption_of(pair(), 5000, None, sending=True))
    assert media.encryption is not None
    before = 9000 - media.encryption.since
    media = replace(media, encryption=encryption_of(pair(), 9000, media, sending=False), sending=False)
    again = encryption_of(pair(), 9000 + held // 2, media, sending=False)
    assert again == media.encryption
    resumed = encryption_of(pair(), 9000 + held, media, sending=True)
    assert resumed is not None
    assert before + min(held, 500) == 9000 + held - resumed.since


def settings(**more: object) -> MixerSettings:
    return MixerSettings(
        company="Test",
        number="1",
        conference_number="500",
        language="en",
        domain="example.com",
        media_ports=(20000, 20010),
        state=Path(),
        recording=RecordingSettings(Path()),
        **{"listeners": (Listener("udp", "0.0.0.0", 5060),), **more},
    )


def at(transport: str) -> Peer:
    return Peer(transport, "192.0.2.1", 5060)


def local(peer: Peer) -> tuple[str, int]:
    return "198.51.100.1", {"udp": 5060, "tls": 5061}[peer.transport]


def test_a_listener_says_for_itself_what_it_requires() -> None:
    listeners = (Listener("udp", "0.0.0.0", 5060), Listener("tls", "0.0.0.0", 5061, "required"))
    policies = Policies(settings(listeners=listeners), local)
    assert policies(at("udp"), None) == "optional"
    assert policies(at("tls"), None) == "required"


def test_of_two_listeners_of_a_transport_the_one_counts_that_the_peer_reaches() -> None:
    listeners = (Listener("udp", "198.51.100.1", 5060, "off"), Listener("udp", "10.0.0.1", 5070, "required"))
    assert Policies(settings(listeners=listeners), local)(at("udp"), None) == "off"
    assert Policies(settings(listeners=listeners), lambda _: ("10.0.0.1", 5070))(at("udp"), None) == "required"
    assert Policies(settings(listeners=listeners), lambda _: ("10.9.9.9", 9))(at("udp"), None) == "required"


def test_a_trunk_says_for_itself_what_it_requires() -> None:
    trunks = (TrunkRoute("a", "sip:a", srtp="required"), TrunkRoute("b", "sip:b"))
    policies = Policies(settings(trunks=trunks, srtp="off"), local)
    assert policies(at("udp"), "a") == "required"
    assert policies(at("udp"), "b") == "off"


def test_without_the_library_no_call_is_encrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mixer.encryption.SRTP_AVAILABLE", False)
    assert Policies(settings(srtp="optional"), local)(at("udp"), None) == "off"
