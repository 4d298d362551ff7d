"""UDP in batches: rows of one array to the kernel and back, one system call for up to a thousand datagrams.

:class:`Datagrams` *is* the ``mmsghdr`` and ``iovec`` arrays that ``recvmmsg(2)`` and ``sendmmsg(2)`` take; they are
wired once, so a tick touches no Python object per packet and copies no payload.  :func:`open_wire` gives the batched
calls where the C library has them (Linux), else a plain socket loop with the same interface.

An address has room for IPv6; of a received one :meth:`Datagrams.number_hosts` makes what looks like IPv4.

ctypes lets go of the GIL in the system call: different places of one :class:`Datagrams` may be sent from several
threads.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
import sys
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from media.ipv6 import host_of, octets_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from media.ipv6 import Hosts, Words

# struct mmsghdr of 64-bit Linux: a msghdr of 56 octets, then msg_len, padded to 64.
_MMSGHDR: Final = np.dtype(
    {
        "names": ["name", "namelen", "iov", "iovlen", "len"],
        "formats": ["u8", "u4", "u8", "u8", "u4"],
        "offsets": [0, 8, 16, 24, 56],
        "itemsize": 64,
    }
)
_MMSGHDR_SIZE: Final = _MMSGHDR.itemsize
_SOCKADDR_SIZE: Final = 28  # of struct sockaddr_in6; of sockaddr_in the kernel takes its 16
_ADDRESS_SIZE: Final = 32  # of a row of them: the last four octets are zeros for ever
# The first half of struct sockaddr_in, the second being padding; in sockaddr_in6 the host is the flow label.
_ENDPOINT: Final = np.dtype([("family", "=u2"), ("port", ">u2"), ("host", ">u4")])
_MAX_BATCH: Final = 1024  # UIO_MAXIOV: sendmmsg takes no more at once
# MSG_TRUNC: msg_len says how long the datagram was, not how much of it fitted.
_RECEIVE_FLAGS: Final = int(socket.MSG_DONTWAIT | socket.MSG_TRUNC)
_SEND_FLAGS: Final = int(socket.MSG_DONTWAIT)

# The send buffer is full. What is not sent now is late for ever: it counts as lost.
_FULL: Final = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS})
# The fault of one destination (ICMP, a firewall rule, no route, port 0), which the other rows don't share.
_ONE_DESTINATION: Final = frozenset(
    {
        errno.ECONNREFUSED,
        errno.EPERM,
        errno.EACCES,
        errno.EINVAL,
        errno.EAFNOSUPPORT,
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,
        errno.EHOSTDOWN,
        errno.ENETDOWN,
        errno.EADDRNOTAVAIL,
        errno.EMSGSIZE,
        errno.EDESTADDRREQ,
    }
)


def endpoints(hosts: NDArray[np.uint32], ports: NDArray[np.uint16]) -> NDArray[np.uint64]:
    """IPv4 hosts (as numbers, 127.0.0.1 is 0x7F000001) and ports as values of :attr:`Datagrams.endpoint`."""
    rows = np.empty(np.broadcast(hosts, ports).shape, _ENDPOINT)
    rows["family"], rows["host"], rows["port"] = socket.AF_INET, hosts, ports
    return rows.view(np.uint64)


def hosts_and_ports(endpoint: NDArray[np.uint64]) -> tuple[NDArray[np.uint32], NDArray[np.uint16]]:
    """The inverse of :func:`endpoints`."""
    rows = np.ascontiguousarray(endpoint).view(_ENDPOINT)
    return rows["host"].astype(np.uint32), rows["port"].astype(np.uint16)


def tagged(endpoint: NDArray[np.uint64], tag: NDArray[np.integer]) -> NDArray[np.uint64]:
    """Endpoints with another number in place of the family, the same for all: one number to look up by both."""
    tagged = endpoint.copy()
    tagged.view(_ENDPOINT)["family"] = tag
    return tagged


def tags(tagged: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """What endpoints were tagged with."""
    family: NDArray[np.uint16] = tagged.view(_ENDPOINT)["family"]
    return family


def endpoint_of(host: str, port: int) -> int:
    """A dotted address and a port as a value of :attr:`Datagrams.endpoint`; OSError for what is no IPv4 address."""
    packed = struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + socket.inet_aton(host)
    return int.from_bytes(packed, sys.byteorder)


def address_of(endpoint: int) -> tuple[str, int]:
    """The inverse of :func:`endpoint_of`."""
    packed = int(endpoint).to_bytes(8, sys.byteorder)
    return socket.inet_ntoa(packed[4:8]), int.from_bytes(packed[2:4], "big")


def _ipv6_endpoint(port: int) -> int:
    """The first eight octets of ``struct sockaddr_in6``, without a flow label."""
    return int.from_bytes(struct.pack("=H", socket.AF_INET6) + struct.pack("!HI", port, 0), sys.byteorder)


class Datagrams:
    """``count`` datagrams of up to ``width`` octets, wired to the kernel's structures once.

    The arrays may be written in place, never replaced: the kernel knows them by address.
    """

    payload: Final[NDArray[np.uint8]]
    """(count, width): the octets."""
    address: Final[NDArray[np.uint8]]
    """(count, 32): where from, or where to, as ``struct sockaddr_in`` or ``sockaddr_in6``."""
    endpoint: Final[NDArray[np.uint64]]
    """(count,): a view of ``address``: family, port and host as one number, to compare and to look up."""
    tag: Final[NDArray[np.uint16]]
    """(count,): a view of ``endpoint``: the family; what was received is tagged in place, as :func:`tagged` does."""
    host: Final[NDArray[np.uint32]]
    """(count,): a view of ``endpoint``: the host of IPv4, big-endian; of IPv6 the flow label, or the host's number."""
    words: Final[Words]
    """(count, 3): a view of ``address``: the host of IPv6, as :class:`media.ipv6.Hosts` has it."""
    received: Final[NDArray[np.uint32]]
    """(count,): octets of each that was received.  More than ``width``: it was longer, the rest is gone."""
    order: Final[NDArray[np.intp]]
    """(count,): which row is sent when; to be changed by :meth:`arrange`."""

    def __init__(self, count: int, width: int) -> None:
        self.width = width
        self.payload = np.zeros((count, width), np.uint8)
        self.address = np.zeros((count, _ADDRESS_SIZE), np.uint8)
        self.endpoint = self.address.view(np.uint64)[:, 0]
        self.words = self.address.view(np.uint64)[:, 1:]
        self.endpoint[:] = endpoint_of("0.0.0.0", 0)  # noqa: S104 - not bound: a destination not yet known
        self.tag = self.address.view(np.uint16)[:, 0]
        self.host = self.address.view(">u4")[:, 1]
        self._iov = np.empty((count, 2), np.uint64)  # struct iovec: base, length
        self._iov[:, 0] = self.payload.ctypes.data + np.arange(count) * width
        self._iov[:, 1] = width
        self._headers = np.zeros(count, _MMSGHDR)
        self._headers["namelen"] = _SOCKADDR_SIZE
        self._headers["iovlen"] = 1
        self.received = self._headers["len"]
        self.order = np.arange(count)
        self.arrange(self.order)
        self._at = self._headers.ctypes.data

    def __len__(self) -> int:
        return len(self.payload)

    @property
    def length(self) -> NDArray[np.uint64]:
        """(count,): octets of each datagram to send; a copy, to be changed by :meth:`resize`."""
        return self._iov[:, 1].copy()

    def resize(self, rows: int | slice | NDArray[np.intp], octets: int | NDArray[np.int64]) -> None:
        """How long these datagrams to send are.  Raises ValueError beyond the width: the kernel would read on."""
        longest = int(np.max(octets, initial=0))
        if longest > self.width:
            raise ValueError(f"a datagram of {longest} octets in rows of {self.width}")
        self._iov[rows, 1] = octets

    def arrange(self, rows: NDArray[np.intp]) -> None:
        """Send these rows, in this order: the places 0, 1, 2 … that :meth:`Wire.send` takes a range of."""
        places = slice(len(rows))
        self.order[places] = rows
        self._headers["name"][places] = self.address.ctypes.data + rows * _ADDRESS_SIZE
        self._headers["iov"][places] = self._iov.ctypes.data + rows * self._iov.strides[0]

    def put_address(self, row: int, host: str, port: int) -> None:
        """Where to send a row.  OSError for what is no address."""
        if ":" in host:
            self.words[row] = np.frombuffer(octets_of(host), np.uint64)
            self.endpoint[row] = _ipv6_endpoint(port)
        else:
            self.endpoint[row] = endpoint_of(host, port)

    def put_ipv6(self, rows: NDArray[np.intp], words: Words, ports: NDArray[np.int64]) -> None:
        """The same, of many rows and IPv6."""
        some = np.empty(len(rows), _ENDPOINT)
        some["family"], some["host"], some["port"] = socket.AF_INET6, 0, ports
        self.endpoint[rows], self.words[rows] = some.view(np.uint64), words

    def address_at(self, row: int) -> tuple[str, int]:
        """Where a row is to be sent, or, unless it was tagged, where it came from."""
        host, port = address_of(int(self.endpoint[row]))
        return (host_of(self.words[row].tobytes()) if self.tag[row] == socket.AF_INET6 else host), port

    def expect_ipv6(self, rows: range) -> None:
        """Of a socket of IPv6 these rows are to be filled: the kernel has noted how long the last addresses were, and
        would cut others to that."""
        self._headers["namelen"][rows.start : rows.stop] = _SOCKADDR_SIZE

    def number_hosts(self, rows: range, hosts: Hosts) -> None:
        """Of these rows, which came over IPv6, make :attr:`endpoint` tell the port and the host's number."""
        some = slice(rows.start, rows.stop)
        self.host[some] = hosts.numbers(self.words[some])

    def headers_from(self, first: int) -> int:
        """The address of the ``mmsghdr`` array from a place on."""
        return self._at + first * _MMSGHDR_SIZE


