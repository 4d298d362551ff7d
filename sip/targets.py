"""Where a SIP URI leads, as far as it says so itself, and in which order servers are tried (RFC 3263 §4, RFC 2782)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from itertools import groupby
from typing import TYPE_CHECKING, Final

from sip.effects import Peer

if TYPE_CHECKING:
    import random
    from collections.abc import Collection, Iterable

    from sip.uri import Uri

PORTS: Final = {"udp": 5060, "tcp": 5060, "tls": 5061}
SERVICES: Final = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}
"""The labels before a domain under which its SRV records stand; in the order in which transports are preferred."""
_NAPTR_SERVICES: Final = {"SIP+D2U": "udp", "SIP+D2T": "tcp", "SIPS+D2T": "tls"}


class Unresolved(Exception):
    """A URI leads nowhere now: ``reason`` is one line."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Srv:
    """RFC 2782."""

    priority: int
    weight: int
    port: int
    target: str


@dataclass(frozen=True, slots=True)
class Naptr:
    """RFC 3403; only those with the flag "s" are of use to SIP (RFC 3263 §4.1)."""

    order: int
    preference: int
    service: str
    replacement: str


def transports(uri: Uri, spoken: Collection[str]) -> tuple[str, ...]:
    """What may be spoken to whom ``uri`` names, the preferred first (§4.1).  Raises Unresolved where that is nothing.

    A ``sips`` URI means TLS, and so does ``transport=tls``, which RFC 3261 deprecates and everybody writes.  A
    connection that is asked for needs no listener of ours: what its server has to say to us comes over it.
    """
    if uri.scheme not in ("sip", "sips"):
        raise Unresolved(f"{uri.scheme}: is no SIP URI")
    wanted = (uri.param("transport") or "").lower()
    if wanted and wanted not in PORTS:
        raise Unresolved(f"transport {wanted} is not spoken here")
    if uri.scheme == "sips":
        if wanted == "udp":
            raise Unresolved("sips: and transport=udp exclude each other")
        wanted = "tls"
    there = {*spoken, *(("tcp", "tls") if wanted else ())}
    may = [transport for transport in PORTS if transport in there and wanted in ("", transport)]
    if not may:
        raise Unresolved(f"no listener for {wanted or 'SIP'}")
    if not wanted and "tls" in may[1:] and (uri.port is not None or is_address(uri.host)):
        may.remove("tls")  # sip: with a port says nothing of TLS there
    return tuple(may)


def literal(uri: Uri, transport: str) -> Peer | None:
    """The peer of a URI that has an IP address for its host (§4.2); None for one with a name."""
    return peer(uri, transport, uri.host, uri.port or PORTS[transport]) if is_address(uri.host) else None


def peer(uri: Uri, transport: str, host: str, port: int) -> Peer:
    """With the name that a certificate must bear: that of the URI, whatever DNS makes of it (RFC 5922 §4)."""
    return Peer(transport, host, port, uri.host if transport == "tls" else None)


def services(found: Iterable[Naptr], may: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Transport and the name of its SRV records, of those that we speak, in the order of the domain's owner (§4.1)."""
    ordered = sorted(found, key=lambda naptr: (naptr.order, naptr.preference))
    known = ((_NAPTR_SERVICES.get(naptr.service.upper(), ""), naptr.replacement) for naptr in ordered)
    return tuple((transport, name) for transport, name in known if transport in may)


def in_turn(found: Iterable[Srv], random: random.Random) -> tuple[Srv, ...]:
    """By priority; among equals drawn by weight (RFC 2782).  Empty where the service is said not to be there."""
    there = [srv for srv in found if srv.target not in ("", ".")]
    ordered = sorted(there, key=lambda srv: srv.priority)
    ranks = [list(equals) for _, equals in groupby(ordered, lambda srv: srv.priority)]
    return tuple(srv for equals in ranks for srv in _drawn(equals, random))


def _drawn(left: list[Srv], random: random.Random) -> Iterable[Srv]:
    left.sort(key=lambda srv: srv.weight != 0)  # those of weight 0 first: then they have a very small chance
    while left:
        drawn = random.randint(0, sum(srv.weight for srv in left))
        running = 0
        for at, srv in enumerate(left):
            running += srv.weight
            if running >= drawn:
                yield left.pop(at)
                break


def is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
