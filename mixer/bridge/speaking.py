"""Who speaks, and how loud each leg was: one look at every frame, whether anybody hears it or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from media import levels
from media.levels import SILENT
from mixer.bridge.protocol import Levels, Speaking

if TYPE_CHECKING:
    import numpy.typing as npt

    from mixer.bridge.legs import Legs
    from mixer.bridge.protocol import Event

_SECOND = 50  # ticks
_LEVELS_EVERY = 5  # ticks
_HEARD = -60.0  # dBov from which a level is told


class Speech:
    """Columns with one row a leg."""

    def __init__(self, legs: Legs) -> None:
        self._legs = legs
        self.level = np.full(len(legs), SILENT)
        """dBov of the last whole second."""
        self._power = np.zeros(len(legs))
        self._speech = levels.Speech(len(legs))
        self._watched: npt.NDArray[np.float64] | None = None  # power since levels were told, while somebody looks
        self.derive()

    def watch(self, on: bool) -> None:
        self._watched = np.zeros(len(self.level)) if on else None

    def enlarge(self) -> None:
        """The legs have more rows."""
        more = len(self._legs) - len(self.level)
        self.level = np.r_[self.level, np.full(more, SILENT)]
        self._power = np.r_[self._power, np.zeros(more)]
        self._speech.enlarge(len(self._legs))
        if self._watched is not None:
            self._watched = np.r_[self._watched, np.zeros(more)]
        self.derive()

    def clear(self, row: int) -> None:
        """Another leg is to use the row."""
        self.level[row] = SILENT
        self._power[row] = 0
        self._speech.forget(row)

    def derive(self) -> None:
        """The legs have changed."""
        self._counts = self._legs.speaks().astype(np.float64)

    def listen(self, leg: npt.NDArray[np.intp], heard: npt.NDArray[np.float64], tick: int) -> list[Event]:
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
        told = [] if self._watched is None else self._tell_levels(self._watched, power, tick)
        if not len(changed):
            return told
        number, speaking = self._legs.number, self._speech.speaking
        return [*told, *(Speaking(int(number[row]), bool(speaking[row])) for row in changed)]

    def _tell_levels(self, watched: npt.NDArray[np.float64], power: npt.NDArray[np.float64], tick: int) -> list[Event]:
        """Empty ones too, so that who looks sees that nobody is heard any more."""
        watched += power
        if tick % _LEVELS_EVERY:
            return []
        level = levels.as_dbov(watched / _LEVELS_EVERY)
        watched[:] = 0
        rows = (level > _HEARD).nonzero()[0]
        return [Levels(tuple(self._legs.number[rows].tolist()), tuple(np.round(level[rows]).astype(int).tolist()))]
