"""Which addresses of sound are believed, which are replaced by what is seen, and which get nothing.

What a phone states in its SDP is a wish: it may not know its own address, and it may name somebody else's.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

_PRIVILEGED: Final = 1024
"""Below it are services that answer, such as DNS; no phone has its sound there."""


@lru_cache(maxsize=4096)
def parsed(host: str) -> IPv4Address | IPv6Address | None:
    """None for a name.  Remembered, for each call asks for the same few several times."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def plain(host: str) -> str:
    """An IPv4 address that is written as one of IPv6 (``::ffff:10.0.0.9``, RFC 4291 §2.5.5.2) as IPv4; others as they
    are."""
    address = parsed(host)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return host if mapped is None else str(mapped)


def scoped(stated: str, source: str) -> str:
    """A link-local address of IPv6 means nothing without its interface, which no SDP can name: it is the one from which
    the phone signals, if that is the same address."""
    return source if stated == source.partition("%")[0] else stated


def behind_nat(stated: str, source: str) -> bool:
    """Whether a phone that states ``stated`` in its SDP and signals from ``source`` has an address that we can't reach.

    A private address (or a carrier's, RFC 6598) from a public source is one behind a translator.  So is 127.0.0.1: some
    phones take that for their address, since their machine's hosts file says so; and a link-local one, which a phone
    chooses that has two addresses and looks at the wrong one.
    """
    claimed, seen = parsed(stated), parsed(source)
    if claimed is None or seen is None or stated == source:
        return False
    if claimed.version != seen.version:
        return False  # no translator makes one of the other
    if claimed.is_loopback:
        return not seen.is_loopback
    if claimed.is_link_local:
        return True
    return not (claimed.is_global or seen.is_private)


def other_host(stated: str, source: str) -> str | None:
    """Where a phone may be heard from though it states another address that we can reach; mostly nowhere.

    A private address from another private one is either a neighbour, whose media come from another machine than its
    signalling (a PBX with a gateway beside it), or a phone behind a translator of our own network (a container, a VPN).
    Both look alike until something is heard; so we send to what is stated, and listen to both.
    """
    claimed, seen = parsed(stated), parsed(source)
    if claimed is None or seen is None or claimed.version != seen.version or behind_nat(stated, source):
        return None
    if claimed == seen or claimed.is_global or claimed.is_loopback or seen.is_loopback or not seen.is_private:
        return None
    return source


def unfit(host: str, port: int) -> str | None:
    """Why nothing is sent there, whoever asks for it; None where it may be."""
    address = parsed(host)
    if address is None:
        return "no IP address"
    if address.is_multicast or (address.is_reserved and address.version == 4):
        return "sound goes to one address only"
    if address.is_unspecified:
        return "an address of zeros is nobody's"
    if address.is_link_local and isinstance(address, IPv6Address) and address.scope_id is None:
        return "a link-local address without its interface can't be reached"
    if port < _PRIVILEGED:
        return f"port {port} is no phone's: they are {_PRIVILEGED} and above"
    return None
