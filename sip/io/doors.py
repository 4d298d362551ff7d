"""Listening for connections: who may have one, and what happens when the system can give no more."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections import Counter
from typing import TYPE_CHECKING, Final

from sip.effects import Peer
from sip.io.addresses import bound, host_of
from sip.settings import ListenAt

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)

_AT_ONCE: Final = 16
_BACKLOG: Final = 128
_BUFFER: Final = 32_768
"""Octets, of which Linux makes twice as many: what one of a thousand can lay upon us at once."""
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_PAUSE_SECONDS: Final = 1.0
"""While the system has no file, or no memory, for one more: to ask it again at once would only keep us busy."""
MOST: Final = 1_000
MOST_OF_ONE: Final = 20
"""Connections from one host that no call and no registration uses."""


class Doors:
    """``entered(sock, peer, listener)`` gets each connection; :meth:`left` is to be told when it is over."""

    def __init__(
        self,
        entered: Callable[[socket.socket, Peer, ListenAt], None],
        needed_from: Callable[[str], int],
        make_room: Callable[[], int],
    ) -> None:
        """``needed_from``: how many of a host's connections are used by calls or registrations.  ``make_room``: close
        those that nobody uses; how many."""
        self._entered = entered
        self._needed_from = needed_from
        self._make_room = make_room
        self._doors: dict[socket.socket, ListenAt] = {}
        self._hosts: Counter[str] = Counter()
        self._exhausted = False

    def listen(self, at: ListenAt) -> None:
        """Raises OSError."""
        sock = bound(socket.SOCK_STREAM, at.host, at.port)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        sock.listen(_BACKLOG)
        self._doors[sock] = ListenAt(at.transport, *sock.getsockname()[:2])

    @property
    def addresses(self) -> tuple[ListenAt, ...]:
        return tuple(self._doors.values())

    def start(self) -> None:
        for sock in self._doors:
            asyncio.get_running_loop().add_reader(sock, self._accept, sock)

    def close(self) -> None:
        loop = asyncio.get_running_loop()
        while self._doors:
            sock, _ = self._doors.popitem()
            loop.remove_reader(sock)
            sock.close()

    def left(self, host: str) -> None:
        self._hosts[host] -= 1
        if self._hosts[host] <= 0:
            del self._hosts[host]

    def _accept(self, door: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            try:
                sock, address = door.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    self._pause(door, error)
                    return
                continue  # it has gone before it was let in
            self._exhausted = False
            listener = self._doors[door]
            peer = Peer(listener.transport, host_of(address), address[1])
            if self._may_enter(peer.host):
                self._hosts[peer.host] += 1
                self._entered(sock, peer, listener)
            else:
                sock.close()

    def _may_enter(self, host: str) -> bool:
        if self._hosts.total() >= MOST and self._hosts.total() - self._make_room() >= MOST:
            return False
        there = self._hosts.get(host, 0)
        return there < MOST_OF_ONE or there - self._needed_from(host) < MOST_OF_ONE

    def _pause(self, door: socket.socket, error: OSError) -> None:
        if not self._exhausted:
            _log.warning("no further connection can be taken: %s", error.strerror)
        self._exhausted = True
        loop = asyncio.get_running_loop()
        loop.remove_reader(door)
        loop.call_later(_PAUSE_SECONDS, self._resume, door)

    def _resume(self, door: socket.socket) -> None:
        if door in self._doors:
            asyncio.get_running_loop().add_reader(door, self._accept, door)
