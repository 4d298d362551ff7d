"""Packets that are expected are taken a shorter way: nobody may be able to tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from media import rtp
from media.expected import Expected, headers
from media.receiver import Receiver

LEGS = 3
WIDTH = 640

faults = st.sampled_from(["none"] * 8 + ["lost", "twice", "swapped", "marker", "short", "alaw", "ssrc", "jump", "pad"])
"""What becomes of the next packet of a leg."""
schedule = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(0, LEGS - 1), faults), max_size=7),
        st.sampled_from([None] * 9 + ["restart", "clear"]),
    ),
    min_size=1,
    max_size=25,
)
"""Of each tick: who sends what, in which order; and what else happens."""


class Phone:
    """Sends packets in order, but for the faults that it is told to have."""

    def __init__(self, leg: int, sequence: int) -> None:
        self.sequence, self.timestamp = sequence, sequence * 160 + 2**32 - 1600
        self.ssrc, self.sound = 7 + leg, np.random.default_rng(leg)

    def packets(self, fault: str) -> list[bytes]:
        match fault:
            case "lost":
                self._next()
                return []
            case "twice":
                return [self._next()] * 2
            case "swapped":
                return [self._next(), self._next()][::-1]
            case "marker":
                return [self._next(second=0x80)]
            case "short":
                return [self._next(size=80)]
            case "alaw":
                return [self._next(second=8)]
            case "ssrc":
                self.ssrc += 100
            case "jump":
                self.timestamp += 12345
            case "pad":
                return [self._next(first=0xA0, size=159) + b"\1"]
        return [self._next()]

    def _next(self, first: int = 0x80, second: int = 0, size: int = 160) -> bytes:
        octets = bytes((first, second)) + (self.sequence % 2**16).to_bytes(2, "big")
        octets += (self.timestamp % 2**32).to_bytes(4, "big") + self.ssrc.to_bytes(4, "big")
        self.sequence, self.timestamp = self.sequence + 1, self.timestamp + size
        return octets + self.sound.integers(0, 256, size, np.uint8).tobytes()


def batch(datagrams: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    octets = np.zeros((len(datagrams), WIDTH), np.uint8)
    for row, datagram in enumerate(datagrams):
        octets[row, : len(datagram)] = np.frombuffer(datagram, np.uint8)
    return octets, np.array([len(datagram) for datagram in datagrams], np.int64)


def take_all(receiver: Receiver, leg: np.ndarray, octets: np.ndarray, length: np.ndarray, arrival: int) -> None:
    known = leg >= 0
    packets = rtp.parse(octets[known], length[known])
    receiver.take(leg[known][packets.datagram], packets, octets[known], arrival)


def take_expected_first(
    receiver: Receiver, leg: np.ndarray, octets: np.ndarray, length: np.ndarray, arrival: int
) -> int:
    others = receiver.take_expected(leg, octets, length, arrival)
    take_all(receiver, leg[others], octets[others], length[others], arrival)
    return len(leg) - len(others)


def same_state(one: Receiver, other: Receiver) -> None:
    leg = np.arange(LEGS)
    for receiver in (one, other):
        receiver.reception._settle(leg)
    for part, its in (("reception", one.reception), ("buffer", one.buffer)):
        for name, column in vars(its).items():
            if isinstance(column, np.ndarray) and name not in ("_transit", "_kept_time", "jitter"):
                assert np.array_equal(column, getattr(getattr(other, part), name)), name
    assert np.array_equal((one.reception._transit - other.reception._transit) % 2**32, np.zeros(LEGS))
    # The sum of several packets' differences is rounded otherwise than one after another.
    assert np.allclose(one.reception.jitter, other.reception.jitter, rtol=1e-9)
    assert np.array_equal(one.buffer._ring._rows, other.buffer._ring._rows)


@settings(max_examples=150, deadline=None)
@given(schedule, st.integers(0, 65535))
def test_it_is_the_same_as_if_every_packet_were_looked_at(ticks: list, sequence: int) -> None:
    one, other = Receiver(LEGS), Receiver(LEGS)
    phones = [Phone(leg, sequence) for leg in range(LEGS)]
    for tick, (sent, event) in enumerate(ticks):
        come = [(leg, octets) for leg, fault in sent for octets in phones[leg].packets(fault)]
        leg = np.array([-1, *(whose for whose, _ in come)], np.intp)
        octets, length = batch([bytes(172), *(datagram for _, datagram in come)])
        take_all(one, leg, octets, length, 160 * tick)
        take_expected_first(other, leg, octets, length, 160 * tick)
        heard, again = one.play(), other.play()
        assert heard.leg.tolist() == again.leg.tolist() and np.array_equal(heard.pcm, again.pcm)
        for receiver in (one, other) if event else ():
            receiver.restart(np.array([0])) if event == "restart" else receiver.clear(1)
        if tick % 4 == 0:
            reports = [receiver.reception.report(0, 0, 0) for receiver in (one, other)]
            assert len({report and replace(report, jitter=0) for report in reports}) == 1
            assert one.reception.lost().tolist() == other.reception.lost().tolist()
    assert one.reception.received.tolist() == other.reception.received.tolist()
    same_state(one, other)


def test_a_stream_in_order_is_expected_from_its_third_packet_on() -> None:
    receiver, phone = Receiver(LEGS), Phone(0, 65530)
    taken = []
    for tick in range(100):
        octets, length = batch(phone.packets("none"))
        taken.append(take_expected_first(receiver, np.array([0]), octets, length, 160 * tick))
        receiver.play()
    assert taken == [0, 0] + [1] * 98
    assert receiver.reception.received.tolist() == [100, 0, 0]


def test_two_packets_of_a_leg_in_one_tick_are_both_expected() -> None:
    receiver, phone = Receiver(LEGS), Phone(0, 1)
    for tick in range(10):
        octets, length = batch([datagram for _ in range(2) for datagram in phone.packets("none")])
        taken = take_expected_first(receiver, np.array([0, 0]), octets, length, 160 * tick)
    assert taken == 2


def test_nothing_is_like_what_nobody_expects() -> None:
    expected = Expected(2)
    for datagram in (b"", bytes(12), b"\xff" * 12, bytes(172), b"\xff" * 172):
        octets, length = batch([datagram] * 3)
        assert not expected.are(np.array([0, 1, -1]), headers(octets, length)).all(axis=1).any()


def test_what_was_forgotten_is_not_expected() -> None:
    receiver, phone = Receiver(LEGS), Phone(0, 1)
    for tick in range(5):
        octets, length = batch(phone.packets("none"))
        take_expected_first(receiver, np.array([0]), octets, length, 160 * tick)
    receiver.expect_nothing()
    octets, length = batch(phone.packets("none"))
    assert receiver.take_expected(np.array([0]), octets, length, 800).tolist() == [0]
