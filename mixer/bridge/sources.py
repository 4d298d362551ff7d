"""Whose packet is it?  Address to leg for a whole batch; and when a leg may come from another port than it said.

Every media hijack of ten years is one sentence: the first packet from anywhere wins.  So a leg never gets a new host
here, only a new port of the host that signalling named, only if no other leg can be meant, and only while nothing
comes from the port that is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from media.wire import endpoints, hosts_and_ports, tagged, tags

if TYPE_CHECKING:
    import numpy.typing as npt

    from media.rtp import Integers
    from mixer.bridge.legs import Legs

STRANGER = -1

_NOWHERE = np.uint64(2**64 - 1)  # the greatest of all sources: socket and port 65535 of 255.255.255.255

_SILENT_TICKS = 10  # 200 ms without a packet from the known port
_LOOKED_AT = 16  # unknown addresses that are considered in one tick; a flood has more of them


def _keys(socket: Integers, host: Integers, port: Integers) -> Integers:
    """Ordered, so that the addresses of a socket are side by side."""
    return (socket << 48) | (host << 16) | port


def _addresses(source: npt.NDArray[np.uint64]) -> Integers:
    """As :func:`_keys`, of endpoints that are tagged with their sockets."""
    host, port = hosts_and_ports(source)
    return _keys(tags(source).astype(np.int64), host.astype(np.int64), port.astype(np.int64))


class Sources:
    """Sorted sources, made anew whenever the legs have changed."""

    def __init__(self, legs: Legs) -> None:
        self._legs = legs
        self.derive()

    def derive(self) -> None:
        """The legs have changed."""
        legs = self._legs
        used = np.flatnonzero(legs.number >= 0)
        socket, host, port = legs.socket[used], legs.from_host[used], legs.from_port[used]
        self._host = np.unique(_keys(socket, host, port) >> 16)
        known = port != 0
        source = tagged(endpoints(host[known].astype(np.uint32), port[known].astype(np.uint16)), socket[known])
        order = np.argsort(source, kind="stable")
        self._source = np.r_[source[order], _NOWHERE]  # which no search goes beyond
        self._row = np.r_[used[known][order], STRANGER]

    def rows(self, source: npt.NDArray[np.uint64]) -> npt.NDArray[np.intp]:
        """The leg's row for each packet, or STRANGER; a source is an endpoint tagged with the socket it came to."""
        at = self._source.searchsorted(source)
        row: npt.NDArray[np.intp] = self._row.take(at)
        strange = self._source.take(at) != source
        if np.count_nonzero(strange):
            row[strange] = STRANGER
        return row

    def latch(self, source: npt.NDArray[np.uint64], tick: int) -> list[int]:
        """Look at packets of strangers: the rows of legs that turn out to come from there; they are changed already."""
        keys = _addresses(source)
        known_host = np.isin(keys >> 16, self._host)
        if not known_host.any():
            return []
        latched = []
        for key in np.unique(keys[known_host & (keys & 0xFFFF != 0)])[:_LOOKED_AT].tolist():
            row = self._candidate(key >> 48, key >> 16 & 0xFFFFFFFF, tick)
            if row is not None and row not in latched:
                self._legs.latch(row, key & 0xFFFF)
                latched.append(row)
        return latched

    def _candidate(self, socket: int, host: int, tick: int) -> int | None:
        """The one leg on this socket that an unknown port of this host can be."""
        legs = self._legs
        there = np.flatnonzero((legs.number >= 0) & (legs.socket == socket) & (legs.from_host == host))
        if legs.encrypted[there].any():  # those are known by their keys; what hasn't them may come from the same phone
            return None
        unheard = there[legs.from_port[there] == 0]
        if len(unheard):
            return int(unheard[0]) if len(unheard) == 1 else None
        silent = tick - legs.heard_at[there] >= _SILENT_TICKS
        return int(there[0]) if len(there) == 1 and silent[0] else None
