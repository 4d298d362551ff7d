"""RTP ports: pairs of sockets, and which legs may share one.

A socket is shared only by legs that can't be mistaken for each other: a phone that states its true address is known by
host and port; one behind a NAT by its public host alone, since its port is known only when it is heard, and may change
at any time.
"""

from __future__ import annotations

import contextlib
import re
import resource
import socket
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mixer.bridge.protocol import Address, OpenSocket

if TYPE_CHECKING:
    from collections.abc import Callable

_RANGE = re.compile(r"([0-9]{1,5})-([0-9]{1,5})")
_FEWEST_LEGS, _MOST_LEGS = 64, 512
"""Of one socket.  The more of them, the fewer system calls in a tick; but its buffer has to hold what they send while a
tick is late."""
_BUFFER = 1 << 24  # octets; the kernel grants what it allows
_OCTETS_OF_A_LEG = 10 * 2304  # of the buffer: ten packets, as the kernel counts them with all that is around them
_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 32, 33  # Linux, asm-generic/socket.h: beyond what is allowed to everybody
_ANY = -1  # no port, but the sum of all
_FILES_FOR_OTHERS = 64  # that a process may open: the book, the journal and another bridge need some too


class PortsExhausted(Exception):
    """Every pair of the range is in use, by us or by others, or the system allows no more."""


@dataclass(frozen=True, slots=True, eq=False)
class Port:
    """A leg's place on a socket."""

    socket: int
    """As the bridge's commands have it."""
    port: int
    """For the SDP: where the phone is to send."""


_Whose = tuple[str, int | None] | None
"""How packets of a leg are known: by host and port; by host alone, behind a NAT, the port being None; or not yet."""


@dataclass(slots=True)
class _Pair:
    number: int
    port: int
    rtp: socket.socket
    rtcp: socket.socket
    most: int
    """So many legs may share it."""
    legs: dict[Port, _Whose] = field(default_factory=dict)
    known: Counter[_Whose] = field(default_factory=Counter)
    """How often each is among the legs, and each host, with the port _ANY."""

    def has_room_for(self, whose: _Whose) -> bool:
        return len(self.legs) < self.most and not self.mistakes(whose)

    def mistakes(self, whose: _Whose) -> bool:
        """Whether packets of this one may be those of a leg that is here."""
        if whose is None:
            return False
        host, port = whose
        return self.known[host, _ANY if port is None else port] + self.known[host, None] > 0

    def put(self, leg: Port, whose: _Whose) -> None:
        self.legs[leg] = whose
        self._count(whose, 1)

    def drop(self, leg: Port) -> _Whose:
        whose = self.legs.pop(leg, None)
        self._count(whose, -1)
        return whose

    def _count(self, whose: _Whose, by: int) -> None:
        if whose is not None:
            for one in (whose, (whose[0], _ANY)):
                self.known[one] += by
                if not self.known[one]:
                    del self.known[one]


def ports_of(text: str) -> range:
    """``20000-29999`` as the even ports of the range whose next port is in it too.  Raises ValueError."""
    match = _RANGE.fullmatch(text)
    if match is None:
        raise ValueError(f"RTP ports {text!r}: write a range such as 20000-29999")
    first, last = int(match[1]), int(match[2])
    if not 1024 <= first < last <= 65535:
        raise ValueError(f"RTP ports {text}: a range within 1024-65535 with room for a pair is needed")
    return range(first + first % 2, last, 2)


