"""Who speaks, and how loud each leg was: one look at every frame, whether anybody hears it or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mixer.bridge.protocol import Speaking

if TYPE_CHECKING:
    import numpy.typing as npt

    from media.jitter import Sound
    from mixer.bridge.legs import Legs

SILENT = -127.0
"""dBov of no sound at all."""

_LOUD = 10 ** (-40 / 10)  # of full scale, as power: -40 dBov
_BEGIN = 10  # loud frames, less the quiet ones between: 200 ms of sound are speech, a click is not
_END = 30  # quiet frames in a row: 600 ms, longer than the pauses between words
_SECOND = 50
_FULL_SCALE = 32768.0


class Speech:
    """Columns with one row a leg."""

    def __init__(self, legs: Legs) -> None:
        self._legs = legs
        rows = len(legs)
        self.level = np.full(rows, SILENT)
        """dBov of the last whole second."""
        self._speaking = np.zeros(rows, np.bool_)
        self._loud = np.zeros(rows, np.int64)
        self._quiet = np.zeros(rows, np.int64)
        self._power = np.zeros(rows)

    def enlarge(self) -> None:
        """The legs have more rows."""
        fresh, old = Speech(self._legs), len(self.level)
        for name, column in vars(fresh).items():
            if isinstance(column, np.ndarray):
                column[:old] = getattr(self, name)
        vars(self).update(vars(fresh))

    def clear(self, row: int) -> None:
        """Another leg is to use the row."""
        self.level[row] = SILENT
        self._speaking[row] = False
        self._loud[row] = self._quiet[row] = 0
        self._power[row] = 0

    def listen(self, sound: Sound, tick: int) -> list[Speaking]:
        """Take in the frames of a tick; whoever began or ended.  A leg that is on hold or muted speaks to nobody."""
        power = np.zeros(len(self.level))
        power[sound.leg] = power_of(sound.pcm)
        self._power += power
        loud = (power > _LOUD) & self._legs.receiving & ~self._legs.muted
        self._quiet = np.where(loud, 0, self._quiet + 1)
        self._loud = np.minimum(np.maximum(self._loud + np.where(loud, 1, -1), 0), _BEGIN)
        begins = ~self._speaking & (self._loud >= _BEGIN)
        ends = self._speaking & (self._quiet >= _END)
        self._speaking ^= begins | ends
        if tick % _SECOND == 0:
            self.level = 10 * np.log10(np.maximum(self._power / _SECOND, 10 ** (SILENT / 10)))
            self._power[:] = 0
        number = self._legs.number
        return [Speaking(int(number[row]), bool(begins[row])) for row in np.flatnonzero(begins | ends)]


def power_of(pcm: npt.NDArray[np.int16]) -> npt.NDArray[np.float64]:
    """The mean square of each frame (n, 160) as a share of full scale: its logarithm is the level in dBov."""
    samples = pcm.astype(np.float32) / np.float32(_FULL_SCALE)
    power: npt.NDArray[np.float64] = np.einsum("ij,ij->i", samples, samples).astype(np.float64) / pcm.shape[1]
    return power
