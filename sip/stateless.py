"""Answers for which nothing is kept, so that strangers cannot fill our memory (RFC 3261 §8.2.7)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from sip.effects import Peer, Send
from sip.errors import RemoteError
from sip.message import Fragment, Request, Response, respond
from sip.transactions.layer import response_peer, server_key

if TYPE_CHECKING:
    from collections.abc import Iterable

FACTOR: Final = 2
_OPTIONAL: Final = ("Allow", "Supported", "Accept", "Accept-Encoding", "Allow-Events", "Server")


class Stateless:
    """One answer to each request, never more: there is nothing here for those who forge their address."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.asked = 0
        """Octets of the message that is being answered."""

    def tag(self, request: Request) -> str:
        """The same for each repetition of a request, and nobody else can tell it."""
        named = "\0".join(server_key(request)).encode("utf-8", "surrogateescape")
        return hashlib.blake2s(named, key=self._secret, digest_size=12).hexdigest()

    def answer(
        self, request: Request, source: Peer, status: int, headers: Iterable[tuple[str, str]] = ()
    ) -> Send | None:
        return self.send(request, source, respond(request, status, to_tag=self.tag(request), headers=headers))

    def send(self, request: Request, source: Peer, response: Response) -> Send | None:
        return self._fitting(response, response_peer(request, source))

    def refuse(self, request: Request, source: Peer, error: RemoteError) -> Send | None:
        """None for an ACK, which nobody may answer."""
        if request.method == "ACK":
            return None
        later = [("Retry-After", "5")] if error.status == 503 else []
        response = respond(request, error.status, error.reason, to_tag=self.tag(request), headers=later)
        return self.send(request, source, response)

    def refuse_malformed(self, error: RemoteError, source: Peer) -> Send | None:
        """To where it came from, since its Via may be what is wrong; None where nothing can be answered."""
        return None if error.request is None else self._fitting(self._echo(error, error.request), source)

    def _fitting(self, response: Response, peer: Peer) -> Send | None:
        """At most twice what was sent to us, over UDP, whose senders can be forged: where that is too little, without
        what may be left out; None where it still is.  A request of 200 octets is shorter than any phone's."""
        most = FACTOR * self.asked
        data = bytes(response)
        if peer.transport == "udp" and len(data) > most:
            data = bytes(response.with_headers(response.headers.without(*_OPTIONAL)))
        return None if peer.transport == "udp" and len(data) > most else Send(data, peer)

    def _echo(self, error: RemoteError, fragment: Request | Fragment) -> Response:
        named = repr(tuple(fragment.headers)).encode("utf-8", "surrogateescape")
        tag = hashlib.blake2s(named, key=self._secret, digest_size=12).hexdigest()
        try:
            return respond(fragment, error.status, error.reason, to_tag=tag)
        except RemoteError:
            return respond(fragment, error.status, error.reason)  # its To cannot be read, so no tag can be added
