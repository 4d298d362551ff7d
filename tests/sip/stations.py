"""Agents on real sockets on loopback, and who calls them."""

from __future__ import annotations

import asyncio
import random
import socket
from typing import TYPE_CHECKING, TypeVar

from sip.agent import Agent
from sip.effects import Answered, Confirmed, Effect, Incoming, Peer
from sip.io.addresses import LocalAddresses
from sip.io.endpoint import Endpoint
from sip.settings import AgentSettings, ListenAt, TlsFiles, TrunkSettings
from sip.timers import TimerValues
from sip.uri import Uri
from tests.sip.link import ALICE, ANSWER, OFFER, Passwords

if TYPE_CHECKING:
    from collections.abc import Callable

E = TypeVar("E", bound=Effect)


class Station:
    """An agent on a port of its own, and what it reports."""

    def __init__(
        self,
        values: TimerValues | None = None,
        *,
        transport: str = "udp",
        host: str = "127.0.0.1",
        tls: TlsFiles | None = None,
        trunks: tuple[TrunkSettings, ...] = (),
        accounts: dict[str, str] | None = None,
    ) -> None:
        self.port = free_port(host)
        self.at = ListenAt(transport, host, self.port)
        local, timers = LocalAddresses([self.at]), values or TimerValues()
        settings = AgentSettings("conf.example", frozenset(), local, "test", trunks, timers=timers)
        self.agent = Agent(settings, Passwords(accounts or {}), random.Random(self.port))
        self.effects: asyncio.Queue[Effect] = asyncio.Queue()
        self.endpoint = Endpoint(self.agent, [self.at], self.effects.put_nowait, tls)
        self.peer = Peer(transport, host, self.port)

    def dial(self, port: int) -> str:
        return self.dial_peer(Peer(self.at.transport, self.at.host, port))

    def dial_peer(self, *peers: Peer) -> str:
        target = Uri("sip", "b", host=peers[0].host, port=peers[0].port)
        call = self.agent.invite(target, caller=ALICE, offer=OFFER, peers=peers, now=self.endpoint.now())
        self.endpoint.flush()
        return call

    def accept(self, incoming: Incoming) -> None:
        self.agent.accept(incoming.call, ANSWER, self.endpoint.now())
        self.endpoint.flush()

    def hang_up(self, call: str) -> None:
        self.agent.hang_up(call, self.endpoint.now())
        self.endpoint.flush()

    async def next(self, kind: type[E]) -> E:
        async with asyncio.timeout(20):
            while not isinstance(effect := await self.effects.get(), kind):
                pass
            return effect


def free_port(host: str = "127.0.0.1") -> int:
    """Free for datagrams and connections alike."""
    while True:
        with _socket(host, socket.SOCK_DGRAM) as datagrams, _socket(host, socket.SOCK_STREAM) as stream:
            datagrams.bind((host, 0))
            port: int = datagrams.getsockname()[1]
            try:
                stream.bind((host, port))
            except OSError:
                continue
            return port


def _socket(host: str, kind: socket.SocketKind) -> socket.socket:
    return socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)


async def talking(alice: Station, bob: Station, *peers: Peer) -> tuple[str, str]:
    """A call from ``alice`` to ``bob``, by the names that each of them has for it."""
    call = alice.dial_peer(*peers or (bob.peer,))
    incoming = await bob.next(Incoming)
    bob.accept(incoming)
    await alice.next(Answered)
    await bob.next(Confirmed)
    return call, incoming.call


async def eventually(condition: Callable[[], bool]) -> None:
    """Some turns of the loop later, which takes as long as it takes, up to twenty seconds."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  nothing tells when it comes true
            await asyncio.sleep(0.002)


def request(method: str = "OPTIONS", *, transport: str = "TCP", branch: str = "o", headers: str = "") -> bytes:
    """From a stranger whose Via says port 9."""
    return (
        f"{method} sip:x@conf.example SIP/2.0\r\nVia: SIP/2.0/{transport} 127.0.0.1:9;branch=z9hG4bK{branch}\r\n"
        f"From: <sip:a@b>;tag=1\r\nTo: <sip:x@conf.example>\r\nCall-ID: {branch}\r\nCSeq: 1 {method}\r\n"
        f"Max-Forwards: 70\r\n{headers}Content-Length: 0\r\n\r\n"
    ).encode()
