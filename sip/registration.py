"""Our registration at a trunk: got, kept, and given back (RFC 3261 §10.2)."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from sip.challenged import MAX_CHALLENGES, Login, with_credentials
from sip.deeds import Ask, Deed
from sip.effects import Trunk
from sip.errors import RemoteError
from sip.grammar import parse_number
from sip.headers import CSeq, NameAddr
from sip.message import MAX_SECONDS, Headers, Request, Response, retry_after

if TYPE_CHECKING:
    from sip.effects import Peer
    from sip.origin import Origin
    from sip.settings import TrunkSettings
    from sip.uri import Uri

EXPIRES: Final = 600
"""What we ask for, in seconds, unless they want us to ask for more."""
LONGEST_EXPIRES: Final = 86_400
SHORTEST_WAIT: Final = 5.0
LONGEST_WAIT: Final = 600.0
REFRESH_AT: Final = 0.8
"""Of what was granted."""
SHORTEST_REFRESH: Final = 1.0
SILENCE: Final = 3.0
"""Seconds that an address may say nothing while there is another one."""

# These will not change by asking again: a person has to.
_HOPELESS: Final = frozenset({401, 403, 404, 407})


class State(Enum):
    IDLE = auto()  # not wanted, or no address of the trunk is known
    ASKING = auto()
    REGISTERED = auto()
    WAITING = auto()  # until the next attempt
    LEAVING = auto()


class Registration:
    def __init__(self, trunk: TrunkSettings, origin: Origin) -> None:
        self.trunk = trunk
        self.state = State.IDLE
        self._origin = origin
        self._wanted = False
        self.peers: tuple[Peer, ...] = ()
        """Its addresses, the one to ask first."""
        self._call_id = origin.token()
        self._from_tag = origin.token()
        self._cseq = 0
        self._request: Request | None = None
        self._realm: str | None = None
        self._peer: Peer | None = None
        """Whom the last one went to."""
        self._left: tuple[Peer, ...] = ()
        self._expires = EXPIRES
        self._challenges = 0
        self._failures = 0
        self._deadline: float | None = None

    def __repr__(self) -> str:
        return f"<Registration {self.trunk.name} {self.state.name.lower()}, next at {self._deadline}>"

    # inputs

    def start(self, now: float) -> list[Deed]:
        self._wanted = True
        return self._begin(now) if self.state in (State.IDLE, State.WAITING) else []

    def resolved(self, peers: tuple[Peer, ...], now: float) -> list[Deed]:
        """The trunk's addresses, the best first.  What waited for them starts.

        The one that has our registration stays the first, if it is there still: the others may not know of it.
        """
        at = self._peer
        self.peers = tuple(sorted(peers, key=lambda peer: peer != at)) if self.state is State.REGISTERED else peers
        waits = self.state is State.IDLE or (self.state is State.WAITING and at not in peers)
        return self._begin(now) if self._wanted and waits else []

    def stop(self, now: float) -> list[Deed]:
        self._wanted = False
        if self.state not in (State.REGISTERED, State.ASKING):  # ASKING may be a refresh
            self._rest(State.IDLE)
            return []
        self._rest(State.LEAVING)
        self._expires = self._challenges = 0
        return self._ask(self._build(), now)

    def receive(self, request: Request, response: Response, now: float) -> list[Deed]:
        if request is not self._request or response.status < 200:
            return []
        if response.status in (401, 407) and (retry := self._authenticated(request, response)):
            self._challenges += 1
            self._cseq = retry.cseq.number
            return self._ask(retry, now)
        if self.state is State.LEAVING:
            self._rest(State.IDLE)
            return [Trunk(self.trunk.name, registered=False, detail="unregistered")]
        if response.status == 423 and (longer := _min_expires(response)) > EXPIRES == self._expires:
            self._expires, self._challenges = longer, 0  # once: who means it says how long the first time
            return self._ask(self._build(), now)
        if response.status < 300:
            return self._granted(response, now)
        if response.status == 503 and self._left:
            return self._ask_next(now)
        return self._failed(response.status, response.reason, retry_after(response) or 0, now)

    def unanswered(self, request: Request, status: int, now: float) -> list[Deed]:
        if request is not self._request:
            return []
        if self.state is State.LEAVING:
            self._rest(State.IDLE)
            return []
        if self._left:
            return self._ask_next(now)
        reason = "no answer" if status == 408 else "cannot be reached"
        return self._failed(status, reason, 0, now)

    def tick(self, now: float) -> list[Deed]:
        if self._deadline is None or now < self._deadline:
            return []
        return self._ask_next(now) if self.state is State.ASKING else self._begin(now)

    def deadline(self) -> float | None:
        return self._deadline

    # machinery

    def _begin(self, now: float) -> list[Deed]:
        if not self.peers:
            self._rest(State.IDLE)
            return []
        self._left = self.peers
        return self._ask_next(now)

    def _ask_next(self, now: float) -> list[Deed]:
        """The first of the addresses that this round has not asked yet."""
        self._peer, *left = self._left
        self._left = tuple(left)
        self._rest(State.ASKING)
        self._challenges = 0
        return self._ask(self._build(), now)

    def _ask(self, request: Request, now: float) -> list[Deed]:
        assert self._peer is not None
        self._request = request
        if self.state is State.ASKING:
            self._deadline = now + SILENCE if self._left else None
        return [Ask(request, self._peer)]

    def _granted(self, response: Response, now: float) -> list[Deed]:
        # No more than we asked for (§10.3): a trunk that grants a century would never hear of us again if it forgets.
        granted = min(self._seconds_granted(response), self._expires)
        if not granted:
            return self._failed(response.status, "for no time at all", 0, now)
        self._failures = 0
        self._rest(State.REGISTERED, now + max(REFRESH_AT * granted, SHORTEST_REFRESH))
        detail = f"{response.status} {response.reason}"
        return [Trunk(self.trunk.name, True, detail, _service_route(response), self._realm, self._deadline)]

    def _failed(self, status: int, reason: str, retry_after: int, now: float) -> list[Deed]:
        doubled = LONGEST_WAIT if status in _HOPELESS else SHORTEST_WAIT * 2.0 ** min(self._failures, 10)
        jittered = doubled * self._origin.random.uniform(0.75, 1.25)  # many clients of a restarted trunk, not at once
        wait = min(max(jittered, float(retry_after), SHORTEST_WAIT), LONGEST_WAIT)
        self._failures += 1
        self._expires = EXPIRES
        self._rest(State.WAITING, now + wait)
        return [Trunk(self.trunk.name, registered=False, detail=f"{status} {reason}", next_try=self._deadline)]

    def _rest(self, state: State, until: float | None = None) -> None:
        self.state = state
        self._deadline = until

    def _authenticated(self, request: Request, response: Response) -> Request | None:
        trunk = self.trunk
        if self._challenges == MAX_CHALLENGES or trunk.username is None or trunk.password is None:
            return None
        again = with_credentials(request, response, Login(trunk.username, trunk.password), self._origin)
        if again is None:
            self._realm = None
            return None
        retry, login = again
        self._realm = login.realm
        return retry

    def _build(self) -> Request:
        self._cseq += 1
        peer, trunk, user = self._peer, self.trunk, self.trunk.user
        assert peer is not None
        record = NameAddr(
            trunk.uri.with_(user=user, port=None, params=(), headers=())
        )  # an address of record has no port
        fields = [
            ("Via", self._origin.via(peer)),
            ("Max-Forwards", "70"),
            ("From", str(record.with_tag(self._from_tag))),
            ("To", str(record)),
            ("Call-ID", self._call_id),
            ("CSeq", str(CSeq(self._cseq, "REGISTER"))),
            ("Contact", self._origin.contact(peer, user, sips=trunk.uri.scheme == "sips")),
            ("Expires", str(self._expires)),
            ("Supported", "path"),
            *self._origin.agent(),
        ]
        return Request("REGISTER", trunk.uri.with_(user=None, headers=()), Headers(fields))

    def _seconds_granted(self, response: Response) -> int:
        """What the 200 says of our Contact (§10.2.4), else of all, else what we asked for."""
        own = NameAddr.parse(self._request.headers.get("Contact") or "") if self._request is not None else None
        for contact in response.contacts:
            if own is not None and contact.uri.hostport == own.uri.hostport:
                number = parse_number(contact.param("expires") or "", MAX_SECONDS)
                if number is not None:
                    return number
        return self._expires if response.expires is None else response.expires


def _min_expires(response: Response) -> int:
    """Up to :data:`LONGEST_EXPIRES`: a trunk that is content with nothing less is not asked again and again."""
    try:
        return min(response.seconds("Min-Expires") or 0, LONGEST_EXPIRES)
    except RemoteError:
        return 0


def _service_route(response: Response) -> tuple[Uri, ...]:
    """RFC 3608 §5: kept as it came.  One that can't be read is none."""
    try:
        return tuple(hop.uri for hop in response.addresses("Service-Route"))
    except RemoteError:
        return ()
