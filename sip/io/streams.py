"""TCP and TLS: which connection a message goes over, and when each is opened and closed (RFC 3261 §18)."""

from __future__ import annotations

import asyncio
import random
import socket
from collections import Counter
from typing import TYPE_CHECKING, Final

from sip.io.addresses import system_address
from sip.io.complaints import Complaints
from sip.io.connection import IDLE_SECONDS, PING_SECONDS, Connection
from sip.io.doors import Doors
from sip.io.tls import certified
from sip.next_hop import way_round

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from sip.agent import Agent
    from sip.effects import Peer
    from sip.errors import RemoteError
    from sip.io.tls import Tls
    from sip.settings import ListenAt

CONNECT_SECONDS: Final = 4.0
HANDSHAKE_SECONDS: Final = 5.0
_GOODBYE_SECONDS: Final = 2.0
_LAST_SECONDS: Final = 0.5
"""The same, for all, when we end."""
_SILENT_SECONDS: Final = 20.0
"""After which the system gives up a peer that acknowledges nothing of what was sent to it."""
_FEW_SECONDS: Final = 10.0
"""How long an unused connection is left alone even when there are too many."""
_WAITING: Final = 64
"""Messages for one peer that wait for its connection."""
_CONNECTING: Final = 200
_REMEMBERED: Final = 4096


