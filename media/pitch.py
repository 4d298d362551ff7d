"""How far back sound is most like what it is now: a period of the voice, or some periods, or of a tone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Integers = NDArray[np.int64]

_COARSE = 8000  # samples a second of the first search
_WINDOW = 64  # of those, 8 ms: what is compared; with 20 ms, what is long over has too much of a say
_SHORTEST, _LONGEST = 40, 120  # of those, 5 ms, two periods of a high voice, to 15 ms, one of the lowest (G.711 App. I)


def longest(rate: int) -> int:
    """Samples of the longest period that is looked for."""
    return _LONGEST * rate // _COARSE


def needed(rate: int) -> int:
    """Samples that :func:`periods` looks at."""
    return (_LONGEST + _WINDOW) * rate // _COARSE


def periods(sound: Floats, rate: int) -> Integers:
    """The lag, in samples, at which the end of each row (k, at least :func:`needed`) is most like what was before.

    By normalised correlation at 8 kHz, above that once more around what was found (ITU-T G.711 Appendix I, §I.2.3, has
    4 and 8 kHz; but the first search, with half the lags, finds the wrong multiple of a period).
    """
    step = rate // _COARSE
    sound = sound[:, -needed(rate) :]
    if step == 1:
        return _LONGEST - _best(sound, sound[:, _LONGEST:], _LONGEST - _SHORTEST + 1)
    coarse = np.add.reduce([sound[:, at::step] for at in range(step)])
    lag = (_LONGEST - _best(coarse, coarse[:, -_WINDOW:], _LONGEST - _SHORTEST + 1)) * step
    around = np.arange(1 - step, step)
    first = np.clip(longest(rate) - lag + around[0], 0, longest(rate) - len(around))
    span = sound.shape[1] - longest(rate) + len(around) - 1
    near = np.take_along_axis(sound, first[:, None] + np.arange(span), axis=1)
    found: Integers = longest(rate) - first - _best(near, sound[:, longest(rate) :], len(around))
    return found


def _best(sound: Floats, sample: Floats, places: int) -> Integers:
    """At which of the first ``places`` of each row its ``sample`` (k, window) fits best."""
    window = sample.shape[1]
    candidates = sliding_window_view(sound[:, : places + window - 1], window, axis=1)
    likeness = np.einsum("klw,kw->kl", candidates, sample)
    squares = np.cumsum(sound[:, : places + window - 1] ** 2, axis=1, dtype=np.float64)
    energy = squares[:, window - 1 :].copy()
    energy[:, 1:] -= squares[:, :-window]
    best: Integers = np.argmax(likeness * np.abs(likeness) / (energy + 1), axis=1)
    return best
