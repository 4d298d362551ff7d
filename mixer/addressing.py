"""Where to call somebody now: the phone that has registered, the fixed URI, or through a trunk."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote

from mixer.reachability import behind_nat, other_host, parsed
from mixer.rules.addresses import Address, FixedUri, OutsideNumber, addresses
from mixer.rules.numbers import same_number
from sip.errors import RemoteError
from sip.headers import NameAddr
from sip.targets import Unresolved
from sip.uri import Uri, escape_user

if TYPE_CHECKING:
    from mixer.rules.model import Person
    from mixer.settings import TrunkRoute
    from mixer.whom import Fitting
    from sip.effects import Peer
    from sip.registrar import Binding


@dataclass(frozen=True, slots=True)
class Destination:
    """Everything an INVITE needs to get there."""

    target: Uri
    peers: tuple[Peer, ...]
    """In the order in which they are tried."""
    public_host: str | None = None
    """The phone is behind a NAT, or may be, and then its sound will come from this host."""
    route: tuple[Uri, ...] = ()
    caller: NameAddr | None = None
    """Who we are to them, where it is not what we are to our phones."""
    headers: tuple[tuple[str, str], ...] = ()
    username: str | None = None
    password: str | None = field(default=None, repr=False)


class Unreachable(Exception):
    """There is no way to this person now: ``reason`` is one line for the journal."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


Resolve = Callable[[Uri], Awaitable[tuple["Peer", ...]]]
"""Where a URI leads (:meth:`sip.io.resolver.Resolver.targets`); raises :class:`sip.targets.Unresolved`."""


class Directory(Protocol):
    """Whom we may call at all."""

    def by_number(self, number: str) -> Person | None: ...

    def by_uri(self, uri: Uri) -> Person | None: ...

    def look_up(self, texts: Sequence[str], among: Sequence[Person] | None = None) -> list[Fitting]:
        """Whom each text fits, of these people or of all: a number, a whole name, or any part of either."""


def registered(bindings: Sequence[Binding]) -> Destination:
    """The phone of an account; the first of its bindings, the latest, counts.  Raises Unreachable without any."""
    if not bindings:
        raise Unreachable("no phone is registered")
    binding = bindings[0]
    if binding.path:
        return Destination(binding.contact, (binding.hop,), route=binding.path)
    stated, source = binding.contact.host, binding.source.host
    outside = source if behind_nat(stated, source) else other_host(stated, source)
    return Destination(binding.contact, (binding.source,), outside)


async def fixed(text: str, lookup: Resolve) -> Destination:
    """Raises Unreachable."""
    try:
        target = Uri.parse(text)
    except RemoteError:
        raise Unreachable(f"{text} is no SIP URI") from None
    peers = await _found(target, lookup)
    host = peers[0].host
    return Destination(target, peers, None if is_private(host) else host)


async def through(
    trunk: TrunkRoute, route: tuple[Uri, ...], number: str, caller: NameAddr, lookup: Resolve
) -> Destination:
    """A number outside; ``caller`` is who we are.  Raises Unreachable.

    Where the trunk's registrar has given us a ``route`` (RFC 3608), its first hop is where the call goes.
    """
    provider = Uri.parse(trunk.uri)
    target = provider.with_(user=escape_user(rewritten(number, trunk.rewrite)))
    peers = await _found(route[0] if route else provider, lookup)
    from_, headers = identity(trunk, provider, caller)
    return Destination(target, peers, None, route, from_, headers, trunk.username, trunk.password)


async def _found(uri: Uri, lookup: Resolve) -> tuple[Peer, ...]:
    try:
        return await lookup(uri)
    except Unresolved as error:
        raise Unreachable(error.reason) from None


def identity(trunk: TrunkRoute, provider: Uri, caller: NameAddr) -> tuple[NameAddr, tuple[tuple[str, str], ...]]:
    """Our From, and what asserts our number beside it (RFC 3325), as the provider wants it.

    Who has given us a login knows us in its own domain; an exchange without one sees ours.
    """
    shown = caller if trunk.username is None else NameAddr(caller.uri.with_(host=provider.host), caller.display)
    if trunk.caller_id != "asserted":
        return shown, ()
    login = shown.uri.user if trunk.username is None else escape_user(trunk.username)
    return NameAddr(shown.uri.with_(user=login), caller.display), (("P-Asserted-Identity", str(shown)),)


def rewritten(number: str, rules: tuple[tuple[str, str], ...]) -> str:
    """As the provider wants it: without the signs that people write between digits, the longest prefix replaced."""
    dialled = number.translate(_SEPARATORS) if _WRITTEN.fullmatch(number) else number
    fitting = [(prefix, by) for prefix, by in rules if dialled.startswith(prefix)]
    if not fitting:
        return dialled
    prefix, by = max(fitting, key=lambda rule: len(rule[0]))
    return by + dialled.removeprefix(prefix)


_SEPARATORS = str.maketrans("", "", "-.() ")
_WRITTEN = re.compile(r"[+0-9*#\-.() ]+")


def allowed(contact: Uri, ours: Collection[str], directory: Directory) -> Address | None:
    """Where a redirection may lead a call that we pay for: to whom the directory names, as it names them.

    ``ours`` are the hosts that mean us, in lower case.  None: it leads elsewhere.
    """
    if contact.scheme in ("sip", "sips") and (person := directory.by_uri(contact)) is not None:
        return next(address for address in addresses(person) if isinstance(address, FixedUri))
    if contact.scheme != "tel" and contact.host.lower() not in ours:
        return None
    number = unquote(contact.user or "")
    person = directory.by_number(number) if number else None
    if person is None:
        return None
    everywhere = addresses(person)
    outside = (each for each in everywhere if isinstance(each, OutsideNumber) and same_number(each.number, number))
    return next(outside, everywhere[0])


def is_address(host: str) -> bool:
    return parsed(host) is not None


def is_private(host: str) -> bool:
    """Whether it is an address that is reached from inside alone; a name is not."""
    address = parsed(host)
    return address is not None and not address.is_global  # a carrier's and some VPNs' too (RFC 6598)