class Streams:
    def __init__(
        self,
        agent: Agent,
        heard: Callable[[bytes, Peer], None],
        tls: Tls,
        now: Callable[[], float],
        flush: Callable[[], None],
    ) -> None:
        """``heard`` takes each message that comes."""
        self._agent = agent
        self._heard = heard
        self._tls = tls
        self._now = now
        self._flush = flush
        self._connections: dict[Peer, Connection] = {}
        """By each peer that is reached over it: the one it is with, and others whose own is gone."""
        self._waiting: dict[Peer, list[bytes]] = {}
        self._gone: dict[Peer, None] = {}
        """Who had come to us and is gone: nobody listens where it came from."""
        self._tasks: set[asyncio.Task[None]] = set()
        self.complaints = Complaints()
        self._used: frozenset[Peer] = frozenset()
        self._used_from: Counter[str] = Counter()
        self._looked_at = self._made_room_at = float("-inf")
        self._closed = False
        self.doors = Doors(self._entered, self._needed_from, self._make_room)

    # for the endpoint

    def send(self, data: bytes, peer: Peer) -> None:
        """Over the connection to ``peer``, or a new one; the agent is told when there is no way."""
        if self._closed:
            return
        connection = self._connections.get(peer)
        if connection is not None and connection.write(data):
            return
        waiting = self._waiting.get(peer)
        if waiting is not None:
            if len(waiting) < _WAITING:
                waiting.append(data)
        elif len(self._waiting) < _CONNECTING:
            self._waiting[peer] = [data]
            self._do(self._connect(peer))
        else:
            asyncio.get_running_loop().call_soon(self._failed, peer)

    def tick(self, now: float) -> None:
        """Once a second: who keeps us waiting too long is left, who would be forgotten on the way is written to."""
        for connection in set(self._connections.values()):
            if connection.overdue(now):
                connection.abort()
            elif now - connection.active_at > IDLE_SECONDS and not self._is_used(connection):
                connection.close()
            elif connection.listener is None:
                connection.keep_open(now, random.uniform(*PING_SECONDS))  # noqa: S311  so that not all come at once

    def listener_of(self, peer: Peer) -> ListenAt | None:
        connection = self._connections.get(peer)
        return None if connection is None else connection.listener

    async def close(self) -> None:
        self._closed = True
        self.doors.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        connections = set(self._connections.values())
        for connection in connections:
            connection.close()
        deadline = self._now() + _LAST_SECONDS
        while self._connections:
            if self._now() > deadline:
                for connection in connections:
                    connection.abort()
            await asyncio.sleep(0.005)

    # for a connection

    def heard(self, connection: Connection, message: bytes) -> None:
        self._heard(message, connection.peer)

    def made(self, connection: Connection) -> None:
        """Before anything of it is heard: who is not who it should be says nothing to us."""
        if connection.listener is not None or self._is_who_it_should_be(connection):
            self._connections[connection.peer] = connection
        else:
            connection.abort()

    def garbled(self, connection: Connection, error: RemoteError) -> None:
        self._agent.unreadable(error, connection.peer)
        self._flush()
        connection.close()

    def rested(self) -> None:
        asyncio.get_running_loop().call_soon(self._flush)  # whatever comes of it, the connection goes on

    def lost(self, connection: Connection) -> None:
        for peer in [peer for peer, known in self._connections.items() if known is connection]:
            del self._connections[peer]
            self._agent.transport_failed(peer, self._now())
        if connection.listener is not None:
            self.doors.left(connection.peer.host)
            if len(self._gone) == _REMEMBERED:
                del self._gone[next(iter(self._gone))]
            self._gone[connection.peer] = None
        self.rested()

    # those who come

    def _entered(self, sock: socket.socket, peer: Peer, listener: ListenAt) -> None:
        self._do(self._let_in(sock, peer, listener))

    async def _let_in(self, sock: socket.socket, peer: Peer, listener: ListenAt) -> None:
        connection = Connection(self, peer, listener, self._now())
        try:
            await self._make(connection, sock)
        except OSError as error:  # also ssl.SSLError: whoever comes without TLS, or leaves in the midst of it
            if listener.transport == "tls":
                self.complaints.caller(peer.host, error, self._now())
        finally:
            if not connection.made:
                sock.close()
                self.doors.left(peer.host)

    async def _make(self, connection: Connection, sock: socket.socket) -> None:
        """Raises OSError."""
        self._gone.pop(connection.peer, None)
        _be_alert(sock)
        loop = asyncio.get_running_loop()
        if connection.peer.transport == "tcp":
            await loop.connect_accepted_socket(lambda: connection, sock)
        else:
            await loop.connect_accepted_socket(
                lambda: connection,
                sock,
                ssl=self._tls.server(),
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
                ssl_shutdown_timeout=_GOODBYE_SECONDS,
            )

    # those whom we write to

    async def _connect(self, peer: Peer) -> None:
        try:
            connection = await self._first_reached(peer)
        finally:
            waiting = self._waiting.pop(peer)
        if connection is None:
            self._failed(peer)
            return
        self._connections[peer] = connection
        for data in waiting:
            connection.write(data)

    async def _first_reached(self, peer: Peer) -> Connection | None:
        for target in self._ways(peer):
            connection = self._connections.get(target)
            if connection is not None and connection.usable:
                return connection
            connection = await self._reached(target)
            if connection is not None:
                return connection
        return None

    def _ways(self, peer: Peer) -> Iterator[Peer]:
        if peer not in self._gone:
            yield peer
        other = way_round(self._waiting[peer][0], peer)
        if other is not None:
            yield other

    async def _reached(self, peer: Peer) -> Connection | None:
        try:
            connection = await self._open(peer)
        except (OSError, ValueError) as error:  # of which TimeoutError and ssl.SSLError are
            self.complaints.failed(peer, error)
        else:
            return connection
        return None

    async def _open(self, peer: Peer) -> Connection | None:
        connection = Connection(self, peer, None, self._now())
        loop = asyncio.get_running_loop()
        sock = socket.socket(socket.AF_INET6 if ":" in peer.host else socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            _be_alert(sock)
            async with asyncio.timeout(CONNECT_SECONDS):
                await loop.sock_connect(sock, system_address(peer.host, peer.port))
            if peer.transport == "tls":
                await loop.create_connection(
                    lambda: connection,
                    sock=sock,
                    ssl=await loop.run_in_executor(None, self._tls.client),
                    server_hostname=peer.name or peer.host,
                    ssl_handshake_timeout=HANDSHAKE_SECONDS,
                    ssl_shutdown_timeout=_GOODBYE_SECONDS,
                )
            else:
                await loop.create_connection(lambda: connection, sock=sock)
        except BaseException:
            if not connection.made:
                sock.close()
            raise
        if not connection.usable:
            return None
        self.complaints.settled(peer)
        return connection

    def _is_who_it_should_be(self, connection: Connection) -> bool:
        peer = connection.peer
        name = peer.name or peer.host
        if peer.transport != "tls" or certified(connection.certificate, name):
            return True
        self.complaints.another(peer, name, connection.certificate)
        return False

    # who is needed

    def _failed(self, peer: Peer) -> None:
        self._agent.transport_failed(peer, self._now())
        self.rested()

    def _is_used(self, connection: Connection) -> bool:
        self._look()
        return any(known is connection for peer in self._used if (known := self._connections.get(peer)))

    def _look(self) -> None:
        """Which peers are in use, that is: asked for by each who comes, so once a second has to do."""
        now = self._now()
        if now - self._looked_at >= 1.0:
            self._looked_at = now
            self._used = self._agent.flows(now)
            self._used_from = Counter(peer.host for peer in self._used if peer in self._connections)

    def _needed_from(self, host: str) -> int:
        self._look()
        return self._used_from[host]

    def _make_room(self) -> int:
        """Once a second as well."""
        now = self._now()
        if now - self._made_room_at < 1.0:
            return 0
        self._made_room_at = now
        self._look()
        used = {id(self._connections.get(peer)) for peer in self._used}
        unused = [each for each in set(self._connections.values()) if id(each) not in used]
        idle = [each for each in unused if each.listener is not None and now - each.active_at > _FEW_SECONDS]
        for connection in idle:
            connection.abort()
        return len(idle)

    def _do(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _be_alert(sock: socket.socket) -> None:
    """A peer that is there no more is found out while somebody still waits for it."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(_SILENT_SECONDS * 1000))
