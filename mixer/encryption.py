"""Which calls are encrypted (SRTP), and where in its streams a leg is: in ticks, which every bridge counts alike."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mixer.bridge.protocol import Encryption, Key
from mixer.settings import SRTP_AVAILABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from mixer.bridge.protocol import Media
    from mixer.settings import MixerSettings
    from sip.crypto import Crypto, CryptoPair, Policy
    from sip.effects import Peer

_LEAD: Final = 64  # a bridge may be behind the tick in which it is told
_PAUSE: Final = 500  # ticks: within them a bridge has heard that it is not to send any more


class Policies:
    """What holds for a call; ``local`` tells at which address and port of ours a peer reaches us."""

    def __init__(self, settings: MixerSettings, local: Callable[[Peer], tuple[str, int]]) -> None:
        self._settings = settings
        self._local = local

    def __call__(self, peer: Peer, trunk: str | None) -> Policy:
        """The trunk's, or that of the listener; the strictest where several may be meant."""
        if not SRTP_AVAILABLE:
            return "off"
        usual = self._settings.srtp
        if trunk is not None:
            route = next((route for route in self._settings.trunks if route.name == trunk), None)
            return usual if route is None else route.srtp or usual
        host, port = self._local(peer)
        there = [at for at in self._settings.listeners if at.transport == peer.transport]
        at_it = [at for at in there if at.port == port and (at.host == host or at.host in _EVERYWHERE)]
        found = {at.srtp or usual for at in at_it or there} or {usual}
        return next(policy for policy in _STRICTEST if policy in found)


_EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104  compared, not bound
_STRICTEST: Final[tuple[Policy, ...]] = ("required", "optional", "off")


def encryption_of(pair: CryptoPair | None, tick: int, before: Media | None, *, sending: bool) -> Encryption | None:
    """What the bridge is to do from now on, ``before`` being what it does.

    Our stream goes on as long as our key stays, and no index of it comes twice.  While nothing is sent it stands still:
    a phone that hears nothing for eleven minutes could not tell how often our sequence number has gone round.
    """
    if pair is None:
        return None
    ours, theirs = _key(pair.ours), _key(pair.theirs)
    known = None if before is None else before.encryption
    if known is None:
        return Encryption(ours, theirs, tick - _LEAD, tick - _LEAD, paused=None if sending else tick)
    if known.ours != ours:
        # Another stream, so its rounds begin anew; but its sequence numbers go on, for who plays what we send.
        passed = (tick - known.since) & 0xFFFF
        return Encryption(ours, theirs, tick - max(passed, _LEAD), tick, paused=None if sending else tick)
    known = replace(known, theirs=theirs)
    if known.paused is not None and sending:
        skipped = max(0, tick - known.paused - _PAUSE)
        return replace(known, since=known.since + skipped, paused=None)
    if known.paused is None and not sending:
        return replace(known, paused=tick)
    return known


def _key(crypto: Crypto) -> Key:
    return Key(crypto.suite, crypto.key, len(crypto.mki))
