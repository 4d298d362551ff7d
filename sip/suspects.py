"""Targets that have failed lately: they are tried last for a while (RFC 3263 §4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sip.effects import Peer

SUSPECTED: Final = 300.0
"""Seconds; less when anything is heard from it."""
LONGEST: Final = 600.0
MOST: Final = 1000


class Suspects:
    def __init__(self) -> None:
        self._until: dict[tuple[str, str, int], float] = {}

    def add(self, peer: Peer, now: float, seconds: float | None = None) -> None:
        """``seconds``: what it has said itself, which counts up to :data:`LONGEST`."""
        self._until.pop(_place(peer), None)
        self._until[_place(peer)] = now + (SUSPECTED if seconds is None else min(seconds, LONGEST))
        if len(self._until) > MOST:
            del self._until[next(iter(self._until))]  # the oldest

    def clear(self, peer: Peer) -> None:
        """It has answered something."""
        if self._until:
            self._until.pop(_place(peer), None)

    def last(self, peers: tuple[Peer, ...], now: float) -> tuple[Peer, ...]:
        """In their order, but the suspects behind the others."""
        if not self._until:
            return peers
        return tuple(sorted(peers, key=lambda peer: self._until.get(_place(peer), now) > now))


def _place(peer: Peer) -> tuple[str, str, int]:
    """Not the name: whoever answers has none."""
    return peer.transport, peer.host, peer.port
