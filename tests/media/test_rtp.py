"""RTP as columns, against every length that a datagram can have."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from media import rtp

WIDTH = 64


def datagrams(*octets: bytes) -> tuple[np.ndarray, np.ndarray]:
    rows = np.zeros((len(octets), WIDTH), np.uint8)
    for row, one in zip(rows, octets, strict=True):
        row[: len(one)] = np.frombuffer(one[:WIDTH], np.uint8)
    return rows, np.array([len(one) for one in octets], np.int64)


def payload(octets: bytes) -> bytes | None:
    rows, length = datagrams(octets)
    packets = rtp.parse(rows, length)
    if not len(packets):
        return None
    start, size = int(packets.start[0]), int(packets.size[0])
    return rows[0, start : start + size].tobytes()


HEADER = bytes.fromhex("80 00 1234 89abcdef 01020304".replace(" ", ""))


def test_each_field_of_the_header_is_a_column():
    rows, length = datagrams(b"", HEADER + b"sound", bytes.fromhex("80e5ffffffffffffffffffff") + b"xy")
    packets = rtp.parse(rows, length)
    assert packets.datagram.tolist() == [1, 2]
    assert packets.payload_type.tolist() == [0, 101] and packets.marker.tolist() == [False, True]
    assert packets.sequence.tolist() == [0x1234, 0xFFFF] and packets.timestamp.tolist() == [0x89ABCDEF, 0xFFFFFFFF]
    assert packets.ssrc.tolist() == [0x01020304, 0xFFFFFFFF]
    assert packets.start.tolist() == [12, 12] and packets.size.tolist() == [5, 2]


def test_csrc_list_and_extension_are_no_payload():
    csrc = bytes([0x82]) + HEADER[1:] + bytes(8) + b"sound"
    extension = bytes([0x90]) + HEADER[1:] + b"\xbe\xde\x00\x02" + bytes(8) + b"sound"
    both = bytes([0x91]) + HEADER[1:] + bytes(4) + b"\xbe\xde\x00\x00" + b"sound"
    assert payload(csrc) == payload(extension) == payload(both) == b"sound"


def test_padding_is_no_payload():
    assert payload(bytes([0xA0]) + HEADER[1:] + b"sound\0\0\3") == b"sound"
    assert payload(bytes([0xA0]) + HEADER[1:] + b"\1") == b""


def test_what_is_cut_short_or_impossible_is_no_rtp():
    for bad in (
        HEADER[:11],
        bytes([0x40]) + HEADER[1:] + b"version 1",
        bytes([0x81]) + HEADER[1:] + b"csr",
        bytes([0x90]) + HEADER[1:] + b"\xbe\xde\x00",
        bytes([0x90]) + HEADER[1:] + b"\xbe\xde\x00\x02" + bytes(7),
        bytes([0xA0]) + HEADER[1:],
        bytes([0xA0]) + HEADER[1:] + b"sound\0",
        bytes([0xA0]) + HEADER[1:] + b"sound\7",
    ):
        assert payload(bad) is None, bad


def test_a_datagram_longer_than_the_row_is_left_out():
    rows, _ = datagrams(HEADER + b"sound")
    assert len(rtp.parse(rows, np.array([WIDTH + 1]))) == 0


def test_no_datagrams_are_no_packets():
    rows, length = datagrams()
    assert len(rtp.parse(rows, length)) == 0


@settings(deadline=None, max_examples=300)
@given(st.lists(st.binary(max_size=WIDTH), max_size=8))
def test_any_octets_give_payloads_inside_the_datagram_or_nothing(octets):
    rows, length = datagrams(*octets)
    packets = rtp.parse(rows, length)
    assert (packets.start >= 12).all() and (packets.size >= 0).all()
    assert (packets.start + packets.size <= length[packets.datagram]).all()


@settings(deadline=None)
@given(
    st.integers(0, 127),
    st.booleans(),
    st.integers(0, 2**40),
    st.integers(0, 2**40),
    st.integers(0, 2**32 - 1),
)
def test_what_is_written_is_what_is_read(payload_type, marker, sequence, timestamp, ssrc):
    rows = np.zeros((1, WIDTH), np.uint8)
    rtp.write_fixed(rows, np.array([ssrc]))
    rtp.write_moving(rows, np.array([payload_type]), np.array([marker]), np.array([sequence]), np.array([timestamp]))
    packets = rtp.parse(rows, np.array([20]))
    assert (packets.payload_type[0], packets.marker[0], packets.ssrc[0]) == (payload_type, marker, ssrc)
    assert (packets.sequence[0], packets.timestamp[0]) == (sequence % 2**16, timestamp % 2**32)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(st.integers(0, 2**40), st.integers(0, 2**40), st.booleans(), st.sampled_from([160, 960])), max_size=4
    ),
    st.integers(1, 90),
)
def test_packets_that_move_on_by_an_addition_are_those_that_are_written_one_by_one(streams, packets):
    """From just before where numbers go round, too; whoever can't move is written anew, without its marker."""
    rows, wanted = np.zeros((2, len(streams), WIDTH), np.uint8)
    begin = np.array(
        [(2**16 - 40 + n if n % 2 else n, 2**32 - 50 * m if m % 2 else m) for n, m, *_ in streams], np.int64
    )
    sequence, timestamp = begin.reshape(-1, 2).T
    step = np.array([step for *_, step in streams], np.int64)
    payload_type = np.full(len(streams), 111)
    marker, none = np.array([marker for *_, marker, _ in streams], bool), np.zeros(len(streams), bool)
    moving = rtp.Moving(rows, payload_type, marker, sequence, timestamp, step)
    for n in range(packets):
        rtp.write_moving(wanted, payload_type, none if n else marker, sequence + n, timestamp + n * step)
        assert np.array_equal(rows, wanted)
        if not moving.move():
            moving = rtp.Moving(rows, payload_type, none, sequence + n + 1, timestamp + (n + 1) * step, step)


def test_a_stream_moves_on_for_as_long_as_its_sequence_number_does():
    rows = np.zeros((2, WIDTH), np.uint8)
    nought = np.zeros(2, np.int64)
    moving = rtp.Moving(rows, nought, nought > 0, np.array([5, 65500]), nought, nought + 160)
    assert sum(moving.move() for _ in range(1000)) == 35
    assert rows[:, 2:4].tolist() == [[0, 40], [255, 255]]
