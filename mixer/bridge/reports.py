"""RTCP of all legs (RFC 3550 §6): what we send about every five seconds, and what phones report.

RTCP never changes an address, and never ends a call: whoever can send one forged datagram could do either.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from media.reports import sender_reports
from media.rtcp import Bye, ReceiverReport, ReceptionReport, SenderReport, SourceDescription, build, middle, parse
from mixer.bridge.outbound import timestamp_of
from mixer.bridge.protocol import TICK

if TYPE_CHECKING:
    import numpy.typing as npt

    from media.receiver import Receiver
    from mixer.bridge.encrypted import Encrypted
    from mixer.bridge.legs import Legs
    from mixer.bridge.outbound import Outbound

_FAR = ("far_lost", "far_jitter", "round_trip")
_CREEP = 0.002  # seconds by which the shortest round trip grows at each report
_LONGEST_TRIP = 30.0
_EVERY = 250  # ticks: five seconds (§6.2), of which each interval is 0.5 … 1.5 (§6.3.1)


@dataclass(frozen=True, slots=True)
class Report:
    """One compound datagram and where it goes."""

    socket: int
    host: str
    port: int
    octets: bytes


class Reports:
    """Columns with one row a leg."""

    def __init__(self, legs: Legs, outbound: Outbound, receiver: Receiver, encrypted: Encrypted, seed: int) -> None:
        self._legs, self._outbound, self._receiver, self._encrypted = legs, outbound, receiver, encrypted
        self._random = random.Random(seed)  # noqa: S311 - spreads reports over time, keeps no secret
        self._due = np.zeros(len(legs), np.int64)
        self._sender_report = np.zeros(len(legs), np.int64)  # the middle of the last one's NTP time
        self._came_at = np.zeros(len(legs), np.int64)  # the tick at which it came
        self._descriptions: dict[int, bytes] = {}
        self._far = np.full((len(legs), len(_FAR)), np.nan)  # of TABLE's columns of this name

    def enlarge(self) -> None:
        """The legs have more rows."""
        more = np.zeros(len(self._legs) - len(self._due), np.int64)
        self._due = np.r_[self._due, more]
        self._sender_report = np.r_[self._sender_report, more]
        self._came_at = np.r_[self._came_at, more]
        self._far = np.r_[self._far, np.full((len(more), len(_FAR)), np.nan)]

    def start(self, row: int, tick: int) -> None:
        """A new leg: the first report after half the interval (§6.2)."""
        self._due[row] = tick + self._interval() // 2
        self._sender_report[row] = 0
        self._far[row] = np.nan
        self._descriptions[row] = build((SourceDescription(int(self._legs.ssrc[row]), self._legs.cname[row]),))

    def due(self, tick: int, ntp: int) -> list[Report]:
        """The reports that this tick sends; ``ntp`` is the wall clock as :func:`media.rtcp.ntp_time` has it."""
        rows = np.flatnonzero((self._due <= tick) & (self._legs.number >= 0))
        if not len(rows):
            return []
        self._due[rows] = [tick + self._interval() for _ in rows]
        usual = self._legs.sending[rows] & (self._receiver.reception.ssrc[rows] >= 0)
        others = rows[~usual].tolist()
        return self._usual(rows[usual], tick, ntp) + [self._report(row, tick, ntp, ()) for row in others]

    def bye(self, row: int, tick: int, ntp: int) -> Report:
        """The last report of a leg."""
        return self._report(row, tick, ntp, (Bye((int(self._legs.ssrc[row]),)),))

    def tell(self, table: npt.NDArray[np.void], rows: npt.NDArray[np.intp]) -> None:
        """Fill in what the phones of these legs report."""
        for column, name in enumerate(_FAR):
            table[name] = self._far[rows, column]

    def take(self, socket: int, host: int, octets: bytes, tick: int, ntp: int) -> list[int]:
        """Take in a datagram; the rows of the legs that it proves alive: those of this host that it speaks of, and of
        encrypted ones only the one whose key it is sealed with.

        ``host`` is the number that the legs have for it, ``ntp`` the wall clock as in :meth:`due`.

        Raises :class:`RtcpError` for what is no RTCP.
        """
        legs = self._legs
        sealed = self._encrypted.open_report(socket, host, octets) if self._encrypted else None
        if sealed is None:
            there = np.flatnonzero(
                (legs.number >= 0) & (legs.socket == socket) & (legs.from_host == host) & ~legs.encrypted
            )
        else:
            there, octets = np.array(sealed[:1]), sealed[1]
        packets = parse(octets)
        if not len(there):
            return []
        alive = set()
        for packet in packets:
            if not isinstance(packet, SenderReport | ReceiverReport):
                continue
            rows = self._rows_of(packet, there.tolist())
            alive.update(rows)
            self._note(packet.reports, rows, ntp)
            if isinstance(packet, SenderReport):
                for row in rows:
                    self._sender_report[row], self._came_at[row] = middle(packet.ntp), tick
        return list(alive)

    def _note(self, reports: tuple[ReceptionReport, ...], rows: list[int], ntp: int) -> None:
        """How phones hear us."""
        for row in rows:
            for report in reports:
                if report.ssrc == int(self._legs.ssrc[row]):
                    jitter = report.jitter / int(self._legs.clock_step[row]) * TICK
                    trip = _round_trip(report, ntp, float(self._far[row, 2]))
                    self._far[row] = report.fraction_lost / 256, jitter, trip

    def _rows_of(self, packet: SenderReport | ReceiverReport, rows: list[int]) -> list[int]:
        """Legs that hear this source, or that it says it hears."""
        about = {report.ssrc for report in packet.reports}
        received = self._receiver.reception.ssrc
        return [row for row in rows if int(received[row]) == packet.ssrc or int(self._legs.ssrc[row]) in about]

    def _interval(self) -> int:
        return self._random.randint(_EVERY // 2, _EVERY * 3 // 2)

    def _usual(self, rows: npt.NDArray[np.intp], tick: int, ntp: int) -> list[Report]:
        """Of legs that are sent to and that something came from; otherwise as :meth:`_report`."""
        legs, sent = self._legs, self._outbound.sent(rows)
        since = (tick - self._came_at[rows]) * 65536 // 50
        known = since <= 0xFFFFFFFF
        reports = sender_reports(
            legs.ssrc[rows],
            ntp,
            timestamp_of(legs.ssrc[rows], legs.clock_step[rows], tick),
            (sent, sent * legs.octets[rows]),
            self._receiver.reception.reports(rows),
            (
                np.where(known, self._sender_report[rows], 0),
                np.where(known & (self._sender_report[rows] != 0), since, 0),
            ),
        )
        return [
            self._to(row, report + self._descriptions[row]) for row, report in zip(rows.tolist(), reports, strict=True)
        ]

    def _last_sender_report(self, row: int, tick: int) -> tuple[int, int]:
        """The middle of its NTP time, and the time since in 1/65536 s; zeros when none came, or none for 18 hours."""
        since = (tick - int(self._came_at[row])) * 65536 // 50
        sender_report = int(self._sender_report[row])
        return (sender_report, since) if sender_report and since <= 0xFFFFFFFF else (0, 0)

    def _report(self, row: int, tick: int, ntp: int, more: tuple[Bye, ...]) -> Report:
        legs = self._legs
        ssrc = int(legs.ssrc[row])
        heard = self._receiver.reception.report(row, *self._last_sender_report(row, tick))
        blocks = () if heard is None else (heard,)
        sent = int(self._outbound.sent(np.array([row]))[0])
        timestamp = int(timestamp_of(legs.ssrc[[row]], legs.clock_step[[row]], tick)[0])
        report = (
            SenderReport(ssrc, ntp, timestamp, sent, sent * int(legs.octets[row]), blocks)
            if legs.sending[row]
            else ReceiverReport(ssrc, blocks)
        )
        return self._to(row, build((report,)) + self._descriptions[row] + build(more))

    def _to(self, row: int, octets: bytes) -> Report:
        """Where the leg's RTCP goes: beside its RTP, or where it said."""
        legs = self._legs
        media = legs.media[row]
        if legs.encrypted[row]:
            octets = self._encrypted.seal_report(row, octets)
        host, port = legs.host_name(row, int(legs.to_host[row])), min(int(legs.to_port[row]) + 1, 65535)
        if media.rtcp is not None:
            host, port = host if media.public_host is not None else media.rtcp.host, media.rtcp.port
        return Report(int(legs.socket[row]), host, port, octets)


def _round_trip(report: ReceptionReport, ntp: int, before: float) -> float:
    """RFC 3550 §6.4.1: the time since our report less the time that it lay there; NaN, or as before, where there is
    none that can be."""
    if not report.last_sender_report:
        return before
    trip = (middle(ntp) - report.last_sender_report - report.delay & 0xFFFFFFFF) / 65536
    if trip > _LONGEST_TRIP:  # their clock is not ours, or it is none of our reports
        return before
    return min(trip, before + _CREEP) if not math.isnan(before) else trip
