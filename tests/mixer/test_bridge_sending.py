"""Packets that go to the kernel from two threads."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.wire import Datagrams
from mixer.bridge import sending
from mixer.bridge.protocol import Address
from mixer.bridge.sending import Sending, cut
from tests.mixer.bridge_rig import Rig


class Wire:
    """Notes what is sent, and by whom."""

    def __init__(self, broken: int = -1) -> None:
        self.broken = broken
        self.sent: list[tuple[int, range]] = []
        self.threads: set[int] = set()

    def receive(self, fd: int, datagrams: Datagrams, rows: range | None = None) -> int:
        return 0

    def send(self, fd: int, datagrams: Datagrams, places: range) -> int:
        if fd == self.broken:
            raise OSError("no socket")
        self.sent.append((fd, places))
        self.threads.add(threading.get_ident())
        return len(places)


@pytest.fixture
def two_cores(monkeypatch):
    monkeypatch.setattr(sending, "_ALONE", 5)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})


@settings(deadline=None)
@given(st.lists(st.integers(1, 9), max_size=5), st.integers(0, 50))
def test_what_is_cut_is_all_of_it_in_order(sizes, first):
    ends = np.cumsum(sizes).tolist()
    spans = [(n, range(end - size, end)) for n, (size, end) in enumerate(zip(sizes, ends, strict=True))]
    before, after = cut(spans, first)
    assert [place for _, span in before + after for place in span] == list(range(sum(sizes)))
    assert sum(len(span) for _, span in before) == min(first, sum(sizes))
    assert all(place in spans[socket][1] for socket, span in before + after for place in span)


def test_many_are_sent_by_two_threads_and_all_before_the_tick_goes_on(two_cores):
    wire, both = Wire(), Sending()
    both.divide([(1, range(4)), (2, range(4, 10)), (3, range(10, 12))])
    for _ in range(50):
        wire.sent.clear()
        both.send(wire, Datagrams(12, 20), {1: 11, 2: 12, 3: 13})
        assert sorted(place for _, span in wire.sent for place in span) == list(range(12))
    assert len(wire.threads) == 2
    assert {fd: [*span] for fd, span in wire.sent}.keys() == {11, 12, 13}


def test_few_are_sent_by_one_and_so_are_many_on_one_core(two_cores, monkeypatch):
    wire, alone = Wire(), Sending()
    alone.divide([(1, range(5))])
    alone.send(wire, Datagrams(12, 20), {1: 11})
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0})
    alone.divide([(1, range(12))])
    alone.send(wire, Datagrams(12, 20), {1: 11})
    assert wire.sent == [(11, range(5)), (11, range(12))]
    assert wire.threads == {threading.get_ident()}


@pytest.mark.parametrize("broken", [11, 12])
def test_a_descriptor_that_is_no_socket_is_told_whichever_thread_has_it(two_cores, broken):
    both = Sending()
    both.divide([(1, range(6)), (2, range(6, 12))])
    for _ in range(3):
        with pytest.raises(OSError, match="no socket"):
            both.send(Wire(broken), Datagrams(12, 20), {1: 11, 2: 12})
    wire = Wire()
    both.send(wire, Datagrams(12, 20), {1: 11, 2: 12})
    assert len(wire.sent) == 2, "and the next tick is as any other"


def test_legs_are_sent_the_same_by_two_threads(two_cores):
    rig = Rig()
    legs = [rig.add(n, socket=n % 3) for n in range(1, 30)]
    for _ in range(5):
        packets = rig.tick()
    assert packets.keys() == {Address(leg.host, 4000) for leg in legs}
    assert {packet.ssrc for packet in packets.values()} == {5000 + n for n in range(1, 30)}
