"""Our own addresses as others should see them, and theirs as the system wants them."""

from __future__ import annotations

import socket
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Final

from sip.next_hop import default_port

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sip.effects import Peer
    from sip.settings import ListenAt

_REMEMBERED: Final = 4096
_ANY: Final = ("0.0.0.0", "::")  # noqa: S104  told apart here, not bound


class LocalAddresses:
    """The address and port at which a peer reaches us: the routing table's choice, and the listener that is there."""

    def __init__(self, listeners: Sequence[ListenAt]) -> None:
        self._listeners = tuple(listeners)
        self._found: dict[tuple[str, str], tuple[str, int]] = {}

    def __call__(self, peer: Peer) -> tuple[str, int]:
        key = (peer.transport, peer.host)
        found = self._found.get(key)
        if found is None:
            if len(self._found) == _REMEMBERED:
                self._found.clear()
            found = self._found[key] = self._choose(peer)
        return found

    def _choose(self, peer: Peer) -> tuple[str, int]:
        host = _source_address(peer)
        family = family_of(host)
        there = [at for at in self._listeners if at.transport == peer.transport and family_of(at.host) == family]
        for at in there:
            if at.host in (host, *_ANY):
                return host, at.port
        if there:  # the one that will be written from, although another address would be nearer
            return there[0].host, there[0].port
        same = (at.port for at in self._listeners if at.transport == peer.transport)
        return host, next(same, default_port(peer.transport))


@lru_cache(maxsize=_REMEMBERED)
def system_address(host: str, port: int) -> tuple[str, int] | tuple[str, int, int, int]:
    """What ``sendto`` wants.  Never a name, which it would look up while everybody waits: ValueError; OSError for a
    zone that this machine does not have."""
    address = ip_address(host)
    if not isinstance(address, IPv6Address):
        return host, port
    zone = address.scope_id
    bare = str(address).partition("%")[0]
    return bare, port, 0, (int(zone) if zone.isdigit() else socket.if_nametoindex(zone)) if zone else 0


def host_of(address: tuple[str, int] | tuple[str, int, int, int]) -> str:
    """The host of an address that the system gave us; with its zone where it means nothing without one (RFC 4007)."""
    host = address[0]
    if len(address) == 4 and address[3] and "%" not in host:
        return f"{host}%{address[3]}"
    return host


def family_of(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def bound(kind: socket.SocketKind, host: str, port: int) -> socket.socket:
    """A socket of ours that never blocks; OSError."""
    family = family_of(host)
    sock = socket.socket(family, kind)
    try:
        sock.setblocking(False)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # beside it there may be one for IPv4
        if kind == socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def _source_address(peer: Peer) -> str:
    """Connecting a UDP socket sends nothing: it only asks the routing table."""
    family = family_of(peer.host)
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(system_address(peer.host, peer.port or 5060))
        except (OSError, ValueError):
            return "::1" if family == socket.AF_INET6 else "127.0.0.1"  # no way there: nothing we send will arrive
        host: str = probe.getsockname()[0]
        return host.partition("%")[0]
