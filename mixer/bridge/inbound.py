"""What came in since the last tick, of all sockets, side by side: so that the rest of the tick is done once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from media.wire import Datagrams, hosts_and_ports

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from media.rtp import Integers
    from media.wire import Wire

WIDTH = 640
"""Octets of the longest datagram that is read: 60 ms of G.711, a full CSRC list and a header extension."""

_BATCH = 256  # datagrams of one system call: 64 legs', four packets each
_BATCHES = 4  # of one socket in one tick; more than that waits in the kernel
_ROWS = 4096


@dataclass(frozen=True, slots=True)
class Arrived:
    """One row a datagram."""

    octets: npt.NDArray[np.uint8]
    """(n, WIDTH); valid until the next batch is read."""
    length: Integers
    socket: Integers
    host: Integers
    port: Integers

    def __len__(self) -> int:
        return len(self.length)


class Inbound:
    """Reads every socket once in a tick."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._datagrams = Datagrams(_BATCH, WIDTH)
        self._octets = np.zeros((_ROWS, WIDTH), np.uint8)

    def reserve(self, sockets: int) -> None:
        """Room for a batch of each of so many sockets."""
        rows = sockets * _BATCH
        if rows > len(self._octets):
            self._octets = np.zeros((2 * rows, WIDTH), np.uint8)

    def read(self, descriptors: Mapping[int, int]) -> Arrived:
        """``descriptors`` by socket number."""
        lengths, endpoints, sockets = [], [], []
        at, datagrams = 0, self._datagrams
        kept_for_others = len(descriptors) * _BATCH  # so that a flood on one socket leaves each of them a batch
        for socket, descriptor in descriptors.items():
            kept_for_others -= _BATCH
            for _ in range(_BATCHES):
                if at + _BATCH + kept_for_others > len(self._octets):
                    break
                count = self._wire.receive(descriptor, datagrams)
                if count:
                    length = datagrams.length[:count].copy()
                    longest = min(WIDTH, int(length.max()))
                    self._octets[at : at + count, :longest] = datagrams.payload[:count, :longest]
                    lengths.append(length)
                    endpoints.append(datagrams.endpoint[:count].copy())
                    sockets.append(np.full(count, socket, np.int64))
                    at += count
                if count < _BATCH:
                    break
        if not at:
            nothing = np.zeros(0, np.int64)
            return Arrived(self._octets[:0], nothing, nothing, nothing, nothing)
        host, port = hosts_and_ports(np.concatenate(endpoints))
        return Arrived(
            self._octets[:at],
            np.concatenate(lengths),
            np.concatenate(sockets),
            host.astype(np.int64),
            port.astype(np.int64),
        )
