from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.dtmf import DIGITS, EventPacket, Events, digit_of_info, press

CAPTURES = Path("/usr/share/sip-tester")


def take(events: Events, packets: list[EventPacket], now: float = 0.0, leg: int = 0) -> str:
    """The digits that the packets of one leg, all in one batch, begin."""
    payloads = np.array([list(p.payload) for p in packets], np.uint8).reshape(len(packets), 4)
    stamps = np.array([p.timestamp for p in packets], np.uint32)
    taken = events.take(np.full(len(packets), leg), stamps, payloads, np.full(len(packets), 4), now)
    assert all(of == leg for of, _ in taken)
    return "".join(digit for _, digit in taken)


def one_by_one(packets: list[EventPacket], pause: float = 0.02) -> str:
    events = Events()
    return "".join(take(events, [packet], number * pause) for number, packet in enumerate(packets))


def keyed(digits: str, gap: int = 400) -> list[EventPacket]:
    return [packet for number, digit in enumerate(digits) for packet in press(digit, number * (400 + gap), 400)]


def test_each_press_is_reported_once_in_order() -> None:
    assert one_by_one(keyed(DIGITS)) == DIGITS
    assert take(Events(), keyed(DIGITS)) == DIGITS


def test_a_press_is_reported_at_its_first_packet() -> None:
    events = Events()
    first, *rest = press("7", 1000)
    assert take(events, [first]) == "7"
    assert take(events, rest) == ""


def test_the_same_key_pressed_again_counts_again() -> None:
    assert one_by_one(keyed("1111")) == "1111"


def test_twenty_digits_a_second_are_all_heard() -> None:
    code = "12345678901234567890"
    packets = [p for number, digit in enumerate(code) for p in press(digit, number * 400, 240)]
    assert one_by_one(packets, pause=0.01) == code


@pytest.mark.parametrize("lost", range(7))
def test_any_one_packet_may_be_lost(lost: int) -> None:
    packets = list(press("5", 4000))
    del packets[lost]
    assert one_by_one(packets) == "5"


def test_a_single_end_packet_is_enough() -> None:
    assert one_by_one(list(press("5", 4000))[-1:]) == "5"


def test_lost_end_packets_do_not_swallow_the_same_digit() -> None:
    first, second = list(press("5", 4000))[:-3], list(press("5", 8000))
    assert one_by_one(first + second) == "55"


def test_a_packet_of_the_digit_before_that_comes_late_is_no_new_press() -> None:
    one, two = list(press("1", 0)), list(press("2", 1200))
    assert one_by_one([*one[:-1], two[0], one[-1], *two[1:], one[0]]) == "12"


@settings(max_examples=60, deadline=None)
@given(st.text(DIGITS, min_size=1, max_size=8), st.randoms(use_true_random=False), st.integers(0, 2**32 - 1))
def test_duplicated_and_shuffled_nearby_packets_change_nothing(digits: str, random, start: int) -> None:
    packets = [p for n, digit in enumerate(digits) for p in press(digit, start + n * 1200 & 0xFFFFFFFF)]
    doubled = [p for p in packets for _ in range(random.randint(1, 2))]
    # Within a press only: what a network that holds a packet back for 60 ms can do.
    order = sorted(range(len(doubled)), key=lambda n: (doubled[n].timestamp - start & 0xFFFFFFFF, random.random()))
    assert one_by_one([doubled[n] for n in order]) == digits


def test_a_press_longer_than_eight_seconds_comes_in_segments_and_counts_once() -> None:
    packets = list(press("9", 2**32 - 70000, 200_000))
    assert len({packet.timestamp for packet in packets}) == 4
    assert one_by_one(packets) == "9"


def test_a_long_press_survives_the_loss_where_segments_meet() -> None:
    packets = [p for p in press("9", 0, 150_000) if int.from_bytes(p.payload[2:], "big") not in (0xFFFF, 160, 65440)]
    assert one_by_one(packets) == "9"


def test_a_silence_within_a_press_is_no_new_press() -> None:
    events, packets = Events(), list(press("3", 0, 16000))
    assert take(events, packets[:5], 0.0) == "3"
    assert take(events, packets[60:], 2.0) == ""


def test_legs_do_not_disturb_each_other() -> None:
    events = Events()
    a, b = list(press("1", 500)), list(press("1", 500))
    assert take(events, a, leg=1) == "1"
    assert take(events, b, leg=2) == "1"
    assert take(events, b, leg=1) == ""


