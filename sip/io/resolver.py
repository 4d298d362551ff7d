"""Where the servers of a SIP URI are: NAPTR, SRV, A and AAAA (RFC 3263 §4), for what we speak."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Final

from sip.io.records import NoAnswer
from sip.targets import PORTS, SERVICES, Unresolved, in_turn, literal, peer, services, transports

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from sip.effects import Peer
    from sip.io.records import Records
    from sip.targets import Srv
    from sip.uri import Uri

SECONDS: Final = 4.5
"""How long all questions of one URI may take: then whoever waits hears that it has no address."""
MOST_SERVERS: Final = 16
"""Of a domain, those that are looked up; more addresses than twice as many are not told."""
MOST_TARGETS: Final = 32


class Resolver:
    """``spoken``: transport and family (4 or 6) of each listener.  ``random`` draws among SRV records of equal rank."""

    def __init__(self, records: Records, spoken: Iterable[tuple[str, int]], random: random.Random) -> None:
        self._records = records
        self._spoken = frozenset(spoken)
        self._random = random

    async def targets(self, uri: Uri) -> tuple[Peer, ...]:
        """In the order in which they are to be tried, at least one.  Raises Unresolved, within 4.5 s."""
        may = transports(uri, {transport for transport, _ in self._spoken})
        if (known := literal(uri, may[0])) is not None:
            if not self._families(may[0], known.host):
                raise Unresolved(f"no listener for {may[0]} over IPv{_family(known.host)}")
            return (known,)
        try:
            async with asyncio.timeout(SECONDS):
                found = await self._named(uri, may)
        except (NoAnswer, TimeoutError):
            raise Unresolved(f"no name server answers for {uri.host}") from None
        if not found:
            raise Unresolved(f"the name {uri.host} has no address")
        return found

    async def _named(self, uri: Uri, may: tuple[str, ...]) -> tuple[Peer, ...]:
        if uri.port is None and not self._records.is_local(uri.host):
            servers = await self._services(uri, may)
            if servers is not None:
                return await self._servers(uri, servers)
        return await self._hosts(uri, may[0], uri.host, uri.port or PORTS[may[0]])

    async def _services(self, uri: Uri, may: tuple[str, ...]) -> list[tuple[str, Srv]] | None:
        """None: the domain has neither NAPTR nor SRV records, so its address counts.  All are asked for at once."""
        wanted = {transport: f"{SERVICES[transport]}.{uri.host}" for transport in may}
        asking = asyncio.gather(*map(self._records.srv, wanted.values()))
        naptr = () if uri.param("transport") else await self._records.naptr(uri.host)
        known = dict(zip(wanted.values(), await asking, strict=True))
        ranked = services(naptr, may) or tuple(wanted.items())
        records = [
            (transport, await self._records.srv(name) if name not in known else known[name])
            for transport, name in ranked
        ]
        if not any(srvs for _, srvs in records):
            return None
        return [(transport, srv) for transport, srvs in records for srv in in_turn(srvs, self._random)]

    async def _servers(self, uri: Uri, servers: list[tuple[str, Srv]]) -> tuple[Peer, ...]:
        """One that has no address now is left out."""
        few = servers[:MOST_SERVERS]
        found = await asyncio.gather(
            *(self._hosts(uri, transport, srv.target, srv.port) for transport, srv in few), return_exceptions=True
        )
        if failures := [peers for peers in found if isinstance(peers, BaseException)]:
            unexpected = [failure for failure in failures if not isinstance(failure, NoAnswer)]
            if unexpected or len(failures) == len(found):
                raise (unexpected or failures)[0]
        peers = (peer for peers in found if isinstance(peers, tuple) for peer in peers)
        return tuple(dict.fromkeys(peers))[:MOST_TARGETS]

    async def _hosts(self, uri: Uri, transport: str, host: str, port: int) -> tuple[Peer, ...]:
        """AAAA before A (RFC 6724), of those to which there is a way at all."""
        addresses = await self._records.addresses(host, self._families(transport))
        reachable = [address for address in addresses if len(addresses) == 1 or _leads_somewhere(address)]
        return tuple(peer(uri, transport, address, port) for address in reachable or addresses)[:MOST_TARGETS]

    def _families(self, transport: str, host: str | None = None) -> tuple[int, ...]:
        """That we have for a transport; where a host is given, that it belongs to.  A connection needs no listener."""
        wanted = (6, 4) if host is None else (_family(host),)
        listening = {family for spoken, family in self._spoken if spoken == transport or transport != "udp"}
        return tuple(family for family in wanted if family in listening)


def _family(address: str) -> int:
    return 6 if ":" in address else 4


def _leads_somewhere(address: str) -> bool:
    """Whether the routing table knows a way; connecting a UDP socket sends nothing."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 5060))
    except OSError:
        return False
    return True
