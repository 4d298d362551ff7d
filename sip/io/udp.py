"""Datagrams: a socket for each ``udp`` listener, and what keeps the way to phones behind a NAT open."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Final
from zlib import crc32

from sip.effects import Peer
from sip.io.addresses import bound, family_of, host_of, system_address
from sip.settings import ListenAt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_AT_ONCE: Final = 64
"""Datagrams taken from one socket before the rest of the loop has its turn."""
_LARGEST: Final = 65_535
_BUFFER: Final = 1 << 23
"""Bytes: a burst of INVITEs waits here instead of being lost, and a flood that begins drowns nobody meanwhile."""
_SO_RCVBUFFORCE: Final = 33  # Linux, asm-generic/socket.h: beyond what is allowed to everybody
_REMEMBERED: Final = 4096
KEEP_ALIVE: Final = b"\r\n\r\n"
_KEEP_ALIVES: Final = frozenset({b"", b"\0", b"\0\0\0\0", b"\n", b"\r\n", KEEP_ALIVE, b"jaK"})
"""What phones send to keep their NAT open, and some routers in their name: nothing that has an answer."""
_PERIOD: Final = 25
"""Seconds: routers forget after 30 (RFC 5626 §4.4.2, RFC 4787 §4.3)."""


class Unsendable(Exception):
    """The system would not take a datagram for this peer."""


class Datagrams:
    def __init__(self) -> None:
        self.sockets: list[socket.socket] = []
        self._heard: dict[Peer, socket.socket] = {}
        """Who was heard by another listener than the first."""
        self._seconds = 0

    def listen(self, host: str, port: int) -> None:
        """Raises OSError."""
        sock = bound(socket.SOCK_DGRAM, host, port)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        with contextlib.suppress(OSError):  # not Linux, or not root
            sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
        self.sockets.append(sock)

    @property
    def addresses(self) -> tuple[ListenAt, ...]:
        return tuple(ListenAt("udp", *sock.getsockname()[:2]) for sock in self.sockets)

    def read(self, sock: socket.socket) -> Iterator[tuple[bytes, Peer]]:
        """What waits in one of the sockets, up to :data:`_AT_ONCE`."""
        for _ in range(_AT_ONCE):
            try:
                data, address = sock.recvfrom(_LARGEST)
            except BlockingIOError:
                return
            except ConnectionError:
                continue  # an ICMP error of something sent earlier; the timers will see to it
            if data not in _KEEP_ALIVES:
                peer = Peer("udp", host_of(address), address[1])
                self._note(peer, sock)
                yield data, peer

    def send(self, data: bytes, peer: Peer) -> bool:
        """Whether the system took it now: a loss is made good by sending again.  Raises Unsendable."""
        sock = self._socket_for(peer)
        if sock is None:
            raise Unsendable
        try:
            sock.sendto(data, system_address(peer.host, peer.port))
        except BlockingIOError:
            return False
        except (OSError, ValueError) as error:
            raise Unsendable from error
        return True

    def keep_open(self, peers: Iterable[Peer]) -> None:
        """To be called once a second: each of ``peers`` has its second of each :data:`_PERIOD`."""
        self._seconds = (self._seconds + 1) % _PERIOD
        for peer in peers:
            sock = self._socket_for(peer)
            if sock is not None and crc32(f"{peer.host}:{peer.port}".encode()) % _PERIOD == self._seconds:
                try:
                    sock.sendto(KEEP_ALIVE, system_address(peer.host, peer.port))
                except (OSError, ValueError):
                    continue  # a phone that is gone; its registration will be too

    def close(self) -> None:
        while self.sockets:
            self.sockets.pop().close()

    def listener_of(self, peer: Peer) -> ListenAt | None:
        """Which of ours this peer writes to."""
        sock = self._socket_for(peer)
        return None if sock is None else ListenAt("udp", *sock.getsockname()[:2])

    def _socket_for(self, peer: Peer) -> socket.socket | None:
        """The one that heard the peer: its NAT lets nobody else in.  Else the first listener of its family."""
        heard = self._heard.get(peer)
        if heard is not None:
            return heard
        family = family_of(peer.host)
        return next((sock for sock in self.sockets if sock.family == family), None)

    def _note(self, peer: Peer, sock: socket.socket) -> None:
        if sock is not self.sockets[0] and peer not in self._heard:
            if len(self._heard) == _REMEMBERED:
                del self._heard[next(iter(self._heard))]
            self._heard[peer] = sock
