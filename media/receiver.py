"""From packets to the due frame of every leg: order, loss and jitter, decoding, the jitter buffer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

from media.codecs import PCMA, PCMU
from media.jitter import LONGEST, JitterBuffer, Legs, Sound
from media.reception import DUPLICATE, FRESH, RESTART, STRAY, Reception

if TYPE_CHECKING:
    from media.rtp import Integers, Packets

SHORTEST = 10
"""Samples of the shortest packet that is believed: 1.25 ms."""
COMFORT_NOISE = 13
"""RFC 3389: what would fill the silence.  We leave it silent."""

_NEWEST = 16  # packets of one leg in one tick that are looked at; the older ones of a flood are too late anyway
_CLOCK = 8000  # of all G.711 timestamps


def is_sound(packets: Packets) -> npt.NDArray[np.bool_]:
    """Which packets are G.711 of a length that can be: 10 … 480 octets (60 ms)."""
    known = (packets.payload_type == PCMU.format.payload_type) | (packets.payload_type == PCMA.format.payload_type)
    sound: npt.NDArray[np.bool_] = known & (packets.size >= SHORTEST) & (packets.size <= LONGEST)
    return sound


class Receiver:
    """:class:`Reception` and :class:`JitterBuffer` of the same legs, fed from the same packets."""

    def __init__(self, legs: int) -> None:
        self.reception = Reception(legs)
        self.buffer = JitterBuffer(legs)

    def enlarge(self, legs: int) -> None:
        self.reception.enlarge(legs)
        self.buffer.enlarge(legs)

    def clear(self, leg: int) -> None:
        self.reception.clear(leg)
        self.buffer.clear(leg)

    def take(self, leg: Legs, packets: Packets, octets: npt.NDArray[np.uint8], now: float) -> None:
        """Take in the packets of these legs, in the order of arrival, any number of each.

        ``octets`` are the datagrams that ``packets`` were parsed from; ``now`` in seconds.  What is no
        sound, or of an impossible length, counts as received and is not heard.
        """
        sound = is_sound(packets)
        self.reception.time(leg[sound], packets.timestamp[sound], round(now * _CLOCK))
        by_leg = np.argsort(leg, kind="stable")
        sorted_leg = leg[by_leg]
        if (sorted_leg[1:] != sorted_leg[:-1]).all():
            self._take_one_of_each(leg, packets, octets)
            return
        first = np.searchsorted(sorted_leg, sorted_leg, side="left")
        count = np.searchsorted(sorted_leg, sorted_leg, side="right") - first
        turn = np.arange(len(leg)) - first - np.maximum(count - _NEWEST, 0)
        np.add.at(self.buffer.late, sorted_leg[turn < 0], 1)
        for nth in range(int(turn.max(initial=-1)) + 1):
            rows = by_leg[turn == nth]
            self._take_one_of_each(leg[rows], packets.where(rows), octets)

    def play(self) -> Sound:
        """The due frame of every leg."""
        return self.buffer.play()

    def _take_one_of_each(self, leg: Legs, packets: Packets, octets: npt.NDArray[np.uint8]) -> None:
        order = self.reception.note(leg, packets.ssrc, packets.sequence)
        heard = np.flatnonzero(is_sound(packets) & (order != DUPLICATE) & (order != STRAY))
        for size in np.unique(packets.size[heard]).tolist():
            rows = heard[packets.size[heard] == size]
            payload = payloads(octets, packets.datagram[rows], packets.start[rows], size)
            self.buffer.put(
                leg[rows],
                packets.timestamp[rows],
                _decoded(payload, packets.payload_type[rows]),
                fresh=order[rows] == FRESH,
                restart=order[rows] == RESTART,
            )


def _decoded(payload: npt.NDArray[np.uint8], payload_type: Integers) -> npt.NDArray[np.int16]:
    """Linear samples (k, size) of payloads (k, size)."""
    pcm = PCMU.decode(payload)
    alaw = payload_type == PCMA.format.payload_type
    if alaw.any():
        pcm[alaw] = PCMA.decode(payload[alaw])
    return pcm


def payloads(octets: npt.NDArray[np.uint8], datagram: Integers, start: Integers, size: int) -> npt.NDArray[np.uint8]:
    """The first ``size`` octets of the payloads (k, size) that begin at ``start`` (k) of ``datagram`` (k)."""
    datagrams, width = octets.shape
    window = as_strided(octets, (datagrams, width - size + 1, size), (*octets.strides, 1), writeable=False)
    rows: npt.NDArray[np.uint8] = window[datagram, start]
    return rows
