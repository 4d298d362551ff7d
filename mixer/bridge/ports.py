"""RTP ports: pairs of sockets, and which legs may share one.

A socket is shared only by legs that can't be mistaken for each other: a phone that states its true address is known by
host and port; one behind a NAT by its public host alone, since its port is known only when it is heard, and may change
at any time.
"""

from __future__ import annotations

import re
import resource
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mixer.bridge.protocol import Address, OpenSocket

if TYPE_CHECKING:
    from collections.abc import Callable

_RANGE = re.compile(r"([0-9]{1,5})-([0-9]{1,5})")
_LEGS = 64  # of one socket: its buffer has to hold what they send while a tick is late
_RECEIVE_BUFFER = 1 << 21
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


@dataclass(frozen=True, slots=True)
class _Whose:
    """How packets of a leg are known: by host and port; by host alone, behind a NAT; or not yet, both None."""

    host: str | None
    port: int | None

    def mistaken_for(self, other: _Whose) -> bool:
        if self.host is None or self.host != other.host:
            return False
        return self.port is None or other.port is None or self.port == other.port


@dataclass(slots=True)
class _Pair:
    number: int
    port: int
    rtp: socket.socket
    rtcp: socket.socket
    legs: dict[Port, _Whose] = field(default_factory=dict)

    def has_room_for(self, whose: _Whose) -> bool:
        return len(self.legs) < _LEGS and not any(whose.mistaken_for(other) for other in self.legs.values())


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
        pair.legs[port] = whose
        return port

    def confirm(self, port: Port, stated: Address, public_host: str | None) -> bool:
        """The phone states its address, the same again or another; False, changing nothing, if others can be meant."""
        legs = self._pairs[port.socket].legs
        whose = _whose(stated, public_host)
        if any(whose.mistaken_for(other) for one, other in legs.items() if one is not port):
            return False
        legs[port] = whose
        return True

    def release(self, port: Port) -> None:
        """The leg is gone; releasing twice is no error."""
        self._pairs[port.socket].legs.pop(port, None)

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
                pair = _Pair(len(self._pairs), port, *sockets)
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
        return _Whose(public_host, None)
    return _Whose(None, None) if stated is None else _Whose(stated.host, stated.port)


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
    rtp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
    rtp.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _RECEIVE_BUFFER)
    return rtp, rtcp
