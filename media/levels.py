"""How loud frames are, and who speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SILENT: Final = -127.0
"""dBov of a frame of zeros, and of everything below: the end of the scale of RFC 6464."""

_LEAST: Final = 10 ** (SILENT / 10)

ONSET: Final = -40.0
"""dBov from which a frame is speech: 10 dB below a soft telephone voice, above most rooms."""
RELEASE: Final = -50.0
"""dBov below which it is silence again; in between, whatever it was."""
ONSET_FRAMES: Final = 10
"""So many loud frames in a row make a speaker (200 ms): fewer are a click or a cough."""
_ONSET_POWER: Final = 10 ** (ONSET / 10)
_RELEASE_POWER: Final = 10 ** (RELEASE / 10)
RELEASE_FRAMES: Final = 30
"""So many quiet frames in a row end it (600 ms): fewer are between two words."""


def power(pcm: NDArray[np.int16]) -> NDArray[np.float64]:
    """Mean squares of frames (n, samples), 1 being a square wave at full scale."""
    sound = pcm.astype(np.float32)
    squares: NDArray[np.float64] = np.vecdot(sound, sound).astype(np.float64)
    squares /= max(1, pcm.shape[1]) * 2.0**30
    return squares


def as_dbov(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """RMS levels of mean squares, in dB relative to a square wave at full scale; RFC 6464 §3, RFC 6465."""
    level: NDArray[np.float64] = 10 * np.log10(np.maximum(power, _LEAST))
    return level


class Speech:
    """Who speaks, with hysteresis in level and in time; a row for each leg."""

    speaking: NDArray[np.bool_]
    """(capacity,)"""

    def __init__(self, capacity: int) -> None:
        self.speaking = np.zeros(capacity, np.bool_)
        self._run = np.zeros(capacity, np.int16)  # frames in a row that say otherwise,
        self._frames = np.full(capacity, ONSET_FRAMES, np.int16)  # so many of which change it
        self._enough = np.full(capacity, _ONSET_POWER)  # the least power of speech

    def enlarge(self, capacity: int) -> None:
        """More rows, silent ones, after those that are."""
        fresh = Speech(capacity)
        for name, column in vars(fresh).items():
            column[: len(self.speaking)] = getattr(self, name)
        vars(self).update(vars(fresh))

    def forget(self, leg: int) -> None:
        """Another leg is to use the row."""
        self.speaking[leg] = False
        self._run[leg] = 0
        self._frames[leg], self._enough[leg] = ONSET_FRAMES, _ONSET_POWER

    def update(self, power: NDArray[np.float64]) -> NDArray[np.intp]:
        """One frame of every leg, (capacity,) as mean squares, 0 where nothing came; the legs that changed."""
        otherwise = power >= self._enough
        otherwise ^= self.speaking
        self._run += 1
        self._run *= otherwise
        changed = (self._run >= self._frames).nonzero()[0]
        if len(changed):
            self.speaking[changed] ^= True
            self._run[changed] = 0
            self._frames[changed] = np.where(self.speaking[changed], RELEASE_FRAMES, ONSET_FRAMES)
            self._enough[changed] = np.where(self.speaking[changed], _RELEASE_POWER, _ONSET_POWER)
        return changed