class Wire(Protocol):
    """What :class:`BatchedWire` and :class:`PlainWire` share.  ``fd`` is a UDP socket's, neither kept nor closed."""

    def receive(self, fd: int, datagrams: Datagrams, rows: range | None = None) -> int:
        """Fill rows, in order, with what has come, without waiting; how many.  Of datagrams that were never arranged.

        Raises OSError only for what is no UDP socket: a fault that some peer caused is passed over.
        """

    def send(self, fd: int, datagrams: Datagrams, places: range) -> int:
        """Send what is arranged at these places, without waiting; how many the kernel took.  The others are lost.

        A destination that the kernel refuses loses its own rows only; a full send buffer loses all that follow.
        Raises OSError for what is no UDP socket.
        """


class BatchedWire:
    """``recvmmsg`` and ``sendmmsg``.  Raises OSError where the C library lacks them."""

    def __init__(self) -> None:
        if sys.platform != "linux" or sys.maxsize < 2**32:
            raise OSError(errno.ENOSYS, "recvmmsg and sendmmsg are for 64-bit Linux")
        libc = ctypes.CDLL(None, use_errno=True)
        self._recvmmsg: Callable[[int, int, int, int, None], int] = libc.recvmmsg
        self._sendmmsg: Callable[[int, int, int, int], int] = libc.sendmmsg
        libc.recvmmsg.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p]
        libc.sendmmsg.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int]

    def receive(self, fd: int, datagrams: Datagrams, rows: range | None = None) -> int:
        free = range(len(datagrams)) if rows is None else rows
        headers = datagrams.headers_from(free.start)
        while (count := self._recvmmsg(fd, headers, len(free), _RECEIVE_FLAGS, None)) < 0:
            code = ctypes.get_errno()
            if code in _FULL:
                return 0
            if code != errno.EINTR and code not in _ONE_DESTINATION:
                raise OSError(code, os.strerror(code))
        return count

    def send(self, fd: int, datagrams: Datagrams, places: range) -> int:
        at, end = places.start, places.stop
        taken = (
            self._sendmmsg(fd, datagrams.headers_from(at), min(_MAX_BATCH, end - at), _SEND_FLAGS) if end > at else 0
        )
        if taken == end - at:
            return taken
        return self._send_the_rest(fd, datagrams, places, taken)

    def _send_the_rest(self, fd: int, datagrams: Datagrams, places: range, taken: int) -> int:
        """After a first call that took so many, or failed (-1)."""
        at, end, sent = places.start, places.stop, 0
        complained = -1
        while True:
            if taken > 0:
                at, sent = at + taken, sent + taken
            else:
                # The call fails only for its first row; for a later one it returns short, and the next call fails.
                code = ctypes.get_errno()
                if code in _FULL:
                    return sent
                if code in _ONE_DESTINATION:
                    # The first complaint may be of an earlier row, by ICMP; the second is of this one.
                    at, complained = (at + 1, -1) if complained == at else (at, at)
                elif code != errno.EINTR:
                    raise OSError(code, os.strerror(code))
            if at >= end:
                return sent
            taken = self._sendmmsg(fd, datagrams.headers_from(at), min(_MAX_BATCH, end - at), _SEND_FLAGS)