def test_a_forgotten_leg_starts_anew() -> None:
    events, packets = Events(), list(press("1", 500))
    take(events, packets)
    events.forget(0)
    events.forget(17)
    assert take(events, packets) == "1"


def test_a_hook_flash_and_a_short_payload_are_no_digits() -> None:
    payloads = np.array([[16, 0x80, 0, 160], [255, 0, 0, 0], [5, 0, 0, 160]], np.uint8)
    taken = Events().take(np.arange(3), np.arange(3, dtype=np.uint32), payloads, np.array([4, 4, 3]), 0.0)
    assert taken == []


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**32 - 1), st.binary(min_size=4, max_size=4))))
def test_any_octets_give_digits_or_nothing(packets: list[tuple[int, int, bytes]]) -> None:
    legs = np.array([leg for leg, _, _ in packets], np.intp)
    payloads = np.array([list(octets) for _, _, octets in packets], np.uint8).reshape(-1, 4)
    stamps = np.array([stamp for _, stamp, _ in packets], np.uint32)
    taken = Events().take(legs, stamps, payloads, np.full(len(packets), 4), 0.0)
    assert all(digit in DIGITS for _, digit in taken)


def captured(key: str) -> list[tuple[float, EventPacket]]:
    octets = (CAPTURES / f"dtmf_2833_{key}.pcap").read_bytes()
    packets, at = [], 24
    while at < len(octets):
        seconds, micros, size, _ = struct.unpack_from("<IIII", octets, at)
        rtp = octets[at + 16 + 42 : at + 16 + size]
        stamp = int.from_bytes(rtp[4:8], "big")
        packets.append((seconds + micros / 1e6, EventPacket(bool(rtp[1] & 0x80), stamp, rtp[12:16])))
        at += 16 + size
    return [(when - packets[0][0], packet) for when, packet in packets]


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="sipp's captures are not installed")
@pytest.mark.parametrize("code", ["0123456789", "9172", "1111", "1212", "90210"])
def test_the_captures_that_sipp_plays_are_heard_whole(code: str) -> None:
    events, heard, start = Events(), "", 0.0
    for key in code:
        for when, packet in captured(key):
            heard += take(events, [packet], start + when)
        start += 0.5
    assert heard == code


@pytest.mark.parametrize(
    ("content_type", "body", "digit"),
    [
        ("application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n", "5"),
        ("application/dtmf-relay", b"Signal=5\r\nDuration=160", "5"),
        ("application/dtmf-relay", b"Signal= #\nDuration= 250\n", "#"),
        ("application/dtmf-relay", b"Duration=160\r\nsignal = *\r\n", "*"),
        ("application/dtmf-relay", b"Signal=10\r\nDuration=160\r\n", "*"),
        ("application/dtmf-relay", b"Signal=11\r\n", "#"),
        ("application/dtmf-relay", b"Signal=d\r\n", "D"),
        ("Application/DTMF-Relay; charset=utf-8", b"Signal=0\r\n", "0"),
        ("application/dtmf-relay", b"3", "3"),
        ("application/dtmf", b"7\r\n", "7"),
        ("application/dtmf", b"11", "#"),
        ("application/dtmf", b"Signal=8\r\nDuration=100\r\n", "8"),
        ("audio/telephone-event", b"\x0b\x0a\x03\x20", "#"),
        ("application/telephone-event", b"4", "4"),
        ("application/dtmf-relay", b"Signal=16\r\n", None),
        ("application/dtmf-relay", b"Signal=hf\r\n", None),
        ("application/dtmf-relay", b"Signal=\r\nDuration=5\r\n", None),
        ("application/dtmf-relay", b"Duration=5\r\n", None),
        ("application/dtmf-relay", "Signal=٥\r\n".encode(), None),
        ("application/dtmf", b"", None),
        ("application/dtmf", b"123", None),
        ("audio/telephone-event", b"\x10\x0a\x03\x20", None),
        ("text/plain", b"Signal=5\r\n", None),
    ],
)
def test_a_digit_in_a_sip_info(content_type: str, body: bytes, digit: str | None) -> None:
    assert digit_of_info(content_type, body) == digit


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["application/dtmf", "application/dtmf-relay", "audio/telephone-event"]), st.binary(max_size=40))
def test_any_info_body_gives_a_digit_or_nothing(content_type: str, body: bytes) -> None:
    digit = digit_of_info(content_type, body)
    assert digit is None or digit in DIGITS


@pytest.mark.parametrize("digit", ["E", "", "12"])
def test_pressing_what_is_no_key_is_refused(digit: str) -> None:
    with pytest.raises(ValueError, match="no key of a phone"):
        list(press(digit, 0))
