"""What a detector of keys has to take for one, and what it must not: sounds by formula, in floats at 8 or 16 kHz."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from media.inband import HIGH, KEYS, LOW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray

    Sound = NDArray[np.float64]


def tone(hertz: float, seconds: float, dbov: float, rate: int = 8000, phase: float = 0.0) -> Sound:
    time = np.arange(round(seconds * rate)) / rate
    return 32768 * 10 ** (dbov / 20) * 2**0.5 * np.sin(2 * np.pi * hertz * time + phase)


def key(
    digit: str,
    seconds: float = 0.1,
    dbov: float = -13.0,
    *,
    twist: float = 0.0,
    off: tuple[float, float] = (0.0, 0.0),
    rate: int = 8000,
    phases: Sequence[float] = (0.0, 0.0),
) -> Sound:
    """``dbov`` of each tone on average; ``twist`` in dB, above 0 where the high one is louder; ``off`` in percent."""
    row, column = divmod(KEYS.index(digit), 4)
    low = tone(LOW[row] * (1 + off[0] / 100), seconds, dbov - twist / 2, rate, phases[0])
    return low + tone(HIGH[column] * (1 + off[1] / 100), seconds, dbov + twist / 2, rate, phases[1])


def silence(seconds: float, rate: int = 8000) -> Sound:
    return np.zeros(round(seconds * rate))


def noise(sound: Sound, dbov: float, random: Generator) -> Sound:
    """With as much white noise."""
    return sound + random.normal(0, 32768 * 10 ** (dbov / 20), len(sound))


def voice(seconds: float, random: Generator, rate: int = 8000, *, highest: float = 300.0) -> Sound:
    """Vowels that glide into each other, in syllables, at -22 dBov: harmonics of a pulse that falls by 6 dB an octave,
    through three resonances.  ``highest``: of its pitch, in hertz."""
    time = np.arange(round(seconds * rate)) / rate
    now = time[:: rate // 200]  # what only a mouth can change is known every 5 ms
    pitch = random.uniform(80, highest) * np.exp(0.15 * _wave(now, 0.2, 0.6, random))
    resonances = [
        (550 + 300 * _wave(now, 0.5, 2, random), 80),
        (1500 + 600 * _wave(now, 0.5, 2, random), 100),
        (2800 + 300 * _wave(now, 0.5, 2, random), 150),
    ]
    phase = 2 * np.pi * np.cumsum(np.interp(time, now, pitch)) / rate
    total = np.zeros(len(time))
    for harmonic in range(1, 40):
        hertz = harmonic * pitch
        strength = (hertz < 3400) / harmonic
        if not strength.any():
            break
        for centre, width in resonances:
            strength = strength / np.hypot(1 - (hertz / centre) ** 2, hertz * width / centre**2)
        total += np.interp(time, now, strength) * np.sin(harmonic * phase)
    total *= np.clip(1.5 * _wave(time, 2, 5, random), 0, 1)
    return 32768 * 10 ** (-22 / 20) * total / np.sqrt((total**2).mean())


def _wave(time: Sound, slowest: float, fastest: float, random: Generator) -> Sound:
    """Between -1 and 1, so many times a second."""
    return np.sin(2 * np.pi * random.uniform(slowest, fastest) * time + random.uniform(0, 2 * np.pi))
