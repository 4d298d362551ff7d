"""A jitter buffer for all legs at once: packets in whenever they come, 20 ms of each leg out at each tick.

The buffer is a ring of samples addressed by time, so packets of any length go in, in any order, twice, or not at all.
Time is the RTP timestamp and an offset, chosen anew when a stream begins or its timestamps jump: so a new stream
follows upon what is held of the old one.  ``position`` is the time that is due next.  The *lead* of a packet is how far
its first sample is ahead of that: 160 means that it waits for one tick, 0 that it came just in time, less that it is
too late.  So the lead measures delay and clock drift alike, and keeping its minimum between 0 and two frames is all the
adaptation there is:

- a packet that is late moves ``position`` back, to where the packet is in time: the delay grows at once;
- when even the last packets of the last seconds had more lead than a frame, ``position`` moves ahead by what is over,
  at once in silence, else by a frame at a time, under a cross-fade.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import gcd
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from media.ring import ABSENT, Ring

if TYPE_CHECKING:
    from media.rtp import Integers

FRAME = 160
"""Samples of a tick: 20 ms at 8 kHz."""
LONGEST = 480
"""Samples of the longest packet, 60 ms at 8 kHz."""

_AHEAD = 4096  # at 8 kHz: what ends more than this after what is due is of a clock that has jumped

IN_TIME = np.uint64(_AHEAD - FRAME)
"""The largest lead of a packet of 20 ms at 8 kHz that belongs to the stream before it; as a number without sign, so
that a negative one is beyond it too."""

Samples = npt.NDArray[np.int16]
Legs = npt.NDArray[np.intp]

_BLOCK = 50  # ticks: the smallest lead is known of this block of time and of the one before it
_UNKNOWN = np.int64(1) << 40  # the smallest lead while no packet came
_PATIENCE = 15  # ticks between two cuts in the middle of sound
_QUIET = 100  # a frame whose peak is below this (-50 dBov) can be cut without being heard
_REPEATS = 3  # frames of concealment, then silence

_NARROW = 8000  # samples a second of G.711
_TICKS = 50  # a second
_HELD = 12.5  # frames, 250 ms: more than this is never held


@cache
def _fade_out(frame: int) -> npt.NDArray[np.float32]:
    """Of the frames of concealment."""
    return np.linspace(1, 0, _REPEATS * frame, endpoint=False, dtype=np.float32).reshape(_REPEATS, frame)


@dataclass(frozen=True, slots=True)
class Sound:
    """The due frames: row n of ``pcm`` (k, frame) belongs to ``leg[n]``, ascending; all other legs are silent."""

    leg: Legs
    pcm: Samples


class JitterBuffer:
    """Columns with one row a leg, silent until its first packet.  Time is how often :meth:`play` was called.

    ``rate`` is the samples a second of all that goes in and out; 20 ms are :attr:`frame` of them.
    """

    def __init__(self, legs: int, rate: int = _NARROW, ring: Ring | None = None) -> None:
        self.rate = rate
        self.frame = rate // _TICKS
        self._margin = self.frame  # the lead of a stream's first packet
        self._held = round(_HELD * self.frame)
        self._ahead = _AHEAD * rate // _NARROW
        self.late = np.zeros(legs, np.int64)
        """Packets that came too late even for a longer delay."""
        self._ring = Ring(legs, rate) if ring is None else ring
        self._anchored = np.zeros(legs, np.bool_)
        self._offset = np.zeros(legs, np.int64)  # from time, which never goes round, to timestamps
        self._units = np.ones(legs, np.int64)  # of the RTP clock, for
        self._samples = np.ones(legs, np.int64)  # so many samples, one of the two being 1
        self._position = np.zeros(legs, np.int64)
        self._newest = np.zeros(legs, np.int64)  # where the latest packet begins
        self._top = np.zeros(legs, np.int64)  # the end of all that came
        self._least = np.full(legs, _UNKNOWN)  # the smallest lead of this block,
        self._least_before = np.full(legs, _UNKNOWN)  # and of the one before
        self._last = np.zeros((legs, self.frame), np.int16)  # the last frame that came whole
        self._gap = np.full(legs, _REPEATS, np.int64)  # frames concealed in a row
        self._no_cut_before = np.zeros(legs, np.int64)
        self._one_clock = True  # whether each leg's clock counts samples
        self._tick = 0

    def __len__(self) -> int:
        return len(self.late)

    def enlarge(self, legs: int) -> None:
        """Room for more legs; those that are there stay as they are, and a new one is to be cleared first."""
        self._ring.enlarge(legs)
        for name, column in vars(JitterBuffer(legs - len(self), self.rate, self._ring)).items():
            if isinstance(column, np.ndarray):
                setattr(self, name, np.concatenate((getattr(self, name), column)))

    def clear(self, leg: int) -> None:
        """Forget everything about one row: another leg is to use it."""
        self.late[leg] = 0
        self.set_clock(leg, self.rate)
        self._forget(np.array([leg]))

    def set_clock(self, leg: int, clock_rate: int) -> None:
        """The leg's RTP timestamps count at ``clock_rate``: as G.722's at 8000 for 16 000 samples a second (RFC 3551
        §4.5.2), or Opus's at 48 000 (RFC 7587 §4.1).  Of clock and sample rate one is a multiple of the other."""
        common = gcd(clock_rate, self.rate)
        self._units[leg], self._samples[leg] = clock_rate // common, self.rate // common
        self._one_clock = bool((self._units == self._samples).all())
        self._forget(np.array([leg]))

    def restart(self, leg: Legs) -> None:
        """Time was lost: whatever these legs hold is old, and each stream starts anew with its next packet."""
        self._forget(leg)

    def delay(self) -> npt.NDArray[np.float64]:
        """Seconds of sound that each leg holds."""
        return np.where(self._anchored, np.maximum(self._top - self._position, 0), 0) / self.rate

    def put(
        self, leg: Legs, timestamp: Integers, pcm: Samples, fresh: npt.NDArray[np.bool_], restart: npt.NDArray[np.bool_]
    ) -> None:
        """One packet of each of these legs, none twice, all of the length of ``pcm`` (k, up to 60 ms).

        ``fresh``: newer by sequence number than all before it; ``restart``: of another stream than those before it.
        """
        size, newest, time = pcm.shape[1], self._newest[leg], self._time(leg, timestamp)
        # A newer packet with an older timestamp, or one far ahead: the sender's clock has jumped.
        jump = (fresh & (time < newest)) | (time - self._position[leg] > self._ahead - size)
        anchor = ~self._anchored[leg] | restart | jump
        if anchor.any():
            time[anchor] = self._anchor(leg[anchor], timestamp[anchor])
        leg, time, pcm = self._in_time(leg, time, pcm)
        if self.rate != _NARROW:  # where a codec may decode to what stands for no sound
            pcm = np.maximum(pcm, ABSENT + 1)
        self._least[leg] = np.minimum(self._least[leg], time - self._position[leg])
        self._ring.write(leg, time, pcm)
        self._newest[leg] = np.maximum(self._newest[leg], time)
        self._top[leg] = np.maximum(self._top[leg], time + size)

    def lead(self, leg: Legs, timestamp: Integers) -> Integers:
        """Of a packet of each of these legs that would come now, and belongs to the stream that they hold."""
        return self._time(leg, timestamp) - self._position[leg]

    def goes_on(self, leg: Legs, timestamp: Integers) -> npt.NDArray[np.bool_]:
        """Whether the newest packet that each of these legs holds is the one of this timestamp."""
        same: npt.NDArray[np.bool_] = (self._timestamp(leg, self._newest[leg]) - timestamp) & 0xFFFFFFFF == 0
        return self._anchored[leg] & same

    def after_newest(self, leg: Legs) -> tuple[Integers, Integers]:
        """The time of a packet that follows upon the newest of each of these legs, both 20 ms long; and its lead."""
        time = self._newest[leg] + self.frame
        return time, time - self._position[leg]

    def put_next(self, leg: Legs, time: Integers, lead: Integers, pcm: Samples) -> None:
        """As :meth:`put` with packets of :meth:`after_newest` whose lead is within :data:`IN_TIME`."""
        self._least[leg] = np.minimum(self._least[leg], lead)
        self._ring.write(leg, time, pcm)
        self._newest[leg] = time
        self._top[leg] = np.maximum(self._top[leg], time + self.frame)

    def play(self) -> Sound:
        """The due frame of every leg, and the time moves on by one tick."""
        self._tick += 1
        if self._tick % _BLOCK == 0:
            self._least_before = self._least
            self._least = np.full(len(self), _UNKNOWN)
        held = self._top - self._position
        if held.max(initial=0) > self._held:
            self._hold_no_more_than(self._held)
            held = self._top - self._position
        leg = np.flatnonzero(self._anchored & ((held > 0) | (self._gap < _REPEATS)))
        pcm = self._ring.take(leg, self._position[leg], self.frame)
        self._conceal(leg, pcm)
        self._position += self.frame
        self._shrink(leg, pcm)
        return Sound(leg, pcm)

    def _forget(self, leg: Legs) -> None:
        self._ring.clear(leg)
        self._anchored[leg] = False
        self._top[leg] = self._position[leg]
        self._last[leg] = 0
        self._gap[leg] = _REPEATS

    def _anchor(self, leg: Legs, timestamp: Integers) -> Integers:
        """A stream begins: its first packet is due one tick after the one that takes it, or when all that is held of
        the one before was played.  The time of these packets."""
        time = np.maximum(self._position[leg] + self._margin, self._top[leg])
        self._offset[leg] = 0
        self._offset[leg] = timestamp - self._timestamp(leg, time)
        self._anchored[leg] = True
        self._newest[leg] = time
        self._least[leg] = self._least_before[leg] = _UNKNOWN
        return time

    def _timestamp(self, leg: Legs, time: Integers) -> Integers:
        """The RTP timestamps of these times, modulo 2**32."""
        return self._offset[leg] + (time if self._one_clock else time * self._units[leg] // self._samples[leg])

    def _time(self, leg: Legs, timestamp: Integers) -> Integers:
        """The inverse, for timestamps near the newest."""
        newest = self._newest[leg]
        ahead = (timestamp - self._timestamp(leg, newest) + (1 << 31) & 0xFFFFFFFF) - (1 << 31)
        return newest + (ahead if self._one_clock else ahead * self._samples[leg] // self._units[leg])

    def _in_time(self, leg: Legs, time: Integers, pcm: Samples) -> tuple[Legs, Integers, Samples]:
        """Move positions back for packets that are late; those for which that is no longer possible are dropped."""
        lead = time - self._position[leg]
        if (lead >= 0).all():
            return leg, time, pcm
        possible = np.maximum(self._top[leg], time + pcm.shape[1]) - time <= self._held
        back = possible & (lead < 0)
        self._position[leg[back]] += lead[back]
        self._least[leg[back]] -= lead[back]
        self._least_before[leg[back]] -= lead[back]
        self.late[leg[~possible & (lead < 0)]] += 1
        kept = possible | (lead >= 0)
        return leg[kept], time[kept], pcm[kept]

    def _hold_no_more_than(self, samples: int) -> None:
        over = self._top - self._position - samples
        leg = np.flatnonzero(self._anchored & (over > 0))
        if len(leg):
            self._skip(leg, over[leg])

    def _skip(self, leg: Legs, samples: Integers) -> None:
        """Move positions ahead; what lies between is never played."""
        self._ring.clear_span(leg, self._position[leg], samples)
        self._position[leg] += samples
        self._least[leg] -= samples
        self._least_before[leg] -= samples

    def _conceal(self, leg: Legs, pcm: Samples) -> None:
        """In place: what is missing becomes the last frame again, fading out; in the fourth frame there is silence."""
        absent = pcm == ABSENT
        if not absent.any():
            self._last[leg] = pcm
            self._gap[leg] = 0
            return
        gap = absent.any(axis=1)
        whole = leg[~gap]
        self._last[whole] = pcm[~gap]
        self._gap[whole] = 0
        holed = leg[gap]
        nth = self._gap[holed]
        fade = np.where((nth < _REPEATS)[:, None], _fade_out(self.frame)[np.minimum(nth, _REPEATS - 1)], 0)
        pcm[gap] = np.where(absent[gap], (self._last[holed] * fade).astype(np.int16), pcm[gap])
        self._gap[holed] = nth + 1

    def _shrink(self, leg: Legs, pcm: Samples) -> None:
        """Cut what even the last packets have not needed for a while; ``pcm`` is changed in place."""
        least = np.minimum(self._least, self._least_before)
        if not ((least > self._margin) & (least < _UNKNOWN // 2)).any():
            return
        over = least[leg] - self._margin
        row = np.flatnonzero((over > 0) & (over < _UNKNOWN // 2) & (self._gap[leg] == 0))
        if not len(row):
            return
        quiet = np.abs(pcm[row]).max(axis=1) < _QUIET
        row = row[quiet | ((over[row] >= self.frame) & (self._tick >= self._no_cut_before[leg[row]]))]
        cut, samples = leg[row], np.minimum(over[row], self.frame)
        ahead = np.hstack([pcm[row], self._ring.look(cut, self._position[cut], self.frame)])
        following = np.take_along_axis(ahead, samples[:, None] + np.arange(self.frame), axis=1)
        whole = (following != ABSENT).all(axis=1)
        row, cut, samples, following = row[whole], cut[whole], samples[whole], following[whole]
        cross = np.linspace(0, 1, self.frame, dtype=np.float32)
        pcm[row] = (pcm[row] * (1 - cross) + following * cross).astype(np.int16)
        self._skip(cut, samples)
        self._no_cut_before[cut] = self._tick + _PATIENCE
