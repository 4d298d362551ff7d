"""Where to call a person: the phone that has registered, the fixed URI, or the trunk."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING

from sip.effects import Peer
from sip.errors import RemoteError
from sip.uri import Uri, escape_user

if TYPE_CHECKING:
    from mixer.model import Person
    from mixer.settings import TrunkRoute
    from sip.registrar import Binding

RESOLVE_SECONDS = 5.0
DEFAULT_PORT = 5060


@dataclass(frozen=True, slots=True)
class Destination:
    """Everything an INVITE needs to get there."""

    target: Uri
    peer: Peer
    username: str | None = None
    password: str | None = None
    public_host: str | None = None
    """The phone is behind a NAT, or may be, and then its sound will come from this host."""


class Unreachable(Exception):
    """There is no way to this person now: ``reason`` is one line for the journal."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


Resolve = Callable[[Uri], Awaitable[Peer]]


async def resolve(uri: Uri) -> Peer:
    """The address that a SIP URI's host has now.  Raises Unreachable when nobody knows it, or says so in time."""
    port = uri.port or DEFAULT_PORT
    if ":" in uri.host:
        raise Unreachable(f"{uri.host} is an IPv6 address, and only IPv4 is spoken yet")
    if is_address(uri.host):
        return Peer("udp", uri.host, port)
    lookup = asyncio.get_running_loop().getaddrinfo(uri.host, port, family=socket.AF_INET, type=socket.SOCK_DGRAM)
    try:
        found = await asyncio.wait_for(lookup, RESOLVE_SECONDS)
    except (OSError, TimeoutError, UnicodeError):  # UnicodeError: a label that is empty, or longer than 63 letters
        raise Unreachable(f"the name {uri.host} has no address") from None
    return Peer("udp", str(found[0][4][0]), port)


async def destination(
    person: Person, bindings: Sequence[Binding], trunks: Sequence[TrunkRoute], lookup: Resolve
) -> Destination:
    """How to call ``person`` now; the first of ``bindings``, the latest, counts.  Raises Unreachable."""
    if bindings:
        return _registered(bindings[0])
    if person.sip is not None:
        return await _fixed(person.sip, lookup)
    outside = person.numbers[1:] if person.password is not None else person.numbers
    if outside and trunks:
        return await _through(trunks[0], outside[0], lookup)
    raise Unreachable("no phone is registered" if person.password is not None else "no trunk for this number")


def _registered(binding: Binding) -> Destination:
    source = binding.source.host
    outside = source if behind_nat(binding.contact.host, source) else None
    return Destination(binding.contact, binding.source, public_host=outside)


async def _fixed(text: str, lookup: Resolve) -> Destination:
    try:
        target = Uri.parse(text)
    except RemoteError:
        raise Unreachable(f"{text} is no SIP URI") from None
    peer = await lookup(target)
    return Destination(target, peer, public_host=None if is_private(peer.host) else peer.host)


async def _through(trunk: TrunkRoute, number: str, lookup: Resolve) -> Destination:
    provider = Uri.parse(trunk.uri)
    return Destination(provider.with_(user=escape_user(number)), await lookup(provider), trunk.username, trunk.password)


def is_address(host: str) -> bool:
    return _address(host) is not None


def is_private(host: str) -> bool:
    """Whether it is an address that is reached from inside alone; a name is not."""
    address = _address(host)
    return address is not None and address.is_private


@lru_cache(maxsize=4096)
def _address(host: str) -> IPv4Address | IPv6Address | None:
    """Remembered, for each call asks for the same few several times."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def behind_nat(stated: str, source: str) -> bool:
    """Whether a phone that states ``stated`` in its SDP and signals from ``source`` has an address that we can't reach.

    A private address (or a carrier's, RFC 6598) from a public source is one behind a translator; a private one from a
    private source is a neighbour whose media come from another machine, and is believed.  Not so 127.0.0.1: some
    phones take that for their address, since their machine's hosts file says so.
    """
    claimed, seen = _address(stated), _address(source)
    if claimed is None or seen is None or stated == source:
        return False
    if claimed.version != seen.version:
        return False  # no translator makes one of the other
    if claimed.is_loopback:
        return not seen.is_loopback
    return not (claimed.is_global or seen.is_private)
