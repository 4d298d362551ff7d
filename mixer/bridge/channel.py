"""The pair of sockets between the main process and the bridge: one command or event a datagram, pickled."""

from __future__ import annotations

import os
import pickle
import socket
from collections import deque
from select import POLLIN, poll
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

HEARTBEAT = b"."
"""What the bridge sends besides events, every 200 ms: it ticks.  The first datagram of either side, too: of the bridge,
that it has loaded everything; to it, that it is to begin."""

BUFFER = 1 << 20
"""Octets that either direction should hold; the kernel grants what it allows."""

_LONGEST = 1 << 19
_DESCRIPTORS = 2

Message = TypeVar("Message")
Other = TypeVar("Other")


def pair() -> tuple[socket.socket, socket.socket]:
    """Both ends: ``SOCK_SEQPACKET`` keeps datagrams apart, in order, and tells when the other end is gone."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in ends:
        end.setblocking(False)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
    return ends


class Channel(Generic[Message, Other]):
    """One end: sends Messages, receives Others.  Never waits: what the kernel does not take yet is kept in order."""

    def __init__(self, end: socket.socket, keep: int) -> None:
        """``keep``: so many messages may wait for the other end; the oldest beyond that are lost."""
        self._end = end
        self._poll = poll()
        self._poll.register(end, POLLIN)
        self._waiting: deque[tuple[bytes, tuple[int, ...]]] = deque()
        self._keep = keep
        self.closed = False
        """The other end is gone."""

    @property
    def waiting(self) -> bool:
        """Whether :meth:`flush` has something to do."""
        return bool(self._waiting)

    def send(self, message: Message, *descriptors: int) -> None:
        """The descriptors stay the caller's."""
        self.send_octets(pickle.dumps(message, pickle.HIGHEST_PROTOCOL), *descriptors)

    def send_octets(self, octets: bytes, *descriptors: int) -> None:
        """A datagram that is no message: see HEARTBEAT."""
        self.flush()
        if self._waiting or not self._sent(octets, descriptors):
            self._waiting.append((octets, tuple(os.dup(descriptor) for descriptor in descriptors)))
            if len(self._waiting) > self._keep:
                self._close(self._waiting.popleft()[1])

    def flush(self) -> None:
        """Send what waits, as far as the other end has room."""
        while self._waiting and self._sent(*self._waiting[0]):
            self._close(self._waiting.popleft()[1])

    def receive(self) -> tuple[Other | bytes, list[int]] | None:
        """The next message, or HEARTBEAT, with the descriptors that came along, ours from now on; None: none waits."""
        if not self._poll.poll(0):  # nearly always, and cheaper than to find it out by a buffer for the longest message
            return None
        try:
            octets, descriptors, _, _ = socket.recv_fds(self._end, _LONGEST, _DESCRIPTORS, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        except ConnectionError:
            octets, descriptors = b"", []
        if not octets:
            self.closed = True
            return None
        if octets == HEARTBEAT:
            return HEARTBEAT, descriptors
        message: Other = pickle.loads(octets)  # noqa: S301 - from the same program on the other end of our own pair
        return message, descriptors

    def wait(self, seconds: float | None = None) -> None:
        """Until something is there to be received, or the other end is gone; so long at most."""
        self._poll.poll(None if seconds is None else seconds * 1000)

    def close(self) -> None:
        while self._waiting:
            self._close(self._waiting.popleft()[1])
        self._end.close()

    def _sent(self, octets: bytes, descriptors: Sequence[int]) -> bool:
        try:
            socket.send_fds(self._end, [octets], list(descriptors), socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except ConnectionError:
            self.closed = True  # nobody is there to miss it
        return True

    def _close(self, descriptors: Sequence[int]) -> None:
        for descriptor in descriptors:
            os.close(descriptor)
