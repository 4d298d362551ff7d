"""A ring of samples for each leg, addressed by time: the same row of memory is written ahead and read behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

if TYPE_CHECKING:
    from media.rtp import Integers

ABSENT: Final = np.int16(-32768)
"""No sound came for this sample.  No G.711 octet decodes to it; what a codec that could gives is to be clipped."""

_RESERVED: Final = 4096
"""Rows that a ring can grow to without being copied, which for a thousand legs takes longer than a tick.  They take no
memory before they are used."""

Samples = npt.NDArray[np.int16]
Legs = npt.NDArray[np.intp]


class Ring:
    """520 ms of each leg; times are any integers, taken modulo that.  What was taken is absent again."""

    def __init__(self, legs: int, rate: int = 8000) -> None:
        self.samples = rate * 520 // 1000  # a multiple of 20 ms: packets of that length never go around the end
        self._reserve = np.empty((max(legs, _RESERVED), self.samples), np.int16)
        self._rows = self._reserve[:legs]
        self._rows[:] = ABSENT
        self._windows: dict[int, Samples] = {}

    def enlarge(self, legs: int) -> None:
        """Room for more legs; a new one is to be cleared first, as the row of a leg that is gone."""
        if legs > len(self._reserve):
            self._reserve = np.empty((2 * legs, self.samples), np.int16)
            self._reserve[: len(self._rows)] = self._rows
        self._rows = self._reserve[:legs]
        self._windows = {}

    def clear(self, leg: Legs) -> None:
        """Everything of these legs is absent."""
        self._rows[leg] = ABSENT

    def clear_span(self, leg: Legs, time: Integers, samples: Integers) -> None:
        """The next ``samples`` from ``time`` on, each leg its own, are absent."""
        offset = np.arange(min(self.samples, int(samples.max(initial=0))))
        row, column = np.nonzero(offset < samples[:, None])
        self._rows[leg[row], (time[row] + column) % self.samples] = ABSENT

    def write(self, leg: Legs, time: Integers, pcm: Samples) -> None:
        """``pcm`` (k, n) from ``time`` (k) on; no leg twice."""
        at = time % self.samples
        straight = at <= self.samples - pcm.shape[1]
        if straight.all():
            self._window(pcm.shape[1])[leg, at] = pcm
            return
        self._window(pcm.shape[1])[leg[straight], at[straight]] = pcm[straight]
        bent = ~straight
        self._rows[leg[bent, None], self._around(at[bent], pcm.shape[1])] = pcm[bent]

    def look(self, leg: Legs, time: Integers, samples: int) -> Samples:
        """A copy (k, samples) from ``time`` (k) on."""
        at = time % self.samples
        straight = at <= self.samples - samples
        if straight.all():
            return self._window(samples)[leg, at]
        out = np.empty((len(leg), samples), np.int16)
        out[straight] = self._window(samples)[leg[straight], at[straight]]
        out[~straight] = self._rows[leg[~straight, None], self._around(at[~straight], samples)]
        return out

    def take(self, leg: Legs, time: Integers, samples: int) -> Samples:
        """As :meth:`look`, and it is absent from then on."""
        at = time % self.samples
        if (at <= self.samples - samples).all():
            window = self._window(samples)
            out = window[leg, at]
            window[leg, at] = ABSENT
            return out
        out = self.look(leg, time, samples)
        self.write(leg, time, np.broadcast_to(ABSENT, out.shape))
        return out

    def _window(self, samples: int) -> Samples:
        """A view [leg, time] of the ``samples`` that begin there: so a row is copied in one piece, not by element."""
        window = self._windows.get(samples)
        if window is None:
            legs, leg_stride = len(self._rows), self._rows.strides[0]
            shape = (legs, self.samples - samples + 1, samples)
            window = self._windows[samples] = as_strided(self._rows, shape, (leg_stride, 2, 2))
        return window

    def _around(self, at: Integers, samples: int) -> Integers:
        """Column numbers where the ring's end comes in between."""
        return (at[:, None] + np.arange(samples)) % self.samples
