"""What a phone sent and when it came, and what the jitter buffer made of it; time is the number of the tick."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from media.codecs import PCMA, PCMU
from media.receiver import Receiver
from media.rtp import parse, write_fixed, write_moving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LEG = 1
WIDTH = 640
AFTER = 30
"""Ticks after the last packet."""
MERGED = 32
"""Samples after a gap that are mixed with what was made up for it."""


@dataclass(frozen=True)
class Sent:
    at: float
    """Seconds: when it arrives."""
    sequence: int
    timestamp: int
    sample: int
    """Where in the voice it begins; -1 is silence."""
    size: int = 160
    ssrc: int = 7
    payload_type: int = 0
    marker: bool = False
    octets: bytes = b""
    """The payload, if it is none of the voice."""


_GRAIN = np.random.default_rng(0).normal(0, 200, 1 << 18)


def voice(sample: int, size: int) -> np.ndarray:
    """Two tones, and so much noise that no packet is like another."""
    n = np.arange(sample, sample + size)
    return (8000 * np.sin(n * 0.05) + 6000 * np.sin(n * 0.0211) + _GRAIN[n % len(_GRAIN)]).astype(np.int16)


def coded(pcm: np.ndarray) -> np.ndarray:
    return PCMU.decode(PCMU.encode(pcm))


def payload(one: Sent) -> np.ndarray:
    if one.octets:
        return np.frombuffer(one.octets, np.uint8)
    pcm = np.zeros(one.size, np.int16) if one.sample < 0 else voice(one.sample, one.size)
    return (PCMA if one.payload_type == 8 else PCMU).encode(pcm)


def stream(
    seconds: float,
    *,
    ptime: float = 0.02,
    delay: Callable[[int], float] = lambda _: 0.0,
    drift: float = 0.0,
    first_sequence: int = 100,
    first_timestamp: int = 5000,
    at: float = 0.003,
    talks: Callable[[int], bool] = lambda _: True,
) -> list[Sent]:
    """A phone that speaks; ``drift`` makes its clock slower by that share."""
    size = round(ptime * 8000)
    return [
        Sent(
            at + n * ptime * (1 + drift) + delay(n),
            (first_sequence + n) % 2**16,
            (first_timestamp + n * size) % 2**32,
            n * size if talks(n) else -1,
            size,
        )
        for n in range(round(seconds / ptime))
    ]


@dataclass
class Played:
    receiver: Receiver
    pcm: list[np.ndarray] = field(default_factory=list)
    held: list[float] = field(default_factory=list)
    made_up: list[int] = field(default_factory=list)
    """Frames until each tick of which some sample was."""

    @property
    def sound(self) -> np.ndarray:
        return np.concatenate(self.pcm)

    @property
    def concealed(self) -> int:
        """Frames with something made up, what comes after the last packet not counted."""
        return self.made_up[-AFTER]

    @property
    def lost(self) -> int:
        return int(self.receiver.reception.lost()[LEG])

    @property
    def late(self) -> int:
        return int(self.receiver.buffer.late[LEG])


def ticks(packets: list[Sent]) -> Iterator[tuple[int, list[Sent]]]:
    """Packets by the tick that takes them."""
    waiting = sorted(packets, key=lambda one: one.at)
    last = int(waiting[-1].at / 0.02) + AFTER
    at = 0
    for tick in range(last):
        first = at
        while at < len(waiting) and waiting[at].at <= tick * 0.02:
            at += 1
        yield tick, waiting[first:at]


def play(packets: list[Sent]) -> Played:
    played = Played(Receiver(3))
    for tick, batch in ticks(packets):
        octets = np.zeros((len(batch), WIDTH), np.uint8)
        if batch:
            write_fixed(octets, np.array([one.ssrc for one in batch]))
            columns = ("payload_type", "sequence", "timestamp")
            kind, sequence, timestamp = (np.array([getattr(one, name) for one in batch]) for name in columns)
            write_moving(octets, kind, np.array([one.marker for one in batch]), sequence, timestamp)
            for row, one in zip(octets, batch, strict=True):
                row[12 : 12 + one.size] = payload(one)
        length = np.array([12 + one.size for one in batch], np.int64)
        leg = np.full(len(batch), LEG)
        played.receiver.take(leg, parse(octets, length), octets, tick * 160)
        sound = played.receiver.play()
        row = np.flatnonzero(sound.leg == LEG)
        played.pcm.append(sound.pcm[row[0]] if len(row) else np.zeros(160, np.int16))
        played.held.append(float(played.receiver.buffer.delay()[LEG]))
        played.made_up.append(int(played.receiver.buffer.concealment.concealed[LEG]))
    return played


def whole(played: Played, sample: int, size: int) -> bool:
    """Whether this stretch of the voice was played, bit by bit, in one piece."""
    wanted = coded(voice(sample, size)).tobytes()
    return wanted in played.sound.tobytes()


def pieces(played: Played, packets: list[Sent]) -> int:
    """How many of the packets were played whole, but for what is merged after a gap."""
    everything = played.sound.tobytes()
    return sum(coded(voice(one.sample, one.size))[MERGED:].tobytes() in everything for one in packets)


def heard_at(played: Played, packets: list[Sent]) -> list[int]:
    """Where each of these packets was played, but for what is merged after a gap; -1 if it was not.  None may be twice.
    Those that are heard must be ascending if the packets are."""
    everything = played.sound.tobytes()
    found = []
    for one in packets:
        piece = coded(voice(one.sample, one.size))[MERGED:].tobytes()
        at = everything.find(piece)
        assert everything.find(piece, at + 1) < 0 or at < 0, f"{one} is heard twice"
        found.append(at)
    return found
