"""``a=crypto`` (RFC 4568), and what offers and answers make of it."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sip.crypto import SUITES, Crypto, Security, cryptos, new_keys
from sip.errors import RemoteError
from sip.offer import Capabilities, Format, Negotiated, accept_answer, answer, make_offer
from sip.sdp import SessionDescription

KEY = bytes(range(30))
INLINE = b64encode(KEY).decode()
CM_80, CM_32 = "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"
OURS = new_keys(lambda size: bytes([size]) * size)
PLAIN = Capabilities((Format("PCMU", 8000, 0), Format("PCMA", 8000, 8)))
OPTIONAL = replace(PLAIN, security=Security("optional", OURS))
REQUIRED = replace(PLAIN, security=Security("required", OURS))


def offered(*media: str) -> SessionDescription:
    head = "v=0\r\no=- 1 1 IN IP4 192.0.2.5\r\ns=-\r\nc=IN IP4 192.0.2.5\r\nt=0 0\r\n"
    return SessionDescription.parse((head + "".join(f"{line}\r\n" for line in media)).encode())


def answered(offer: SessionDescription, capabilities: Capabilities) -> tuple[SessionDescription, Negotiated]:
    return answer(offer, capabilities, "198.51.100.1", 20000, 7, 1)


def crypto_line(tag: int = 1, suite: str = CM_80, key: bytes = KEY, more: str = "") -> str:
    return f"a=crypto:{tag} {suite} inline:{b64encode(key).decode()}{more}"


@pytest.mark.parametrize(
    ("value", "mki"),
    [
        (f"1 {CM_80} inline:{INLINE}", b""),
        (f"1 {CM_80} inline:{INLINE}|2^20", b""),
        (f"1 {CM_80} inline:{INLINE}|1048576", b""),
        (f"1 {CM_80} inline:{INLINE}|2^20|1:4", b"\0\0\0\1"),
        (f"1 {CM_80} inline:{INLINE}|1:1", b"\1"),
        (f"1 {CM_80} inline:{INLINE} WSH=128", b""),
        (f"1 {CM_80} inline:{INLINE} -FUTURE=1", b""),
        (f"1\t{CM_80.lower()}  INLINE:{INLINE}", b""),
    ],
)
def test_lines_that_we_can_do(value: str, mki: bytes) -> None:
    assert Crypto.parse(value) == Crypto(1, CM_80, KEY, mki)


@pytest.mark.parametrize(
    "value",
    [
        "",
        f"x {CM_80} inline:{INLINE}",
        f"1234567890 {CM_80} inline:{INLINE}",
        f"1 F8_128_HMAC_SHA1_80 inline:{INLINE}",
        f"1 AES_256_CM_HMAC_SHA1_80 inline:{b64encode(bytes(46)).decode()}",
        f"1 {CM_80} inline:{INLINE[:-4]}",
        f"1 {CM_80} inline:{INLINE}AAAA",
        f"1 {CM_80} inline:{INLINE[:-1]}!",
        f"1 {CM_80} inline:{INLINE[:-3]}",
        f"1 {CM_80} inline:{INLINE[:-2]}===",
        f"1 {CM_80} uri:https://example.com/key",
        f"1 {CM_80} inline:{INLINE}|2^20|1:0",
        f"1 {CM_80} inline:{INLINE}|2^20|256:1",
        f"1 {CM_80} inline:{INLINE}|2^20|1:129",
        f"1 {CM_80} inline:{INLINE}|1:1;inline:{INLINE}|2:1",
        f"1 {CM_80} inline:{INLINE} UNENCRYPTED_SRTP",
        f"1 {CM_80} inline:{INLINE} UNENCRYPTED_SRTCP",
        f"1 {CM_80} inline:{INLINE} UNAUTHENTICATED_SRTP",
        f"1 {CM_80} inline:{INLINE} KDR=1",
        f"1 {CM_80} inline:{INLINE} FEC_ORDER=FEC_SRTP",
        f"1 {CM_80} inline:{INLINE} FUTURE=1",
        f"1 {CM_80} inline:{INLINE} WSH=128 UNENCRYPTED_SRTP",
    ],
)
def test_lines_that_we_can_not_do_are_none(value: str) -> None:
    assert Crypto.parse(value) is None


def test_gcm_keys_with_and_without_what_fills_base64() -> None:
    for suite, size in (("AEAD_AES_128_GCM", 28), ("AEAD_AES_256_GCM", 44)):
        inline = b64encode(bytes(size)).decode()
        for text in (inline, inline.rstrip("=")):
            assert Crypto.parse(f"1 {suite} inline:{text}") == Crypto(1, suite, bytes(size))


@given(
    st.integers(0, 999_999_999),
    st.sampled_from([*SUITES]),
    st.binary(min_size=44, max_size=44),
    st.one_of(st.just(b""), st.binary(min_size=1, max_size=4)),
)
@settings(max_examples=50, deadline=None)
def test_what_is_written_is_read_again(tag: int, suite: str, key: bytes, mki: bytes) -> None:
    crypto = Crypto(tag, suite, key[: SUITES[suite]], mki)
    assert Crypto.parse(crypto.text()) == crypto


@given(st.one_of(st.text(max_size=80), st.from_regex(r"\A1 AES_CM_128_HMAC_SHA1_80 inline:.{0,60}\Z")))
@settings(max_examples=100, deadline=None)
def test_any_text_is_a_line_or_none(text: str) -> None:
    Crypto.parse(text)


def test_no_key_is_in_what_python_shows_of_it() -> None:
    crypto = Crypto(1, CM_80, b"k" * 30)
    for shown in (repr(crypto), str(crypto), repr(Security("optional", (crypto,)))):
        assert "kkk" not in shown and b64encode(b"k" * 30).decode()[:8] not in shown


def test_the_first_of_two_lines_with_the_same_tag_counts() -> None:
    (media,) = offered("m=audio 4000 RTP/SAVP 0", crypto_line(1), crypto_line(1, key=bytes(30))).media
    assert cryptos(media) == (Crypto(1, CM_80, KEY),)


def test_an_offer_that_requires_is_one_stream_of_savp_with_the_two_best_suites() -> None:
    (media,) = make_offer(REQUIRED, "198.51.100.1", 20000, 7, 1).media
    assert media.profile == "RTP/SAVP"
    assert [line.split()[:2] for line in media.attributes("crypto")] == [
        ["1", CM_80],
        ["2", "AEAD_AES_256_GCM"],
    ]


def test_an_offer_that_leaves_it_open_has_a_key_in_a_plain_profile() -> None:
    (media,) = make_offer(OPTIONAL, "198.51.100.1", 20000, 7, 1).media
    assert media.profile == "RTP/AVP"
    assert [line.split()[1] for line in media.attributes("crypto")] == [CM_80]


@pytest.mark.parametrize("profile", ["RTP/SAVP", "RTP/SAVPF", "RTP/AVP", "RTP/AVPF"])
@pytest.mark.parametrize("ours", [OPTIONAL, REQUIRED])
def test_a_key_is_answered_with_ours_under_the_same_tag_and_profile(profile: str, ours: Capabilities) -> None:
    offer = offered(f"m=audio 4000 {profile} 0", crypto_line(7, CM_32), crypto_line(8))
    description, negotiated = answered(offer, ours)
    (media,) = description.media
    assert media.profile == profile
    assert media.attributes("crypto") == (f"7 {CM_32} inline:{b64encode(bytes([30]) * 30).decode()}",)
    assert negotiated.crypto is not None
    assert negotiated.crypto.theirs == Crypto(7, CM_32, KEY)
    assert negotiated.crypto.ours.key != KEY


def test_a_suite_that_we_lack_is_passed_over() -> None:
    offer = offered("m=audio 4000 RTP/SAVP 0", crypto_line(1, "F8_128_HMAC_SHA1_80"), crypto_line(2))
    _, negotiated = answered(offer, OPTIONAL)
    assert negotiated.crypto is not None and negotiated.crypto.theirs.tag == 2


def test_a_plain_profile_without_a_key_that_we_can_do_stays_plain() -> None:
    description, negotiated = answered(offered("m=audio 4000 RTP/AVP 0", crypto_line(more=" KDR=1")), OPTIONAL)
    assert negotiated.crypto is None
    assert description.media[0].attributes("crypto") == ()


@pytest.mark.parametrize(
    ("ours", "lines"),
    [
        (PLAIN, ("m=audio 4000 RTP/SAVP 0", crypto_line())),
        (OPTIONAL, ("m=audio 4000 RTP/SAVP 0",)),
        (OPTIONAL, ("m=audio 4000 RTP/SAVP 0", crypto_line(more=" UNENCRYPTED_SRTP"))),
        (REQUIRED, ("m=audio 4000 RTP/AVP 0",)),
        (REQUIRED, ("m=audio 4000 RTP/AVP 0", crypto_line(more=" UNAUTHENTICATED_SRTP"))),
        (OPTIONAL, ("m=audio 4000 UDP/TLS/RTP/SAVPF 0", "a=fingerprint:sha-256 AB:CD", "a=setup:actpass")),
        (REQUIRED, ("m=audio 4000 UDP/TLS/RTP/SAVP 0", crypto_line())),
    ],
)
def test_what_can_not_be_encrypted_as_it_has_to_be_is_refused(ours: Capabilities, lines: tuple[str, ...]) -> None:
    with pytest.raises(RemoteError) as refused:
        answered(offered(*lines), ours)
    assert refused.value.status == 488


def test_a_plain_call_where_encryption_is_required_is_told_so() -> None:
    with pytest.raises(RemoteError, match="Encrypted sound is required"):
        answered(offered("m=audio 4000 RTP/AVP 0"), REQUIRED)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_a_plain_and_an_encrypted_stream_the_encrypted_is_taken(order: tuple[int, int]) -> None:
    streams = [["m=audio 4000 RTP/AVP 0"], ["m=audio 4002 RTP/SAVP 0", crypto_line()]]
    description, negotiated = answered(offered(*streams[order[0]], *streams[order[1]]), OPTIONAL)
    assert negotiated.port == 4002 and negotiated.crypto is not None
    assert [media.port for media in description.media] == [20000 if which == 1 else 0 for which in order]
    assert all(not media.lines for media in description.media if media.port == 0)


def test_of_a_plain_and_an_encrypted_stream_the_plain_is_taken_where_encryption_is_off() -> None:
    _, negotiated = answered(offered("m=audio 4002 RTP/SAVP 0", crypto_line(), "m=audio 4000 RTP/AVP 0"), PLAIN)
    assert negotiated.port == 4000 and negotiated.crypto is None


@pytest.mark.parametrize("ours", [OPTIONAL, REQUIRED])
def test_an_answer_takes_one_of_our_lines(ours: Capabilities) -> None:
    offer = make_offer(ours, "198.51.100.1", 20000, 7, 1)
    profile = offer.media[0].profile
    negotiated = accept_answer(offer, offered(f"m=audio 4000 {profile} 0", crypto_line(1)))
    assert negotiated.crypto is not None
    assert (negotiated.crypto.ours, negotiated.crypto.theirs) == (OURS[0], Crypto(1, CM_80, KEY))


def test_an_answer_without_a_key_is_plain_where_that_will_do() -> None:
    offer = make_offer(OPTIONAL, "198.51.100.1", 20000, 7, 1)
    assert accept_answer(offer, offered("m=audio 4000 RTP/AVP 0")).crypto is None


@pytest.mark.parametrize(
    "lines",
    [
        ("m=audio 4000 RTP/SAVP 0",),
        ("m=audio 4000 RTP/AVP 0", crypto_line()),
        ("m=audio 4000 RTP/AVP 0",),
        ("m=audio 4000 RTP/SAVP 0", crypto_line(9)),
        ("m=audio 4000 RTP/SAVP 0", crypto_line(1, CM_32)),
        ("m=audio 4000 RTP/SAVP 0", f"a=crypto:{OURS[0].text()}"),
        ("m=audio 4000 RTP/SAVP 0", crypto_line(more=" UNENCRYPTED_SRTP")),
    ],
)
def test_an_answer_that_is_half_encrypted_is_none(lines: tuple[str, ...]) -> None:
    offer = make_offer(REQUIRED, "198.51.100.1", 20000, 7, 1)
    with pytest.raises(RemoteError):
        accept_answer(offer, offered(*lines))


def test_an_answer_with_a_key_that_fits_no_offer_of_ours_is_not_taken_for_plain() -> None:
    offer = make_offer(OPTIONAL, "198.51.100.1", 20000, 7, 1)
    with pytest.raises(RemoteError):
        accept_answer(offer, offered("m=audio 4000 RTP/AVP 0", crypto_line(9)))
