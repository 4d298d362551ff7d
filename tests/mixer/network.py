"""What lies between the rig's phones and its bridge: it loses packets, holds them up, doubles and maims them."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mixer.bridge.coders import CODERS
from mixer.bridge.protocol import Codec
from tests.mixer.wide_phones import Phone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mixer.bridge.protocol import Address
    from mixer.bridge.statistics import LegStatistics
    from tests.mixer.bridge_rig import Packet, Rig

    Line = Callable[[int, int, bytes], Iterator[tuple[float, bytes]]]
    """Of room, tick and packet: what comes of it, and how many ticks later each time."""

CODECS = [codec for codec in (Codec.PCMU, Codec.G722) if codec in CODERS]
every_codec = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)

RESYNC = 3
"""Ticks from the first packet that comes again to where its sound is heard: 60 ms."""
QUIET = 300
"""No sample of the voices' frames is this soft at its loudest: they have 10 000; an HD coder's noise is below it."""


@dataclass
class Network:
    """``tick()`` as the rig's; what was put off comes before the tick that it was put off to."""

    rig: Rig
    now: int = 0
    """Ticks so far."""
    _under_way: list[tuple[float, int, bytes, Address]] = field(default_factory=list)
    _carried: int = 0

    def carry(self, octets: bytes, source: Address, delay: float = 0) -> None:
        heapq.heappush(self._under_way, (self.now + delay, self._carried, octets, source))
        self._carried += 1

    def tick(self) -> dict[Address, Packet]:
        while self._under_way and self._under_way[0][0] <= self.now:
            _, _, octets, source = heapq.heappop(self._under_way)
            self.rig.put(octets, source)
        self.now += 1
        return self.rig.tick()


@dataclass
class Trio:
    """A room of its own: one whose line is bad, one whose line is good, and one who only listens."""

    bad: Phone
    good: Phone
    listener: Phone


def trios(rig: Rig, count: int, codec: Codec) -> list[Trio]:
    """In rooms 0, 1, …"""
    return [Trio(*(Phone(rig, 10 * room + n, codec, room) for n in (1, 2, 3))) for room in range(count)]


def converse(
    network: Network, rooms: Sequence[Trio], said: tuple[np.ndarray, np.ndarray], ticks: int, line: Line
) -> None:
    """So many ticks, in which the bad and the good of each room say these frames, and their phones keep what comes."""
    for _ in range(ticks):
        now = network.now
        for room, trio in enumerate(rooms):
            network.carry(trio.good.packet(said[1][now % len(said[1])]), trio.good.address)
            for delay, octets in line(room, now, trio.bad.packet(said[0][now % len(said[0])])):
                network.carry(octets, trio.bad.address, delay)
        sent = network.tick()
        for trio in rooms:
            for phone in (trio.bad, trio.good, trio.listener):
                phone.octets.append(sent[phone.address].octets[12:])


def heard(phone: Phone) -> np.ndarray:
    """All that came, frame by frame; to be asked once, for decoders remember."""
    return np.stack([phone.decoder.decode(np.frombuffer(octets, np.uint8)) for octets in phone.octets])


def voice(phone: Phone, frames: int, seed: int = 1) -> np.ndarray:
    """Frames at the phone's rate, of which no two are alike: two tones, and noise."""
    size = phone.form.samples
    at = np.arange(frames * size) / phone.form.sample_rate
    noise = np.random.default_rng(seed).normal(0, 300, frames * size)
    sound = 7000 * np.sin(2 * np.pi * 310 * at) + 3000 * np.sin(2 * np.pi * (700 + 113 * seed) * at) + noise
    return np.rint(sound).astype(np.int16).reshape(frames, size)


def silence(phone: Phone, frames: int) -> np.ndarray:
    return np.zeros((frames, phone.form.samples), np.int16)


def maimed(octets: bytes, share: float, rng: np.random.Generator) -> bytes:
    """So many of them replaced by any others."""
    row = np.frombuffer(octets, np.uint8).copy()
    hit = rng.random(len(row)) < share
    row[hit] = rng.integers(0, 256, int(hit.sum()), np.uint8)
    return row.tobytes()


def statistics(rig: Rig) -> dict[int, LegStatistics]:
    return {leg.leg: leg for leg in rig.statistics().legs}


def assert_heard_again(sound: np.ndarray, codec: Codec) -> None:
    """The first frame is soft in G.722 after a long gap, since a decoder has to learn again how loud it is."""
    loud = np.abs(sound.astype(int)).max(axis=1)
    assert loud[0] > QUIET
    assert loud[0 if codec is Codec.PCMU else 8 :].min() > 3000
    assert loud.max() < 20_000
