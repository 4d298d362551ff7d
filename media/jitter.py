"""A jitter buffer for all legs at once: packets in whenever they come, 20 ms of each leg out at each tick.

The buffer is a ring of samples addressed by time, so packets of any length go in, in any order, twice, or not at all.
Time is the RTP timestamp and an offset; ``position`` is the time that is due next, and never goes back: what was heard
is never heard again.  The *lead* of a packet is how far its first sample is ahead of that: 160 means that it waits for
one tick, 0 that it came just in time, less that it is too late.  So the lead measures delay and clock drift alike, and
keeping its minimum between 0 and two frames is all the adaptation there is:

- When all that came was played, and what follows comes late, the offset is chosen anew so that it is played now: the
  delay has grown by the gap, and a gap of whole periods of the voice at that (:mod:`media.concealment`).
- A packet that was overtaken and comes when the next ones were heard is too late.  If that happens again within
  seconds, what is held is put off, so that such packets will be in time.
- When even the last packets of the last seconds had more lead than a frame, what is over is left out: at once in a
  pause or in silence, else by whole periods of the voice under a cross-fade, so that a tone stays a tone.
- More than 200 ms are never held.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from media.comfort_noise import amplitude
from media.concealment import Concealment
from media.pitch import periods
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
_PATIENCE = 10  # ticks between two cuts in the middle of sound
_PATCH = 50  # ticks: what makes the delay grow within this time is one bad patch of the network,
_RELAPSE = 500  # and what does so later, but within this time, shows that the delay was made small too soon:
_CAUTION = 250  # then it stays for so many ticks at least
_QUIET = 100  # a frame whose peak is below this (-50 dBov) can be cut without being heard
_NARROW = 8000  # samples a second of G.711
_TICKS = 50  # a second
_HELD = 10  # frames, 200 ms: more than this is never held


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
        self._most = _HELD * self.frame
        self._ahead = _AHEAD * rate // _NARROW
        self.late = np.zeros(legs, np.int64)
        """Packets that came when what follows them was heard already."""
        self.cuts = np.zeros(legs, np.int64)
        """Times that sound was left out so that the delay became smaller, pauses not counted."""
        self.concealment = Concealment(legs, rate)
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
        self._no_cut_before = np.zeros(legs, np.int64)  # ticks: in the middle of sound,
        self._keep_until = np.zeros(legs, np.int64)  # and at all
        self._grew_at = np.full(legs, -_RELAPSE)
        self._one_clock = True  # whether each leg's clock counts samples
        self._tick = 0

    def __len__(self) -> int:
        return len(self.late)

    def enlarge(self, legs: int) -> None:
        """Room for more legs; those that are there stay as they are, and a new one is to be cleared first."""
        self._ring.enlarge(legs)
        self.concealment.enlarge(legs)
        for name, column in vars(JitterBuffer(legs - len(self), self.rate, self._ring)).items():
            if isinstance(column, np.ndarray):
                setattr(self, name, np.concatenate((getattr(self, name), column)))

    def clear(self, leg: int) -> None:
        """Forget everything about one row: another leg is to use it."""
        self.late[leg] = self.cuts[leg] = self.concealment.concealed[leg] = 0
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
        self,
        leg: Legs,
        timestamp: Integers,
        pcm: Samples,
        fresh: npt.NDArray[np.bool_],
        restart: npt.NDArray[np.bool_],
        waited: Integers | int = 0,
    ) -> None:
        """One packet of each of these legs, none twice, all of the length of ``pcm`` (k, up to 60 ms).

        ``fresh``: newer by sequence number than all before it; ``restart``: of another stream than those before it;
        ``waited``: how many samples ago it came.
        """
        size, newest, time = pcm.shape[1], self._newest[leg], self._time(leg, timestamp)
        # A newer packet with an older timestamp, or one far ahead: the sender's clock has jumped.
        jump = (fresh & (time < newest)) | (time - self._position[leg] > self._ahead - size)
        anchor = ~self._anchored[leg] | restart | jump
        if anchor.any():
            time[anchor] = self._anchor(leg[anchor], timestamp[anchor])
        if (time < self._position[leg]).any():
            leg, time, pcm = self._in_time(leg, time, timestamp, pcm)
        if self.rate != _NARROW:  # where a codec may decode to what stands for no sound
            pcm = np.maximum(pcm, ABSENT + 1)
        self._least[leg] = np.minimum(self._least[leg], time - self._position[leg] + waited)
        self._ring.write(leg, time, pcm)
        self._newest[leg] = np.maximum(self._newest[leg], time)
        self._top[leg] = np.maximum(self._top[leg], time + size)

    def miss(self, leg: Legs, timestamp: Integers) -> None:
        """A packet of each of these legs came so late that it can't be put in any more."""
        self._regret(leg, np.maximum(self._position[leg] - self._time(leg, timestamp), 0))

    def set_noise(self, leg: Legs, payload: npt.NDArray[np.uint8]) -> None:
        """These legs have sent comfort noise, a payload that begins with these octets (k): it is heard in their pauses
        from now on."""
        self.concealment.set_noise(leg, amplitude(payload))

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
        """As :meth:`put` with packets of :meth:`after_newest` whose lead is within :data:`IN_TIME`; also with two of a
        leg, one after the other, the second with the lead of the first."""
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
        if np.count_nonzero(held > self._most + self.frame):
            self._hold_no_more(held)
            held = self._top - self._position
        leg = (self._anchored & ((held > 0) | self.concealment.sounding)).nonzero()[0]
        time = self._position[leg]
        pcm = self._ring.take(leg, time, self.frame)
        silent = self.concealment.fill(leg, pcm, time, self._ring)
        if len(silent):
            self._ring.clear(silent[held[silent] <= self.frame])  # for what was played is no longer erased behind them
        self._position += self.frame
        self._shrink(leg, pcm)
        return Sound(leg, pcm)

    def _forget(self, leg: Legs) -> None:
        """The ring of these legs is cleared when something comes for it: until then it need not take memory."""
        self.concealment.forget(leg)
        self._anchored[leg] = False
        self._grew_at[leg] = self._tick - _RELAPSE
        self._keep_until[leg] = self._tick
        self._top[leg] = self._position[leg]

    def _anchor(self, leg: Legs, timestamp: Integers) -> Integers:
        """A stream begins: its first packet is due one tick after the one that takes it, or when all that is held of
        the one before was played.  The time of these packets."""
        self._ring.clear(leg[~self._anchored[leg]])
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

    def _in_time(self, leg: Legs, time: Integers, timestamp: Integers, pcm: Samples) -> tuple[Legs, Integers, Samples]:
        """Of packets of which some are late, those that can be heard, and when."""
        late = time < self._position[leg]
        overtaken = late & (time < self._top[leg])
        if overtaken.any():
            self._regret(leg[overtaken], self._position[leg[overtaken]] - time[overtaken])
        next_ = late & ~overtaken
        if next_.any():
            whose = leg[next_]
            talkspurt = self._position[whose] - self._top[whose] > self._most  # which begins as a stream does
            wait = np.where(talkspurt, self._margin, self.concealment.short_of_a_period(whose))
            due = self._position[whose] + wait
            self._grow(whose, due - time[next_])
            self._offset[whose] = 0
            self._offset[whose] = timestamp[next_] - self._timestamp(whose, due)
            time = time.copy()
            time[next_] = due
        return leg[~overtaken], time[~overtaken], pcm[~overtaken]

    def _regret(self, leg: Legs, late: Integers) -> None:
        """Packets were so much too late to be heard.  Where that is not the first time within seconds, what is held is
        put off by as much."""
        self.late[leg] += 1
        held = np.maximum(self._top[leg] - self._position[leg], 0)
        bearable = late + held <= self._most  # what is later than this no delay can help
        leg, late, held = leg[bearable], late[bearable], held[bearable]
        least = np.minimum(self._least[leg], self._least_before[leg])
        self._least[leg] = np.minimum(self._least[leg], -late)
        again = (least < 0) & (np.maximum(late, -least) + held <= self._most)
        if again.any():
            self._put_off(leg[again], np.maximum(late, -least)[again], int(held[again].max()))

    def _put_off(self, leg: Legs, samples: Integers, held: int) -> None:
        """What is held, up to so much, and all that comes is due later by some samples, more at the most by the one or
        two that make it whole units of the RTP clock."""
        samples = -(-samples // self._samples[leg]) * self._samples[leg]
        self._ring.delay(leg, self._position[leg], held, samples)
        self._newest[leg] += samples
        self._top[leg] += samples
        self._offset[leg] -= samples * self._units[leg] // self._samples[leg]
        self._grow(leg, samples)
        self._keep_until[leg] = self._tick + _CAUTION

    def _grow(self, leg: Legs, samples: Integers) -> None:
        """From now on everything of these legs is due later."""
        self._count_later(leg, samples)
        ago = self._tick - self._grew_at[leg]
        self._keep_until[leg[(ago > _PATCH) & (ago < _RELAPSE)]] = self._tick + _CAUTION
        self._grew_at[leg] = self._tick

    def _count_later(self, leg: Legs, samples: Integers) -> None:
        """Leads are counted from another time."""
        self._least[leg] += samples
        self._least_before[leg] += samples

    def _hold_no_more(self, held: Integers) -> None:
        over = held - self._most - self.frame
        leg = np.flatnonzero(self._anchored & (over > 0))
        if len(leg):
            self._skip(leg, over[leg])
            self.concealment.interrupt(leg)

    def _skip(self, leg: Legs, samples: Integers) -> None:
        """Move positions ahead; what lies between is never played."""
        self._ring.skip(leg, self._position[leg], samples)
        self._position[leg] += samples
        self._count_later(leg, -samples)

    def _shrink(self, leg: Legs, pcm: Samples) -> None:
        """Cut what even the last packets have not needed for a while; ``pcm`` is changed in place."""
        least = np.minimum(self._least, self._least_before)
        much = (least > self._margin) & (least < _UNKNOWN // 2)
        if not np.count_nonzero(much):
            return
        much &= self._tick >= self._keep_until
        pause = np.flatnonzero(much & self._anchored & (self._top <= self._position) & ~self.concealment.sounding)
        if len(pause):
            self._position[pause] += least[pause] - self._margin
            self._count_later(pause, self._margin - least[pause])
        row = np.flatnonzero(much[leg] & ~self.concealment.busy[leg])
        if len(row):
            self._cut(leg[row], row, pcm, least[leg[row]] - self._margin)

    def _cut(self, leg: Legs, row: Legs, pcm: Samples, over: Integers) -> None:
        """Leave out up to ``over`` samples of those of these legs that are quiet or, now and then, of others: a
        cross-fade over the whole frame, to what is a number of periods later."""
        quiet = np.abs(pcm[row]).max(axis=1) < _QUIET
        chosen = quiet | ((over >= self.frame // 2) & (self._tick >= self._no_cut_before[leg]))
        leg, row, quiet = leg[chosen], row[chosen], quiet[chosen]
        ahead = np.hstack((pcm[row], self._ring.look(leg, self._position[leg], self.frame)))
        whole = (ahead != ABSENT).all(axis=1)
        if not whole.any():
            return
        leg, row, ahead = leg[whole], row[whole], ahead[whole]
        over = np.minimum(over[chosen][whole], self.frame)
        period = periods(ahead[:, ::-1].astype(np.float32), self.rate)
        samples = np.where(quiet[whole], over, over - over % period)
        following = np.take_along_axis(ahead, samples[:, None] + np.arange(self.frame), axis=1)
        cross = np.linspace(0, 1, self.frame, dtype=np.float32)
        pcm[row] = np.rint(pcm[row] * (1 - cross) + following * cross).astype(np.int16)
        self._skip(leg, samples)
        self.cuts[leg] += samples > 0
        self._ring.write(leg, self._position[leg] - self.frame, pcm[row])
        self._no_cut_before[leg] = self._tick + _PATIENCE
