"""What came in since the last tick, of all sockets, side by side: so that the rest of the tick is done once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from media.wire import Datagrams

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import numpy as np
    import numpy.typing as npt

    from media.ipv6 import Hosts
    from media.wire import Wire

WIDTH = 640
"""Octets of the longest datagram that is read: 60 ms of G.711, a full CSRC list and a header extension."""

_KEPT = 256  # rows for each socket, however much comes to the others
_MOST = 1024  # of one socket at once, twice what its legs send
_ROWS = 4096


@dataclass(slots=True, eq=False)
class Arrived:
    """One row a datagram."""

    octets: npt.NDArray[np.uint8]
    """(n, WIDTH); valid until the next batch is read, as are the others."""
    length: npt.NDArray[np.uint32]
    source: npt.NDArray[np.uint64]
    """Its endpoint, tagged with the number of the socket that it came to."""

    def __len__(self) -> int:
        return len(self.length)

    def datagram(self, row: int) -> bytes:
        """What was read of it."""
        return self.octets[row, : self.length[row]].tobytes()

    def where(self, rows: npt.NDArray[np.intp]) -> Arrived:
        """These datagrams."""
        return Arrived(self.octets[rows], self.length[rows], self.source[rows])


class Inbound:
    """Reads every socket once in a tick, and those that had more a second time: 100 000 packets a second.

    Its legs share the kernel's buffer with whoever floods it, and would lose what the flood leaves no room for.  Beyond
    that they do, but nobody on another socket, and the tick takes no longer.
    """

    def __init__(self, wire: Wire, ipv6: Collection[int], hosts: Hosts) -> None:
        """``ipv6``: the numbers of the sockets that speak it, at any time; ``hosts``: those of their legs."""
        self._wire = wire
        self._ipv6 = ipv6
        self._hosts = hosts
        self._datagrams = Datagrams(_ROWS, WIDTH)

    def reserve(self, sockets: int) -> None:
        """Room for what is kept for each of so many sockets."""
        rows = sockets * _KEPT
        if rows > len(self._datagrams):
            self._datagrams = Datagrams(2 * rows, WIDTH)

    def read(self, descriptors: Mapping[int, int]) -> Arrived:
        """``descriptors`` by socket number."""
        datagrams = self._datagrams
        at, full = 0, []
        end = len(datagrams) - len(descriptors) * _KEPT  # a flood on one socket leaves the others what is kept for them
        for socket, descriptor in descriptors.items():
            end += _KEPT
            free = range(at, min(at + _MOST, end))
            count = self._receive(socket, descriptor, free)
            at += count
            if count == _MOST:
                full.append(socket)
        for socket in full:
            at += self._receive(socket, descriptors[socket], range(at, min(at + _MOST, len(datagrams))))
        return Arrived(datagrams.payload[:at], datagrams.received[:at], datagrams.endpoint[:at])

    def _receive(self, socket: int, descriptor: int, free: range) -> int:
        """How many rows it fills."""
        datagrams = self._datagrams
        if socket in self._ipv6:
            datagrams.expect_ipv6(free)
        count = self._wire.receive(descriptor, datagrams, free)
        if count:
            if socket in self._ipv6:
                datagrams.number_hosts(range(free.start, free.start + count), self._hosts)
            datagrams.tag[free.start : free.start + count] = socket
        return count
