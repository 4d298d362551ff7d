"""What the phones of a load say: frames of G.711 µ-law, 160 octets each, said in a circle."""

from __future__ import annotations

import numpy as np

from tests.phones import g711
from tests.phones.sounds import RATE, Pcm, clicks

Frames = tuple[bytes, ...]

PCMU = 0
CLICK_EVERY = 0.5  # seconds
CLICK = 6000
"""Nothing but an impulse of :func:`clicking` is louder."""
_FRAME = 160
_NOISE = 1000  # root mean square: -30 dBov, like a voice


def silent() -> Frames:
    return _frames(np.zeros(_FRAME, np.int16))


def noise(seed: int) -> Frames:
    """A second of it."""
    return _frames(np.random.default_rng(seed).normal(0, _NOISE, RATE).clip(-4000, 4000).astype(np.int16))


def clicking() -> Frames:
    """Silence and, at the very beginning of the last frame, an impulse."""
    period = round(CLICK_EVERY * RATE)
    return _frames(clicks(CLICK_EVERY + _FRAME / RATE)[_FRAME : period + _FRAME])


def click_in(pcm: Pcm) -> int | None:
    """At which sample an impulse begins."""
    loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) > CLICK)
    return int(loud[0]) if loud.size else None


def _frames(pcm: Pcm) -> Frames:
    return tuple(g711.encode(pcm[at : at + _FRAME], PCMU) for at in range(0, pcm.size, _FRAME))
