"""Where to call a person: the phone that has registered, the fixed URI, or the trunk."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mixer.addresses import Address, FixedUri, OutsideNumber, PhoneAccount
from mixer.reachability import behind_nat, other_host, parsed
from sip.effects import Peer
from sip.errors import RemoteError
from sip.uri import Uri, escape_user

if TYPE_CHECKING:
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
    trunk: str | None = None
    """Whose name it goes through."""


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
    address: Address, bindings: Callable[[str], Sequence[Binding]], trunks: Sequence[TrunkRoute], lookup: Resolve
) -> Destination:
    """How to call there now; the first of ``bindings`` of an account, the latest, counts.  Raises Unreachable."""
    match address:
        case PhoneAccount(user):
            if found := bindings(user):
                return _registered(found[0])
            raise Unreachable("no phone is registered")
        case FixedUri(uri):
            return await _fixed(uri, lookup)
        case OutsideNumber(number):
            if trunks:
                return await _through(trunks[0], number, lookup)
            raise Unreachable("no trunk for this number")


def _registered(binding: Binding) -> Destination:
    stated, source = binding.contact.host, binding.source.host
    outside = source if behind_nat(stated, source) else other_host(stated, source)
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
    target, peer = provider.with_(user=escape_user(number)), await lookup(provider)
    return Destination(target, peer, trunk.username, trunk.password, trunk=trunk.name)


def is_address(host: str) -> bool:
    return parsed(host) is not None


def is_private(host: str) -> bool:
    """Whether it is an address that is reached from inside alone; a name is not."""
    address = parsed(host)
    return address is not None and address.is_private
