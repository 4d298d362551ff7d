"""Something for the translators and firewalls between us and a phone on hold, so that they remember who talks to whom.

A leg that is sent no sound would be forgotten after half a minute by some (RFC 4787 §4.3 asks for two).  An empty
datagram from the RTP port (RFC 6263 §4.1) keeps the way open: phones drop it, and it is no packet of the stream, whose
sequence numbers it leaves alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from media.wire import Datagrams

if TYPE_CHECKING:
    from collections.abc import Mapping

    from media.wire import Wire
    from mixer.bridge.legs import Legs

TURNS = 75
"""Of as many calls of :meth:`KeepAlive.send`, 200 ms apart, each leg has one: every 15 s, as RFC 6263 has it."""


class KeepAlive:
    def __init__(self, legs: Legs) -> None:
        self._legs = legs
        self._turn = 0
        self._empty = Datagrams(1, 1)
        self._empty.resize(0, 0)

    def send(self, wire: Wire, descriptors: Mapping[int, int]) -> None:
        """To those on hold whose turn it is; ``descriptors`` by socket number."""
        legs = self._legs
        self._turn = (self._turn + 1) % TURNS
        held = np.flatnonzero((legs.number >= 0) & ~legs.sending & ~legs.unproven & (legs.to_port > 0))
        for row in held[held % TURNS == self._turn].tolist():
            self._empty.put_address(0, legs.host_name(row, int(legs.to_host[row])), int(legs.to_port[row]))
            if (descriptor := descriptors.get(int(legs.socket[row]))) is not None:
                wire.send(descriptor, self._empty, range(1))
