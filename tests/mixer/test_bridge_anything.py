"""Any bytes from anywhere, in any order, at legs of every codec with all on: no exception, and nothing that grows or is
no number."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from media.levels import SILENT
from mixer.bridge.coders import CODERS
from mixer.bridge.protocol import Address, Codec, WatchForMusic
from tests.mixer.bridge_rig import Rig
from tests.mixer.network import statistics
from tests.mixer.tables import tables

LEGS = dict(enumerate(CODERS, 1))
ROWS = 64
"""That an engine begins with; no table of it has more for these few legs."""
SIZES = (0, 1, 4, 10, 37, 80, 160, 160, 160, 240, 480, 481, 640, 700)
PATTERNS = st.sampled_from(["zeros", "ones", "loudest", "square", "constant", "noise"])


def payload(pattern: str, size: int, rng: random.Random) -> bytes:
    """Of G.711, full scale, direct current, its softest values, and what other codecs make of such octets."""
    match pattern:
        case "zeros":
            return bytes(size)
        case "ones":
            return b"\xff" * size
        case "loudest":
            return b"\x80" * size
        case "square":
            return (b"\x00" * 20 + b"\x80" * 20)[:size] * (size // 40 + 1)
        case "constant":
            return bytes([rng.randrange(256)]) * size
    return rng.randbytes(size)


@dataclass
class Sender:
    """What claims to be a leg's stream."""

    number: int
    codec: Codec
    rng: random.Random
    sequence: int = field(init=False)
    timestamp: int = field(init=False)
    ssrc: int = 1

    def __post_init__(self) -> None:
        self.sequence, self.timestamp = self.rng.choice([0, 65500]), self.rng.choice([0, 2**31 - 9000, 2**32 - 9000])

    def datagram(self, sound: bytes) -> bytes:
        """The next one, or one that has nothing to do with it."""
        rng, first, number = self.rng, 0x80, self.codec.value
        sequence, timestamp = self.sequence, self.timestamp
        self.sequence += 1
        self.timestamp += CODERS[self.codec].format.clock_rate // 50
        match rng.randrange(12):
            case 0:
                sequence = self.sequence = rng.randrange(65536)
            case 1:
                timestamp = self.timestamp = rng.randrange(2**32)
            case 2:
                self.ssrc = rng.randrange(2**32)
            case 3:
                first = rng.randrange(256)
            case 4:
                sequence, timestamp = sequence + rng.randrange(-70, 70), timestamp + rng.randrange(-9000, 9000)
            case 5:
                number = rng.choice([0, 8, 9, 13, 101, 111, rng.randrange(256)])
            case 6:
                return rng.randbytes(rng.randrange(40))
        head = sequence % 2**16 << 64 | timestamp % 2**32 << 32 | self.ssrc
        return bytes((first, number)) + head.to_bytes(10, "big") + sound


def numbers(root: object, seen: set[int]) -> list[np.ndarray]:
    """All arrays of floats in an object, however deep."""
    if id(root) in seen:
        return []
    seen.add(id(root))
    if isinstance(root, np.ndarray):
        return [root] if root.dtype.kind == "f" else []
    parts = root.values() if isinstance(root, dict) else root if isinstance(root, list | tuple | set) else ()
    own = vars(root).values() if hasattr(root, "__dict__") and not isinstance(root, type) else ()
    return [array for part in (*parts, *own) for array in numbers(part, seen)]


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2**32), st.lists(st.tuples(PATTERNS, st.integers(1, 8)), min_size=1, max_size=10))
def test_whatever_comes_nothing_breaks_and_nothing_grows(seed, course):
    rng, rig = random.Random(seed), Rig(automatic_gain=True)
    rig.obey(WatchForMusic())
    addresses = {number: rig.add(number, room=1 + number % 2, codec=codec) for number, codec in LEGS.items()}
    senders = [Sender(number, codec, rng) for number, codec in LEGS.items()]
    rig.tick()
    for pattern, ticks in course:
        for _ in range(ticks):
            for sender in senders:
                size = CODERS[sender.codec].format.octets if rng.random() < 0.7 else rng.choice(SIZES)
                for _ in range(rng.choice([0, 1, 1, 1, 1, 2, 17])):
                    source = addresses[sender.number] if rng.random() < 0.98 else Address("10.0.0.1", 5000)
                    rig.put(sender.datagram(payload(pattern, size, rng)), source)
            assert len(rig.tick()) == len(LEGS)
        assert max(leg.delay for leg in statistics(rig).values()) <= 0.2
        if rng.random() < 0.2:
            rig.bridge.lose_time(rng.choice([1, 60, 100_000]))
    for array in numbers(rig.bridge._engine, set()):  # in the reports beside it, what phones have not told is none
        assert not np.isnan(array).any()
    assert all(leg.level >= SILENT for leg in statistics(rig).values())
    assert max(tables(rig.bridge._engine).values()) <= ROWS
