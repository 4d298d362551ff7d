from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.rtcp import (
    Bye,
    Packet,
    ReceiverReport,
    ReceptionReport,
    RtcpError,
    SenderReport,
    SourceDescription,
    build,
    fraction_lost,
    middle,
    ntp_time,
    parse,
    update_jitter,
)

u32 = st.integers(0, 2**32 - 1)
reports = st.builds(ReceptionReport, u32, st.integers(0, 255), st.integers(-(2**23), 2**23 - 1), u32, u32, u32, u32)
several = st.lists(reports, max_size=31).map(tuple)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
first_packets = st.one_of(
    st.builds(SenderReport, u32, st.integers(0, 2**64 - 1), u32, u32, u32, several),
    st.builds(ReceiverReport, u32, several),
)
other_packets = st.one_of(
    st.builds(SourceDescription, u32, texts), st.builds(Bye, st.lists(u32, max_size=31).map(tuple), texts)
)

REPORT = ReceptionReport(7, 12, -1, 0x1_0005, 40, 0, 0)
COMPOUND = (SenderReport(1, 2, 3, 4, 5, (REPORT,)), SourceDescription(1, "conf@example.com"), Bye((1,), "bye"))


@settings(max_examples=80, deadline=None)
@given(first_packets, st.lists(other_packets, max_size=3))
def test_what_is_built_parses_back(first: Packet, others: list[Packet]) -> None:
    packets = (first, *others)
    datagram = build(packets)
    assert len(datagram) % 4 == 0
    assert parse(datagram) == packets


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_random_octets_raise_nothing_but_an_rtcp_error(octets: bytes) -> None:
    with contextlib.suppress(RtcpError):
        parse(octets)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(build(COMPOUND)) - 1), st.integers(0, 255))
def test_a_changed_octet_raises_nothing_but_an_rtcp_error(at: int, value: int) -> None:
    octets = bytearray(build(COMPOUND))
    octets[at] = value
    with contextlib.suppress(RtcpError):
        parse(bytes(octets))


@pytest.mark.parametrize("size", range(len(build(COMPOUND))))
def test_a_datagram_cut_short_is_refused_unless_cut_between_packets(size: int) -> None:
    whole = build(COMPOUND)
    borders = {len(build(COMPOUND[:count])) for count in (1, 2)}
    if size in borders:
        assert parse(whole[:size]) == COMPOUND[: len(parse(whole[:size]))]
    else:
        with pytest.raises(RtcpError):
            parse(whole[:size])


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"", "empty"),
        (b"\x80\xc8\x00\x00", "0 octets where 24"),
        (b"\x80\xc9\x00\x00", "0 octets where 4"),
        (b"\x00\xc9\x00\x01abcd", "version 0"),
        (b"\x80\xca\x00\x00", "type 202"),
        (b"\x80\xc9\x00\x02abcd", "12 octets in the last 8"),
        (b"\xa0\xc9\x00\x02abcd\x00\x00\x00\x00", "padding of 0"),
        (b"\xa0\xc9\x00\x02abcd\x00\x00\x00\x0c", "padding of 12"),
        (b"\xa0\xc9\x00\x02abcd\x00\x00\x00\x04\x80\xc9\x00\x01abcd", "padding of 4"),
        (b"\x80\xc9\x00\x01abcd\x81\xcb\x00\x02abcd\x04xyz", "4 octets where 5"),
        (b"\x80\xc9\x00\x01abcd\x81\xca\x00\x02abcd\x01\x09ab", "8 octets where 15"),
        (b"\x80\xc9\x00\x01abcd\x81\xca\x00\x02abcd\x01\x02ab", "8 octets where 9"),
    ],
)
def test_lengths_that_do_not_add_up_are_refused(octets: bytes, reason: str) -> None:
    with pytest.raises(RtcpError, match=reason):
        parse(octets)


def test_padding_extensions_and_unknown_packets_are_passed_over() -> None:
    report = build([ReceiverReport(1)])
    application = b"\x80\xcc\x00\x02\x00\x00\x00\x01NAME"
    padded = b"\xa0\xcb\x00\x01\x00\x00\x00\x04"
    assert parse(report + application + padded) == (ReceiverReport(1), Bye(()))
    assert parse(b"\x80\xc9\x00\x02\x00\x00\x00\x01EXT.") == (ReceiverReport(1),)


