"""What is due at a tick, and how loud it is: looked at once, for all that go by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


class Voices(NamedTuple):
    """One row a frame."""

    leg: npt.NDArray[np.intp]
    """Whose, ascending."""
    pcm: npt.NDArray[np.int16]
    """(n, 160) of narrow legs, (n, 320) of wide ones."""
    power: npt.NDArray[np.float64]
    """Mean squares, as :func:`media.levels.power` has them."""

    def of(self, legs: npt.NDArray[np.bool_], above: float) -> Voices:
        """Of these of all legs, what has more power than that."""
        row = np.flatnonzero(legs[self.leg] & (self.power > above))
        return Voices(self.leg[row], self.pcm[row], self.power[row])
