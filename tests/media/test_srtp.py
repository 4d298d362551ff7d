"""SRTP contexts: the vectors of libsrtp, and streams that are joined in the middle."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pylibsrtp import Error, Policy, Session

from media.srtp import TAGS, Opening, Sealing

KEYS = {
    "AES_CM_128_HMAC_SHA1_80": 30,
    "AES_CM_128_HMAC_SHA1_32": 30,
    "AEAD_AES_256_GCM": 44,
    "AEAD_AES_128_GCM": 28,
}
CM_80, GCM = "AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM"
EVERY_SUITE = pytest.mark.parametrize("suite", KEYS)


def key(suite: str, fill: int = 7) -> bytes:
    return bytes([fill]) * KEYS[suite]


def packet(index: int, ssrc: int = 9) -> bytes:
    return b"\x80\0" + (index & 0xFFFF).to_bytes(2, "big") + bytes(4) + ssrc.to_bytes(4, "big") + bytes([index & 255])


def sealed(sealing: Sealing, index: int, ssrc: int = 9) -> bytes:
    found = sealing.seal(packet(index, ssrc), index)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("suite", "master", "cipher"),
    [
        (
            CM_80,
            "e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6",
            "4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb",
        ),
        (
            GCM,
            "000102030405060708090a0b0c0d0e0fa0a1a2a3a4a5a6a7a8a9aaab",
            "c5002ede04cfdd2eb91159e0880aa06ed2976826f796b201df3131a127e8a392",
        ),
    ],
)
def test_the_vectors_that_libsrtp_is_checked_with(suite: str, master: str, cipher: str) -> None:
    header = bytes.fromhex("800f1234decafbadcafebabe")
    sealing = Sealing(suite, bytes.fromhex(master), 0xCAFEBABE)
    assert sealing.seal(header + b"\xab" * 16, 0x1234) == header + bytes.fromhex(cipher)


@EVERY_SUITE
def test_what_is_sealed_is_longer_by_the_tag_and_opened_once(suite: str) -> None:
    sealing, opening = Sealing(suite, key(suite), 9), Opening(suite, key(suite))
    found = sealed(sealing, 100)
    assert len(found) == len(packet(100)) + TAGS[suite]
    assert opening.open(found) == packet(100)
    assert opening.open(found) is None


@EVERY_SUITE
@pytest.mark.parametrize("round_", [0, 1, 3, 66])
def test_a_stream_is_opened_in_the_middle_by_who_knows_how_often_it_has_gone_round(suite: str, round_: int) -> None:
    index = (round_ << 16) + 40_000
    sealing = Sealing(suite, key(suite), 9)
    opening = Opening(suite, key(suite), rollovers=(round_,))
    assert opening.open(sealed(sealing, index)) == packet(index)
    assert opening.open(sealed(sealing, index + 1)) == packet(index + 1)
    assert opening.rollover == round_


def test_who_does_not_know_that_hears_nothing_and_says_so_at_little_cost() -> None:
    sealing, opening = Sealing(CM_80, key(CM_80), 9), Opening(CM_80, key(CM_80), rollovers=(1, 2))
    assert opening.open(sealed(sealing, 5 << 16)) is None
    assert not opening.heard


def test_packets_of_the_last_seconds_may_still_come_to_who_joins_in_the_middle() -> None:
    sealing, opening = Sealing(CM_80, key(CM_80), 9), Opening(CM_80, key(CM_80), rollovers=(2,))
    late, newest = [sealed(sealing, (2 << 16) + 700 + step) for step in (0, 300)]
    assert opening.open(newest) and opening.open(late)
    assert opening.open(late) is None


@given(st.lists(st.integers(0, 300_000), min_size=2, max_size=12))
@settings(max_examples=40, deadline=None)
def test_no_index_is_sealed_twice(indices: list[int]) -> None:
    sealing = Sealing(CM_80, key(CM_80), 9)
    used: list[int] = []
    for index in indices:
        if sealing.seal(packet(index), index) is not None:
            assert index > max(used, default=0)
            used.append(index)


@EVERY_SUITE
def test_what_stands_beside_each_tag_is_taken_out(suite: str) -> None:
    """An MKI: in front of the tag of AES-CM (RFC 3711 §3.1), behind all else of AEAD (RFC 7714 §8.2)."""
    sealing, opening = Sealing(suite, key(suite), 9), Opening(suite, key(suite), mki=4)
    rtp, rtcp = sealed(sealing, 5), sealing.seal_report(b"\x80\xc9\0\1\0\0\0\x09")
    if suite.startswith("AEAD"):
        rtp, rtcp = rtp + b"MKI!", rtcp + b"MKI!"
    else:
        rtp, rtcp = rtp[: -TAGS[suite]] + b"MKI!" + rtp[-TAGS[suite] :], rtcp[:-10] + b"MKI!" + rtcp[-10:]
    assert opening.open(rtp) == packet(5)
    assert opening.open_report(rtcp) == b"\x80\xc9\0\1\0\0\0\x09"


def test_reports_that_another_may_have_sent_are_passed_in_pieces() -> None:
    session = Session(Policy(key(CM_80), Policy.SSRC_ANY_INBOUND))
    sent, goes_on = Sealing(CM_80, key(CM_80), 9), Sealing(CM_80, key(CM_80), 9)
    report = b"\x80\xc9\0\1\0\0\0\x09"
    for _ in range(30):
        session.unprotect_rtcp(sent.seal_report(report))
    assert not goes_on.pass_reports(30, 20)
    assert goes_on.pass_reports(30, 20)
    assert session.unprotect_rtcp(goes_on.seal_report(report)) == report
    with pytest.raises(Error):
        session.unprotect_rtcp(Sealing(CM_80, key(CM_80), 9).seal_report(report))


def test_of_many_streams_of_one_peer_only_some_are_kept() -> None:
    opening = Opening(CM_80, key(CM_80))
    for ssrc in range(1000):
        assert opening.open(sealed(Sealing(CM_80, key(CM_80), ssrc), 5, ssrc)) == packet(5, ssrc)
        assert opening.open_report(
            Sealing(CM_80, key(CM_80), ssrc).seal_report(b"\x80\xc9\0\1" + ssrc.to_bytes(4, "big"))
        )
    assert len(opening._streams) <= 8


@given(st.binary(max_size=700), st.sampled_from([*KEYS]), st.sampled_from([0, 4]))
@settings(max_examples=150, deadline=None)
def test_any_octets_are_none(octets: bytes, suite: str, mki: int) -> None:
    opening = Opening(suite, key(suite), mki, (1, 2, 3))
    assert opening.open(octets) is None
    assert opening.open_report(octets) is None


def test_without_the_library_a_bridge_is_made_all_the_same() -> None:
    without = "import sys; sys.modules['pylibsrtp'] = None; from media.srtp import AVAILABLE"
    bridge = (
        "from media.wire import open_wire; from mixer.bridge.bridge import Bridge; Bridge(open_wire(), 1).tick(1, 0)"
    )
    said = subprocess.run(
        [sys.executable, "-c", f"{without}; {bridge}; print(AVAILABLE)"], capture_output=True, text=True, check=False
    )
    assert (said.stdout.strip(), said.stderr) == ("False", "")