def test_several_descriptions_give_the_names_and_nothing_else() -> None:
    chunks = b"\x00\x00\x00\x01\x01\x01a\x06\x03abc\x00\x00\x00\x00"
    chunks += b"\x00\x00\x00\x02\x01\x02bc\x00\x00\x00\x00"
    octets = build([ReceiverReport(9)]) + b"\x82\xca" + (len(chunks) // 4).to_bytes(2, "big") + chunks
    assert parse(octets) == (ReceiverReport(9), SourceDescription(1, "a"), SourceDescription(2, "bc"))


def test_what_does_not_fit_is_refused_when_built() -> None:
    with pytest.raises(ValueError, match="32 items"):
        build([ReceiverReport(1, (REPORT,) * 32)])
    with pytest.raises(ValueError, match="256 octets"):
        build([SourceDescription(1, "x" * 256)])


def test_a_loss_beyond_24_bits_stays_at_the_end_of_the_scale() -> None:
    report = ReceptionReport(7, 0, 2**30, 0, 0, 0, 0)
    (parsed,) = parse(build([ReceiverReport(1, (report,))]))
    assert isinstance(parsed, ReceiverReport) and parsed.reports[0].lost == 0x7FFFFF


def test_ntp_time_counts_from_1900_and_wraps_in_2036() -> None:
    assert ntp_time(0.0) == 2_208_988_800 << 32
    assert ntp_time(0.5) & 0xFFFFFFFF == 0x80000000
    assert ntp_time(2**32 - 2_208_988_800) == 0
    assert middle(0x1234_5678_9ABC_DEF0) == 0x5678_9ABC


@pytest.mark.parametrize(
    ("expected", "received", "fraction"),
    [(100, 100, 0), (100, 75, 64), (100, 0, 255), (100, 120, 0), (0, 0, 0), (0, 5, 0)],
)
def test_the_fraction_lost_is_in_256ths(expected: int, received: int, fraction: int) -> None:
    assert fraction_lost(np.array([expected]), np.array([received])).tolist() == [fraction]


def jitter_after(*transits: int) -> float:
    jitter, last, heard = np.zeros(1), np.zeros(1, np.int64), np.zeros(1, np.bool_)
    update_jitter(jitter, last, heard, np.zeros(len(transits), np.intp), np.array(transits))
    return float(jitter[0])


def test_an_even_stream_has_no_jitter_and_an_uneven_one_nears_its_deviation() -> None:
    assert jitter_after(1000, 1000) == 0
    assert jitter_after(*(80 * (number % 2) for number in range(200))) == pytest.approx(80, rel=0.01)


def test_jitter_does_not_see_the_wrap_of_the_timestamp() -> None:
    assert jitter_after(5 + 2**32, 5) == 0
    assert jitter_after(2**31 - 8, -(2**31) + 8) == 1


def one_more(jitter: float, transit: int, before: int) -> float:
    """RFC 3550 A.8, word for word."""
    difference = (transit - before + 2**31) % 2**32 - 2**31
    return jitter + (abs(difference) - jitter) / 16


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(-(2**33), 2**33)), max_size=12), max_size=4))
def test_a_batch_updates_jitter_as_its_packets_one_by_one_do(batches: list[list[tuple[int, int]]]) -> None:
    jitter, last, heard = np.zeros(4), np.zeros(4, np.int64), np.zeros(4, np.bool_)
    expected, before = [0.0] * 4, [None] * 4
    for batch in batches:
        legs = np.array([leg for leg, _ in batch], np.intp)
        update_jitter(jitter, last, heard, legs, np.array([transit for _, transit in batch], np.int64))
        for leg, transit in batch:
            if before[leg] is not None:
                expected[leg] = one_more(expected[leg], transit, before[leg])
            before[leg] = transit
    assert jitter.tolist() == pytest.approx(expected)
    assert [n if h else None for n, h in zip(last.tolist(), heard.tolist(), strict=True)] == before
