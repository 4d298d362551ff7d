"""RTP ports: pairs of sockets, and which legs may share one.

A socket is shared only by legs that can't be mistaken for each other: a phone that states its true address is known by
host and port; one behind a NAT by its public host alone, since its port is known only when it is heard, and may change
at any time; one that may be behind a NAT by both.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import resource
import socket
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from mixer.bridge.protocol import Address, CloseSocket, OpenSocket
from mixer.bridge.sharing import legs_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_RANGE = re.compile(r"([0-9]{1,5})-([0-9]{1,5})")
_BUFFER = 1 << 24  # octets; the kernel grants what it allows
_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 32, 33  # Linux, asm-generic/socket.h: beyond what is allowed to everybody
_ANY = -1  # no port, but the sum of all
_SPARE = 8
"""Pairs that stay open though no leg has them: the next calls come soon, and late packets of the last find somebody."""
_FILES_FOR_OTHERS = 64  # that a process may open: the book, the journal and another bridge need some too


class Bound(Protocol):
    """A socket that is bound, as far as it is of interest here."""

    def fileno(self) -> int: ...

    def getsockopt(self, level: int, option: int, /) -> int: ...

    def close(self) -> None: ...


class PortsExhausted(Exception):
    """Every pair of the range is in use, by us or by others, or the system allows no more."""


@dataclass(frozen=True, slots=True, eq=False)
class Port:
    """A leg's place on a socket."""

    socket: int
    """As the bridge's commands have it."""
    port: int
    """For the SDP: where the phone is to send."""
    ipv6: bool = False


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """How packets of a leg will be known."""

    stated: Address | None = None
    """Where the phone says it listens; None when we make the offer."""
    public_host: str | None = None
    """Where it is heard from instead, behind a NAT: from which port is known only then."""
    other_host: str | None = None
    """Where it may be heard from as well."""

    @property
    def keys(self) -> _Keys:
        if self.public_host is not None:
            return ((self.public_host, None),)
        stated = () if self.stated is None else ((self.stated.host, self.stated.port),)
        return stated if self.other_host is None else (*stated, (self.other_host, None))


_Keys = tuple[tuple[str, int | None], ...]
"""Host and port, or host and None for any port of it; none at all for a phone that has stated nothing yet."""


@dataclass(slots=True)
class _Pair:
    number: int
    port: int
    rtp: Bound
    rtcp: Bound
    ipv6: bool
    most: int
    """So many legs may share it."""
    legs: dict[Port, _Keys] = field(default_factory=dict)
    known: Counter[tuple[str, int | None]] = field(default_factory=Counter)
    """How often each is among the legs, and each host, with the port _ANY."""

    def has_room_for(self, keys: _Keys) -> bool:
        return len(self.legs) < self.most and not self.mistakes(keys)

    def mistakes(self, keys: _Keys) -> bool:
        """Whether packets of this one may be those of a leg that is here."""
        return any(self.known[host, _ANY if port is None else port] + self.known[host, None] for host, port in keys)

    def put(self, leg: Port, keys: _Keys) -> None:
        self.legs[leg] = keys
        self._count(keys, 1)

    def drop(self, leg: Port) -> _Keys:
        keys = self.legs.pop(leg, ())
        self._count(keys, -1)
        return keys

    def _count(self, keys: _Keys, by: int) -> None:
        for key in keys:
            for one in (key, (key[0], _ANY)):
                self.known[one] += by
                if not self.known[one]:
                    del self.known[one]

    def close(self) -> None:
        self.rtp.close()
        self.rtcp.close()


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
    """Opens pairs when they are needed, and keeps some.  ``send`` is the bridge client's: it gets each pair too."""

    def __init__(
        self,
        ports: str,
        hosts: Iterable[str],
        send: Callable[..., None],
        bind: Callable[[str, int], tuple[Bound, Bound] | None] | None = None,
    ) -> None:
        """``hosts``: what is bound, an address of each family that is spoken.  ``bind``: a pair of sockets on a host,
        at this port and the next; None where either is taken."""
        self._bind = bind or _bound
        self._name = ports
        self._ports = ports_of(ports)
        self._hosts = {":" in host: host for host in hosts}
        self._send = send
        self._pairs: dict[int, _Pair] = {}
        self._turn = 0  # which of the ports is tried next

    def speaks(self, *, ipv6: bool) -> bool:
        return ipv6 in self._hosts

    def has(self, port: int) -> bool:
        """Whether it is one of those that are open now."""
        return any(pair.port in (port, port - 1) for pair in self._pairs.values())

    def take(self, where: Whereabouts, *, ipv6: bool = False) -> Port:
        """A place for a leg, on a family that is spoken.  Raises :class:`PortsExhausted`.

        A phone that has stated nothing yet has to be told from others later, with :meth:`confirm`; if its public host
        is known, no other leg of that host gets the same socket.
        """
        keys = where.keys
        fit = (pair for pair in self._pairs.values() if pair.ipv6 == ipv6 and pair.has_room_for(keys))
        pair = next(fit, None) or self._open(ipv6)
        port = Port(pair.number, pair.port, ipv6)
        pair.put(port, keys)
        return port

    def confirm(self, port: Port, where: Whereabouts) -> bool:
        """The phone states its address, the same again or another; False, changing nothing, if others can be meant."""
        pair = self._pairs[port.socket]
        before, keys = pair.drop(port), where.keys
        mistaken = pair.mistakes(keys)
        pair.put(port, before if mistaken else keys)
        return not mistaken

    def release(self, port: Port) -> None:
        """The leg is gone; releasing twice is no error.  Of pairs that nobody has, a few stay open."""
        pair = self._pairs.get(port.socket)
        if pair is None or port not in pair.legs:
            return
        pair.drop(port)
        spare = [pair for pair in self._pairs.values() if not pair.legs]
        if len(spare) > _SPARE:
            self._close(spare[-1])  # the first ones are the first to be taken again

    def close(self) -> None:
        """Close all sockets here; the bridge has its own descriptors of them."""
        for pair in self._pairs.values():
            pair.close()
        self._pairs.clear()

    def _open(self, ipv6: bool) -> _Pair:
        """The next pair that nobody has."""
        host = self._hosts[ipv6]
        for _ in range(len(self._ports)):
            port = self._ports[self._turn % len(self._ports)]
            self._turn += 1
            sockets = self._bind(host, port)
            if sockets is not None:
                self._leave_some_files(sockets)
                granted = sockets[0].getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
                number = next(number for number in itertools.count() if number not in self._pairs)
                pair = _Pair(number, port, *sockets, ipv6, legs_for(granted))
                self._pairs[number] = pair
                self._send(OpenSocket(number, ipv6), pair.rtp.fileno(), pair.rtcp.fileno())
                return pair
        raise PortsExhausted(
            f"no free pair of RTP ports in {self._name} on {host}: {len(self._pairs)} are ours, the others are"
            " used by another program; widen the range"
        )

    def _close(self, pair: _Pair) -> None:
        del self._pairs[pair.number]
        self._send(CloseSocket(pair.number))
        pair.close()

    def _leave_some_files(self, sockets: tuple[Bound, Bound]) -> None:
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


def _bound(host: str, port: int) -> tuple[socket.socket, socket.socket] | None:
    """RTP on the even port, RTCP on the next (RFC 3550 §11); None when either is taken."""
    pair = []
    for number in (port, port + 1):
        one = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        one.setblocking(False)
        pair.append(one)
        try:
            if ":" in host:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # the same port of IPv4 is another pair's
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
