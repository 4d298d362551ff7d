"""An agent on UDP: sockets, the clock and the event loop around it.  Decides nothing."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Final, Self

from sip.effects import Peer, Send
from sip.uri import print_hostport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sip.agent import Agent
    from sip.effects import Effect

_AT_ONCE: Final = 64
"""Datagrams taken from one socket before the rest of the loop has its turn."""
_LARGEST: Final = 65_535
_BUFFER: Final = 1 << 20
"""Bytes: a burst of INVITEs waits here instead of being lost."""
_REMEMBERED: Final = 4096


class LocalAddresses:
    """Our address as a peer sees it: what the routing table says, or one that is given."""

    def __init__(self, port: int, host: str | None = None) -> None:
        """``host``: the one address to name, where the system does not know it (a NAT) or is not to be asked."""
        self._port = port
        self._host = host
        self._found: dict[str, str] = {}

    def __call__(self, peer: Peer) -> tuple[str, int]:
        if self._host is not None:
            return self._host, self._port
        host = self._found.get(peer.host)
        if host is None:
            if len(self._found) == _REMEMBERED:
                self._found.clear()
            host = self._found[peer.host] = _source_address(peer)
        return host, self._port


class UdpEndpoint:
    """Use as an async context manager, in a running loop.  ``on_effect`` gets every effect but ``Send``, in order.

    Call :meth:`flush` after each command given to the agent.  What ``on_effect`` raises costs that effect alone, and
    goes to whoever called: the loop, as a rule, which logs it.
    """

    def __init__(self, agent: Agent, listen: Iterable[tuple[str, int]], on_effect: Callable[[Effect], None]) -> None:
        self._agent = agent
        self._listen = tuple(listen)
        self._on_effect = on_effect
        self._sockets: list[socket.socket] = []
        self._heard: dict[Peer, socket.socket] = {}
        """Who was heard by another listener than the first."""
        self._timer: asyncio.TimerHandle | None = None
        self._flushing = False
        self.lost = 0
        """Datagrams that the system would not take."""

    async def __aenter__(self) -> Self:
        """OSError, with the address as its filename, where one cannot be bound."""
        for host, port in self._listen:
            try:
                self._sockets.append(_bound((host, port)))
            except OSError as error:
                self._close()
                raise OSError(error.errno, error.strerror, f"udp:{print_hostport(host, port)}") from None
        self._loop = asyncio.get_running_loop()
        for sock in self._sockets:
            self._loop.add_reader(sock, self._read, sock)
        self.flush()
        return self

    async def __aexit__(self, *_: object) -> None:
        for sock in self._sockets:
            self._loop.remove_reader(sock)
        if self._timer is not None:
            self._timer.cancel()
        self._close()

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """What is bound, with the ports that the system chose for 0."""
        return tuple(sock.getsockname()[:2] for sock in self._sockets)

    def now(self) -> float:
        """The agent's clock: monotonic seconds."""
        return asyncio.get_running_loop().time()

    def flush(self) -> None:
        """Carry out what the agent wants done, and set the clock for its deadline."""
        if self._flushing:  # a command from within ``on_effect``: the loop below goes on with what it adds
            return
        self._flushing = True
        try:
            for effect in self._agent.effects():
                if isinstance(effect, Send):
                    self._send(effect)
                else:
                    self._on_effect(effect)
        except BaseException:
            self._loop.call_soon(self.flush)  # the others' effects are not lost by it
            raise
        finally:
            self._flushing = False
            self._set_timer()

    def _read(self, sock: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            try:
                data, (host, port, *_) = sock.recvfrom(_LARGEST)
            except BlockingIOError:
                break
            except ConnectionError:
                continue  # an ICMP error of something sent earlier; the timers will see to it
            peer = Peer("udp", host, port)
            self._note(peer, sock)
            self._agent.receive(data, peer, self.now())
        self.flush()

    def _tick(self) -> None:
        self._timer = None
        for sock in self._sockets:
            self._read(sock)  # what has come while the process was held up, before anything counts as unanswered
        self._agent.tick(self.now())
        self.flush()

    def _set_timer(self) -> None:
        deadline = self._agent.deadline()
        if self._timer is not None:
            if self._timer.when() == deadline:
                return
            self._timer.cancel()
        self._timer = None if deadline is None else self._loop.call_at(deadline, self._tick)

    def _send(self, send: Send) -> None:
        sock = self._socket_for(send.peer)
        if sock is None:
            self.lost += 1
            return
        try:
            sock.sendto(send.data, (send.peer.host, send.peer.port))
        except BlockingIOError:
            self.lost += 1  # like any loss: it will be sent again
        except OSError:
            self.lost += 1
            self._loop.call_soon(self._unreachable, send.peer)

    def _unreachable(self, peer: Peer) -> None:
        self._agent.transport_failed(peer, self.now())
        self.flush()

    def _socket_for(self, peer: Peer) -> socket.socket | None:
        """The one that heard the peer: its NAT lets nobody else in.  Else the first listener of its family."""
        heard = self._heard.get(peer)
        if heard is not None:
            return heard
        family = socket.AF_INET6 if ":" in peer.host else socket.AF_INET
        return next((sock for sock in self._sockets if sock.family == family), None)

    def _note(self, peer: Peer, sock: socket.socket) -> None:
        if sock is not self._sockets[0] and peer not in self._heard:
            if len(self._heard) == _REMEMBERED:
                del self._heard[next(iter(self._heard))]
            self._heard[peer] = sock

    def _close(self) -> None:
        while self._sockets:
            self._sockets.pop().close()


def _bound(address: tuple[str, int]) -> socket.socket:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        sock.bind(address)
    except OSError:
        sock.close()
        raise
    return sock


def _source_address(peer: Peer) -> str:
    """Connecting a UDP socket sends nothing: it only asks the routing table."""
    family = socket.AF_INET6 if ":" in peer.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((peer.host, peer.port or 5060))
        except OSError:
            return "::1" if family == socket.AF_INET6 else "127.0.0.1"  # no way there: nothing we send will arrive
        host: str = probe.getsockname()[0]
        return host
