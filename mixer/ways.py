"""The ways of sound: an offer, an answer and a pair of ports become a stream of the bridge.

The one place that sees an SDP and a codec at once.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mixer.bridge.ports import PortsExhausted
from mixer.bridge.protocol import AddLeg, ChangeMedia, RemoveLeg
from mixer.line import Way
from mixer.negotiation import Exchange, capabilities_of, codecs_of, media_of, read_offer
from sip.errors import RemoteError

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from mixer.bridge.client import BridgeClient
    from mixer.bridge.ports import PortPool
    from mixer.bridge.protocol import Address
    from mixer.line import Line
    from mixer.settings import MixerSettings
    from sip.effects import Peer
    from sip.offer import Negotiated

_log = logging.getLogger(__name__)


class Ways:
    """``address_for`` tells which address of ours a peer should send its sound to."""

    def __init__(
        self,
        settings: MixerSettings,
        bridge: BridgeClient,
        ports: PortPool,
        address_for: Callable[[Peer], str],
        random: Random,
    ) -> None:
        self._capabilities = capabilities_of(codecs_of(settings.codecs))
        self._automatic_gain = settings.automatic_gain
        self._bridge = bridge
        self._ports = ports
        self._address_for = address_for
        self._random = random
        self._cname = f"{random.getrandbits(64):016x}@{settings.domain}"
        self._out_of_ports = False

    def offer(self, line: Line, peer: Peer, public_host: str | None = None) -> bytes:
        """Ours, to a phone that has said nothing of its sound yet.  Raises PortsExhausted."""
        way = line.way = self._open(peer, None, public_host)
        return way.exchange.offer()

    def answer(self, line: Line, peer: Peer, offer: bytes) -> bytes:
        """To the offer of a call that has arrived: its sound flows.  Raises RemoteError or PortsExhausted."""
        negotiated = read_offer(offer, self._capabilities, self._address_for(peer))
        media = media_of(negotiated, line.source)
        way = line.way = self._open(peer, media.remote, media.public_host)
        sdp, negotiated = way.exchange.answer(offer)
        self._connect(line, way, negotiated)
        return sdp

    def accept(self, line: Line, way: Way, answer: bytes, offer: bytes | None = None) -> None:
        """The answer to our last offer, or to ``offer``: its sound flows so from now on.  Raises RemoteError."""
        self._connect(line, way, way.exchange.accept(answer, offer))

    def renew(self, line: Line, way: Way, offer: bytes | None) -> bytes:
        """What answers a re-INVITE; our offer where it has none.  Raises RemoteError, and leaves the way as it is."""
        if offer is None:
            return way.exchange.offer()
        sdp, negotiated = way.exchange.answer(offer)
        self._connect(line, way, negotiated)
        return sdp

    def close(self, line: Line) -> None:
        """Nothing happens where there is none."""
        if line.media is not None:
            self._bridge.send(RemoveLeg(line.number))
        if line.way is not None:
            self._ports.release(line.way.port)

    def _open(self, peer: Peer, stated: Address | None, public_host: str | None) -> Way:
        """Raises PortsExhausted, and logs it until there are ports again: callers may be many."""
        try:
            port = self._ports.take(stated, public_host)
        except PortsExhausted as error:
            if not self._out_of_ports:
                _log.error("%s", error)
            self._out_of_ports = True
            raise
        self._out_of_ports = False
        session = self._random.getrandbits(31)
        return Way(port, Exchange(self._capabilities, self._address_for(peer), port.port, session))

    def _connect(self, line: Line, way: Way, negotiated: Negotiated) -> None:
        """Tells the bridge how the leg's sound travels, from now on.  RemoteError(488) when it can't travel so."""
        media = media_of(negotiated, line.source, line.media)
        if media == line.media:  # a session that is refreshed, not changed
            return
        if not self._ports.confirm(way.port, media.remote, media.public_host):
            raise RemoteError(488, "Another call has this media address")
        if line.media is not None:
            self._bridge.send(ChangeMedia(line.number, media))
        else:
            ssrc = self._random.getrandbits(32)
            self._bridge.send(AddLeg(line.number, way.port.socket, media, ssrc, self._cname, self._automatic_gain))
        line.media = media
