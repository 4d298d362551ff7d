"""A name server on loopback that says what a test wants, as late as it wants, or nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import dns.asyncresolver
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from sip.io.records import SERVER_SECONDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SOA = "ns.example. admin.example. 1 3600 600 86400 60"


class NameServer(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.zone: dict[tuple[str, str], list[str]] = {}
        self.ttl = 60
        self.delay = 0.0
        self.silent: set[str] = set()
        """Types that it knows nothing of, and says nothing to."""
        self.rcode = dns.rcode.NOERROR
        self.garbage = False
        self.asked: Counter[tuple[str, str]] = Counter()
        self.port = 0
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # it is one
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked[question.name.to_text(omit_final_dot=True), kind] += 1
        if kind not in self.silent:
            answer = b"\x00garbage" if self.garbage else self._answer(query).to_wire()
            asyncio.get_running_loop().call_later(self.delay, self._send, answer, addr)

    def resolver(self) -> dns.asyncresolver.Resolver:
        resolver = dns.asyncresolver.Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = self.port
        resolver.timeout = SERVER_SECONDS
        return resolver

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        response = dns.message.make_response(query)
        name, kind = query.question[0].name, query.question[0].rdtype
        text = name.to_text(omit_final_dot=True)
        response.set_rcode(self.rcode)
        values = self.zone.get((text, dns.rdatatype.to_text(kind)))
        if values:
            response.answer.append(dns.rrset.from_text_list(name, self.ttl, "IN", kind, values))
        elif self.rcode == dns.rcode.NOERROR:
            response.authority.append(dns.rrset.from_text("example.", self.ttl, "IN", "SOA", SOA))
            if not any(known == text for known, _ in self.zone):
                response.set_rcode(dns.rcode.NXDOMAIN)
        return response

    def _send(self, answer: bytes, addr: tuple[str, int]) -> None:
        if self._transport is not None:
            self._transport.sendto(answer, addr)


@asynccontextmanager
async def name_server(zone: dict[tuple[str, str], list[str]]) -> AsyncIterator[NameServer]:
    transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
        NameServer, local_addr=("127.0.0.1", 0)
    )
    server.zone = zone
    try:
        yield server
    finally:
        transport.close()
