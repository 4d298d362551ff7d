"""Where the phones of our accounts can be reached (RFC 3261 §10.3)."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final, NotRequired, Protocol, TypedDict

from sip.effects import Peer
from sip.errors import RemoteError
from sip.grammar import parse_number
from sip.headers import NameAddr
from sip.message import MAX_SECONDS, Request, Response, respond
from sip.next_hop import next_hop
from sip.uri import Uri

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MIN_EXPIRES: Final = 60
MAX_EXPIRES: Final = 3600
DEFAULT_EXPIRES: Final = 300
MAX_PATH: Final = 8
MAX_BINDINGS: Final = 10
"""Of one account.  One more takes the place of the one that ends first: some phones have a new port at each start."""
_MANY: Final = 1000
"""Addresses that phones had before: as many more than can count are kept until they are cleared away."""


class Accounts(Protocol):
    """Who may register here."""

    def password(self, user: str) -> str | None:
        """None for a user who has no account."""


@dataclass(frozen=True, slots=True)
class Binding:
    contact: Uri
    source: Peer
    """Where its REGISTER came from: the way to a phone behind a NAT."""
    expires: float
    """On the agent's clock."""
    call_id: str
    cseq: int
    path: tuple[Uri, ...] = ()
    """The proxies between us and the phone, the nearest to us first (RFC 3327): a call goes by all of them."""

    @property
    def hop(self) -> Peer:
        """Where a call to this phone goes first: never another host than the REGISTER came from.

        A phone that could name any would have us call whatever it registers through whoever trusts our address.
        """
        hop = next_hop(self.path[0], self.source) if self.path else self.source
        return hop if hop.host == self.source.host else self.source


class StoredBinding(TypedDict):
    """A binding as JSON has it.  ``remaining``: seconds it had left when it was stored."""

    account: str
    contact: str
    transport: str
    host: str
    port: int
    remaining: float
    call_id: str
    cseq: int
    path: NotRequired[list[str]]


class Registrar:
    def __init__(self) -> None:
        self._bindings: dict[str, tuple[Binding, ...]] = {}
        self._heard: dict[Peer | str, float] = {}
        """Until when a binding counts that came from this address, and from this host."""

    def knows(self, source: Peer | str, now: float) -> bool:
        """Whether a phone of ours has registered from this address, or from this host."""
        return self._heard.get(source, now) > now

    def bindings(self, user: str, now: float) -> tuple[Binding, ...]:
        """The latest first."""
        return tuple(binding for binding in self._bindings.get(user, ()) if binding.expires > now)

    def count(self, now: float) -> tuple[int, int]:
        """Accounts with a phone that is registered, and such phones."""
        phones = [len(self.bindings(user, now)) for user in self._bindings]
        return sum(n > 0 for n in phones), sum(phones)

    def account_at(self, contact: Uri, now: float) -> str | None:
        """Whose phone has registered this contact."""
        place = contact.user, contact.host.lower(), contact.port
        for user in self._bindings:
            for binding in self.bindings(user, now):
                known = binding.contact
                if place == (known.user, known.host.lower(), known.port):
                    return user
        return None

    def sources(self, now: float) -> Iterator[Peer]:
        """Where the phones that are registered now have written from."""
        return (binding.source for _, binding in self._current(now))

    def behind_nat(self, now: float) -> Iterator[Peer]:
        """Where phones are reached by datagrams that something on the way has to be kept open for (RFC 5626 §3.5)."""
        for _, binding in self._current(now):
            source, contact = binding.source, binding.contact
            if source.transport == "udp" and (contact.host, contact.port or 5060) != (source.host, source.port):
                yield source

    def register(self, request: Request, account: str, source: Peer, tag: str, now: float) -> Response:
        """The answer to a REGISTER that ``account`` has proven to be its own: all of its changes are made, or none."""
        if request.wildcard_contact:
            kept = self._without_all(request, account, now)
        else:
            kept = self.bindings(account, now)
            for contact in request.contacts:
                expires = _expires(contact, request)
                if 0 < expires < MIN_EXPIRES:
                    return respond(request, 423, to_tag=tag, headers=[("Min-Expires", str(MIN_EXPIRES))])
                kept = _with(kept, _binding(contact, min(expires, MAX_EXPIRES), request, source, now), now)
        self._bindings[account] = kept
        self._note(kept, now)
        contacts = [("Contact", _print(binding, now)) for binding in kept]
        # §5.3: a phone that does not know of Path is not shown one; the proxies on the way are heeded all the same.
        path = request.headers.get_all("Path") if "path" in map(str.lower, request.tokens("Supported")) else ()
        return respond(request, 200, to_tag=tag, headers=[*contacts, *(("Path", hop) for hop in path)])

    def dump(self, now: float) -> list[StoredBinding]:
        """All bindings, so that they survive a restart."""
        return [
            StoredBinding(
                account=account,
                contact=str(binding.contact),
                transport=binding.source.transport,
                host=binding.source.host,
                port=binding.source.port,
                remaining=binding.expires - now,
                call_id=binding.call_id,
                cseq=binding.cseq,
                path=[str(hop) for hop in binding.path],
            )
            for account, binding in self._current(now)
        ]

    def load(self, stored: Iterable[StoredBinding], now: float, age: float) -> None:
        """What :meth:`dump` gave, ``age`` seconds ago by a clock that goes on.  ValueError for anything else."""
        bindings: dict[str, tuple[Binding, ...]] = {}
        for item in stored:
            try:
                account, binding = item["account"], _load(item, now - max(age, 0))
            except (KeyError, TypeError, RemoteError) as error:
                raise ValueError(f"no stored binding: {item!r}") from error
            bindings[account] = (*bindings.get(account, ()), binding)
            self._note((binding,), now)
        self._bindings = bindings

    def _current(self, now: float) -> Iterator[tuple[str, Binding]]:
        return ((account, binding) for account in self._bindings for binding in self.bindings(account, now))

    def _note(self, bindings: tuple[Binding, ...], now: float) -> None:
        for binding in bindings:
            for source in (binding.source, binding.source.host):
                self._heard[source] = max(binding.expires, self._heard.get(source, now))
        if len(self._heard) > 2 * MAX_BINDINGS * len(self._bindings) + _MANY:
            self._heard = {source: until for source, until in self._heard.items() if until > now}

    def _without_all(self, request: Request, account: str, now: float) -> tuple[Binding, ...]:
        """``Contact: *`` (§10.3 item 6)."""
        if request.expires != 0:
            raise RemoteError(400, "Contact * without Expires 0")
        for binding in self.bindings(account, now):
            _check_order(binding, request)
        return ()


