"""What the bridge writes for the recorder: one datagram of a ``SOCK_SEQPACKET`` pair for each tick and room.

A head, then for each sound that there is a label and 20 ms of samples.  A tick in which nobody speaks is a head alone,
and one whose datagram was lost is known by the number of the next: both become silence.  Numbers of ticks are of the
monotonic clock, so a take that one bridge began and the next goes on with keeps its time.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

RATE: Final = 16_000
SAMPLES: Final = RATE // 50
"""Of one tick."""
OCTETS: Final = 2 * SAMPLES
"""16 bits a sample, the low octet first, as a WAV file has them."""
MIX: Final = -1
"""The label of what all of them say together; others are the numbers of legs."""
MOST: Final = 64
"""Sounds in one datagram; who has more of them at a tick sends several."""

_HEAD = struct.Struct("<IQ")
_LABEL = struct.Struct("<i")
LONGEST: Final = _HEAD.size + MOST * (_LABEL.size + OCTETS)
"""Octets of a datagram."""


@dataclass(frozen=True, slots=True)
class Frames:
    take: int
    """Between one take and the next time doesn't count: the owner was away."""
    tick: int
    sounds: tuple[tuple[int, bytes], ...]
    """Labels, with OCTETS of samples each."""


def head(take: int, tick: int) -> bytes:
    return _HEAD.pack(take, tick)


def label(leg: int) -> bytes:
    return _LABEL.pack(leg)


def parse(datagram: bytes) -> Frames:
    """Of a datagram that this program's bridge has sent."""
    take, tick = _HEAD.unpack_from(datagram)
    return Frames(take, tick, tuple(_sounds(datagram)))


def _sounds(datagram: bytes) -> Iterator[tuple[int, bytes]]:
    for at in range(_HEAD.size, len(datagram), _LABEL.size + OCTETS):
        (leg,) = _LABEL.unpack_from(datagram, at)
        yield leg, datagram[at + _LABEL.size : at + _LABEL.size + OCTETS]
