"""A peak limiter for sums of voices: what fits into 16 bits passes as it is, what does not is turned down, not cut off.

One gain for each mix, carried from frame to frame.  Let m[i] be the magnitude of sample i = 1 … N of a frame, F = 32767
full scale, c[i] = F / m[i] the largest gain that sample i bears, c = min c[i] the one that the whole frame bears, and g
the gain at the end of the frame before.

- Attack, when g > c: the gain falls along the gentlest straight line from g that stays under every c[i]; its slope is
  s = min (c[i] - g) / i, and it stops at c, which every sample bears: gain[i] = max(g + s i, c).  So the gain is in
  time for the peak without a delay, and has no step unless the frame begins with the peak.
- Release, when g <= c: the gain rises in a line from g to min(c, g + (1 - g) a), with a = 1 - exp(-T / 0.5 s) for
  frames of T seconds: an exponential of 500 ms that never rises above what the frame bears.  So a sound that stays
  loud keeps the gain where it is, and does not pump.
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
_RELEASE: Final = 0.5  # seconds; faster would be heard between words, slower would hush what follows a cough
_UNITY: Final = np.float32(0.999)  # from here, less than 0.01 dB below 1, the release is over


def limit(
    mix: NDArray[np.int32], gain: NDArray[np.float32], rate: int = 8000
) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    """Frames that fit into 16 bits, and the gains to pass with the next frames.

    ``mix`` is (n, samples), a row for each of n mixes, within ±2**24; ``gain`` (n), 1 in the beginning; what is given
    back is ``gain`` itself when nothing had to be turned down.
    """
    if max(mix.max(initial=0), ~mix.min(initial=-1)) <= _FULL_SCALE and gain.min(initial=1) >= 1:
        return mix.astype(np.int16), gain
    # -32768 fits as well: magnitudes are in one's complement, so that both ends of the scale are 32767.
    peak = np.maximum(mix.max(axis=1, initial=0), ~mix.min(axis=1, initial=-1))
    touched = np.flatnonzero((peak > _FULL_SCALE) | (gain < 1))
    out = mix.astype(np.int16)
    after = gain.copy()
    if len(touched):
        out[touched], after[touched] = _turned_down(mix[touched], peak[touched], gain[touched], rate)
    return out, after


def _turned_down(
    mix: NDArray[np.int32], peak: NDArray[np.int32], gain: NDArray[np.float32], rate: int
) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    samples = mix.shape[1]
    step = np.arange(1, samples + 1, dtype=np.float32)
    sound = mix.astype(np.float32)
    bearable = _FULL_SCALE / np.maximum(peak, 1).astype(np.float32)
    after = np.minimum(bearable, gain + (1 - gain) * np.float32(1 - math.exp(-samples / rate / _RELEASE)))
    after[(after >= _UNITY) & (bearable >= 1)] = 1

    attack = gain > bearable
    slope = (after - gain) / np.float32(samples)
    bears = _FULL_SCALE / np.maximum(np.abs(sound[attack]), 1)
    slope[attack] = ((bears - gain[attack, None]) / step).min(axis=1)
    ramp = gain[:, None] + slope[:, None] * step
    np.maximum(ramp, np.where(attack, bearable, 0)[:, None], out=ramp)

    sound *= ramp
    np.clip(np.rint(sound, out=sound), -32768, 32767, out=sound)  # a float's rounding, were it up, would wrap
    return sound.astype(np.int16), after
