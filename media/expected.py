"""The packet that everybody expects: of each leg, the RTP header that simply goes on from the last one.

Nearly all packets are the next ones of their streams, of the same kind and length.  They need no parsing and no
judging: their header is compared, as Van Jacobson's header prediction does it for TCP, with the one expected.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import numpy as np

from media.jitter import FRAME
from media.rtp import HEADER_OCTETS

if TYPE_CHECKING:
    import numpy.typing as npt

    from media.jitter import Legs

    Headers = npt.NDArray[np.uint32]
    """(n, 4): the three words of an RTP header, and the length of the datagram."""

LENGTH: Final = HEADER_OCTETS + FRAME
"""Octets of a datagram that can be expected: 20 ms of G.711, nothing else in it."""

_SEQUENCE = 0 if sys.byteorder == "little" else 1  # of the 16-bit halves of a row of Headers
_FIRST, _PLAIN = np.uint32(0xFF000000), np.uint32(0x80000000)  # version 2; no padding, extension, CSRC
_NOTHING = np.uint32(0xFFFFFFFF)  # no datagram is so long
_NO_MARKER = np.uint32(0xFF7FFFFF)
_ONE, _STEP = np.uint16(1), np.uint32(FRAME)
_NETWORK_ORDER = np.dtype(">u4")


def before(come: Headers, rows: npt.NDArray[np.intp]) -> Headers:
    """These headers, but those of some rows as they are in the packet before that one."""
    come = come.copy()
    come.view(np.uint16)[rows, _SEQUENCE] -= _ONE
    come[rows, 1] -= _STEP
    return come


def headers(octets: npt.NDArray[np.uint8], length: npt.NDArray[np.integer] | int) -> Headers:
    """Of datagrams (n, at least 12 columns) of these lengths."""
    words = np.empty((len(octets), 4), np.uint32)
    words[:, :3] = octets[:, :HEADER_OCTETS].view(_NETWORK_ORDER)
    words[:, 3] = length
    return words


class Expected:
    """One row a leg, and one that nothing is like, for the packets of strangers: row -1."""

    def __init__(self, legs: int) -> None:
        self._headers = np.full((legs + 1, 4), _NOTHING)
        self._halves = self._headers.view(np.uint64)

    def enlarge(self, legs: int) -> None:
        """The legs have more rows."""
        before, self._headers = self._headers, np.full((legs + 1, 4), _NOTHING)
        self._headers[: len(before) - 1] = before[:-1]
        self._halves = self._headers.view(np.uint64)

    def forget(self, leg: Legs | slice = slice(None)) -> None:
        """Whatever comes next has to be looked at."""
        self._headers[leg] = _NOTHING

    def are(self, leg: Legs, come: Headers) -> npt.NDArray[np.bool_]:
        """Whether these packets of these legs are the ones expected: both halves (n, 2) are True then."""
        like: npt.NDArray[np.bool_] = self._halves.take(leg, axis=0, mode="wrap") == come.view(np.uint64)
        return like

    def are_all(self, leg: Legs, come: Headers) -> bool:
        """Whether all of them are: octets are compared at once, which takes less than to count what is alike."""
        return self._headers.take(leg, axis=0, mode="wrap").tobytes() == come.tobytes()

    def follow(self, leg: Legs, come: Headers, step: npt.NDArray[np.uint32] | np.uint32 = _STEP) -> None:
        """Expect of each of these legs the packet after this one, whose timestamp is ``step`` more; ``come`` is
        changed."""
        numbers, timestamps = come.view(np.uint16)[:, _SEQUENCE], come[:, 1]
        numbers += _ONE
        timestamps += step
        self._headers[leg] = come

    def follow_plain(self, leg: Legs, come: Headers, step: npt.NDArray[np.uint32] | None = None) -> None:
        """The same, of those headers among them that have nothing but what every header has; without their marker."""
        plain = come[:, 0] & _FIRST == _PLAIN
        come = come[plain]
        come[:, 0] &= _NO_MARKER
        self.follow(leg[plain], come, _STEP if step is None else step[plain])
