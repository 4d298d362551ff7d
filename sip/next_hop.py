"""Where a message goes: what its peer says of itself, held against where it writes from (RFC 3261 §8.1.2, §18.2.2)."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Final

from sip.effects import Peer
from sip.errors import RemoteError
from sip.message import Response
from sip.parser import parse

if TYPE_CHECKING:
    from sip.message import Request
    from sip.uri import Uri

_TRANSPORTS: Final = ("udp", "tcp", "tls")


def default_port(transport: str) -> int:
    """§19.1.2."""
    return 5061 if transport == "tls" else 5060


def next_hop(uri: Uri, source: Peer) -> Peer:
    """Where to send what ``uri`` names, when its owner has just written to us from ``source``.

    Its address, if it says one.  But not a private one (RFC 1918, RFC 6598…), when it writes from another: that is a
    telephone behind a NAT, its provider's perhaps, or in a container, and where it writes from is the one way to it.
    Names are not looked up here: whoever gave one also reads what comes to where it writes from.

    Who has come over a connection is answered over it (as RFC 5626 §5.3 wants of a flow), unless it names another host.
    Over TLS always: of another host nobody could say which name its certificate should bear.
    """
    stated = _reachable(uri, source)
    if stated is None or source.transport == "tls":
        return source
    if source.transport == "tcp" and _address(stated.host) == _address(source.host):
        return source
    return stated


def way_round(message: bytes, gone: Peer) -> Peer | None:
    """Where to send a message of ours whose connection, from ``gone``, is there no more; None for nowhere.

    A response goes to where its Via says that the sender listens, at the address it came from (§18.2.2); a request to
    where its first Route or its Request-URI says.
    """
    try:
        read = parse(message)
    except RemoteError:
        return None
    stated = _listening(read, gone) if isinstance(read, Response) else _reachable(_first_hop(read), gone)
    return None if stated is None or _reached_as(stated) == _reached_as(gone) else stated


def _reached_as(peer: Peer) -> tuple[str, str, int, str]:
    """Whoever is called by address has to bear it in their certificate, whether that is said or not."""
    return peer.transport, peer.host, peer.port, peer.name or peer.host


def _first_hop(request: Request) -> Uri:
    return request.routes[0].uri if request.routes else request.uri


def _listening(response: Response, gone: Peer) -> Peer:
    return Peer(gone.transport, gone.host, response.via.port or default_port(gone.transport), gone.name)


def _reachable(uri: Uri, source: Peer) -> Peer | None:
    """Where ``uri`` says that it is, where that is an address, and one that can be meant for us."""
    address = _address(uri.host)
    if address is None or address.is_multicast or address.is_link_local:
        return None
    origin = _address(source.host)
    if address != origin and (address.is_unspecified or (not address.is_global and not _same_host(address, origin))):
        return None
    wanted = (uri.param("transport") or "").lower()
    transport = wanted if source.transport == "tcp" and wanted in _TRANSPORTS else source.transport
    return Peer(transport, str(address), uri.port or default_port(transport))


def _same_host(one: IPv4Address | IPv6Address, other: IPv4Address | IPv6Address | None) -> bool:
    return one.is_loopback and other is not None and other.is_loopback


@lru_cache(maxsize=256)
def _address(host: str) -> IPv4Address | IPv6Address | None:
    """An IPv4 address in IPv6 clothes is an IPv4 address: so dual-stack hosts write of others (RFC 4291 §2.5.5.2)."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return (address.version == 6 and address.ipv4_mapped) or address
