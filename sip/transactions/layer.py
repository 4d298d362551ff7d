"""All transactions of an agent: whose a message is (RFC 3261 §17.1.3, §17.2.3), and when each is to be woken."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sip.effects import Peer, Send
from sip.message import Request, Response
from sip.timers import Schedule, TimerValues
from sip.transactions.client import Client
from sip.transactions.invite_client import InviteClient
from sip.transactions.invite_server import InviteServer
from sip.transactions.machine import Deliver, Failed, Outcome, State, Transmit
from sip.transactions.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

CAPACITY: Final = 10_000
"""Server transactions of all owners."""
CAPACITY_OF_ONE: Final = 1_000
"""Transactions of one owner: keys sent by INFO, twenty a second, are 640 in the 32 s that each is remembered."""
_COOKIE: Final = "z9hG4bK"

Key = tuple[str, ...]
"""Names a transaction.  A client's has two parts, so none can be mistaken for a server's."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A response to a request of ours."""

    owner: str
    request: Request
    response: Response
    source: Peer


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Nobody answered a request of ours (408), or it could not be sent (503)."""

    owner: str
    request: Request
    status: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The ACK of a 2xx of ours, with the branch of its INVITE: it should have its own, not all have."""

    owner: str
    ack: Request


@dataclass(frozen=True, slots=True)
class Released:
    """The last transaction of ``owner`` is over."""

    owner: str


Report = Send | Reply | Unanswered | Acknowledged | Released


