"""Whose packet is it?  Address to leg for a whole batch; and when a leg may come from another port than it said.

Every media hijack of ten years is one sentence: the first packet from anywhere wins.  So a leg never gets a new host
here, only a new port of the host that signalling named, only if no other leg can be meant, and only while nothing
comes from the port that is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from media.rtp import Integers
    from mixer.bridge.legs import Legs

STRANGER = -1

_SILENT_TICKS = 10  # 200 ms without a packet from the known port
_LOOKED_AT = 16  # unknown addresses that are considered in one tick; a flood has more of them


def _keys(socket: Integers, host: Integers, port: Integers) -> Integers:
    return (socket << 48) | (host << 16) | port


class Sources:
    """Sorted keys, made anew whenever the legs have changed."""

    def __init__(self, legs: Legs) -> None:
        self._legs = legs
        self.derive()

    def derive(self) -> None:
        """The legs have changed."""
        legs = self._legs
        used = np.flatnonzero(legs.number >= 0)
        keys = _keys(legs.socket[used], legs.from_host[used], legs.from_port[used])
        order = np.argsort(keys, kind="stable")
        self._key, self._row = keys[order], used[order]
        self._host = np.unique(keys >> 16)

    def rows(self, socket: Integers, host: Integers, port: Integers) -> npt.NDArray[np.intp]:
        """The leg's row for each packet, or STRANGER."""
        if not len(self._key):
            return np.full(len(socket), STRANGER, np.intp)
        wanted = _keys(socket, host, port)
        at = np.minimum(np.searchsorted(self._key, wanted), len(self._key) - 1)
        found = (self._key[at] == wanted) & (port != 0)
        return np.where(found, self._row[at], STRANGER)

    def latch(self, socket: Integers, host: Integers, port: Integers, tick: int) -> list[int]:
        """Look at packets of strangers: the rows of legs that turn out to come from there; they are changed already."""
        keys = _keys(socket, host, port)
        known_host = np.isin(keys >> 16, self._host)
        if not known_host.any():
            return []
        latched = []
        for key in np.unique(keys[known_host & (port != 0)])[:_LOOKED_AT].tolist():
            row = self._candidate(key >> 48, key >> 16 & 0xFFFFFFFF, tick)
            if row is not None and row not in latched:
                self._legs.latch(row, key & 0xFFFF)
                latched.append(row)
        return latched

    def _candidate(self, socket: int, host: int, tick: int) -> int | None:
        """The one leg on this socket that an unknown port of this host can be."""
        legs = self._legs
        there = np.flatnonzero((legs.number >= 0) & (legs.socket == socket) & (legs.from_host == host))
        unheard = there[legs.from_port[there] == 0]
        if len(unheard):
            return int(unheard[0]) if len(unheard) == 1 else None
        silent = tick - legs.heard_at[there] >= _SILENT_TICKS
        return int(there[0]) if len(there) == 1 and silent[0] else None
