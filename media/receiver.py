"""From packets to the due frame of every leg: order, loss and jitter, decoding, the jitter buffer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

from media.codecs import PCMA, PCMU
from media.expected import LENGTH, Expected, before, headers
from media.jitter import FRAME, IN_TIME, LONGEST, JitterBuffer, Legs, Sound
from media.reception import DUPLICATE, FRESH, RESTART, STRAY, Reception
from media.rtp import HEADER_OCTETS

if TYPE_CHECKING:
    from media.expected import Headers
    from media.rtp import Integers, Packets

SHORTEST = 10
"""Samples of the shortest packet that is believed: 1.25 ms."""
COMFORT_NOISE = 13
"""RFC 3389: how loud the background is while nothing is sent."""

_NEWEST = 16  # packets of one leg in one tick that are looked at; the older ones of a flood are too late anyway
_NO_ROWS = np.zeros(0, np.intp)


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
        self._alaw = np.zeros(legs, np.bool_)  # of those of whom a packet is expected
        self._some_alaw = False  # whether any was ever
        self._expected = Expected(legs)
        self._pad = np.zeros(legs + 1, np.intp)  # for notes about legs, with a place for strangers

    def enlarge(self, legs: int) -> None:
        self.reception.enlarge(legs)
        self.buffer.enlarge(legs)
        self._expected.enlarge(legs)
        self._alaw = np.append(self._alaw, np.zeros(legs - len(self._alaw), np.bool_))
        self._pad = np.zeros(legs + 1, np.intp)

    def clear(self, leg: int) -> None:
        self.reception.clear(leg)
        self.buffer.clear(leg)
        self._expected.forget(np.array([leg]))

    def restart(self, leg: Legs) -> None:
        """Time was lost: what these legs hold is old."""
        self.buffer.restart(leg)
        self._expected.forget(leg)

    def expect_nothing(self, leg: Legs | slice = slice(None)) -> None:
        """The next packets of these legs are not :meth:`take_expected`'s."""
        self._expected.forget(leg)

    def take_expected(
        self, leg: Legs, octets: npt.NDArray[np.uint8], length: npt.NDArray[np.integer], arrival: int
    ) -> Legs:
        """Take in, of datagrams of these legs (-1: of nobody) in the order of arrival, those that simply go on from the
        last; the rows of the others, all of which are to go through :meth:`take`: together it is the same as if all
        had.  ``arrival`` in timestamp units."""
        come = headers(octets, length)
        time, lead = self.buffer.after_newest(leg)
        if self._expected.are_all(leg, come) and not np.count_nonzero(lead.view(np.uint64) > IN_TIME):
            packets = np.bincount(leg, minlength=len(self._alaw))
            if np.count_nonzero(packets) == len(leg):
                self.reception.advance(leg, packets, arrival)
                self._put_next(leg, time, lead, octets)
                self._expected.follow(leg, come)
                return _NO_ROWS
        return self._take_some(leg, come, octets, arrival)

    def take(self, leg: Legs, packets: Packets, octets: npt.NDArray[np.uint8], arrival: int) -> None:
        """Take in the packets of these legs, in the order of arrival, any number of each.

        ``octets`` are the datagrams that ``packets`` were parsed from; ``arrival`` in timestamp units.  What is no
        sound, or of an impossible length, counts as received and is not heard.
        """
        sound = is_sound(packets)
        self._expected.forget(leg)
        self.reception.time(leg[sound], packets.timestamp[sound], arrival)
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

    def _take_some(self, leg: Legs, come: Headers, octets: npt.NDArray[np.uint8], arrival: int) -> Legs:
        """As :meth:`take_expected`, of any mixture of packets: of each leg one or two, if both are expected, as jitter
        brings them; else none, so that no packet overtakes another."""
        second, more = self._repeated(leg)
        time, lead = self.buffer.after_newest(leg)
        like = self._expected.are(leg, before(come, second))
        fit = like[:, 0] & like[:, 1] & (lead.view(np.uint64) <= IN_TIME - FRAME)
        fit[more] = False
        time[second] += FRAME
        is_first = np.ones(len(leg), np.bool_)
        is_first[second] = False
        others = _NO_ROWS
        if np.count_nonzero(fit) < len(leg):
            others, good = self._of_the_same(leg, leg[~fit])
            leg, come, octets = leg[good], come[good], octets[:, :LENGTH].take(good, axis=0)
            time, lead, is_first = time[good], lead[good], is_first[good]
        for turn in (is_first, ~is_first):
            some = leg[turn]
            self.reception.advance(some, np.bincount(some, minlength=len(self._alaw)), arrival)
        self._put_next(leg, time, lead, octets)
        self._expected.follow(leg, come)
        return others

    def _repeated(self, leg: Legs) -> tuple[Legs, Legs]:
        """Of several packets of one leg, the second; and those after it."""
        rest = self._not_first(leg, np.arange(len(leg)))
        more = self._not_first(leg, rest) if len(rest) else rest
        return np.setdiff1d(rest, more, assume_unique=True) if len(more) else rest, more

    def _not_first(self, leg: Legs, rows: Legs) -> Legs:
        """Those of these packets that are not the first of their legs among them."""
        whose = leg[rows]
        self._pad[whose[::-1]] = rows[::-1]  # of several, the last that is written is the first that came
        later: Legs = rows[self._pad[whose] != rows]
        return later

    def _of_the_same(self, leg: Legs, some: Legs) -> tuple[Legs, Legs]:
        """The rows of packets of ``some`` legs, and the rows of the others."""
        self._pad[leg] = 0
        self._pad[some] = 1
        theirs = self._pad[leg]
        return theirs.nonzero()[0], (theirs == 0).nonzero()[0]

    def _put_next(self, leg: Legs, time: Integers, lead: Integers, octets: npt.NDArray[np.uint8]) -> None:
        payload = octets[:, HEADER_OCTETS:LENGTH]
        pcm = _decoded(payload, self._alaw[leg]) if self._some_alaw else PCMU.decode(payload)
        self.buffer.put_next(leg, time, lead, pcm)

    def _expect(self, leg: Legs, packets: Packets, octets: npt.NDArray[np.uint8]) -> None:
        """These packets were taken in as FRESH: whether they are of the usual kind, and what follows then."""
        usual = (packets.size == FRAME) & (packets.start == HEADER_OCTETS) & is_sound(packets)
        usual &= self.buffer.goes_on(leg, packets.timestamp) & self.reception.timed[leg]
        leg, packets = leg[usual], packets.where(usual)
        alaw = packets.payload_type == PCMA.format.payload_type
        self._alaw[leg] = alaw
        self.reception.expect(leg, packets.timestamp)
        self._some_alaw |= bool(alaw.any())
        self._expected.follow_plain(leg, headers(octets[packets.datagram, :HEADER_OCTETS], LENGTH))

    def _take_one_of_each(self, leg: Legs, packets: Packets, octets: npt.NDArray[np.uint8]) -> None:
        order = self.reception.note(leg, packets.ssrc, packets.sequence)
        heard = np.flatnonzero(is_sound(packets) & (order != DUPLICATE) & (order != STRAY))
        for size in np.unique(packets.size[heard]).tolist():
            rows = heard[packets.size[heard] == size]
            payload = payloads(octets, packets.datagram[rows], packets.start[rows], size)
            self.buffer.put(
                leg[rows],
                packets.timestamp[rows],
                _decoded(payload, packets.payload_type[rows] == PCMA.format.payload_type),
                fresh=order[rows] == FRESH,
                restart=order[rows] == RESTART,
            )
        noise = np.flatnonzero((packets.payload_type == COMFORT_NOISE) & (packets.size > 0) & (order != DUPLICATE))
        if len(noise):
            self.buffer.set_noise(leg[noise], octets[packets.datagram[noise], packets.start[noise]])
        fresh = np.flatnonzero(order == FRESH)
        if len(fresh):
            self._expect(leg[fresh], packets.where(fresh), octets)


def _decoded(payload: npt.NDArray[np.uint8], alaw: npt.NDArray[np.bool_]) -> npt.NDArray[np.int16]:
    """Linear samples (k, size) of payloads (k, size)."""
    pcm = PCMU.decode(payload)
    if alaw.any():
        pcm[alaw] = PCMA.decode(payload[alaw])
    return pcm


def payloads(octets: npt.NDArray[np.uint8], datagram: Integers, start: Integers, size: int) -> npt.NDArray[np.uint8]:
    """The first ``size`` octets of the payloads (k, size) that begin at ``start`` (k) of ``datagram`` (k)."""
    datagrams, width = octets.shape
    window = as_strided(octets, (datagrams, width - size + 1, size), (*octets.strides, 1), writeable=False)
    rows: npt.NDArray[np.uint8] = window[datagram, start]
    return rows
