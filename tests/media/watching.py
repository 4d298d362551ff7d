"""Sounds that legs say at the same time, and what is found out of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from media import levels
from media.codecs import PCMU
from media.music_detection import QUIETEST, MusicDetection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Pcm = NDArray[np.int16]

RATE = 8000


@dataclass(frozen=True)
class News:
    second: float
    leg: int
    music: bool


def watch(sounds: Sequence[Pcm], *, rate: int = RATE, detection: MusicDetection | None = None) -> list[News]:
    """One leg for each sound; whoever's ends is silent from then on."""
    size = rate // 50
    ticks = max(len(sound) for sound in sounds) // size
    frames = np.zeros((len(sounds), ticks * size), np.int16)
    for row, sound in enumerate(sounds):
        frames[row, : len(sound)] = sound[: ticks * size]
    frames = frames.reshape(len(sounds), ticks, size)
    power = np.stack([levels.power(each) for each in frames])
    detection = detection or MusicDetection(len(sounds))
    everybody = np.ones(len(detection), np.bool_)
    news = []
    for tick in range(ticks):
        loud = np.flatnonzero(power[:, tick] >= QUIETEST)
        detection.hear(loud, frames[loud, tick], tick)
        news += [News(tick / 50, int(leg), bool(detection.music[leg])) for leg in detection.look(everybody, tick)]
    return news


def telephone(sound: NDArray[np.floating]) -> Pcm:
    """Float samples as they come out of G.711."""
    return PCMU.decode(PCMU.encode(np.rint(sound * 32767).clip(-32768, 32767).astype(np.int16)))


def tones(
    seconds: float, hertz: Sequence[float], dbov: float = -20, on: float = 1, off: float = 0
) -> NDArray[np.float64]:
    """All at once, for so many seconds, with pauses of so many."""
    at = np.arange(round(seconds * RATE)) / RATE
    wave = sum(np.sin(2 * np.pi * each * at) for each in hertz) / len(hertz)
    return wave * 10 ** (dbov / 20) * 2**0.5 * (at % (on + off) < on)
