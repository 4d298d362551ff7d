"""How loud a leg hears, and how loud it is heard, as whoever is on it has set it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from media.limiter import Limiters
from mixer.bridge.mix import LAWS
from mixer.bridge.protocol import TICK

if TYPE_CHECKING:
    import numpy.typing as npt

    from mixer.bridge.legs import Legs
    from mixer.bridge.voices import Voices


class Volumes:
    """One row a leg; what is made too loud for 16 bits is turned down, not cut off."""

    def __init__(self, legs: Legs) -> None:
        self._legs = legs
        self._said, self._heard = Limiters(len(legs)), Limiters(len(legs))
        self.talking = self.listening = False
        """Whether anybody has set theirs."""

    def enlarge(self) -> None:
        """The legs have more rows."""
        for limiters in (self._said, self._heard):
            limiters.enlarge(len(self._legs))

    def clear(self, row: int) -> None:
        """Another leg is to use the row."""
        for limiters in (self._said, self._heard):
            limiters.clear(row)

    def derive(self) -> None:
        """The legs have changed."""
        self.talking = bool((self._legs.talking != 1).any())
        self.listening = bool((self._legs.listening != 1).any())

    def talk(self, voices: Voices) -> None:
        """Bring what the legs say, and its power, to their volumes, in place."""
        factor = self._legs.talking[voices.leg]
        row = ((factor != 1) & (voices.power > 0)).nonzero()[0]
        if len(row):
            voices.pcm[row] = _scaled(voices.pcm[row], factor[row], voices.leg[row], self._said)
            voices.power[row] *= factor[row] ** 2

    def hear(self, out: npt.NDArray[np.uint8]) -> None:
        """The same of what the legs with G.711 are sent, packets (legs, 160); sounds too."""
        legs = self._legs
        changed = (legs.listening != 1) & ~legs.wide
        for law, codec in enumerate(LAWS):
            row = (changed & (legs.law == law)).nonzero()[0]
            if len(row):
                pcm = codec.decode(out[row])
                out[row] = codec.encode(_scaled(pcm, legs.listening[row], row, self._heard))

    def heard(self, row: npt.NDArray[np.intp], pcm: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
        """The same of frames (n, samples) that go to these legs, before they are encoded."""
        return _scaled(pcm, self._legs.listening[row], row, self._heard)


def _scaled(
    pcm: npt.NDArray[np.int16], factor: npt.NDArray[np.float32], row: npt.NDArray[np.intp], limiters: Limiters
) -> npt.NDArray[np.int16]:
    sound = np.rint(pcm * factor[:, None]).astype(np.int32)
    return limiters.limit(sound, row, np.arange(len(row)), round(pcm.shape[1] / TICK))
