"""Sequence numbers judged as RFC 3550 A.1 has it."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from media.reception import DUPLICATE, FRESH, RESTART, STRAGGLER, STRAY, Reception


def orders(sequences: list[int], ssrc: int = 7) -> tuple[list[int], Reception]:
    reception = Reception(3)
    leg = np.array([1])
    seen = [int(reception.note(leg, np.array([ssrc]), np.array([one]))[0]) for one in sequences]
    return seen, reception


def test_a_stream_in_order_is_fresh_across_the_wrap():
    seen, reception = orders([65534, 65535, 0, 1])
    assert seen == [RESTART, FRESH, FRESH, FRESH]
    assert reception.lost()[1] == 0 and reception.received.tolist() == [0, 4, 0]
    report = reception.report(1, 0, 0)
    assert report is not None and report.highest_sequence == 65536 + 1


def test_what_was_overtaken_is_a_straggler_once_and_then_a_duplicate():
    seen, reception = orders([10, 12, 11, 11, 12, 10, 13])
    assert seen == [RESTART, FRESH, STRAGGLER, DUPLICATE, DUPLICATE, DUPLICATE, FRESH]
    assert reception.received[1] == 4 and reception.duplicates[1] == 3 and reception.lost()[1] == 0


def test_gaps_are_lost_packets():
    _, reception = orders([10, 11, 15, 20])
    assert reception.lost()[1] == 7
    report = reception.report(1, 0, 0)
    assert report is not None and report.lost == 7 and report.fraction_lost == 7 * 256 // 11
    again = reception.report(1, 0, 0)
    assert again is not None and again.fraction_lost == 0 and again.lost == 7


def test_one_far_packet_is_not_believed_two_in_a_row_are_another_stream():
    seen, _ = orders([10, 11, 30000, 12, 30001, 30002, 30003])
    assert seen == [RESTART, FRESH, STRAY, FRESH, STRAY, RESTART, FRESH]


def test_another_ssrc_is_another_stream():
    reception = Reception(1)
    leg = np.array([0])
    for ssrc, sequence in ((7, 10), (7, 13), (8, 500), (8, 501)):
        order = reception.note(leg, np.array([ssrc]), np.array([sequence]))
    assert order[0] == FRESH
    assert reception.lost()[0] == 2 and reception.received[0] == 4, "losses of the stream before still count"


def test_legs_do_not_touch_each_other():
    reception = Reception(3)
    reception.note(np.array([0, 2]), np.array([7, 8]), np.array([10, 20]))
    order = reception.note(np.array([0, 2]), np.array([7, 8]), np.array([11, 20]))
    assert order.tolist() == [FRESH, DUPLICATE]
    reception.clear(0)
    assert reception.report(0, 0, 0) is None and reception.report(2, 0, 0) is not None
    reception.enlarge(6)
    assert reception.note(np.array([2, 5]), np.array([8, 9]), np.array([21, 1])).tolist() == [FRESH, RESTART]


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 65535), st.permutations(range(40)), st.integers(0, 39))
def test_whatever_the_order_each_packet_counts_once(first, order, doubled):
    """A stream of 40, shuffled after its first packet; one of them came twice."""
    start = [0, *[one + 1 for one in order]]
    seen, reception = orders([(first + one) % 65536 for one in [*start, start[doubled]]])
    assert reception.received[1] == 41 and reception.lost()[1] == 0
    assert seen.count(DUPLICATE) == 1
