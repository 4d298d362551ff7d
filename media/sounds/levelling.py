"""How loud a sound is, and the same sound at another level; float samples, ±1 at full scale.

Levels are dBov: RMS relative to a square wave at full scale, so that a sine at full scale has -3.01.  What audio
engineers call -20 dBFS RMS (AES17: relative to a sine) is -23 dBov.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import soxr

from media.levels import power

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FRAME: Final = 0.02
_EDGE: Final = 0.005
"""Seconds."""
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
    return _active(np.mean(frames**2, axis=1))


def _active(power: NDArray[np.float64]) -> float:
    """The same of the mean squares of the frames."""
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


def beside_talk(pcm: NDArray[np.int16], rate: int, loudest: float, peak: float) -> NDArray[np.int16]:
    """``pcm`` (n ≥ 1) as it can be heard while others talk: its active level ``loudest`` dBov and its highest sample
    ``peak`` of full scale at most; what is softer stays as it is.  Comes and goes within 5 ms, wherever it was cut."""
    size = round(_FRAME * rate)
    frames = np.resize(pcm, (max(1, len(pcm) // size), size))  # what is shorter than one, over and over
    loud = _active(power(frames))
    highest = max(abs(int(pcm.min())), abs(int(pcm.max()))) / 32768
    factor = min(1.0, 10 ** ((loudest - loud) / 20), peak / highest if highest else 1.0)
    softer: NDArray[np.int16] = np.rint(pcm * np.float32(factor)).astype(np.int16)
    edge = min(round(_EDGE * rate), len(pcm) // 2)
    ramp = np.linspace(0.0, 1.0, edge)
    softer[:edge] = np.rint(softer[:edge] * ramp)
    softer[len(softer) - edge :] = np.rint(softer[len(softer) - edge :] * ramp[::-1])
    return softer


def _decibels(power: float) -> float:
    return float(10 * np.log10(power)) if power > 0 else -np.inf
