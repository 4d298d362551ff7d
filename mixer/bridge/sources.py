"""Whose packet is it?  Address to leg for a whole batch; and when a leg may come from another port than it said.

Every media hijack of ten years is one sentence: the first packet from anywhere wins.  So a leg is only looked for where
signalling has named a host, only if no other leg can be meant, and, in this order:

- Where the phone stated that it is.  It is believed at once, whoever was taken for it before.
- At another port of the host at which it is, while nothing has come for 200 ms from the port that is known: its NAT has
  given it a new one.  Behind a NAT the first is as good as any.
- At the other host from which a phone with a private address signals, after five packets from one port there, if
  nothing was ever heard from where it stated to be: a gateway that was not there a moment ago has time to begin.

What that leaves: whoever is behind the same NAT as the phone, knows the port, and is there before its first packet.
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
_KNOCKS = 5  # packets from the other host before it is believed
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
        self._knocks: dict[int, tuple[int, int]] = {}
        """Of rows: who knocks from their other host, and how many packets of theirs there were without one between."""
        self.derive()

    def derive(self) -> None:
        """The legs have changed."""
        legs = self._legs
        used = np.flatnonzero(legs.number >= 0)
        socket, host, port = legs.socket[used], legs.from_host[used], legs.from_port[used]
        hosts = [host, legs.stated_host[used], legs.other_host[used]]
        self._host = np.unique(np.concatenate([_keys(socket, some, port) >> 16 for some in hosts]))
        self._knocks = {row: knocks for row, knocks in self._knocks.items() if row not in legs.moved}
        known = port != 0
        source = tagged(endpoints(host[known].astype(np.uint32), port[known].astype(np.uint16)), socket[known])
        stated = (host == legs.stated_host[used]) & (port == legs.stated_port[used])
        order = np.lexsort((~stated[known], source))  # who has stated an address comes before who was found there
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
        # Host 0 is every one that no leg has named (:data:`media.ipv6.STRANGER`), and no leg's other host.
        possible = np.isin(keys >> 16, self._host) & (keys & 0xFFFF != 0) & (keys >> 16 & 0xFFFFFFFF != 0)
        if not possible.any():
            return []
        latched = []
        some, packets = np.unique(keys[possible], return_counts=True)
        for key, count in zip(some[:_LOOKED_AT].tolist(), packets[:_LOOKED_AT].tolist(), strict=True):
            row = self._candidate(key, count, tick)
            if row is not None and row not in latched:
                self._legs.latch(row, key >> 16 & 0xFFFFFFFF, key & 0xFFFF)
                latched.append(row)
        return latched

    def _candidate(self, key: int, packets: int, tick: int) -> int | None:
        """The one leg that these packets of an unknown source can be of."""
        legs = self._legs
        host, port = key >> 16 & 0xFFFFFFFF, key & 0xFFFF
        here = (legs.number >= 0) & (legs.socket == key >> 48)
        astray = (legs.to_host != legs.stated_host) | (legs.to_port != legs.stated_port)
        back = np.flatnonzero(here & ~legs.encrypted & astray & (legs.stated_host == host) & (legs.stated_port == port))
        if len(back):
            return int(back[0]) if len(back) == 1 else None
        there = np.flatnonzero(here & (legs.from_host == host))
        if legs.encrypted[there].any():  # those are known by their keys; what hasn't them may come from the same phone
            return None
        unheard = there[legs.from_port[there] == 0]
        if len(unheard):
            return int(unheard[0]) if len(unheard) == 1 else None
        silent = tick - legs.heard_at >= _SILENT_TICKS
        if len(there):
            return int(there[0]) if len(there) == 1 and silent[there[0]] else None
        perhaps = np.flatnonzero(here & ~legs.encrypted & (legs.other_host == host) & ~legs.heard & silent)
        return self._knocking(int(perhaps[0]), key, packets) if len(perhaps) == 1 else None

    def _knocking(self, row: int, key: int, packets: int) -> int | None:
        """The row, once there were enough packets from this address and no other."""
        former, before = self._knocks.get(row, (key, 0))
        packets += before if former == key else 0
        self._knocks[row] = key, packets
        return row if packets >= _KNOCKS else None
