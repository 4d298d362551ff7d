"""RTCP compound packets (RFC 3550 §6) and the arithmetic of reception reports (appendix A).

``build`` and ``parse`` are each other's inverse for what is kept here: reports, the CNAME of source descriptions, BYE.
Other packet types (APP, XR, feedback) and other description items are checked for length and passed over.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

_SR, _RR, _SDES, _BYE = 200, 201, 202, 203
_CNAME: Final = 1
_VERSION_2: Final = 0x80
_PADDING: Final = 0x20
_REPORT: Final = struct.Struct("!I4sIIII")
_SENDER: Final = struct.Struct("!IQIII")
_EPOCH: Final = 2_208_988_800  # seconds from 1900, where NTP counts from, to 1970


class RtcpError(ValueError):
    """These octets are no RTCP."""


@dataclass(frozen=True, slots=True)
class ReceptionReport:
    """How one source is heard (RFC 3550 §6.4.1)."""

    ssrc: int
    fraction_lost: int
    """In 1/256, since the report before."""
    lost: int
    """Since the beginning, signed 24 bits: duplicates make it negative."""
    highest_sequence: int
    """Extended: cycles in the upper 16 bits."""
    jitter: int
    """In timestamp units."""
    last_sender_report: int
    """The middle 32 bits of its NTP time; 0 when none came."""
    delay: int
    """Since then, in 1/65536 s."""


@dataclass(frozen=True, slots=True)
class SenderReport:
    ssrc: int
    ntp: int
    """64 bits of NTP time: see :func:`ntp_time`."""
    timestamp: int
    packets: int
    octets: int
    reports: tuple[ReceptionReport, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    ssrc: int
    reports: tuple[ReceptionReport, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceDescription:
    ssrc: int
    cname: str


@dataclass(frozen=True, slots=True)
class Bye:
    ssrcs: tuple[int, ...]
    reason: str = ""


Packet = SenderReport | ReceiverReport | SourceDescription | Bye


# Octets from packets


def build(packets: Iterable[Packet]) -> bytes:
    """One compound datagram.  RFC 3550 §6.1 wants a report first and a CNAME in each; so order them.

    Raises ValueError for more than 31 reports or sources in a packet, a CNAME or a reason of more than 255 octets.
    """
    return b"".join(_octets(packet) for packet in packets)


def _octets(packet: Packet) -> bytes:
    match packet:
        case SenderReport():
            counters = (packet.timestamp, packet.packets & 0xFFFFFFFF, packet.octets & 0xFFFFFFFF)
            sender = _SENDER.pack(packet.ssrc, packet.ntp, *counters)
            return _framed(_SR, len(packet.reports), sender + _reports(packet.reports))
        case ReceiverReport():
            return _framed(_RR, len(packet.reports), packet.ssrc.to_bytes(4, "big") + _reports(packet.reports))
        case SourceDescription():
            item = packet.ssrc.to_bytes(4, "big") + bytes((_CNAME,)) + _counted(packet.cname)
            return _framed(_SDES, 1, item + bytes(4 - len(item) % 4))  # one to four zeros: the end of the items
        case Bye():
            ssrcs = b"".join(ssrc.to_bytes(4, "big") for ssrc in packet.ssrcs)
            reason = _counted(packet.reason) if packet.reason else b""
            return _framed(_BYE, len(packet.ssrcs), ssrcs + reason + bytes(-len(reason) % 4))


def _framed(kind: int, count: int, body: bytes) -> bytes:
    if count > 31:
        raise ValueError(f"{count} items in an RTCP packet, which holds 31")
    return struct.pack("!BBH", _VERSION_2 | count, kind, len(body) // 4) + body


def _reports(reports: tuple[ReceptionReport, ...]) -> bytes:
    return b"".join(
        _REPORT.pack(
            r.ssrc,
            bytes((r.fraction_lost,)) + clamped_loss(r.lost).to_bytes(3, "big", signed=True),
            r.highest_sequence,
            r.jitter,
            r.last_sender_report,
            r.delay,
        )
        for r in reports
    )


def _counted(text: str) -> bytes:
    octets = text.encode()
    if len(octets) > 255:
        raise ValueError(f"{len(octets)} octets of text in RTCP, which holds 255")
    return bytes((len(octets),)) + octets


# Packets from octets


def parse(datagram: bytes) -> tuple[Packet, ...]:
    """The packets of a compound datagram.  Raises :class:`RtcpError`, and nothing else, for what is none.

    Checked as RFC 3550 appendix A.2 has it: version 2, a report first, padding in the last packet only, and lengths
    that add up to the whole.
    """
    packets: list[Packet] = []
    at = 0
    while at < len(datagram):
        kind, count, body, size = _unframed(datagram, at)
        if at == 0 and kind not in (_SR, _RR):
            raise RtcpError(f"the first packet is of type {kind}, no report")
        packets.extend(_packets(kind, count, body))
        at += size
    if not packets:
        raise RtcpError("empty")
    return tuple(packets)


def _unframed(datagram: bytes, at: int) -> tuple[int, int, bytes, int]:
    """Type, count, body without padding, and size of the packet that starts at ``at``."""
    if len(datagram) - at < 4:
        raise RtcpError(f"{len(datagram) - at} octets where a header of 4 should be")
    first, kind, words = struct.unpack_from("!BBH", datagram, at)
    size = 4 * (words + 1)
    if first & 0xC0 != _VERSION_2:
        raise RtcpError(f"version {first >> 6}")
    if at + size > len(datagram):
        raise RtcpError(f"a packet of {size} octets in the last {len(datagram) - at}")
    body = datagram[at + 4 : at + size]
    if first & _PADDING:
        body = _unpadded(body, last=at + size == len(datagram))
    return kind, first & 0x1F, body, size


def _unpadded(body: bytes, *, last: bool) -> bytes:
    padding = body[-1] if body else 0
    if not last or padding == 0 or padding % 4 or padding > len(body):
        raise RtcpError(f"padding of {padding} octets in {len(body)}")
    return body[:-padding]


def _packets(kind: int, count: int, body: bytes) -> Iterator[Packet]:
    if kind == _SR:
        _need(body, _SENDER.size + _REPORT.size * count)
        ssrc, ntp, timestamp, packets, octets = _SENDER.unpack_from(body)
        yield SenderReport(ssrc, ntp, timestamp, packets, octets, _parsed_reports(body[_SENDER.size :], count))
    elif kind == _RR:
        _need(body, 4 + _REPORT.size * count)
        yield ReceiverReport(int.from_bytes(body[:4], "big"), _parsed_reports(body[4:], count))
    elif kind == _SDES:
        yield from _descriptions(body, count)
    elif kind == _BYE:
        _need(body, 4 * count)
        yield Bye(struct.unpack_from(f"!{count}I", body), _reason(body[4 * count :]))


def _need(body: bytes, size: int) -> None:
    if len(body) < size:
        raise RtcpError(f"{len(body)} octets where {size} are announced")


def _parsed_reports(body: bytes, count: int) -> tuple[ReceptionReport, ...]:
    """Of ``count`` report blocks.  What follows them are extensions of a profile (§6.4.3), nothing of ours."""
    return tuple(
        ReceptionReport(ssrc, loss[0], int.from_bytes(loss[1:], "big", signed=True), *rest)
        for ssrc, loss, *rest in _REPORT.iter_unpack(body[: _REPORT.size * count])
    )


def _descriptions(body: bytes, count: int) -> Iterator[SourceDescription]:
    at = 0
    for _ in range(count):
        _need(body, at + 4)
        ssrc = int.from_bytes(body[at : at + 4], "big")
        at += 4
        while body[at : at + 1] not in (b"\0", b""):
            _need(body, at + 2)
            text = body[at + 2 : at + 2 + body[at + 1]]
            _need(body, at + 2 + body[at + 1])
            if body[at] == _CNAME:
                yield SourceDescription(ssrc, text.decode("utf-8", "replace"))
            at += 2 + len(text)
        _need(body, at + 1)  # the zero that ends the items
        at += 4 - at % 4


def _reason(rest: bytes) -> str:
    if not rest:
        return ""
    _need(rest, 1 + rest[0])
    return rest[1 : 1 + rest[0]].decode("utf-8", "replace")


# Time


def ntp_time(unix: float) -> int:
    """Seconds since 1970 as 64 bits of NTP: 32 of seconds since 1900 (modulo 2^32, from 2036 on), 32 of fraction."""
    return round((unix + _EPOCH) * 2**32) & 0xFFFFFFFFFFFFFFFF


def middle(ntp: int) -> int:
    """The 32 bits of an NTP time that reports refer to: units of 1/65536 s."""
    return ntp >> 16 & 0xFFFFFFFF


# Loss and jitter


def clamped_loss(lost: int) -> int:
    """As the 24 bits of the report hold it (appendix A.3)."""
    return max(-0x800000, min(0x7FFFFF, lost))


def fraction_lost(expected: NDArray[np.int64], received: NDArray[np.int64]) -> NDArray[np.int64]:
    """In 1/256, of the packets expected and received since the last report (appendix A.3).

    More duplicates than losses count as none lost.
    """
    some = expected > np.maximum(received, 0)
    fraction = ((expected - received) << 8) // np.where(some, expected, 1)
    return np.where(some, np.minimum(fraction, 255), 0)


def update_jitter(
    jitter: NDArray[np.float64],
    last_transit: NDArray[np.int64],
    heard: NDArray[np.bool_],
    legs: NDArray[np.intp],
    transit: NDArray[np.int64],
) -> None:
    """The interarrival jitter (appendix A.8) after a batch of packets as they came, any number of each leg, in place.

    ``jitter`` (in timestamp units), ``last_transit`` and ``heard`` have a row for each leg; ``legs`` and ``transit``
    one for each packet.  A transit is the arrival in timestamp units, minus the RTP timestamp; only differences count,
    modulo 2^32.  A leg's first packet, when ``heard`` is False, only starts its ``last_transit``.

    With k differences d of a leg in the batch, the recursion J += (|d| - J)/16 unrolls to
    J (15/16)^k + sum of |d_i| (15/16)^(k-1-i) / 16, so no packet waits for the one before.
    """
    if len(legs) == 0:
        return
    order = np.argsort(legs, kind="stable")
    leg, arrived = legs[order], transit[order]
    first = np.flatnonzero(np.r_[True, leg[1:] != leg[:-1]])
    last = np.r_[first[1:], len(leg)] - 1
    whose = leg[first]
    before = np.r_[0, arrived[:-1]]
    before[first] = np.where(heard[whose], last_transit[whose], arrived[first])
    distance = np.abs(((arrived - before + 0x80000000) & 0xFFFFFFFF) - 0x80000000)
    size = last - first + 1
    remaining = np.repeat(last, size) - np.arange(len(leg))  # packets of the same leg still to come
    jitter[whose] *= (15 / 16) ** (size - ~heard[whose])
    jitter[whose] += np.add.reduceat(distance * (15 / 16) ** remaining / 16, first)
    last_transit[whose] = arrived[last]
    heard[whose] = True
