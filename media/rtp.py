"""RTP (RFC 3550 §5.1) as columns: many datagrams at once, never a Python object for a packet.

 0                   1                   2                   3
|V=2|P|X|  CC   |M|     PT      |       sequence number         |
|                           timestamp                           |
|           synchronization source (SSRC) identifier            |
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

HEADER_OCTETS = 12
"""Of a header without CSRC list and extension."""

_VERSION_2 = 0x80
_PADDING = 0x20
_EXTENSION = 0x10
_MARKER = 0x80

_HEADER = np.dtype([("first", "u1"), ("second", "u1"), ("sequence", ">u2"), ("timestamp", ">u4"), ("ssrc", ">u4")])

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Packets:
    """One row a packet, in the order of arrival; all columns have the same length."""

    datagram: Integers
    """Which row of the datagrams it is."""
    payload_type: Integers
    marker: npt.NDArray[np.bool_]
    sequence: Integers
    """0 … 65535."""
    timestamp: Integers
    """0 … 2**32 - 1, in units of the payload's RTP clock."""
    ssrc: Integers
    start: Integers
    """The first octet of the payload in the datagram."""
    size: Integers
    """Octets of payload, without padding; may be 0."""

    def __len__(self) -> int:
        return len(self.datagram)

    def where(self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> Packets:
        """The packets of a mask, or of row numbers."""
        return Packets(
            self.datagram[rows],
            self.payload_type[rows],
            self.marker[rows],
            self.sequence[rows],
            self.timestamp[rows],
            self.ssrc[rows],
            self.start[rows],
            self.size[rows],
        )


def parse(octets: npt.NDArray[np.uint8], length: Integers) -> Packets:
    """The datagrams among ``octets`` (n, width) that are RTP; ``length`` (n) says how much of each row counts.

    Whatever is no RTP is left out, so its number is ``len(length) - len(parse(octets, length))``.  Every length is
    checked before what it covers is read (RFC 3550 A.1), so no content can make this raise.  A length beyond the width
    means a datagram that was cut: left out.  Rows need at least 12 columns.
    """
    head = np.ascontiguousarray(octets[:, :HEADER_OCTETS]).view(_HEADER)[:, 0]
    first = head["first"]
    length = np.where(length <= octets.shape[1], length, 0)
    valid = (length >= HEADER_OCTETS) & (first & 0xC0 == _VERSION_2)
    start = HEADER_OCTETS + 4 * (first & 0x0F).astype(np.int64)
    padding = np.zeros(len(length), np.int64)
    if (valid & (first & (_PADDING | _EXTENSION) != 0)).any():
        start += _extension_octets(octets, length, start, first)
        padding = _padding_octets(octets, length, start, first)
    valid &= start + padding <= length
    rows = np.flatnonzero(valid)
    head = head[rows]
    return Packets(
        datagram=rows,
        payload_type=(head["second"] & 0x7F).astype(np.int64),
        marker=head["second"] >= _MARKER,
        sequence=head["sequence"].astype(np.int64),
        timestamp=head["timestamp"].astype(np.int64),
        ssrc=head["ssrc"].astype(np.int64),
        start=start[rows],
        size=(length - start - padding)[rows],
    )


def _extension_octets(
    octets: npt.NDArray[np.uint8], length: Integers, start: Integers, first: npt.NDArray[np.uint8]
) -> Integers:
    """Octets of the header extension (§5.3.1); more than the datagram has where it is cut short."""
    here = (first & _EXTENSION != 0) & (start + 4 <= length)
    at = np.where(here, start, 0)
    row = np.arange(len(length))
    words = (octets[row, at + 2].astype(np.int64) << 8) | octets[row, at + 3]
    cut = (first & _EXTENSION != 0) & ~here
    return np.where(here, 4 + 4 * words, np.where(cut, length + 1, 0))


def _padding_octets(
    octets: npt.NDArray[np.uint8], length: Integers, start: Integers, first: npt.NDArray[np.uint8]
) -> Integers:
    """Octets of padding, as the last octet says; more than the datagram has where that is impossible."""
    here = (first & _PADDING != 0) & (start < length)
    last = octets[np.arange(len(length)), np.where(here, length - 1, 0)].astype(np.int64)
    impossible = (first & _PADDING != 0) & (~here | (last == 0))
    return np.where(impossible, length + 1, np.where(here, last, 0))


def write_fixed(
    out: npt.NDArray[np.uint8],
    ssrc: Integers,
) -> None:
    """What stays the same in each packet of a stream: version and SSRC.  ``out`` is (n, ≥ 12), changed in place."""
    out[:, 0] = _VERSION_2
    out[:, 8:12] = ssrc.astype(">u4").view(np.uint8).reshape(-1, 4)


def write_moving(
    out: npt.NDArray[np.uint8],
    payload_type: Integers,
    marker: npt.NDArray[np.bool_],
    sequence: Integers,
    timestamp: Integers,
) -> None:
    """What changes from packet to packet; sequence numbers and timestamps of any size are taken modulo their width."""
    out[:, 1] = payload_type | np.where(marker, _MARKER, 0)
    out[:, 2:4].view(">u2")[:, 0] = sequence & 0xFFFF
    out[:, 4:8].view(">u4")[:, 0] = timestamp & 0xFFFFFFFF


class Moving:
    """What :func:`write_moving` writes, of many streams that all move on by a packet at once.

    Payload type, sequence number and timestamp stand side by side in the header, so they are one number to add to, as
    long as none of its parts goes round.
    """

    def __init__(
        self,
        out: npt.NDArray[np.uint8],
        payload_type: Integers,
        marker: npt.NDArray[np.bool_],
        sequence: Integers,
        timestamp: Integers,
        step: Integers,
    ) -> None:
        """Write the first packets into ``out`` (n, ≥ 12), a row each; ``step`` is what a timestamp moves on by."""
        write_moving(out, payload_type, marker, sequence, timestamp)
        self._numbers = out[:, :8].view(">u8")[:, 0]
        self._step = ((1 << 32) + step).astype(np.uint64)
        until_round = np.minimum(0xFFFF - (sequence & 0xFFFF), (0xFFFFFFFF - (timestamp & 0xFFFFFFFF)) // step)
        self._moves = 0 if marker.any() else int(until_round.min(initial=0xFFFF))

    def move(self) -> bool:
        """Make them the next packets; False, changing nothing, if they have to be written anew for that."""
        if not self._moves:
            return False
        self._moves -= 1
        np.add(self._numbers, self._step, out=self._numbers)
        return True
