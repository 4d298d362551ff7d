"""How many packets of sound have come and gone since the mixer began, in all; the bridge counts each leg, and from
nothing where another bridge takes over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from mixer.bridge.protocol import Ready
from mixer.bridge.statistics import TABLE, Statistics

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from mixer.bridge.protocol import Event

COUNTED: Final = ("received", "sent", "lost", "late")


@dataclass(slots=True)
class Traffic:
    """What went between the last look and the end of a leg is not counted: five seconds at most."""

    packets: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    """In all, by :data:`COUNTED`."""
    ticks: int = 0
    late_ticks: int = 0
    bridges: int = 0
    """Processes that have been at work, one after the other."""
    bridge_pid: int = 0
    """Of the last one."""
    _before: npt.NDArray[np.void] = field(default_factory=lambda: np.zeros(0, TABLE))
    """As each leg stood when it was counted last, by its number."""
    _rows: list[npt.NDArray[np.void]] = field(default_factory=list)
    """What has come of an answer that has several parts."""
    _ticks: Mapping[str, int] = field(default_factory=lambda: {"ticks": 0, "late_ticks": 0})

    def hear(self, event: Event) -> None:
        match event:
            case Ready(pid):
                self.bridges, self.bridge_pid = self.bridges + 1, pid
                self._before, self._rows = np.zeros(0, TABLE), []
                self._ticks = {"ticks": 0, "late_ticks": 0}
            case Statistics():
                self._rows.append(np.frombuffer(event.octets, TABLE))
                if not event.more:
                    self._add(event)
            case _:
                pass

    def _add(self, told: Statistics) -> None:
        now = np.concatenate(self._rows)
        self._rows = []
        now = now[np.argsort(now["leg"])]
        _, here, there = np.intersect1d(now["leg"], self._before["leg"], assume_unique=True, return_indices=True)
        for name in COUNTED:
            more = now[name].astype(np.int64)
            more[here] -= self._before[name][there]
            self.packets[name] += int(np.maximum(more, 0).sum())
        self.ticks += told.ticks - self._ticks["ticks"]
        self.late_ticks += told.late_ticks - self._ticks["late_ticks"]
        self._ticks = {"ticks": told.ticks, "late_ticks": told.late_ticks}
        self._before = now
