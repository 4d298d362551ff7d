"""Who speaks, and how loud each leg was: one look at every frame, whether anybody hears it or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from media import levels
from media.levels import SILENT
from mixer.bridge.protocol import Speaking

if TYPE_CHECKING:
    import numpy.typing as npt

    from mixer.bridge.legs import Legs

_SECOND = 50  # ticks


class Speech:
    """Columns with one row a leg."""

    def __init__(self, legs: Legs) -> None:
        self._legs = legs
        self.level = np.full(len(legs), SILENT)
        """dBov of the last whole second."""
        self._power = np.zeros(len(legs))
        self._speech = levels.Speech(len(legs))
        self.derive()

    def enlarge(self) -> None:
        """The legs have more rows."""
        more = len(self._legs) - len(self.level)
        self.level = np.r_[self.level, np.full(more, SILENT)]
        self._power = np.r_[self._power, np.zeros(more)]
        self._speech.enlarge(len(self._legs))
        self.derive()

    def clear(self, row: int) -> None:
        """Another leg is to use the row."""
        self.level[row] = SILENT
        self._power[row] = 0
        self._speech.forget(row)

    def derive(self) -> None:
        """The legs have changed."""
        self._counts = self._legs.speaks().astype(np.float64)

    def listen(self, leg: npt.NDArray[np.intp], heard: npt.NDArray[np.float64], tick: int) -> list[Speaking]:
        """Take in the power of the frames that these legs sent for a tick; whoever began or ended.  A leg that is on
        hold or muted speaks to nobody."""
        power = np.zeros(len(self.level))
        power[leg] = heard
        self._power += power
        power *= self._counts
        changed = self._speech.update(power)
        if tick % _SECOND == 0:
            self.level = levels.as_dbov(self._power / _SECOND)
            self._power[:] = 0
        if not len(changed):
            return []
        number, speaking = self._legs.number, self._speech.speaking
        return [Speaking(int(number[row]), bool(speaking[row])) for row in changed]
