"""How loud a sound is, and the same sound at another level; float samples, ±1 at full scale.

Levels are dBov: RMS relative to a square wave at full scale, so that a sine at full scale has -3.01.  What audio
engineers call -20 dBFS RMS (AES17: relative to a sine) is -23 dBov.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import soxr

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FRAME: Final = 0.02
_MARGIN: Final = 15.9
_ROUNDS: Final = 20  # far more than the threshold ever needs to settle


def level(sound: NDArray[np.float64]) -> float:
    """dBov of the whole sound, pauses included."""
    return _decibels(float(np.mean(sound**2)))


def active_level(sound: NDArray[np.float64], rate: int) -> float:
    """dBov of speech without its pauses.

    As ITU-T P.56 has it, in frames of 20 ms instead of an envelope: what counts lies at most 15.9 dB below the result.
    """
    size = round(_FRAME * rate)
    frames = sound[: len(sound) // size * size].reshape(-1, size)
    power = np.mean(frames**2, axis=1)
    active = float(power.mean())
    for _ in range(_ROUNDS):
        active = float(power[power >= active * 10 ** (-_MARGIN / 10)].mean())
    return _decibels(active)


def true_peak(sound: NDArray[np.float64], rate: int) -> float:
    """dB relative to full scale of the loudest point of the wave, between the samples too (ITU-R BS.1770 annex 2)."""
    oversampled: NDArray[np.float64] = soxr.resample(sound, rate, 4 * rate, quality="VHQ")
    return _decibels(float(np.max(oversampled**2)))


def amplified(sound: NDArray[np.float64], decibels: float) -> NDArray[np.float64]:
    return sound * 10 ** (decibels / 20)


def _decibels(power: float) -> float:
    return float(10 * np.log10(power)) if power > 0 else -np.inf