class TransactionLayer:
    """``owner`` is the user's own name for what a transaction serves.  Drain :attr:`reports` after each input."""

    def __init__(self, values: TimerValues, capacity: int = CAPACITY) -> None:
        self.reports: deque[Report] = deque()
        self._values = values
        self._capacity = capacity
        self._clients: dict[Key, Client] = {}
        self._servers: dict[Key, Server | InviteServer] = {}
        self._invites: dict[Key, Key] = {}
        """Server transactions of INVITEs by what names a request wherever it has come along (§8.2.2.2)."""
        self._merge_keys: dict[Key, Key] = {}
        """The other way round."""
        self._owners: dict[Key, str] = {}
        self._counts: Counter[str] = Counter()
        self._by_connection: dict[Peer, dict[Key, None]] = {}
        """Those that a connection carries, in their order: strangers may open and close a thousand of them a second."""
        self._schedule: Schedule[Key] = Schedule()

    def __len__(self) -> int:
        return len(self._owners)

    @property
    def full(self) -> bool:
        """Whether a stranger's request is one too many.  Our own are always sent: they serve what was let in before."""
        return len(self._servers) >= self._capacity

    def crowded(self, owner: str) -> bool:
        """Whether one more request of theirs is one too many for this owner."""
        return self._counts[owner] >= CAPACITY_OF_ONE

    @property
    def unanswered(self) -> int:
        """Client transactions without a final response."""
        waiting = (State.TRYING, State.CALLING, State.PROCEEDING)
        return sum(transaction.state in waiting for transaction in self._clients.values())

    def peers(self) -> Iterator[Peer]:
        """Where the messages of each transaction go."""
        return (transaction.peer for part in (self._clients, self._servers) for transaction in part.values())

    def serves(self, owner: str) -> bool:
        return owner in self._counts

    def deadline(self) -> float | None:
        return self._schedule.next()

    # client side

    def send(self, request: Request, peer: Peer, owner: str, now: float) -> None:
        """A new client transaction.  An ACK has none: it goes out as it is."""
        transaction = (InviteClient if request.method == "INVITE" else Client)(request, peer, self._values, now)
        key = _client_key(request)
        self._clients[key] = transaction
        self._own(key, owner)
        self._settle(key, transaction.start(), peer)

    def receive_response(self, response: Response, source: Peer, now: float) -> None:
        """A response that belongs to nothing is dropped (RFC 6026 §7.2)."""
        key = _client_key(response)
        transaction = self._clients.get(key)
        if transaction is not None and len(response.vias) == 1:  # §8.1.3.3: more than ours, and it was not for us
            self._settle(key, transaction.receive(response, now), source)

    def let_go(self, invite: Request, now: float) -> None:
        """Nobody waits for the answer to an INVITE any more, but if there is one, its owner has to know."""
        key = _client_key(invite)
        transaction = self._clients.get(key)
        if isinstance(transaction, InviteClient):
            self._settle(key, transaction.let_go(now), transaction.peer)

    # server side

    def absorb(self, request: Request, source: Peer, now: float) -> bool:
        """Whether ``request`` belongs to a server transaction that is here already, and is thereby dealt with."""
        key = server_key(request)
        transaction = self._servers.get(key)
        if transaction is None:
            return False
        self._settle(key, transaction.receive(request, now), source)
        return True

    def merged(self, request: Request) -> bool:
        """Whether the same INVITE is being served that has come along another path (§8.2.2.2)."""
        known = self._invites.get(_merge_key(request))
        if known is None or known == server_key(request):
            return False
        return self._servers[known].state in (State.PROCEEDING, State.ACCEPTED)

    def open(self, request: Request, source: Peer, owner: str, now: float) -> Key:
        """A new server transaction; its responses go where RFC 3261 §18.2.2 and RFC 3581 say."""
        key = server_key(request)
        peer = response_peer(request, source)
        self._servers[key] = (InviteServer if request.method == "INVITE" else Server)(peer, self._values, now)
        if request.method == "INVITE":
            merge_key = self._merge_keys[key] = _merge_key(request)
            self._invites[merge_key] = key
        self._own(key, owner)
        return key

    def respond(self, key: Key, response: Response, now: float) -> None:
        transaction = self._servers.get(key)
        if transaction is not None:
            self._settle(key, transaction.send(response, now), transaction.peer)

    def forget(self, key: Key) -> None:
        """A server transaction that nobody has to be answered in any more."""
        if key in self._servers:
            self._forget(key)

    def owner_of_cancelled(self, cancel: Request) -> str | None:
        """Whose INVITE a CANCEL is for (§9.2)."""
        return self._owners.get((*server_key(cancel)[:-1], "INVITE"))

    # time and transport

    def tick(self, now: float) -> None:
        while key := self._schedule.pop_due(now):
            transaction = self._find(key)
            self._settle(key, transaction.tick(now), transaction.peer)

    def transport_failed(self, peer: Peer, now: float) -> None:
        """Nothing gets through to ``peer``: known at once instead of after 64*T1."""
        if peer.transport == "udp":
            failed = [key for key in self._owners if self._find(key).peer == peer]
        else:
            failed = list(self._by_connection.get(peer, ()))
        for key in failed:
            self._settle(key, self._find(key).transport_failed(now), peer)

    # machinery

    def _find(self, key: Key) -> Client | Server | InviteServer:
        return self._clients[key] if key in self._clients else self._servers[key]

    def _own(self, key: Key, owner: str) -> None:
        self._owners[key] = owner
        self._counts[owner] += 1
        if (peer := self._find(key).peer).transport != "udp":
            self._by_connection.setdefault(peer, {})[key] = None

    def _settle(self, key: Key, outcomes: list[Outcome], source: Peer) -> None:
        transaction = self._find(key)
        for outcome in outcomes:
            match outcome:
                case Transmit(data):
                    self.reports.append(Send(data, transaction.peer))
                case Deliver(Response() as response) if isinstance(transaction, Client):
                    self.reports.append(Reply(self._owners[key], transaction.request, response, source))
                case Deliver(Request() as ack):
                    self.reports.append(Acknowledged(self._owners[key], ack))
                case Failed(status) if isinstance(transaction, Client):
                    self.reports.append(Unanswered(self._owners[key], transaction.request, status))
                case Failed():
                    pass  # our answer did not get through: they will ask again, or have gone
        if transaction.state is State.TERMINATED:
            self._forget(key)
        else:
            self._schedule.set(key, transaction.deadline())

    def _forget(self, key: Key) -> None:
        self._schedule.set(key, None)
        peer = self._find(key).peer
        if carried := self._by_connection.get(peer):
            carried.pop(key, None)
            if not carried:
                del self._by_connection[peer]
        self._clients.pop(key, None)
        self._servers.pop(key, None)
        merge_key = self._merge_keys.pop(key, None)
        if merge_key is not None and self._invites.get(merge_key) == key:
            del self._invites[merge_key]
        owner = self._owners.pop(key)
        self._counts[owner] -= 1
        if not self._counts[owner]:
            del self._counts[owner]
            self.reports.append(Released(owner))


def response_peer(request: Request, source: Peer) -> Peer:
    """Where responses to ``request`` go (§18.2.2; RFC 3581 §4).

    The address is always the one it came from: the Via may say where an attacker would like our answers to go.
    """
    if source.transport != "udp":
        return source  # the connection it came over
    via = request.via
    return source if via.wants_rport else Peer("udp", source.host, via.port or 5060)


def server_key(request: Request) -> Key:
    via = request.via
    method = "INVITE" if request.method == "ACK" else request.method
    branch = via.branch
    if branch is not None and branch.startswith(_COOKIE) and branch != _COOKIE:
        return ("", branch, via.host.lower(), str(via.port), method)
    return (*_merge_key(request), str(request.uri), str(via), method)  # RFC 2543, §17.2.3


def _client_key(message: Request | Response) -> Key:
    return (message.via.branch or "", message.cseq.method)


def _merge_key(request: Request) -> Key:
    return (request.call_id, request.from_.tag or "", str(request.cseq.number))
