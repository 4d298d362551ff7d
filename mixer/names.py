"""The addresses of SIP hosts: asked for once by all who need one, believed for a while, kept while nobody answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from mixer.addressing import Resolve, Unreachable, resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from sip.effects import Peer
    from sip.uri import Uri

BELIEVED: Final = 300.0
"""Seconds.  At the hour a thousand calls go to one trunk, and its name is looked up once."""
KEPT: Final = 3600.0
"""Seconds for which a name server that fails changes nothing."""

_Name = tuple[str, int | None]


class Names:
    """``await names(uri)`` is the address of the URI's host; raises Unreachable."""

    def __init__(self, clock: Callable[[], float], lookup: Resolve = resolve) -> None:
        self._clock = clock
        self._lookup = lookup
        self._known: dict[_Name, tuple[Peer, float]] = {}
        """And when it was found."""
        self._asking: dict[_Name, asyncio.Task[None]] = {}

    async def __call__(self, uri: Uri) -> Peer:
        name = (uri.host.lower(), uri.port)
        peer = self._found(name, BELIEVED)
        if peer is None:
            asking = self._asking.get(name) or self._ask(name, uri)
            await asyncio.shield(asking)  # who hangs up meanwhile leaves the question to the others
            peer = self._found(name, KEPT)
        if peer is None:
            raise Unreachable(f"the name {uri.host} has no address")
        return peer

    def _found(self, name: _Name, age: float) -> Peer | None:
        peer, at = self._known.get(name, (None, 0.0))
        return peer if self._clock() - at < age else None

    def _ask(self, name: _Name, uri: Uri) -> asyncio.Task[None]:
        asking = self._asking[name] = asyncio.create_task(self._learn(name, uri))
        return asking

    async def _learn(self, name: _Name, uri: Uri) -> None:
        try:
            self._known[name] = await self._lookup(uri), self._clock()
        except Unreachable:
            pass  # whoever asked sees what is still known
        finally:
            del self._asking[name]
