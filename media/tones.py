"""Sounds made from numbers: int16, one channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FADE: Final = 0.005  # seconds: enough that no click is heard


def silence(seconds: float, rate: int) -> NDArray[np.int16]:
    return np.zeros(round(seconds * rate), np.int16)


def sine(hertz: float, seconds: float, rate: int, level: float = -13.0) -> NDArray[np.int16]:
    """A tone of ``level`` dBov; -3.01 is the loudest.  Raises ValueError for a louder one, or beyond half the rate."""
    peak = 32768 * 10 ** (level / 20) * 2**0.5
    if not 0 < hertz < rate / 2:
        raise ValueError(f"{hertz} Hz can't be told in {rate} samples a second")
    if peak >= 32768:
        raise ValueError(f"a sine of {level} dBov exceeds full scale")
    phase = 2 * np.pi * hertz / rate * np.arange(round(seconds * rate))
    wave: NDArray[np.float64] = np.rint(peak * np.sin(phase))
    return wave.astype(np.int16)


def faded(pcm: NDArray[np.int16], rate: int, seconds: float = _FADE) -> NDArray[np.int16]:
    """The same with a raised-cosine rise at the start and fall at the end; shorter ones where the sound is short."""
    size = min(round(seconds * rate), len(pcm) // 2)
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(size) + 0.5) / max(1, size))
    gain = np.ones(len(pcm))
    gain[:size] = ramp
    gain[len(pcm) - size :] = ramp[::-1]
    return np.rint(pcm * gain).astype(np.int16)
