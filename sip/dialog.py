"""A dialog: what two agents remember of each other between the requests of one call (RFC 3261 §12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NotRequired, TypedDict

from sip.effects import Peer
from sip.errors import RemoteError
from sip.headers import CSeq, NameAddr
from sip.message import Headers, Request, Response
from sip.next_hop import next_hop
from sip.uri import Uri

if TYPE_CHECKING:
    from sip.origin import Origin


class StoredDialog(TypedDict):
    """What a BYE needs to know of a dialog, as JSON has it: for the process that comes after the one with the call."""

    call_id: str
    local: str
    remote: str
    target: str
    route: list[str]
    local_seq: int
    transport: str
    host: str
    port: int
    name: NotRequired[str | None]
    """Missing from what was stored before there was TLS."""


@dataclass(slots=True)
class Dialog:
    call_id: str
    local: NameAddr
    """With our tag."""
    remote: NameAddr
    """With their tag, which an RFC 2543 peer may not have."""
    target: Uri
    """The remote target: their Contact."""
    route: tuple[NameAddr, ...]
    """In the order of our requests; fixed for the dialog's life (§12.2)."""
    local_seq: int
    remote_seq: int | None
    peer: Peer
    """Where the next request goes."""
    heard: str | None = None
    """The host that they last wrote from to say where they are."""

    @classmethod
    def of_request(cls, request: Request, local_tag: str, source: Peer) -> Dialog:
        """As a UAS (§12.1.1).  RemoteError where the request cannot make a dialog."""
        target = _target(request)
        if target is None and request.from_.tag is None:  # RFC 2543, which needs neither
            target = request.from_.uri.with_(headers=())
        if target is None:
            raise RemoteError(400, "Missing Contact")
        local, remote = request.to.with_tag(local_tag), request.from_
        route = request.record_routes
        peer = next_hop(route[0].uri if route else target, source)
        return cls(request.call_id, local, remote, target, route, 0, request.cseq.number, peer, source.host)

    @classmethod
    def of_response(cls, request: Request, response: Response, source: Peer) -> Dialog:
        """As a UAC (§12.1.2).  A 2xx should have a Contact; without one they are where the request went."""
        target = _target(response) or request.uri
        route = response.record_routes[::-1]
        peer = next_hop(route[0].uri if route else target, source)
        local, remote = request.from_, response.to
        return cls(request.call_id, local, remote, target, route, request.cseq.number, None, peer, source.host)

    def dump(self) -> StoredDialog:
        return StoredDialog(
            call_id=self.call_id,
            local=str(self.local),
            remote=str(self.remote),
            target=str(self.target),
            route=[str(hop) for hop in self.route],
            local_seq=self.local_seq,
            transport=self.peer.transport,
            host=self.peer.host,
            port=self.peer.port,
            name=self.peer.name,
        )

    @classmethod
    def load(cls, stored: StoredDialog) -> Dialog:
        """ValueError for what :meth:`dump` did not make."""
        try:
            return cls(
                str(stored["call_id"]),
                NameAddr.parse(stored["local"]),
                NameAddr.parse(stored["remote"]),
                Uri.parse(stored["target"]),
                tuple(NameAddr.parse(hop) for hop in stored["route"]),
                int(stored["local_seq"]),
                None,
                Peer(stored["transport"], stored["host"], int(stored["port"]), stored.get("name")),
            )
        except (KeyError, TypeError, AttributeError, RemoteError) as error:
            raise ValueError(f"no stored dialog: {stored!r}") from error

    def follow(self, request: Request) -> None:
        """Take note of a request of theirs; RemoteError(500) for one out of order (§12.2.2)."""
        number = request.cseq.number
        if self.remote_seq is not None and number < self.remote_seq:
            raise RemoteError(500, "CSeq out of order")
        self.remote_seq = number

    def is_with(self, source: Peer) -> bool:
        """Whether ``source`` is a host of theirs, as far as we know."""
        return source.host in (self.heard, self.peer.host)

    def refresh(self, message: Request | Response, source: Peer) -> None:
        """A target refresh (§12.2): an INVITE inside the dialog, which may come from a new place."""
        target = _target(message)
        if target is not None:
            self.heard = source.host
            self.target = target
            self.peer = self._way_to(target, source)

    def leads_away(self, request: Request, source: Peer) -> bool:
        """Whether ``request`` would have what we send go to another host than it comes from itself."""
        return self._way_to(_target(request) or self.target, source).host != source.host

    @property
    def astray(self) -> bool:
        """Whether our requests go to another host than the one that has asked for that."""
        return self.peer.host != self.heard

    def request(self, method: str, origin: Origin, headers: list[tuple[str, str]], body: bytes = b"") -> Request:
        """The next request (§12.2.1.1)."""
        self.local_seq += 1
        return self._build(CSeq(self.local_seq, method), origin, headers, body)

    def ack(self, invite: Request, origin: Origin) -> Request:
        """The ACK of a 2xx: the INVITE's number, its credentials, a branch of its own (§13.2.2.4)."""
        credentials = list(invite.headers.only("Authorization", "Proxy-Authorization"))
        return self._build(CSeq(invite.cseq.number, "ACK"), origin, credentials)

    def _way_to(self, target: Uri, source: Peer) -> Peer:
        return next_hop(self.route[0].uri if self.route else target, source)

    def _build(self, cseq: CSeq, origin: Origin, headers: list[tuple[str, str]], body: bytes = b"") -> Request:
        uri, route = routed(self.target, self.route)
        fields = [
            ("Via", origin.via(self.peer)),
            *(("Route", str(hop)) for hop in route),
            ("Max-Forwards", "70"),
            ("From", str(self.local)),
            ("To", str(self.remote)),
            ("Call-ID", self.call_id),
            ("CSeq", str(cseq)),
            *headers,
            *origin.agent(),
        ]
        return Request(cseq.method, uri, Headers(fields), body)


def routed(target: Uri, route: tuple[NameAddr, ...]) -> tuple[Uri, tuple[NameAddr, ...]]:
    """The Request-URI and the Route (§12.2.1.1)."""
    if not route or route[0].uri.param("lr") is not None:
        return target, route
    first, *rest = route  # a strict router: it finds itself in the Request-URI, and whom we mean behind it
    return first.uri.with_(headers=()), (*rest, NameAddr(target))


def _target(message: Request | Response) -> Uri | None:
    contacts = message.contacts
    return contacts[0].uri.with_(headers=()) if contacts else None
