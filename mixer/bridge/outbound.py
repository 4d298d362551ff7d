"""What goes out at a tick: one RTP packet to each leg that is to be sent one, grouped by socket.

Sequence number and timestamp are functions of the tick and the SSRC, so another bridge goes on where this one stopped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from media.jitter import FRAME
from media.rtp import HEADER_OCTETS, write_fixed, write_moving
from media.wire import Datagrams, endpoints

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from media.rtp import Integers
    from media.wire import Wire
    from mixer.bridge.legs import Legs

_MIX = 2654435761  # Knuth's multiplicative hash: neighbouring SSRCs begin far from each other


def timestamp_of(ssrc: Integers, tick: int) -> Integers:
    """The RTP timestamp of the packet that a tick sends, modulo 2**32."""
    return (ssrc * _MIX >> 8) + FRAME * tick & 0xFFFFFFFF


def sequence_of(ssrc: Integers, tick: int) -> Integers:
    return (ssrc * _MIX >> 16) + tick & 0xFFFF


class Outbound:
    """The packets of all legs, wired to the kernel's structures; rows are legs in the order of their sockets."""

    def __init__(self, legs: Legs) -> None:
        self._legs = legs
        self.sent = np.zeros(len(legs), np.int64)
        """Packets sent to each leg."""
        self._datagrams = Datagrams(len(legs), HEADER_OCTETS + FRAME)
        self._sent_at = np.full(len(legs), -1, np.int64)  # the tick of the last packet
        self.derive()

    def enlarge(self) -> None:
        """The legs have more rows."""
        more = len(self._legs) - len(self.sent)
        self.sent = np.r_[self.sent, np.zeros(more, np.int64)]
        self._sent_at = np.r_[self._sent_at, np.full(more, -1, np.int64)]
        self._datagrams = Datagrams(len(self._legs), HEADER_OCTETS + FRAME)
        self.derive()

    def clear(self, row: int) -> None:
        """Another leg is to use the row."""
        self.sent[row] = 0
        self._sent_at[row] = -1

    def derive(self) -> None:
        """The legs have changed."""
        legs = self._legs
        rows = np.flatnonzero(legs.sending & (legs.to_port > 0))
        self._rows = rows = rows[np.argsort(legs.socket[rows], kind="stable")]
        self._datagrams.endpoint[: len(rows)] = endpoints(
            legs.to_host[rows].astype(np.uint32), legs.to_port[rows].astype(np.uint16)
        )
        ssrc = legs.ssrc[rows]
        self._sequence = sequence_of(ssrc, 0)
        self._timestamp = timestamp_of(ssrc, 0)
        self._payload_type = legs.payload_type[rows]
        write_fixed(self._datagrams.payload[: len(rows)], ssrc)
        sockets, first = np.unique(legs.socket[rows], return_index=True)
        ends = [*first[1:].tolist(), len(rows)]
        self._spans = list(zip(sockets.tolist(), map(range, first.tolist(), ends), strict=True))

    def write(self, tick: int, octets: npt.NDArray[np.uint8]) -> None:
        """Make the packets of this tick; row n of ``octets`` (all rows, 160) is what leg n hears.

        The marker bit says that the packet follows upon a pause (RFC 3551 §4.1).
        """
        rows, count = self._rows, len(self._rows)
        payload = self._datagrams.payload[:count]
        marker = self._sent_at[rows] != tick - 1
        write_moving(payload, self._payload_type, marker, self._sequence + tick, self._timestamp + FRAME * tick)
        payload[:, HEADER_OCTETS:] = octets[rows]
        self._sent_at[rows] = tick

    def send(self, wire: Wire, descriptors: Mapping[int, int]) -> None:
        """Give them to the kernel: one call for each socket; ``descriptors`` by socket number."""
        for socket, span in self._spans:
            if socket in descriptors:
                wire.send(descriptors[socket], self._datagrams, span)
        self.sent[self._rows] += 1
