"""The paths of sound: an offer, an answer and a pair of ports become a stream of the bridge.

The one place that sees an SDP and a codec at once.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from mixer.bridge.ports import PortsExhausted, Whereabouts
from mixer.bridge.protocol import AddLeg, ChangeMedia, RemoveLeg
from mixer.encryption import encryption_of
from mixer.line import MediaPath
from mixer.negotiation import Exchange, capabilities_of, codecs_of, media_of, read_offer
from mixer.reachability import parsed
from sip.effects import Peer
from sip.errors import RemoteError

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from mixer.bridge.client import Link
    from mixer.bridge.ports import PortPool
    from mixer.bridge.protocol import Media
    from mixer.line import Line
    from mixer.settings import MixerSettings
    from sip.crypto import Policy
    from sip.offer import Negotiated

_log = logging.getLogger(__name__)


class MediaPaths:
    """``address_for`` tells which address of ours a peer should send its sound to; ``policy_for`` whether the sound of
    a peer, or of a trunk, is encrypted."""

    def __init__(
        self,
        settings: MixerSettings,
        bridge: Link,
        ports: PortPool,
        address_for: Callable[[Peer], str],
        random: Random,
        policy_for: Callable[[Peer, str | None], Policy] = lambda peer, trunk: "off",
    ) -> None:
        self._capabilities = capabilities_of(codecs_of(settings.codecs))
        self._automatic_gain = settings.automatic_gain
        self._bridge = bridge
        self._ports = ports
        self._address_for = address_for
        self._sip_ports = frozenset(at.port for at in settings.listeners)
        self._random = random
        self._policy_for = policy_for
        self._cname = f"{random.getrandbits(64):016x}@{settings.domain}"
        self._out_of_ports = False

    def policies(self, peer: Peer, trunk: str | None) -> tuple[Policy, ...]:
        """How sound may be offered to a phone, one after the other until it agrees."""
        policy = self._policy_for(peer, trunk)
        return ("optional", "required", "off") if policy == "optional" else (policy,)

    def offer(self, line: Line, peer: Peer, policy: Policy, public_host: str | None = None) -> bytes:
        """Ours, to a phone that has said nothing of its sound yet: it goes over the version of IP of its signalling.

        Raises RemoteError or PortsExhausted.
        """
        path = line.path = self._open(peer, None, Whereabouts(public_host=public_host), policy)
        return path.exchange.offer()

    def answer(self, line: Line, peer: Peer, offer: bytes, trunk: str | None = None) -> bytes:
        """To the offer of a call that has arrived: it is heard, and sent sound from :meth:`confirm` on.

        Raises RemoteError or PortsExhausted.
        """
        policy = self._policy_for(peer, trunk)
        negotiated = read_offer(offer, self._capabilities, self._address_for(peer), policy)
        media = media_of(negotiated, line.source)
        path = line.path = self._open(peer, media, _whereabouts(media), policy)
        sdp, negotiated = path.exchange.answer(offer)
        self._connect(line, path, negotiated, confirmed=False)
        return sdp

    def confirm(self, line: Line) -> None:
        """The ACK has come, so our answer has reached who it was for.

        An INVITE alone may bear anybody's address, to which we would send a hundred times as much.
        """
        if line.unconfirmed is not None:
            self._tell(line, line.unconfirmed)
            line.unconfirmed = None

    def accept(self, line: Line, path: MediaPath, answer: bytes, offer: bytes | None = None) -> None:
        """The answer to our last offer, or to ``offer``: its sound flows so from now on.  Raises RemoteError."""
        self._connect(line, path, path.exchange.accept(answer, offer))

    def renew(self, line: Line, path: MediaPath, offer: bytes | None) -> bytes:
        """What answers a re-INVITE; our offer where it has none.  Raises RemoteError, and leaves the path as it is."""
        if offer is None:
            return path.exchange.offer()
        sdp, negotiated = path.exchange.answer(offer)
        self._connect(line, path, negotiated)
        return sdp

    def anew(self, path: MediaPath, peer: Peer, trunk: str | None = None) -> MediaPath:
        """The same port for another phone, which has descriptions of its own, and keys of its own.  RemoteError."""
        if (":" in peer.host) != path.port.ipv6:
            raise RemoteError(488, "The sound of a call stays with its version of IP")
        here, _, _ = self._address_for(peer).partition("%")
        session, policy = self._random.getrandbits(31), self._policy_for(peer, trunk)
        return MediaPath(path.port, Exchange(self._capabilities, here, path.port.port, session, policy))

    def pause(self, line: Line) -> None:
        """Nothing is sent to the phone, and nobody hears it."""
        if line.media is not None:
            self._tell(line, replace(line.media, sending=False, receiving=False))

    def close(self, line: Line) -> None:
        """Nothing happens where there is none."""
        if line.media is not None:
            self._bridge.send(RemoveLeg(line.number))
        if line.path is not None:
            self._ports.release(line.path.port)

    def _open(self, peer: Peer, media: Media | None, where: Whereabouts, policy: Policy) -> MediaPath:
        """Over the version of IP that the phone wants its sound by, if it has said so, or else signals by.

        Raises PortsExhausted, and logs it until there are ports again: callers may be many.  RemoteError(488) for a
        version that we don't listen on.
        """
        ipv6 = ":" in peer.host if media is None else _is_ipv6(media)
        if not self._ports.speaks(ipv6=ipv6):
            raise RemoteError(488, f"Sound goes over {'IPv4' if ipv6 else 'IPv6'} only")
        try:
            port = self._ports.take(where, ipv6=ipv6)
        except PortsExhausted as error:
            if not self._out_of_ports:
                _log.error("%s", error)
            self._out_of_ports = True
            raise
        self._out_of_ports = False
        if media is not None and ipv6 != (":" in peer.host):
            peer = replace(peer, host=media.remote.host)
        here, _, _ = self._address_for(peer).partition("%")  # of a link-local address others need another scope
        session = self._random.getrandbits(31)
        return MediaPath(port, Exchange(self._capabilities, here, port.port, session, policy))

    def _connect(self, line: Line, path: MediaPath, negotiated: Negotiated, *, confirmed: bool = True) -> None:
        """Tells the bridge how the leg's sound travels, from now on.  RemoteError(488) when it can't travel so."""
        media = media_of(negotiated, line.source, line.media)
        now, pair = self._bridge.current_tick(), negotiated.crypto
        media = replace(media, encryption=encryption_of(pair, now, line.media, sending=media.sending))
        line.unconfirmed = None  # who says more, has had our answer
        if media == line.media:  # a session that is refreshed, not changed
            return
        if _is_ipv6(media) != path.port.ipv6:
            raise RemoteError(488, "The sound of a call stays with its version of IP")
        if self._is_ours(media):
            raise RemoteError(488, "Sound for us is not sent to ourselves")
        if not self._ports.confirm(path.port, _whereabouts(media)):
            media = replace(media, other_host=None)  # several are behind that one; what they state may be true
            if not self._ports.confirm(path.port, _whereabouts(media)):
                raise RemoteError(488, "Another call has this media address")
        if not confirmed:
            line.unconfirmed, media = media, replace(media, sending=False)
        self._tell(line, media)

    def _tell(self, line: Line, media: Media) -> None:
        path = line.path
        assert path is not None  # who has sound, has a port
        if line.media is not None:
            self._bridge.send(ChangeMedia(line.number, media))
        else:
            ssrc = self._random.getrandbits(32)
            self._bridge.send(AddLeg(line.number, path.port.socket, media, ssrc, self._cname, self._automatic_gain))
        line.media = media

    def _is_ours(self, media: Media) -> bool:
        """Whether it is a port of our own: what we sent there would come back to us as another call's sound."""
        host, port = media.public_host or media.remote.host, media.remote.port
        if port not in self._sip_ports and not self._ports.has(port):
            return False
        address = parsed(host)
        return (address is not None and address.is_loopback) or self._address_for(Peer("udp", host, port)) == host


def _is_ipv6(media: Media) -> bool:
    return ":" in (media.public_host or media.remote.host)


def _whereabouts(media: Media) -> Whereabouts:
    return Whereabouts(media.remote, media.public_host, media.other_host)
