"""What goes out at a tick: one RTP packet to each leg that is to be sent one, grouped by socket.

Sequence number and timestamp are functions of the tick and the SSRC, so another bridge goes on where this one stopped.
The headers stand ready; from one tick to the next a single addition makes them those of the next packets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from media.jitter import FRAME
from media.rtp import HEADER_OCTETS, Moving, write_fixed
from media.wire import Datagrams, endpoints
from mixer.bridge.sending import Sending, spans

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from media.rtp import Integers
    from media.wire import Wire
    from mixer.bridge.encrypted import Encrypted
    from mixer.bridge.legs import Legs

_MIX = 2654435761  # Knuth's multiplicative hash: neighbouring SSRCs begin far from each other


def timestamp_of(ssrc: Integers, step: Integers, tick: int) -> Integers:
    """The RTP timestamp of the packet that a tick sends, modulo 2**32; ``step`` is what the clock counts in a tick."""
    return (ssrc * _MIX >> 8) + step * tick & 0xFFFFFFFF


def sequence_of(ssrc: Integers, tick: int) -> Integers:
    return (ssrc * _MIX >> 16) + tick & 0xFFFF


class Outbound:
    """The packets of all legs, wired to the kernel's structures."""

    payload: npt.NDArray[np.uint8]
    """(legs, 160): what each leg hears at this tick, to be written in place; of shorter ones the first octets."""

    def __init__(self, legs: Legs, encrypted: Encrypted) -> None:
        self._legs = legs
        self._encrypted = encrypted
        self._counted = np.zeros(len(legs), np.int64)  # packets sent to each leg until these legs were derived,
        self._sends = 0  # and to each of those that are sent one since
        self._tick = -1  # of the last packets
        self._sent = np.zeros(len(legs), np.bool_)  # who got one of them
        self._sending = Sending()
        self._wire()

    def enlarge(self) -> None:
        """The legs have more rows."""
        more = len(self._legs) - len(self._sent)
        self._counted = np.r_[self._counted, np.zeros(more, np.int64)]
        self._sent = np.r_[self._sent, np.zeros(more, np.bool_)]
        self._wire()

    def clear(self, row: int) -> None:
        """Another leg is to use the row."""
        self._count()
        self._counted[row] = 0
        self._sent[row] = False

    def derive(self) -> None:
        """The legs have changed."""
        self._count()
        legs = self._legs
        rows = np.flatnonzero(legs.sending & ~legs.stopped & (legs.to_port > 0))
        self._rows = rows = rows[np.argsort(legs.socket[rows], kind="stable")]
        self._datagrams.endpoint[rows] = endpoints(
            legs.to_host[rows].astype(np.uint32), legs.to_port[rows].astype(np.uint16)
        )
        ipv6 = rows[legs.ipv6[rows]]
        if len(ipv6):
            self._datagrams.put_ipv6(ipv6, legs.hosts.words(legs.to_host[ipv6]), legs.to_port[ipv6])
        self._datagrams.resize(rows, HEADER_OCTETS + legs.octets[rows])
        plain = rows[~legs.encrypted[rows]]
        self._datagrams.arrange(plain)
        write_fixed(self._datagrams.payload, legs.ssrc)
        self._sending.divide(spans(legs.socket[plain]))
        self._encrypted.derive(rows, self._datagrams)
        self._next = -1  # the tick for which one addition is enough

    def sent(self, rows: npt.NDArray[np.intp]) -> Integers:
        """Packets sent to each of these legs."""
        self._count()
        return self._counted[rows]

    def write(self, tick: int) -> None:
        """Make the headers of this tick.

        The marker bit says that the packet follows upon a pause (RFC 3551 §4.1).
        """
        if tick != self._next or not self._moving.move():
            self._write_anew(tick)
        self._tick, self._next = tick, tick + 1

    def send(self, wire: Wire, descriptors: Mapping[int, int]) -> None:
        """Give them to the kernel; ``descriptors`` by socket number."""
        self._sending.send(wire, self._datagrams, descriptors)
        if self._encrypted:
            self._encrypted.send(wire, descriptors, self._tick)
        self._sends += 1

    def _wire(self) -> None:
        self._datagrams = Datagrams(len(self._legs), HEADER_OCTETS + FRAME)
        self.payload = self._datagrams.payload[:, HEADER_OCTETS:]
        self._rows = np.zeros(0, np.intp)
        self.derive()

    def _count(self) -> None:
        self._counted[self._rows] += self._sends
        self._sends = 0

    def _write_anew(self, tick: int) -> None:
        legs = self._legs
        sent = np.zeros(len(legs), np.bool_)
        sent[self._rows] = True
        marker = sent & ~self._sent if tick == self._tick + 1 else sent
        self._sent = sent
        self._moving = Moving(
            self._datagrams.payload,
            legs.payload_type,
            marker,
            np.where(legs.encrypted, tick - legs.index_since, sequence_of(legs.ssrc, tick)),
            timestamp_of(legs.ssrc, legs.clock_step, tick),
            legs.clock_step,
        )