class PlainWire:
    """A datagram a call, for systems without ``recvmmsg``: some eight times the cost."""

    def receive(self, fd: int, datagrams: Datagrams, rows: range | None = None) -> int:
        count, free = 0, range(len(datagrams)) if rows is None else rows
        with _Borrowed(fd) as udp:
            while count < len(free):
                row = free[count]
                try:
                    length, _, flags, source = udp.recvmsg_into([datagrams.payload[row].data], 0, socket.MSG_DONTWAIT)
                except BlockingIOError:
                    break
                except OSError as error:
                    if error.errno not in _ONE_DESTINATION:
                        raise
                    continue
                datagrams.received[row] = datagrams.width + 1 if flags & socket.MSG_TRUNC else length
                host, number, *rest = source
                datagrams.put_address(row, f"{host}%{rest[1]}" if rest and rest[1] else host, number)
                count += 1
        return count

    def send(self, fd: int, datagrams: Datagrams, places: range) -> int:
        rows, lengths, sent = datagrams.order[places.start : places.stop].tolist(), datagrams.length, 0
        with _Borrowed(fd) as udp:
            for row in rows:
                octets = datagrams.payload[row, : lengths[row]].data
                host, number = datagrams.address_at(row)
                bare, _, scope = host.partition("%")
                destination = (bare, number, 0, int(scope)) if scope else (bare, number)
                try:
                    sent += _sent(udp, octets, destination) or _sent(udp, octets, destination)
                except BlockingIOError:
                    break
        return sent


def _sent(udp: socket.socket, octets: memoryview, destination: tuple[str, int] | tuple[str, int, int, int]) -> bool:
    """Whether the kernel took it; False may be the complaint of an earlier row, so try again once.

    Raises BlockingIOError when the send buffer is full.
    """
    try:
        udp.sendto(octets, socket.MSG_DONTWAIT, destination)
    except socket.gaierror:  # an address of the other version of IP
        return False
    except OSError as error:
        if error.errno in _FULL:
            raise BlockingIOError(error.errno, error.strerror) from error
        if error.errno not in _ONE_DESTINATION:
            raise
        return False
    return True


class _Borrowed:
    """A socket object around somebody else's descriptor, which stays open."""

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(fileno=fd)

    def __enter__(self) -> socket.socket:
        return self._socket

    def __exit__(self, *_: object) -> None:
        self._socket.detach()


def open_wire() -> Wire:
    """The fastest wire of this system."""
    try:
        return BatchedWire()
    except (OSError, AttributeError):  # not Linux, or a C library without the two calls
        return PlainWire()
