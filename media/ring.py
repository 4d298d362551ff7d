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
    """580 ms of each leg; times are any integers, taken modulo that.

    What was taken stays for :attr:`past` samples, to be looked at again, and is absent then.
    """

    def __init__(self, legs: int, rate: int = 8000) -> None:
        self.samples = rate * 580 // 1000
        self.past = rate * 60 // 1000
        # Behind its end a row has room for what begins before it: so all is copied straight, and the few rows where
        # something goes around the end are put right afterwards.
        self._width = self.samples + rate * 60 // 1000
        self._reserve = np.empty((max(legs, _RESERVED), self._width), np.int16)
        self._rows = self._reserve[:legs]
        self._rows[:] = ABSENT
        self._windows: dict[int, Samples] = {}

    def enlarge(self, legs: int) -> None:
        """Room for more legs; a new one is to be cleared first, as the row of a leg that is gone."""
        if legs > len(self._reserve):
            self._reserve = np.empty((2 * legs, self._width), np.int16)
            self._reserve[: len(self._rows)] = self._rows
        self._rows = self._reserve[:legs]
        self._windows = {}

    def clear(self, leg: Legs) -> None:
        """Everything of these legs is absent."""
        self._rows[leg] = ABSENT

    def write(self, leg: Legs, time: Integers, pcm: Samples) -> None:
        """``pcm`` (k, up to 60 ms) from ``time`` (k) on; no leg twice."""
        size = pcm.shape[1]
        at = time % self.samples
        self._window(size)[leg, at] = pcm
        if self._some_bent(at, size):
            bent = at > self.samples - size
            self._rows[leg[bent, None], self._around(at[bent], size)] = pcm[bent]

    def look(self, leg: Legs, time: Integers, samples: int) -> Samples:
        """A copy (k, up to 60 ms) from ``time`` (k) on."""
        at = time % self.samples
        out = self._window(samples)[leg, at]
        if self._some_bent(at, samples):
            bent = at > self.samples - samples
            out[bent] = self._rows[leg[bent, None], self._around(at[bent], samples)]
        return out

    def take(self, leg: Legs, time: Integers, samples: int) -> Samples:
        """As :meth:`look`; and so many samples, :attr:`past` before, are absent from then on."""
        out = self.look(leg, time, samples)
        self._erase(leg, (time - self.past) % self.samples, samples)
        return out

    def skip(self, leg: Legs, time: Integers, samples: Integers) -> None:
        """Leave out ``samples`` (k) from ``time`` on: what was before it is right before what follows."""
        before = self.look(leg, time - self.past, self.past)
        offset = np.arange(min(self.samples, int(samples.max(initial=0))))
        row, column = np.nonzero(offset < samples[:, None])
        self._rows[leg[row], (time[row] - self.past + column) % self.samples] = ABSENT
        self.write(leg, time + samples - self.past, before)

    def delay(self, leg: Legs, time: Integers, held: int, samples: Integers) -> None:
        """What is there in the ``held`` samples from ``time`` on is there ``samples`` (k) later; before, nothing is."""
        old = (time[:, None] + np.arange(held)) % self.samples
        sound = self._rows[leg[:, None], old]
        self._rows[leg[:, None], old] = ABSENT
        self._rows[leg[:, None], (old + samples[:, None]) % self.samples] = sound

    def _erase(self, leg: Legs, at: Integers, samples: int) -> None:
        self._window(samples)[leg, at] = ABSENT
        if self._some_bent(at, samples):
            bent = at > self.samples - samples
            self._rows[leg[bent, None], self._around(at[bent], samples)] = ABSENT

    def _some_bent(self, at: Integers, samples: int) -> bool:
        """Whether any of them goes around the end."""
        return bool(np.count_nonzero(at > self.samples - samples))

    def _window(self, samples: int) -> Samples:
        """A view [leg, time] of the ``samples`` that begin there: so a row is copied in one piece, not by element."""
        window = self._windows.get(samples)
        if window is None:
            legs, leg_stride = len(self._rows), self._rows.strides[0]
            shape = (legs, self._width - samples + 1, samples)
            window = self._windows[samples] = as_strided(self._rows, shape, (leg_stride, 2, 2))
        return window

    def _around(self, at: Integers, samples: int) -> Integers:
        """Column numbers where the ring's end comes in between."""
        return (at[:, None] + np.arange(samples)) % self.samples
