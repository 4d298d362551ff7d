"""IPv6 hosts as numbers of 32 bits, so that whatever looks up and compares addresses needs to know IPv4 alone.

``struct sockaddr_in6`` begins as ``struct sockaddr_in`` does, with family and port; then it has its flow label where
the other has its host (RFC 3493 §3.3).  What is received has the number of its host written there, and is like IPv4
from then on; a socket is of one family, so the numbers of both never meet.
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Words = NDArray[np.uint64]
    """(n, 3): sixteen octets of address, four of scope, four zeros, as they stand behind the flow label."""

STRANGER: Final = 0
"""The number of every host that was given none."""

_FEW: Final = 64


def octets_of(host: str) -> bytes:
    """What stands behind the flow label, padded to 24 octets.  OSError for what is no IPv6 address.

    A scope (``fe80::1%eth0``, ``fe80::1%2``, RFC 4007 §11) is an interface of this machine.
    """
    address, _, scope = host.partition("%")
    index = 0 if not scope else int(scope) if scope.isascii() and scope.isdigit() else socket.if_nametoindex(scope)
    return socket.inet_pton(socket.AF_INET6, address) + np.uint32(index % 2**32).tobytes() + bytes(4)


def host_of(octets: bytes) -> str:
    """The inverse of :func:`octets_of`; a scope as its number."""
    scope = int(np.frombuffer(octets, np.uint32, 1, 16)[0])
    return socket.inet_ntop(socket.AF_INET6, octets[:16]) + (f"%{scope}" if scope else "")


class Hosts:
    """Those that matter, each with a number.  Of a batch of datagrams all are looked up at once."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._octets = [bytes(24)]
        self._free: list[int] = []
        self._many = _FEW
        # Unknown to others, so that nobody can choose an address that is mixed to the same as another.
        self._mixers = np.frombuffer(os.urandom(24), np.uint64) | np.uint64(1)
        self._stale = True

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def crowded(self) -> bool:
        """Whether :meth:`keep` would be good: there are twice as many as the last one left."""
        return len(self._numbers) >= self._many

    def number(self, host: str) -> int:
        """The host's, a new one if it had none.  OSError for what is no IPv6 address."""
        octets = octets_of(host)
        number = self._numbers.get(octets)
        if number is None:
            number = self._free.pop() if self._free else len(self._octets)
            self._octets[number : number + 1] = [octets]
            self._numbers[octets] = number
            self._stale = True
        return number

    def name(self, number: int) -> str:
        return host_of(self._octets[number])

    def words(self, numbers: NDArray[np.int64]) -> Words:
        """(n, 3): of hosts that have these numbers."""
        self._derive()
        return self._words[numbers]

    def numbers(self, words: Words) -> NDArray[np.uint32]:
        """(n): whose numbers these are, STRANGER for hosts that have none."""
        self._derive()
        at = np.searchsorted(self._mixed, _mixed(words, self._mixers))
        number = self._order.take(at, mode="clip")
        number[(self._words[number] != words).any(axis=1)] = STRANGER
        return number

    def keep(self, used: Iterable[int]) -> None:
        """Nobody needs the others any more: their numbers may be given to new hosts."""
        used = frozenset(used)
        gone = [octets for octets, number in self._numbers.items() if number not in used]
        self._free += [self._numbers.pop(octets) for octets in gone]
        self._many = max(_FEW, 2 * len(self._numbers))
        self._stale = True

    def _derive(self) -> None:
        """Once for all hosts that have come since: a new bridge is told of two thousand at once."""
        if not self._stale:
            return
        self._stale = False
        self._words = np.frombuffer(b"".join(self._octets), np.uint64).reshape(-1, 3)
        number = np.array([STRANGER, *self._numbers.values()], np.uint32)
        mixed = _mixed(self._words[number], self._mixers)
        order = np.argsort(mixed)
        self._mixed, self._order = mixed[order], number[order]


def _mixed(words: Words, mixers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One number of three, modulo 2**64."""
    mixed: NDArray[np.uint64] = (words * mixers).sum(axis=1, dtype=np.uint64)
    return mixed
