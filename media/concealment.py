"""What is heard where sound is missing, for all legs with a gap at once (in the spirit of ITU-T G.711 Appendix I).

The last period of the voice is repeated, as loud as it was for 30 ms and then fading, until after 80 ms there is
silence, or comfort noise.  What comes then is faded in over the end of that.  Nothing is held back for it, so the
beginning of a gap is no cross-fade: instead, each repetition begins where the sound has ended and bends from there into
the period before.

What is made up for a gap is put into the ring behind what is due, at full loudness: so the next frame goes on from it,
and so does the search for a period in the next gap.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from media.comfort_noise import SECONDS, Noise
from media.pitch import longest, needed, periods
from media.ring import ABSENT

if TYPE_CHECKING:
    from media.ring import Legs, Ring, Samples
    from media.rtp import Integers

    Floats = npt.NDArray[np.float32]
    Mask = npt.NDArray[np.bool_]

STEADY: Final = 0.030
"""Seconds for which a gap is as loud as what was before it."""
SILENT: Final = 0.080
"""Seconds after which nothing is left of it."""
MERGED: Final = 0.004
"""Seconds over which what comes after a gap is faded in."""

_NOTHING_YET = 1 << 40  # samples missing of a stream that has not begun
_BEND = 4  # a repetition bends into the period before within this part of it
_NOBODY = np.zeros(0, np.intp)


class Curves:
    """Over the samples of a gap, and after it."""

    def __init__(self, rate: int) -> None:
        self.steady, self.silent, self.merged = (round(seconds * rate) for seconds in (STEADY, SILENT, MERGED))
        self.frame = np.arange(rate // 50, dtype=np.int32)
        faded = np.linspace(1, 0, self.silent - self.steady + 1)
        curve = np.concatenate((np.ones(len(self.frame) + self.steady), faded, np.zeros(len(self.frame))))
        self._gain = curve.astype(np.float32)
        self._weight = np.linspace(0, 1, self.merged + 1, dtype=np.float32)
        # By period; from a frame before the gap on, for where it begins within one.
        period = np.maximum(np.arange(longest(rate) + 1), 1)[:, None]
        phase = np.arange(-len(self.frame), len(self.frame)) % period
        self._phase = sliding_window_view(phase.astype(np.int32), len(self.frame), axis=1)
        bend = np.maximum(1 - phase * _BEND / period, 0)
        self._bend = sliding_window_view(bend.astype(np.float32), len(self.frame), axis=1)

    def gain(self, first: Integers, samples: int) -> Floats:
        """Of frames (k, samples) whose ``first`` (k) sample is so many after the gap began, or less than a frame before
        that: how loud the last period is."""
        at = (np.minimum(first, self.silent) + len(self.frame)).astype(np.int32)
        gain: Floats = self._gain[at[:, None] + self.frame[:samples]]
        return gain

    def weight(self, run: Integers) -> Floats:
        """Of what came, after so many samples that came."""
        return self._weight[run]

    def extended(self, sound: Floats, end: Integers, begin: Integers, period: Integers, samples: int) -> Floats:
        """So many samples, from the one ``begin`` (k) before the ``end`` (k) of each row on, if its last period before
        that end goes on and on."""
        at = len(self.frame) - begin
        first = (np.arange(len(sound), dtype=np.int32) * np.int32(sound.shape[1]) + end).astype(np.int32)
        flat = sound.ravel()
        step = flat[first - 1] - flat[first - 1 - period]
        repeated = flat[(first - period).astype(np.int32)[:, None] + self._phase[period, at][:, :samples]]
        extended: Floats = repeated + step[:, None] * self._bend[period, at][:, :samples]
        return extended


_curves = cache(Curves)


class Concealment:
    """Columns with one row a leg; frames of 20 ms at ``rate``."""

    def __init__(self, legs: int, rate: int) -> None:
        self.sounding = np.zeros(legs, np.bool_)
        """Whether something is heard even if nothing more comes."""
        self.busy = np.ones(legs, np.bool_)
        """In a gap, or not yet merged after one, or before the first sound."""
        self.concealed = np.zeros(legs, np.int64)
        """Frames of which some sample was made up, silence and comfort noise not counted."""
        self._rate = rate
        self._past = needed(rate)
        self._noise = Noise(rate)
        self._curves = _curves(rate)
        self._missing = np.full(legs, _NOTHING_YET)  # samples since the gap began; 0 after it
        self._present = np.zeros(legs, np.int64)  # samples since sound was there again, as far as needed for merging
        self._period = np.ones(legs, np.int64)
        self._noise_level = np.zeros(legs, np.float32)

    def enlarge(self, legs: int) -> None:
        """Room for more legs; those that are there stay as they are."""
        for name, column in vars(Concealment(legs - len(self.busy), self._rate)).items():
            if isinstance(column, np.ndarray):
                setattr(self, name, np.concatenate((getattr(self, name), column)))

    def forget(self, leg: Legs) -> None:
        """What these legs play next has nothing to do with what they have played."""
        self.sounding[leg] = False
        self.busy[leg] = True
        self._missing[leg] = _NOTHING_YET
        self._present[leg] = 0
        self._noise_level[leg] = 0

    def set_noise(self, leg: Legs, rms: Floats) -> None:
        """What is heard in the pauses of these legs from now on (:func:`media.comfort_noise.amplitude`)."""
        self._noise_level[leg] = rms

    def interrupt(self, leg: Legs) -> None:
        """What these legs play next does not follow upon what they have played, so it is to be merged with that."""
        self._present[leg] = 0
        self._missing[leg] = np.where(self.busy[leg], self._missing[leg], 0)
        self.busy[leg] = True

    def short_of_a_period(self, leg: Legs) -> Integers:
        """How many samples a gap of these legs has to go on, to be whole periods: then sound that goes on from before
        it follows in phase."""
        missing = self._missing[leg]
        return np.where(missing <= self._curves.steady, -missing % self._period[leg], 0)

    def fill(self, leg: Legs, pcm: Samples, time: Integers, ring: Ring) -> Legs:
        """Fill the gaps in frames ``pcm`` (k, frame), in place, which ``ring`` had from ``time`` on.  Those legs of
        which from now on nothing is heard."""
        some = np.minimum.reduce(pcm, axis=None, initial=0) == ABSENT  # which is the least that there is
        gap = (pcm == ABSENT).any(axis=1) if some else None
        merging = self.busy[leg] if gap is None else self.busy[leg] & ~gap
        if np.count_nonzero(merging):
            self._merge(leg, pcm, time, ring, np.flatnonzero(merging))
        if gap is None:
            return _NOBODY
        row = np.flatnonzero(gap)
        leg, absent, time = leg[row], pcm[row] == ABSENT, time[row]
        pause = (self._missing[leg] >= self._curves.silent) & absent.all(axis=1)
        if pause.any():
            pcm[row[pause]] = self._paused(leg[pause], pcm.shape[1])
        rest = ~pause
        if rest.any():
            pcm[row[rest]] = self._mended(leg[rest], pcm[row[rest]], absent[rest], time[rest], ring)
        return self._fallen_silent(leg)

    def _merge(self, leg: Legs, pcm: Samples, time: Integers, ring: Ring, row: Legs) -> None:
        """Frames without a gap, after one: only the beginning is concerned."""
        some = self._curves.merged
        present = np.zeros((len(row), some), np.bool_)
        pcm[row, :some] = self._mended(leg[row], pcm[row, :some], present, time[row], ring)
        self.sounding[leg[row]] = True

    def _paused(self, leg: Legs, frame: int) -> Samples | int:
        missing, rms = self._missing[leg], self._noise_level[leg]
        self._missing[leg] += frame
        return self._noise.frames(rms, missing, frame).astype(np.int16) if rms.any() else 0

    def _mended(self, leg: Legs, pcm: Samples, absent: Mask, time: Integers, ring: Ring) -> Samples:
        """The frames that are heard."""
        size, busy, missing = pcm.shape[1], self.busy[leg], self._missing[leg]
        begin = np.where(busy, 0, absent.argmax(axis=1))
        sound = np.hstack((ring.look(leg, time - self._past, self._past), pcm)).astype(np.float32)
        sound[sound == ABSENT] = 0
        self._find_periods(leg, sound, begin, ~busy | (missing == 0))
        extension = self._curves.extended(sound, begin + self._past, begin, self._period[leg], size)
        run = self._run(leg, absent)
        weight = self._curves.weight(run)
        never = missing >= _NOTHING_YET
        if never.any():
            weight[never] = ~absent[never]
        gain = self._curves.gain(missing - begin, size)
        instead = extension * (1 - weight)
        real = sound[:, self._past :] * weight
        ring.write(leg, time, _as_samples(real + instead))
        self.concealed[leg] += (absent & (gain > 0)).any(axis=1)
        heard = real + instead * gain
        if self._noise_level[leg].any():
            heard += self._noise.frames(self._noise_level[leg], missing, size) * (1 - weight) * (1 - gain)
        came = never & ~absent.all(axis=1) | busy & (run == self._curves.merged).any(axis=1)
        missing = np.where(came, 0, missing + size - begin)  # if it has ended again, that is another gap
        self._note(leg, missing, run[:, -1], weight[:, -1])
        return _as_samples(heard)

    def _find_periods(self, leg: Legs, sound: Floats, begin: Integers, new: Mask) -> None:
        """Of the gaps that are ``new``, of what was just before they ``begin``."""
        if new.any():
            window = begin[new, None] + np.arange(self._past)
            self._period[leg[new]] = periods(np.take_along_axis(sound[new], window, axis=1), self._rate)

    def _run(self, leg: Legs, absent: Mask) -> Integers:
        """Of each sample, how many were there in a row, with itself, up to what is merged."""
        n = self._curves.frame[: absent.shape[1]]
        before = np.where(self.busy[leg], self._present[leg], self._curves.merged).astype(np.int32)
        last_absent = np.maximum.accumulate(np.where(absent, n, -1 - before[:, None]), axis=1)
        run: Integers = np.minimum(n - last_absent, self._curves.merged)
        return run

    def _note(self, leg: Legs, missing: Integers, run: Integers, weight: Floats) -> None:
        """How these legs stand at the end of the frame."""
        over = weight >= 1
        self._present[leg] = run
        self._missing[leg] = np.where(over, 0, missing)
        self.busy[leg] = ~over

    def _fallen_silent(self, leg: Legs) -> Legs:
        least = np.where(self._noise_level[leg] > 0, round(SECONDS * self._rate), self._curves.silent)
        sounding = self._missing[leg] < least
        silent = leg[self.sounding[leg] & ~sounding]
        self.sounding[leg] = sounding
        return silent


def _as_samples(sound: Floats) -> Samples:
    return np.clip(np.rint(sound), -32767, 32767).astype(np.int16)
