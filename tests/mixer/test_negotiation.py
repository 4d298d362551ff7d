"""Offers and answers of one call, and what they come to for the bridge."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.bridge.coders import CODERS
from mixer.bridge.protocol import Address, Codec, Media
from mixer.negotiation import Exchange, capabilities_of, codecs_of, media_of, read_offer
from sip.errors import RemoteError
from tests.mixer.desk import sdp
from tests.sip.phones_sdp import PHONES

OURS = "10.0.0.1"
G711 = capabilities_of(codecs_of(("PCMU", "PCMA")))
HD = capabilities_of(codecs_of(("opus", "G722", "PCMU", "PCMA")))


def exchange() -> Exchange:
    return Exchange(G711, OURS, 20000, 77)


def version(description: bytes) -> int:
    return int(description.split(b"\r\no=- 77 ")[1].split(b" ")[0])


OFFERS = [sdp(), sdp(direction="sendonly"), sdp(formats="8"), sdp(host="10.0.0.7"), sdp(host="0.0.0.0")]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(-1, len(OFFERS) - 1), min_size=2, max_size=12))
def test_the_version_rises_by_one_with_each_change_and_only_then(turns: list[int]) -> None:
    """-1 is an offer of ours."""
    one = exchange()
    said = [one.offer() if turn < 0 else one.answer(OFFERS[turn])[0] for turn in turns]
    for before, after in itertools.pairwise(said):
        bare = [text.replace(b"- 77 %d " % version(text), b"- 77 ") for text in (before, after)]
        assert version(after) - version(before) == (bare[0] != bare[1])


def test_an_offer_that_does_not_fit_changes_no_version() -> None:
    one = exchange()
    first, _ = one.answer(sdp())
    with pytest.raises(RemoteError):
        one.answer(sdp(formats="18"))
    assert one.answer(sdp())[0] == first


@pytest.mark.parametrize(
    ("direction", "sending", "receiving"),
    [("sendrecv", True, True), ("sendonly", False, False), ("recvonly", True, False), ("inactive", False, False)],
)
def test_a_phone_is_sent_to_while_it_listens_and_heard_while_it_does_both(
    direction: str, sending: bool, receiving: bool
) -> None:
    media = media_of(read_offer(sdp(direction=direction), G711, OURS), "10.0.0.9")
    assert (media.sending, media.receiving) == (sending, receiving)


@pytest.mark.parametrize("phone", sorted(PHONES.keys() - {"srtp_only"}))
def test_what_real_phones_offer_can_be_bridged(phone: str) -> None:
    for capabilities in (G711, HD):
        media = media_of(read_offer(PHONES[phone], capabilities, OURS), "10.0.0.9")
        assert media.payload_type == {Codec.OPUS: 96}.get(media.codec, media.codec.value)
        assert media.sending
        assert media.receiving


def test_codecs_are_offered_as_they_are_set_without_those_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert codecs_of(("g722", "PCMA", "OPUS", "pcma")) == (Codec.G722, Codec.PCMA, Codec.OPUS)
    offer = Exchange(HD, OURS, 20000, 77).offer()
    assert b" RTP/AVP 111 9 0 8 101 110\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1;" in offer
    monkeypatch.delitem(CODERS, Codec.OPUS)
    assert codecs_of(("opus", "G722", "PCMU")) == (Codec.G722, Codec.PCMU)


def test_where_a_phone_wants_rtcp_is_believed_unless_nothing_can_be_sent_there() -> None:
    def rtcp(line: bytes) -> Address | None:
        return media_of(read_offer(sdp() + line, G711, OURS), "10.0.0.9").rtcp

    assert rtcp(b"a=rtcp:5001\r\n") == Address("10.0.0.9", 5001)
    assert rtcp(b"a=rtcp:5001 IN IP4 10.0.0.5\r\n") == Address("10.0.0.5", 5001)
    assert rtcp(b"a=rtcp:5001 IN IP4 0.0.0.0\r\n") is None
    assert rtcp(b"a=rtcp:5001 IN IP6 ::1\r\n") is None


def test_zeros_for_an_address_are_where_the_phone_was_or_where_it_signals_from() -> None:
    zeros = read_offer(sdp(host="0.0.0.0"), G711, OURS)
    before = Media(
        Address("192.168.1.7", 4000), Codec.PCMU, 0, 101, Address("192.168.1.7", 4009), public_host="8.8.8.8"
    )
    held = media_of(zeros, "8.8.8.8", before)
    assert (held.remote, held.rtcp, held.public_host) == (before.remote, before.rtcp, before.public_host)
    assert not held.sending
    assert not held.receiving
    assert media_of(zeros, "10.0.0.9").public_host == "10.0.0.9"