class PortPool:
    """Opens pairs when they are needed, and keeps them.  ``send`` is the bridge client's: it gets each pair too."""

    def __init__(self, ports: str, bind_host: str, send: Callable[..., None]) -> None:
        self._name = ports
        self._ports = ports_of(ports)
        self._host = bind_host
        self._send = send
        self._pairs: list[_Pair] = []
        self._turn = 0  # which of the ports is tried next

    def take(self, stated: Address | None, public_host: str | None) -> Port:
        """A place for a leg.  Raises :class:`PortsExhausted`.

        ``stated``: where the phone says it listens, None when we make the offer; ``public_host``: where it will be
        heard from if it is behind a NAT.  A phone that has stated nothing yet has to be told from others later, with
        :meth:`confirm`; if its public host is known, no other leg of that host gets the same socket.
        """
        whose = _whose(stated, public_host)
        pair = next((pair for pair in self._pairs if pair.has_room_for(whose)), None) or self._open()
        port = Port(pair.number, pair.port)
        pair.put(port, whose)
        return port

    def confirm(self, port: Port, stated: Address, public_host: str | None) -> bool:
        """The phone states its address, the same again or another; False, changing nothing, if others can be meant."""
        pair = self._pairs[port.socket]
        before, whose = pair.drop(port), _whose(stated, public_host)
        mistaken = pair.mistakes(whose)
        pair.put(port, before if mistaken else whose)
        return not mistaken

    def release(self, port: Port) -> None:
        """The leg is gone; releasing twice is no error."""
        self._pairs[port.socket].drop(port)

    def close(self) -> None:
        """Close all sockets here; the bridge has its own descriptors of them."""
        for pair in self._pairs:
            pair.rtp.close()
            pair.rtcp.close()
        self._pairs.clear()

    def _open(self) -> _Pair:
        """The next pair that nobody has."""
        for _ in range(len(self._ports)):
            port = self._ports[self._turn % len(self._ports)]
            self._turn += 1
            sockets = _bound(self._host, port)
            if sockets is not None:
                self._leave_some_files(sockets)
                granted = sockets[0].getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
                pair = _Pair(len(self._pairs), port, *sockets, legs_for(granted))
                self._pairs.append(pair)
                self._send(OpenSocket(pair.number), pair.rtp.fileno(), pair.rtcp.fileno())
                return pair
        raise PortsExhausted(
            f"no free pair of RTP ports in {self._name} on {self._host}: {len(self._pairs)} are ours, the others are"
            " used by another program; widen the range"
        )

    def _leave_some_files(self, sockets: tuple[socket.socket, socket.socket]) -> None:
        """Closes them and raises PortsExhausted if their numbers, the lowest that are free, come near the limit."""
        allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if allowed == resource.RLIM_INFINITY or max(each.fileno() for each in sockets) < allowed - _FILES_FOR_OTHERS:
            return
        for each in sockets:
            each.close()
        raise PortsExhausted(
            f"no more RTP ports: a process here may open {allowed} files, and {len(self._pairs)} pairs take four each;"
            " raise that limit (ulimit -n, LimitNOFILE=)"
        )


def _whose(stated: Address | None, public_host: str | None) -> _Whose:
    if public_host is not None:
        return public_host, None
    return None if stated is None else (stated.host, stated.port)


def _bound(host: str, port: int) -> tuple[socket.socket, socket.socket] | None:
    """RTP on the even port, RTCP on the next (RFC 3550 §11); None when either is taken."""
    pair = []
    for number in (port, port + 1):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.setblocking(False)
        pair.append(one)
        try:
            one.bind((host, number))
        except OSError:
            for opened in pair:
                opened.close()
            return None
    rtp, rtcp = pair
    for name, beyond in ((socket.SO_RCVBUF, _SO_RCVBUFFORCE), (socket.SO_SNDBUF, _SO_SNDBUFFORCE)):
        rtp.setsockopt(socket.SOL_SOCKET, name, _BUFFER)
        with contextlib.suppress(OSError):  # not Linux, or not root
            rtp.setsockopt(socket.SOL_SOCKET, beyond, _BUFFER)
    return rtp, rtcp


def legs_for(buffer: int) -> int:
    """How many may share a socket whose receive buffer has so many octets."""
    return min(max(buffer // _OCTETS_OF_A_LEG, _FEWEST_LEGS), _MOST_LEGS)
