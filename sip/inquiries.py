"""Whether a phone could be called now: it is asked once, by OPTIONS (RFC 3261 §11), and its answer told.

An answer has the status that an INVITE would have (§11.2), so any but those that say that nobody is there will do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sip.deeds import Ask, Deed
from sip.dialog import routed
from sip.effects import Inquired
from sip.headers import CSeq, NameAddr
from sip.message import Headers, Request, Response

if TYPE_CHECKING:
    from sip.effects import Peer
    from sip.origin import Origin
    from sip.uri import Uri

PATIENCE: Final = 3.0
"""Seconds until an answer counts as missing; then the next address is asked."""
_NOBODY: Final = frozenset({404, 408, 410, 480, 503, 604})
"""What the phone's own server says of one that it can't reach or doesn't know."""


@dataclass(slots=True)
class Inquiry:
    name: str
    """Also its Call-ID."""
    target: Uri
    caller: NameAddr
    route: tuple[Uri, ...]
    left: tuple[Peer, ...]
    """Addresses that were not asked yet."""
    asking: Request | None = None
    deadline: float | None = None
    """Of the agent's clock: when the next address is asked."""
    asked: list[Request] = field(default_factory=list)
    """A late answer counts too, as long as another one is waited for."""


class Inquiries:
    """Each is known by its name, until its answer has come or is not waited for any more."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._open: dict[str, Inquiry] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._open

    def begin(
        self, target: Uri, caller: NameAddr, peers: tuple[Peer, ...], route: tuple[Uri, ...], now: float
    ) -> tuple[str, list[Deed]]:
        """Its name, and what is to be done; ``peers``: in this order, never empty."""
        name = f"inquiry {self._origin.token()}"
        inquiry = self._open[name] = Inquiry(name, target, caller, route, peers)
        return name, self._ask(inquiry, now)

    def receive(self, name: str, request: Request, response: Response) -> list[Deed]:
        inquiry = self._open[name]
        if response.status < 200 or request not in inquiry.asked:
            return []
        return self._over(inquiry, response.status not in _NOBODY, f"{response.status} {response.reason}")

    def unanswered(self, name: str, request: Request, status: int, now: float) -> list[Deed]:
        inquiry = self._open[name]
        return self._nothing(inquiry, status, now) if request is inquiry.asking else []

    def tick(self, name: str, now: float) -> list[Deed]:
        inquiry = self._open[name]
        due = inquiry.deadline is not None and now >= inquiry.deadline
        return self._nothing(inquiry, 408, now) if due else []

    def deadline(self, name: str) -> float | None:
        return self._open[name].deadline if name in self._open else None

    def _nothing(self, inquiry: Inquiry, status: int, now: float) -> list[Deed]:
        if inquiry.left:
            return self._ask(inquiry, now)
        return self._over(inquiry, False, "no answer" if status == 408 else "cannot be reached")

    def _ask(self, inquiry: Inquiry, now: float) -> list[Deed]:
        peer, *left = inquiry.left
        inquiry.left, inquiry.deadline = tuple(left), now + PATIENCE
        inquiry.asking = self._options(inquiry, peer)
        inquiry.asked.append(inquiry.asking)
        return [Ask(inquiry.asking, peer)]

    def _over(self, inquiry: Inquiry, alive: bool, detail: str) -> list[Deed]:
        del self._open[inquiry.name]
        return [Inquired(inquiry.name, alive, detail)]

    def _options(self, inquiry: Inquiry, peer: Peer) -> Request:
        target, caller = inquiry.target, inquiry.caller
        uri, route = routed(target, tuple(map(NameAddr, inquiry.route)))
        fields = [
            ("Via", self._origin.via(peer)),
            ("Max-Forwards", "70"),
            *(("Route", str(hop)) for hop in route),
            ("From", str(caller.with_tag(self._origin.token()))),
            ("To", str(NameAddr(target.with_(params=(), headers=())))),
            ("Call-ID", inquiry.name.rpartition(" ")[2]),
            ("CSeq", str(CSeq(len(inquiry.asked) + 1, "OPTIONS"))),
            ("Contact", self._origin.contact(peer, caller.uri.user, sips=target.scheme == "sips")),
            ("Accept", "application/sdp"),
            *self._origin.agent(),
        ]
        return Request("OPTIONS", uri, Headers(fields))
