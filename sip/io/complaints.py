"""What the log says of those with whom there is no connection: once, until it changes, for all will be tried again."""

from __future__ import annotations

import logging
import os
import ssl
from typing import TYPE_CHECKING, Final

from sip.io.tls import identities
from sip.throttle import Buckets, Rate, source_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sip.effects import Peer

_log = logging.getLogger(__name__)

_REMEMBERED: Final = 4096
CALLERS: Final = Rate(0.2, 20)
"""Lines about those who have come to us: whoever has many addresses is not to fill the disk."""


class Complaints:
    def __init__(self) -> None:
        self._told: dict[Peer | str, str] = {}
        self._callers: Buckets[None] = Buckets(CALLERS)

    def failed(self, peer: Peer, error: Exception) -> None:
        """To connect to ``peer``: TimeoutError, OSError (of which ssl.SSLError is one), or ValueError."""
        match error:
            case TimeoutError():
                if self._is_news(peer, "it does not answer"):
                    _log.warning("no connection to %s: it does not answer", peer)
            case ssl.SSLCertVerificationError():
                why = error.verify_message
                if self._is_news(peer, f"its certificate is not trusted: {why}"):
                    _log.warning("no connection to %s: its certificate is not trusted (%s)", peer, why)
            case ssl.SSLError():
                why = error.reason or str(error)
                if self._is_news(peer, why):
                    _log.warning("no connection to %s: no TLS with it (%s)", peer, why)
            case _:
                why = _reason(error)
                if self._is_news(peer, why):
                    _log.warning("no connection to %s: %s", peer, why)

    def another(self, peer: Peer, name: str, certificate: Mapping[str, object]) -> None:
        """Whoever answers there is not ``name``."""
        bearers = ", ".join(identities(certificate)) or "—"
        if self._is_news(peer, f"its certificate is for {bearers}, not for {name}"):
            _log.warning("no connection to %s: its certificate is for %s, not for %s", peer, bearers, name)

    def caller(self, host: str, error: OSError, now: float) -> None:
        """It may be a telephone that wants another certificate, or a stranger who tries ports: once, whatever it is."""
        source = source_of(host)
        if source not in self._told and self._callers.take(None, now) and self._is_news(source, ""):
            why = error.reason if isinstance(error, ssl.SSLError) else None
            _log.warning("no TLS with %s, which has come to us (%s)", host, why or _reason(error))

    def last(self, peer: Peer) -> str | None:
        """Why there is no connection to ``peer``; None where there is one, or nobody has tried."""
        return self._told.get(peer)

    def settled(self, peer: Peer) -> None:
        self._told.pop(peer, None)

    def _is_news(self, whom: Peer | str, told: str) -> bool:
        if self._told.get(whom) == told:
            return False
        if len(self._told) == _REMEMBERED:
            self._told.clear()
        self._told[whom] = told
        return True


def _reason(error: Exception) -> str:
    """In the words of the C library, where it has any: asyncio's begin with "Connect call failed"."""
    return os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
