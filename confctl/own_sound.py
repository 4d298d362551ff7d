"""A decoded recording as loud as our own sounds."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING, Final

import numpy as np

from media.sounds import music as ours
from media.sounds import speech
from media.sounds.levelling import active_level, level

if TYPE_CHECKING:
    from pathlib import Path

_QUIETEST: Final = -60.0
"""dBov: what is softer was never meant to be heard, and would be noise if it were made loud."""
_MOST_GAIN: Final = 30.0
_PEAK: Final = 10 ** (-1 / 20)
"""Of full scale; what lies between the samples has the rest."""
_EDGE: Final = 0.02
"""Seconds for which music comes and goes, where its end meets its start."""


def levelled(file: Path, *, music: bool) -> float | None:
    """Rewrites a mono WAV of 16 bits; the gain in dB.  None, and it stays as it is, if there is nothing to be heard."""
    with wave.open(str(file)) as wav:
        rate, octets = wav.getframerate(), wav.readframes(wav.getnframes())
    sound = np.frombuffer(octets, "<i2").astype(np.float64) / 32768
    loudness = level(sound) if music else active_level(sound, rate)
    if not loudness > _QUIETEST:
        return None
    gain = min((ours.LEVEL if music else speech.LEVEL) - loudness, _MOST_GAIN)
    factor = min(10 ** (gain / 20), _PEAK / float(np.abs(sound).max()))
    sound *= factor
    if music:
        size = min(round(_EDGE * rate), len(sound) // 2)
        ramp = np.linspace(0.0, 1.0, size)
        sound[:size] *= ramp
        sound[len(sound) - size :] *= ramp[::-1]
    with wave.open(str(file), "wb") as wav:
        wav.setparams((1, 2, rate, 0, "NONE", ""))
        wav.writeframes(np.rint(sound * 32767).astype("<i2").tobytes())
    return float(20 * np.log10(factor))
