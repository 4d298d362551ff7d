"""Received datagrams with the moments at which the kernel took them, so that a busy reader looks at no wrong clock."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import numpy as np

from media.wire import Datagrams

if TYPE_CHECKING:
    from numpy.typing import NDArray

SO_TIMESTAMPNS = 35  # Linux, asm-generic/socket.h; the socket module has no name for it
_CONTROL_OCTETS = 32  # struct cmsghdr (length, level, type: 16 octets), then struct timespec
_CONTROL, _CONTROL_LENGTH = 4, 5  # words of struct mmsghdr


class Stamped(Datagrams):
    """As :class:`Datagrams`, to receive into, from sockets of :func:`stamping`."""

    def __init__(self, count: int, width: int) -> None:
        super().__init__(count, width)
        self._control = np.zeros((count, _CONTROL_OCTETS), np.uint8)
        self._places = self._control.ctypes.data + np.arange(count, dtype=np.uint64) * _CONTROL_OCTETS

    def headers_from(self, first: int) -> int:
        words = self._headers.view(np.uint64).reshape(len(self), -1)
        words[:, _CONTROL] = self._places
        words[:, _CONTROL_LENGTH] = _CONTROL_OCTETS
        return super().headers_from(first)

    def arrived(self, count: int) -> NDArray[np.int64]:
        """When the first ``count`` came, in nanoseconds of the monotonic clock.

        The kernel stamps with the wall clock, which may be slewed meanwhile: what it is ahead is asked anew each time.
        """
        stamps = self._control.view(np.int64)[:count]
        arrived: NDArray[np.int64] = stamps[:, 2] * 1_000_000_000 + stamps[:, 3]
        return arrived - (time.time_ns() - time.monotonic_ns())


def stamping(udp: socket.socket) -> socket.socket:
    """The same socket; from now on the kernel stamps what it receives."""
    udp.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    return udp
