"""The RTP sender and recorder, two of them with each other."""

from __future__ import annotations

import numpy as np
import pytest

from tests.phones import g711
from tests.phones.listening import tone_intervals, tone_level
from tests.phones.rtp_pen import Packet, RtpPen, assemble, click_moments, event, parse
from tests.phones.sounds import clicks, tone
from tests.phones.waiting import PATIENCE, NeverHappenedError, until


def test_decoding_gives_the_values_of_the_tables_of_g711() -> None:
    mu_law, a_law = g711.DECODING[0], g711.DECODING[8]
    assert [int(mu_law[octet]) for octet in (0xFF, 0x7F, 0x80, 0x00)] == [0, 0, 32124, -32124]
    assert [int(a_law[octet]) for octet in (0xD5, 0x55, 0xAA, 0x2A)] == [8, -8, 32256, -32256]


@pytest.mark.parametrize("payload_type", [0, 8])
def test_what_is_decoded_encodes_to_the_same_value(payload_type: int) -> None:
    values = g711.DECODING[payload_type]
    again = g711.decode(g711.encode(values, payload_type), payload_type)
    assert np.array_equal(again, values)


def test_a_press_is_five_packets_and_three_ends_of_the_same_length() -> None:
    packets = list(event("#"))
    assert [marker for marker, _ in packets] == [True] + [False] * 7
    assert [payload[0] for _, payload in packets] == [11] * 8
    assert [bool(payload[1] & 0x80) for _, payload in packets] == [False] * 5 + [True] * 3
    assert [int.from_bytes(payload[2:]) for _, payload in packets] == [160, 320, 480, 640, 800, 800, 800, 800]


@pytest.mark.parametrize("data", [b"", b"\x80" * 11, b"\x40" + b"\x00" * 11, b"\x81" + b"\x00" * 40])
def test_what_is_no_plain_rtp_is_no_packet(data: bytes) -> None:
    assert parse(data, 0.0) is None


def test_a_lost_packet_is_silence_and_a_late_one_is_not_heard() -> None:
    loud = bytes([0x00] * 160)
    packets = [Packet(0.0, False, 0, n, n * 160, 1, loud) for n in (0, 1, 3, 2, 4)]
    pcm = assemble(packets)
    assert pcm.size == 5 * 160
    assert [bool(pcm[n * 160]) for n in range(5)] == [True, True, False, True, True]


def test_two_pens_hear_each_other_and_their_digits_without_a_gap() -> None:
    with RtpPen() as left, RtpPen(payload_type=8) as right:
        left.say(tone(440, 1.0))
        left.press("5*")
        left.send_to("127.0.0.1", right.port)
        right.send_to("127.0.0.1", left.port)
        until(
            lambda: left.has_said_all and len(right.packets) > 80, PATIENCE, "the left pen says all that it has to say"
        )
    assert tone_level(right.heard()[6000:10000], 440) == pytest.approx(-12, abs=0.2)
    assert len(tone_intervals(right.heard(), 440)) == 2, "one frame series between the digits, the rest after them"
    assert right.gaps() == []
    digits = [p for p in right.packets if p.payload_type == 101]
    assert [p.payload[0] for p in digits if p.marker] == [5, 10]
    assert len(digits) == 16
    assert {p.payload_type for p in left.packets} == {8}
    assert np.median(right.lateness()) < 0.05


def test_the_way_of_a_click_from_pen_to_pen_takes_no_time() -> None:
    with RtpPen() as left, RtpPen() as right:
        left.say(clicks(1.2))
        left.send_to("127.0.0.1", right.port)
        until(lambda: left.has_said_all and len(right.packets) > 60, PATIENCE, "the left pen has clicked")
    said, heard = click_moments(left.sent), click_moments(right.packets)
    assert len(said) == len(heard) == 2
    assert all(abs(b - a) < 0.02 for a, b in zip(said, heard, strict=True))


def test_waiting_for_what_never_comes_ends_with_what_it_was() -> None:
    with pytest.raises(NeverHappenedError, match=r"not within 0\.05 s: the moon is a cheese"):
        until(lambda: False, 0.05, "the moon is a cheese")