def _binding(contact: NameAddr, expires: int, request: Request, source: Peer, now: float) -> Binding:
    if contact.uri.scheme not in ("sip", "sips"):
        raise RemoteError(400, "Contact is no SIP URI")
    number, path = request.cseq.number, _path(request)
    return Binding(contact.uri.with_(headers=()), source, now + expires, request.call_id, number, path)


def _path(request: Request) -> tuple[Uri, ...]:
    hops = request.addresses("Path")
    if len(hops) > MAX_PATH:
        raise RemoteError(400, "Too many Path headers")
    return tuple(hop.uri for hop in hops)


def _with(bindings: tuple[Binding, ...], new: Binding, now: float) -> tuple[Binding, ...]:
    others = []
    for binding in bindings:
        if binding.contact.equivalent(new.contact):
            _check_order(binding, new)
        else:
            others.append(binding)
    if new.expires <= now:
        return tuple(others)
    if len(others) == MAX_BINDINGS:
        others.remove(min(others, key=lambda binding: binding.expires))
    return (new, *others)


def _check_order(binding: Binding, newer: Request | Binding) -> None:
    """§10.3 items 6 and 7: a request that was overtaken by a later one changes nothing."""
    number = newer.cseq if isinstance(newer, Binding) else newer.cseq.number
    if binding.call_id == newer.call_id and number <= binding.cseq:
        raise RemoteError(500, "CSeq out of order")


def _expires(contact: NameAddr, request: Request) -> int:
    asked = contact.param("expires")
    number = None if asked is None else parse_number(asked, MAX_SECONDS)
    if number is None:
        number = request.expires
    return DEFAULT_EXPIRES if number is None else number


def _print(binding: Binding, now: float) -> str:
    return str(NameAddr(binding.contact).with_param("expires", str(ceil(binding.expires - now))))


def _load(item: StoredBinding, stored_at: float) -> Binding:
    source = Peer(item["transport"], item["host"], item["port"])
    path = tuple(map(Uri.parse, item.get("path", ())))
    contact, until = Uri.parse(item["contact"]), stored_at + item["remaining"]
    return Binding(contact, source, until, item["call_id"], item["cseq"], path)
