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
from sip.message import MAX_SECONDS, Headers, Request, Response
from sip.uri import escape_user

if TYPE_CHECKING:
    from sip.effects import Peer
    from sip.origin import Origin
    from sip.settings import TrunkSettings

EXPIRES: Final = 600
"""What we ask for, in seconds, unless they want us to ask for more."""
LONGEST_EXPIRES: Final = 86_400
SHORTEST_WAIT: Final = 5.0
LONGEST_WAIT: Final = 600.0
REFRESH_AT: Final = 0.8
"""Of what was granted."""

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
        self._expires = EXPIRES
        self._challenges = 0
        self._failures = 0
        self._deadline: float | None = None

    def __repr__(self) -> str:
        return f"<Registration {self.trunk.name} {self.state.name.lower()}, next at {self._deadline}>"

    # inputs

    def start(self) -> list[Deed]:
        self._wanted = True
        return self._begin() if self.state in (State.IDLE, State.WAITING) else []

    def resolved(self, peers: tuple[Peer, ...]) -> list[Deed]:
        """The trunk's addresses, the best first.  What waited for them starts."""
        self.peers = peers
        return self._begin() if self._wanted and self.state is State.IDLE else []

    def stop(self) -> list[Deed]:
        self._wanted = False
        if self.state not in (State.REGISTERED, State.ASKING):  # ASKING may be a refresh
            self._rest(State.IDLE)
            return []
        self._rest(State.LEAVING)
        self._expires = self._challenges = 0
        return self._ask(self._build())

    def receive(self, request: Request, response: Response, now: float) -> list[Deed]:
        if request is not self._request or response.status < 200:
            return []
        if response.status in (401, 407) and (retry := self._authenticated(request, response)):
            self._challenges += 1
            self._cseq = retry.cseq.number
            return self._ask(retry)
        if self.state is State.LEAVING:
            self._rest(State.IDLE)
            return [Trunk(self.trunk.name, registered=False, detail="unregistered")]
        if response.status == 423 and (longer := _min_expires(response)) > self._expires:
            self._expires = longer
            return self._ask(self._build())
        if response.status < 300:
            return self._granted(response, now)
        return self._failed(response.status, response.reason, _retry_after(response), now)

    def unanswered(self, request: Request, status: int, now: float) -> list[Deed]:
        if request is not self._request:
            return []
        self.peers = (*self.peers[1:], *self.peers[:1])  # the next address, next time
        if self.state is State.LEAVING:
            self._rest(State.IDLE)
            return []
        reason = "no answer" if status == 408 else "cannot be reached"
        return self._failed(status, reason, 0, now)

    def tick(self, now: float) -> list[Deed]:
        return self._begin() if self._deadline is not None and now >= self._deadline else []

    def deadline(self) -> float | None:
        return self._deadline

    # machinery

    def _begin(self) -> list[Deed]:
        if not self.peers:
            self._rest(State.IDLE)
            return []
        self._rest(State.ASKING)
        self._challenges = 0
        return self._ask(self._build())

    def _ask(self, request: Request) -> list[Deed]:
        self._request = request
        return [Ask(request, self.peers[0])]

    def _granted(self, response: Response, now: float) -> list[Deed]:
        # No more than we asked for (§10.3): a trunk that grants a century would never hear of us again if it forgets.
        granted = min(self._seconds_granted(response), self._expires)
        self._failures = 0
        self._rest(State.REGISTERED, now + max(REFRESH_AT * granted, SHORTEST_WAIT))
        return [Trunk(self.trunk.name, registered=True, detail=f"{response.status} {response.reason}")]

    def _failed(self, status: int, reason: str, retry_after: int, now: float) -> list[Deed]:
        doubled = LONGEST_WAIT if status in _HOPELESS else SHORTEST_WAIT * 2.0 ** min(self._failures, 10)
        jittered = doubled * self._origin.random.uniform(0.75, 1.25)  # many clients of a restarted trunk, not at once
        wait = min(max(jittered, float(retry_after), SHORTEST_WAIT), LONGEST_WAIT)
        self._failures += 1
        self._expires = EXPIRES
        self._rest(State.WAITING, now + wait)
        return [Trunk(self.trunk.name, registered=False, detail=f"{status} {reason}")]

    def _rest(self, state: State, until: float | None = None) -> None:
        self.state = state
        self._deadline = until

    def _authenticated(self, request: Request, response: Response) -> Request | None:
        trunk = self.trunk
        if self._challenges == MAX_CHALLENGES or trunk.username is None or trunk.password is None:
            return None
        return with_credentials(request, response, Login(trunk.username, trunk.password), self._origin)

    def _build(self) -> Request:
        self._cseq += 1
        peer, trunk = self.peers[0], self.trunk
        user = None if trunk.username is None else escape_user(trunk.username)
        record = NameAddr(trunk.uri.with_(user=user, params=(), headers=()))
        fields = [
            ("Via", self._origin.via(peer)),
            ("Max-Forwards", "70"),
            ("From", str(record.with_tag(self._from_tag))),
            ("To", str(record)),
            ("Call-ID", self._call_id),
            ("CSeq", str(CSeq(self._cseq, "REGISTER"))),
            ("Contact", self._origin.contact(peer, user)),
            ("Expires", str(self._expires)),
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


def _retry_after(response: Response) -> int:
    try:
        return response.seconds("Retry-After") or 0
    except RemoteError:
        return 0
