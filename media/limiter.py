"""A peak limiter for sums of voices: what fits into 16 bits passes as it is, what does not is turned down, not cut off.

One gain for each mix, carried from frame to frame.  Let m[i] be the magnitude of sample i = 1 … N of a frame, F = 32767
full scale, c[i] = F / m[i] the largest gain that sample i bears, c = min c[i] the one that the whole frame bears, and g
the gain at the end of the frame before.

- Attack, when g > c: the gain falls along the gentlest straight line from g that stays under every c[i]; its slope is
  s = min (c[i] - g) / i, and it stops at c, which every sample bears: gain[i] = max(g + s i, c).  So the gain is in
  time for the peak without a delay, and has no step unless the frame begins with the peak.
- Hold: as long as there was a frame within the last half second whose peak came within 3 dB of needing the gain,
  g > c / √2, it stays where it is.  So loud voices are heard at one gain, through their syllables and the pauses
  between words, and a soft one below them does not pump.
- Release, after that: the gain rises in a line from g to min(c, g + (1 - g) a), with a = 1 - exp(-T / 0.8 s) for
  frames of T seconds: an exponential that never rises above what the frame bears.
- At g = 1 and c >= 1 nothing is touched: samples come out bit by bit.

gain[i] <= c[i] always holds, so no sample exceeds full scale by more than the rounding of a 32-bit float.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FULL_SCALE: Final = np.float32(32767)
_HOLD: Final = 0.5  # seconds: longer than a syllable and the pause after it, shorter than one notices after a cough
_NEARLY: Final = np.float32(2**0.5)
_RELEASE: Final = 0.8  # seconds
_UNITY: Final = np.float32(0.999)  # from here, less than 0.01 dB below 1, the release is over
_GAIN, _HELD = 0, 1  # columns: the gain, and for how many seconds it is held yet


def untouched(mixes: int) -> NDArray[np.float32]:
    """What :func:`limit` is given with the first frames of so many mixes."""
    return np.tile(np.array([1, 0], np.float32), (mixes, 1))


def limit(
    mix: NDArray[np.int32], state: NDArray[np.float32], rate: int = 8000
) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    """Frames that fit into 16 bits, and the state to pass with the next frames.

    ``mix`` is (n, samples), a row for each of n mixes, within ±2**24; ``state`` (n, 2), :func:`untouched` in the
    beginning; what is given back is ``state`` itself when nothing had to be turned down.
    """
    if not _too_loud(mix) and state[:, _GAIN].min(initial=1) >= 1:
        return mix.astype(np.int16), state
    # -32768 fits as well: magnitudes are in one's complement, so that both ends of the scale are 32767.
    peak = np.maximum(mix.max(axis=1, initial=0), ~mix.min(axis=1, initial=-1))
    touched = ((peak > _FULL_SCALE) | (state[:, _GAIN] < 1)).nonzero()[0]
    if 2 * len(touched) > len(mix):  # then it takes less not to pick them out: the others' gain is 1
        return _turned_down(mix, peak, state, rate)
    out = mix.astype(np.int16)
    after = state.copy()
    if len(touched):
        out[touched], after[touched] = _turned_down(mix[touched], peak[touched], state[touched], rate)
    return out, after


def _too_loud(mix: NDArray[np.int32]) -> bool:
    highest, lowest = np.maximum.reduce(mix, axis=None, initial=0), np.minimum.reduce(mix, axis=None, initial=-1)
    return bool(highest > _FULL_SCALE or ~lowest > _FULL_SCALE)


def _turned_down(
    mix: NDArray[np.int32], peak: NDArray[np.int32], state: NDArray[np.float32], rate: int
) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    samples = mix.shape[1]
    sound = mix.astype(np.float32)
    bearable = _FULL_SCALE / np.maximum(peak, 1).astype(np.float32)
    gain = state[:, _GAIN]
    after = _after(state, bearable, samples / rate)

    slope = (after[:, _GAIN] - gain) / np.float32(samples)
    if np.count_nonzero(slope):
        sound *= _ramp(sound, gain, slope, bearable)
    else:  # held, as most of the time
        sound *= gain[:, None]
    np.clip(np.rint(sound, out=sound), -32768, 32767, out=sound)  # a float's rounding, were it up, would wrap
    return sound.astype(np.int16), after


def _ramp(
    sound: NDArray[np.float32], gain: NDArray[np.float32], slope: NDArray[np.float32], bearable: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The gain of each sample: of frames with an attack another slope than the one from frame to frame."""
    step = np.arange(1, sound.shape[1] + 1, dtype=np.float32)
    floor = np.zeros(len(gain), np.float32)
    attack = (gain > bearable).nonzero()[0]
    if len(attack):
        floor[attack] = bearable[attack]
        bears = _FULL_SCALE / np.maximum(np.abs(sound[attack]), 1)
        slope[attack] = ((bears - gain[attack, None]) / step).min(axis=1)
    ramp: NDArray[np.float32] = gain[:, None] + slope[:, None] * step
    return np.maximum(ramp, floor[:, None], out=ramp)


def _after(state: NDArray[np.float32], bearable: NDArray[np.float32], seconds: float) -> NDArray[np.float32]:
    """The state after a frame that is so long and bears these gains."""
    gain = state[:, _GAIN]
    needed = bearable < gain * _NEARLY
    held = np.where(needed, np.float32(_HOLD), np.maximum(state[:, _HELD] - np.float32(seconds), 0))
    released = gain + (1 - gain) * np.float32(1 - math.exp(-seconds / _RELEASE))
    after = np.minimum(bearable, np.where(held > 0, gain, released))
    after[(after >= _UNITY) & (bearable >= 1)] = 1
    held *= after < 1
    return np.stack((after, held), axis=1)


class Limiters:
    """The states of those who hear; rows are legs."""

    def __init__(self, legs: int) -> None:
        self._state = untouched(legs)
        self._calm = True  # nobody is turned down

    def enlarge(self, legs: int) -> None:
        """There are more legs."""
        self._state = np.concatenate((self._state, untouched(legs - len(self._state))))

    def clear(self, leg: int) -> None:
        """Another leg is to use the row."""
        self._state[leg] = untouched(1)

    def limit(
        self, mixes: NDArray[np.int32], leg: NDArray[np.intp], mix: NDArray[np.int64], rate: int = 8000
    ) -> NDArray[np.int16]:
        """Frames (n, samples) for legs, each once, that hear ``mix`` of them: each mix at the gain of the one among
        those who hear it who has heard softest."""
        if self._calm and not _too_loud(mixes):
            return mixes.astype(np.int16)
        state, own = untouched(len(mixes)), self._state.take(leg, axis=0)
        if np.count_nonzero(own[:, _GAIN] < 1):
            np.minimum.at(state[:, _GAIN], mix, own[:, _GAIN])
            np.maximum.at(state[:, _HELD], mix, own[:, _HELD])
        pcm, after = limit(mixes, state, rate)
        if after is not state and (new := after.take(mix, axis=0)).tobytes() != own.tobytes():
            self._state[leg] = new
        self._calm = not np.count_nonzero(self._state[:, _GAIN] < 1)
        return pcm
