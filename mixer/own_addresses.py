"""Our own addresses as others should see them: in signalling, and for sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixer.addressing import is_address, is_private
from sip.uri import comparable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mixer.settings import MixerSettings
    from sip.effects import Peer


class OwnAddresses:
    """``inside`` tells the address and port of ours that a peer of our own network sees."""

    def __init__(self, settings: MixerSettings, inside: Callable[[Peer], tuple[str, int]]) -> None:
        self.settings = settings
        """May be replaced by newer ones."""
        self._inside = inside

    def seen_by(self, peer: Peer) -> tuple[str, int]:
        """Address and port as this peer should see them: an external one for those outside, else what leads there."""
        host, port = self._inside(peer)
        if is_private(peer.host) or not is_address(peer.host):
            return host, port
        same = (address for address in self.settings.external_addresses if (":" in address) == (":" in peer.host))
        return next(same, host), port

    def names(self) -> frozenset[str]:
        """The hosts besides our domain by which a URI may mean us, as :func:`sip.uri.comparable` spells them."""
        listeners = (at.host for at in self.settings.listeners)
        return frozenset(map(comparable, (*listeners, *self.settings.external_addresses)))

    def for_sound(self) -> Iterator[str]:
        """Sound comes and goes where the signalling does: of each version of IP at one address, or at all of them."""
        for version, everywhere in ((4, "0.0.0.0"), (6, "::")):  # noqa: S104  several listeners: sound comes to any
            hosts = {at.host for at in self.settings.listeners if (":" in at.host) == (version == 6)}
            if hosts:
                yield hosts.pop() if len(hosts) == 1 else everywhere
