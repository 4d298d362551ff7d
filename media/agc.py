"""Automatic gain: each leg's voice slowly brought to one loudness, for all legs at once.

Of each leg the *loudness* is known, the average power of the frames in which it speaks, over some seconds of speech.
What is missing to :data:`GOAL` is its gain, at most 12 dB up or down; it moves by 6 dB a second of speech once it is
3 dB off, and stops where it is right.  So it stands still nearly always: a constant tone is constant to the bit, and a
voice that is right by itself passes untouched.

- Who speaks is judged by the loudness of the same leg, with hysteresis.  In a pause the gain does not move, and what is
  heard in it is never turned up: a fifth of a second after the last word the gain goes back to 1, and with the next
  word it is there again within its first 20 ms.
- Within a frame the gain runs in a straight line: there is no step.
- What a gain would make exceed full scale, a word shouted by a soft voice, the limiter turns down.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from media.levels import power as power_of
from media.limiter import Limiters

if TYPE_CHECKING:
    from numpy.typing import NDArray

GOAL: Final = -23.0
"""dBov, as our own prompts have it (:data:`media.sounds.speech.LEVEL`)."""
MOST: Final = 12.0
"""dB, up or down: more would be noise in one case, and is a broken microphone in the other."""

_FRAME = 0.02  # seconds
_PACE = 6.0 * _FRAME  # dB a frame
_OFF, _RIGHT = 3.0, 0.1  # dB from the goal: from where the gain moves, and until where
_MEMORY = 200.0  # frames of speech: four seconds
_ENOUGH = 50  # frames of speech before anything is done
_SPEECH, _SILENCE = 10**-4.8, 10**-5.2  # the power from which a leg speaks, and below which it does not any more;
_ABOVE, _BELOW = 10**-1.8, 10**-2.4  # the same as parts of its loudness
_HANGOVER = 10  # frames without speech that are still of a word
_FALL = np.float32(1 - math.exp(-_FRAME / 0.1))  # towards 1 in a pause
_UNITY = np.float32(1.001)  # below that, less than 0.01 dB above 1, it is 1


class AutomaticGain:
    """Columns with one row a leg, of frames of 20 ms at any rate."""

    def __init__(self, legs: int) -> None:
        self._loudness = np.zeros(legs)
        self._spoken = np.zeros(legs)  # frames of speech
        self._silent = np.full(legs, _HANGOVER)  # frames without, in a row
        self._gain = np.zeros(legs)  # dB
        self._moving = np.zeros(legs, np.bool_)
        self._applied = np.ones(legs, np.float32)  # at the end of the last frame, as a factor
        self._limiters = Limiters(legs)

    def enlarge(self, legs: int) -> None:
        """There are more legs; those that are there stay as they are."""
        fresh, limiters = AutomaticGain(legs), self._limiters
        limiters.enlarge(legs)
        for name, column in vars(fresh).items():
            if isinstance(column, np.ndarray):
                column[: len(self._gain)] = getattr(self, name)
        fresh._limiters = limiters
        vars(self).update(vars(fresh))

    def clear(self, leg: int) -> None:
        """Another leg is to use the row."""
        for name, column in vars(AutomaticGain(1)).items():
            if isinstance(column, np.ndarray):
                getattr(self, name)[leg] = column[0]
        self._limiters.clear(leg)

    def even(self, leg: NDArray[np.intp], pcm: NDArray[np.int16], power: NDArray[np.float64]) -> None:
        """Bring frames (k, samples) of these legs, none twice, and their power to the loudness at which they are to be
        heard, in place."""
        speaks = self._judge(leg, power)
        self._measure(leg[speaks], power[speaks])
        self._move(leg[speaks])
        before, after = self._applied[leg], self._due(leg)
        self._applied[leg] = after
        changed = np.flatnonzero((before != 1) | (after != 1))
        if len(changed):
            pcm[changed] = self._amplified(leg[changed], pcm[changed], before[changed], after[changed])
            power[changed] = power_of(pcm[changed])

    def _judge(self, leg: NDArray[np.intp], power: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which of these frames are speech."""
        loudness, silent = self._loudness[leg], self._silent[leg]
        least = np.where(silent == 0, np.maximum(_SILENCE, _BELOW * loudness), np.maximum(_SPEECH, _ABOVE * loudness))
        speaks: NDArray[np.bool_] = power >= least
        self._silent[leg] = np.where(speaks, 0, np.minimum(silent + 1, _HANGOVER))
        return speaks

    def _measure(self, leg: NDArray[np.intp], power: NDArray[np.float64]) -> None:
        self._spoken[leg] = spoken = np.minimum(self._spoken[leg] + 1, _MEMORY)
        self._loudness[leg] += (power - self._loudness[leg]) / spoken

    def _move(self, leg: NDArray[np.intp]) -> None:
        """The gains of those who speak."""
        gain = self._gain[leg]
        wanted = np.clip(GOAL - 10 * np.log10(np.maximum(self._loudness[leg], _SILENCE)), -MOST, MOST)
        missing = wanted - gain
        far = np.abs(missing)
        moving = (self._spoken[leg] >= _ENOUGH) & (far > np.where(self._moving[leg], _RIGHT, _OFF))
        self._moving[leg] = moving
        self._gain[leg] = gain + np.where(moving, np.clip(missing, -_PACE, _PACE), 0)

    def _due(self, leg: NDArray[np.intp]) -> NDArray[np.float32]:
        """The factors that these legs' frames are to end with."""
        factor = np.power(10, self._gain[leg] / 20).astype(np.float32)
        before, lowered = self._applied[leg], np.minimum(factor, 1)
        paused = lowered + (before - lowered) * (1 - _FALL)
        paused[paused < lowered * _UNITY] = lowered[paused < lowered * _UNITY]
        due: NDArray[np.float32] = np.where(self._silent[leg] < _HANGOVER, factor, np.minimum(paused, factor))
        return due

    def _amplified(
        self,
        leg: NDArray[np.intp],
        pcm: NDArray[np.int16],
        before: NDArray[np.float32],
        after: NDArray[np.float32],
    ) -> NDArray[np.int16]:
        samples = pcm.shape[1]
        step = np.arange(1, samples + 1, dtype=np.float32) / np.float32(samples)
        factor = before[:, None] + (after - before)[:, None] * step
        sound = np.rint(pcm * factor).astype(np.int32)
        return self._limiters.limit(sound, leg, np.arange(len(leg)), round(samples / _FRAME))
