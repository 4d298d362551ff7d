"""What came of each leg's stream, judged by sequence number (RFC 3550 A.1, A.3, A.8), for all legs as arrays.

This is the one place that knows that sequence numbers end at 65 535.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from media.reports import Received
from media.rtcp import ReceptionReport, fraction_lost, update_jitter

if TYPE_CHECKING:
    from media.rtp import Integers

MAX_DROPOUT = 3000
"""RFC 3550 A.1: a greater step forward is no loss but another stream."""
MAX_MISORDER = 100
"""RFC 3550 A.1: what is older than this is no straggler but another stream."""
_FRAME = 160  # of the timestamps of G.711, in 20 ms
_REMEMBERED = 63
"""So many sequence numbers before the newest are known one by one: a bit each of an int64."""
_LEAST_LOST, _MOST_LOST = -0x800000, 0x7FFFFF  # as the 24 bits of a report hold it (A.3)


# How a packet stands to those before it.  Plain numbers: they are compared with whole columns.
FRESH: Final = 0
"""Newer than all before it."""
STRAGGLER: Final = 1
"""It was overtaken on the way."""
DUPLICATE: Final = 2
"""It came before."""
STRAY: Final = 3
"""Far off, and the packet before it was not its predecessor: not believed yet (RFC 3550 A.1)."""
RESTART: Final = 4
"""The first of a stream: the leg's first, another SSRC, or a jump that a second packet confirms."""


