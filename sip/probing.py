"""Whether a trunk is there: it is asked by OPTIONS now and then (RFC 3261 §11.1), and any answer counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sip.deeds import Ask, Deed
from sip.effects import TrunkAlive
from sip.headers import CSeq, NameAddr
from sip.message import Headers, Request, Response

if TYPE_CHECKING:
    from sip.effects import Peer
    from sip.origin import Origin
    from sip.settings import TrunkSettings

PATIENCE: Final = 3.0
"""Seconds until an answer to OPTIONS counts as missing; then the next address is asked."""
FIRST_AGAIN: Final = 5.0
"""Seconds after which a trunk that does not answer is asked again, doubled each time up to the usual interval."""
_NOT_THERE: Final = frozenset({408, 503})
"""What a proxy says of a trunk that it can't reach, or that has no strength left."""


class Probe:
    """Tells once how things stand, and then each time that this changes."""

    def __init__(self, trunk: TrunkSettings, seconds: float, origin: Origin) -> None:
        self.peers: tuple[Peer, ...] = ()
        self._trunk = trunk
        self._seconds = seconds
        self._origin = origin
        self._wanted = False
        self._call_id = origin.token()
        self._cseq = 0
        self._asking: Request | None = None
        self._left: tuple[Peer, ...] = ()
        """Addresses that this round has not asked yet."""
        self._failures = 0
        self._alive: bool | None = None
        self._deadline: float | None = None

    def start(self, now: float) -> list[Deed]:
        self._wanted = True
        return self._begin(now) if self._asking is None else []

    def resolved(self, peers: tuple[Peer, ...], now: float) -> list[Deed]:
        anew = set(peers) != set(self.peers)
        self.peers = peers
        return self._begin(now) if self._wanted and anew else []

    def stop(self, now: float) -> list[Deed]:
        self._wanted, self._asking, self._deadline = False, None, None
        return []

    def receive(self, request: Request, response: Response, now: float) -> list[Deed]:
        if request is not self._asking or response.status < 200:
            return []
        line = f"{response.status} {response.reason}"
        return self._nothing(line, now) if response.status in _NOT_THERE else self._there(line, now)

    def unanswered(self, request: Request, status: int, now: float) -> list[Deed]:
        return self._nothing(_silence(status), now) if request is self._asking else []

    def tick(self, now: float) -> list[Deed]:
        if self._deadline is None or now < self._deadline:
            return []
        return self._begin(now) if self._asking is None else self._nothing(_silence(408), now)

    def deadline(self) -> float | None:
        return self._deadline

    def _begin(self, now: float) -> list[Deed]:
        if not self.peers:
            return []
        self._left = self.peers
        return self._ask_next(now)

    def _ask_next(self, now: float) -> list[Deed]:
        peer, *left = self._left
        self._left = tuple(left)
        self._asking = self._options(peer)
        self._deadline = now + PATIENCE
        return [Ask(self._asking, peer)]

    def _there(self, detail: str, now: float) -> list[Deed]:
        self._failures = 0
        return self._rest(True, detail, now + self._seconds)

    def _nothing(self, detail: str, now: float) -> list[Deed]:
        if self._left:
            return self._ask_next(now)
        wait = min(FIRST_AGAIN * 2.0 ** min(self._failures, 10), self._seconds)
        self._failures += 1
        return self._rest(False, detail, now + wait * self._origin.random.uniform(0.75, 1.25))

    def _rest(self, alive: bool, detail: str, until: float) -> list[Deed]:
        changed, self._alive = self._alive is not alive, alive
        self._asking, self._deadline = None, until
        return [TrunkAlive(self._trunk.name, alive, detail)] if changed else []

    def _options(self, peer: Peer) -> Request:
        self._cseq += 1
        return options(self._trunk, peer, self._origin, self._call_id, self._cseq)


def options(trunk: TrunkSettings, peer: Peer, origin: Origin, call_id: str, number: int) -> Request:
    server = trunk.uri.with_(user=None, headers=())
    fields = [
        ("Via", origin.via(peer)),
        ("Max-Forwards", "70"),
        ("From", str(NameAddr(server.with_(user=trunk.user, params=())).with_tag(origin.token()))),
        ("To", str(NameAddr(server.with_(params=())))),
        ("Call-ID", call_id),
        ("CSeq", str(CSeq(number, "OPTIONS"))),
        ("Contact", origin.contact(peer, trunk.user)),
        ("Accept", "application/sdp"),
        *origin.agent(),
    ]
    return Request("OPTIONS", server, Headers(fields))


def _silence(status: int) -> str:
    return "no answer" if status == 408 else "cannot be reached"