class Reception:
    """Columns with one row a leg.  ``received``, ``duplicates`` and :meth:`lost` count over the whole life of a leg."""

    def __init__(self, legs: int) -> None:
        self.ssrc = np.full(legs, -1, np.int64)  # -1: nothing came yet
        self._received = np.zeros(legs, np.int64)
        self.duplicates = np.zeros(legs, np.int64)
        self.jitter = np.zeros(legs)  # in timestamp units
        self._highest = np.zeros(legs, np.int64)  # extended by the number of wraps
        self._seen = np.zeros(legs, np.int64)  # bit n: highest - n came
        self._run = np.zeros(legs, np.int64)  # packets in order that are not yet in the three above: see advance()
        self._expected_after = np.full(legs, -1, np.int64)  # A.1 bad_seq: what would confirm a jump
        self._first = np.zeros(legs, np.int64)  # of this stream
        self._received_before = np.zeros(legs, np.int64)  # in earlier streams of the leg
        self._lost_before = np.zeros(legs, np.int64)
        self._transit = np.zeros(legs, np.int64)  # of the last packet with sound
        self._kept_time = np.zeros(legs, np.int64)  # when the next one comes if it is as long on its way
        self.timed = np.zeros(legs, np.bool_)  # whether there was one since the stream began
        self._reported = np.zeros((legs, 2), np.int64)  # expected and received at the last report (A.3)

    def __len__(self) -> int:
        return len(self.ssrc)

    @property
    def received(self) -> Integers:
        """Packets that came, duplicates not counted."""
        return self._received + self._run

    def enlarge(self, legs: int) -> None:
        """Room for more legs; those that are there stay as they are."""
        fresh = Reception(legs)
        for name, column in vars(fresh).items():
            column[: len(self)] = getattr(self, name)
        vars(self).update(vars(fresh))

    def clear(self, leg: int) -> None:
        """Forget everything about one row: another leg is to use it."""
        for name, column in vars(Reception(1)).items():
            getattr(self, name)[leg] = column[0]

    def change_clock(self, leg: npt.NDArray[np.intp]) -> None:
        """The timestamps of these legs count at another rate from now on: their jitter is measured anew."""
        self.timed[leg] = False
        self.jitter[leg] = 0

    def note(self, leg: npt.NDArray[np.intp], ssrc: Integers, sequence: Integers) -> Integers:
        """Take in one packet of each of these legs, none twice; FRESH … RESTART for each."""
        self._settle(leg)
        step = (sequence - self._highest[leg] + 0x8000 & 0xFFFF) - 0x8000
        same = self.ssrc[leg] == ssrc
        near = same & (step < MAX_DROPOUT) & (step > -MAX_MISORDER)
        confirmed = same & ~near & (self._expected_after[leg] == sequence)
        restart = ~same | confirmed
        fresh = near & (step > 0)
        old = near & ~fresh
        bit = np.int64(1) << np.minimum(-step, _REMEMBERED - 1).clip(0)
        duplicate = old & (self._seen[leg] & bit != 0) & (-step < _REMEMBERED)

        order = np.full(len(leg), STRAY, np.int64)
        order[fresh] = FRESH
        order[old] = STRAGGLER
        order[duplicate] = DUPLICATE
        order[restart] = RESTART

        self._restart(leg[restart], ssrc[restart], sequence[restart])
        moved, by = leg[fresh], step[fresh]
        self._highest[moved] += by
        shifted = np.where(by < _REMEMBERED, self._seen[moved] << np.minimum(by, _REMEMBERED - 1), 0)
        self._seen[moved] = (shifted | 1) & np.iinfo(np.int64).max
        late = old & ~duplicate & (-step < _REMEMBERED)
        self._seen[leg[late]] |= bit[late]
        stray = order == STRAY
        self._expected_after[leg] = np.where(stray, sequence + 1 & 0xFFFF, -1)
        self._received[leg] += ~(duplicate | stray)
        self.duplicates[leg] += duplicate
        return order

    def expect(self, leg: npt.NDArray[np.intp], timestamp: Integers, step: Integers | int = _FRAME) -> None:
        """These packets were FRESH and had sound: :meth:`advance` may follow, ``step`` later."""
        self._kept_time[leg] = self._transit[leg] + timestamp + step

    def advance(
        self,
        leg: npt.NDArray[np.intp],
        packets: Integers,
        arrival: Integers | int,
        step: Integers | int = _FRAME,
    ) -> None:
        """As :meth:`note` and :meth:`time` with the very next packet of each of these legs, 20 ms like the one before.
        So it is enough to count, and to see whether it kept time.

        ``packets`` of every leg: 1 of these, 0 of the others; ``step`` is what the clock counts in 20 ms.
        """
        self._run += packets
        self.jitter[leg] *= 15 / 16
        distance = arrival - self._kept_time[leg]
        if np.count_nonzero(distance):
            distance = (distance + 0x80000000 & 0xFFFFFFFF) - 0x80000000
            self.jitter[leg] += np.abs(distance) / 16
            self._transit[leg] += distance
        self._kept_time[leg] = arrival + step

    def time(self, leg: npt.NDArray[np.intp], timestamp: Integers, arrival: Integers | int) -> None:
        """Interarrival jitter (A.8) of packets as they came, any number of each leg; ``arrival`` in timestamp units.

        The tick is all that is known of the arrival, so a clean stream whose packets come just at the edge of a tick
        seems to jitter by a little.
        """
        update_jitter(self.jitter, self._transit, self.timed, leg, arrival - timestamp)

    def lost(self) -> Integers:
        """Packets that never came, of each leg, 0 at least."""
        lost: Integers = np.maximum(self._lost_before + self._lost_of_stream(), 0)
        return lost

    def report(self, leg: int, last_sender_report: int, delay: int) -> ReceptionReport | None:
        """The report of one leg, and the next one counts from here; None when nothing ever came.

        ``last_sender_report`` and ``delay`` as :class:`media.rtcp.ReceptionReport` has them.
        """
        if self.ssrc[leg] < 0:
            return None
        row = self.reports(np.array([leg]))
        return ReceptionReport(
            ssrc=int(row.ssrc[0]),
            fraction_lost=int(row.fraction_lost[0]),
            lost=int(row.lost[0]),
            highest_sequence=int(row.highest_sequence[0]),
            jitter=int(row.jitter[0]),
            last_sender_report=last_sender_report,
            delay=delay,
        )

    def reports(self, leg: npt.NDArray[np.intp]) -> Received:
        """What :meth:`report` tells, of legs of which something came."""
        self._settle(leg)
        expected = self._highest[leg] - self._first[leg] + 1
        received = self._received[leg] - self._received_before[leg]
        now = np.stack((expected, received), axis=1)
        expected_since, received_since = (now - self._reported[leg]).T
        self._reported[leg] = now
        return Received(
            ssrc=self.ssrc[leg],
            fraction_lost=fraction_lost(expected_since, received_since),
            lost=np.clip(expected - received, _LEAST_LOST, _MOST_LOST),
            highest_sequence=self._highest[leg] & 0xFFFFFFFF,
            jitter=self.jitter[leg].astype(np.int64),
        )

    def _lost_of_stream(self) -> Integers:
        expected = self._highest + self._run - self._first + 1
        lost: Integers = np.where(self.ssrc < 0, 0, expected - (self.received - self._received_before))
        return lost

    def _settle(self, leg: npt.NDArray[np.intp]) -> None:
        """Count what :meth:`advance` has only noted."""
        run = self._run[leg]
        if not run.any():
            return
        self._received[leg] += run
        self._highest[leg] += run
        some = np.minimum(run, _REMEMBERED)  # ones shifted in: by two shifts, since one by 63 would spoil the sign
        ones = (np.int64(1) << np.minimum(some, _REMEMBERED - 1)) - 1
        shifted = self._seen[leg] << np.minimum(some, _REMEMBERED - 1) | ones
        self._seen[leg] = np.where(some < _REMEMBERED, shifted, -1) & np.iinfo(np.int64).max
        self._run[leg] = 0

    def _restart(self, leg: npt.NDArray[np.intp], ssrc: Integers, sequence: Integers) -> None:
        if not len(leg):
            return
        self._lost_before[leg] += np.maximum(self._lost_of_stream()[leg], 0)
        self._received_before[leg] = self._received[leg]
        self.ssrc[leg] = ssrc
        self._highest[leg] = sequence
        self._first[leg] = sequence
        self._seen[leg] = 1
        self._reported[leg] = 0
        self.change_clock(leg)
