"""Legs whose sound is encrypted (SRTP): what comes is opened before anybody looks at it, what goes out is sealed last.

Where no leg is, all this costs one ``if``.  A leg that is to be encrypted and can't be is silent in both directions.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from media.jitter import FRAME
from media.rtp import HEADER_OCTETS
from media.srtp import LONGEST_TAG, TAGS, Opening, Sealing
from media.wire import Datagrams, hosts_and_ports, tags
from mixer.bridge.protocol import RolledOver
from mixer.bridge.sending import Sending, spans
from mixer.bridge.sources import STRANGER

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from media.wire import Wire
    from mixer.bridge.inbound import Arrived
    from mixer.bridge.legs import Legs
    from mixer.bridge.protocol import Encryption, Key, Media

_FORMER_TICKS: Final = 50  # a second: so long a phone's former key is good still
_GUESSES: Final = 8  # in one tick, of a phone's place in its stream: only the first packet to another bridge needs some
_STRANGERS: Final = 16  # unknown sources that are looked at in one tick
_MISTAKABLE: Final = 8  # legs of one host that a packet is tried with
_REPORT_TICKS: Final = 60  # no leg is sent reports more often
_REPORTS_AT_ONCE: Final = 500  # that are passed over: half a millisecond
_SPARE: Final = 64


_Opened = tuple[int, bytes]
"""A row, and what is to be in it."""


@dataclass(slots=True)
class _Leg:
    """What is known of a leg's keys here."""

    encryption: Encryption
    sealing: Sealing
    opening: Opening
    reports: int = 0
    """That another bridge may have sent it under the same key."""
    former: Opening | None = None
    """Of the key that the phone had before,"""
    former_until: int = 0
    """which is good until this tick."""

    def open(self, packet: bytes, tick: int, *, guess: bool) -> bytes | None:
        plain = self.opening.open(packet, guess=guess)
        if plain is None and self.former is not None:
            if tick >= self.former_until:
                self.former = None
            else:
                plain = self.former.open(packet, guess=False)
        return plain


class Encrypted:
    """True if there is such a leg."""

    def __init__(self, legs: Legs) -> None:
        self.unauthentic = 0
        """Packets that nobody who has the key has sent, or that were there before."""
        self._legs = legs
        self._by_row: dict[int, _Leg] = {}
        self._rolled: list[RolledOver] = []
        self._sending = Sending()
        self._plain = self._sealed = Datagrams(0, HEADER_OCTETS + FRAME)
        self._rows = np.zeros(0, np.intp)  # who is sent something, by socket,
        self._socket = np.zeros(0, np.int64)  # on which,
        self._sent: list[tuple[_Leg, int]] = []  # and how many octets before they are sealed
        self._places: list[int] = []  # those of them that were sent something at the last tick

    def __bool__(self) -> bool:
        return bool(self._by_row)

    def set(self, row: int, media: Media, tick: int) -> None:
        """How a leg's sound travels from now on.  A key that stays goes on where it is."""
        encryption = media.encryption
        if encryption is None:
            self.forget(row)
            return
        leg = self._by_row.get(row)
        if leg is None:
            self._by_row[row] = self._begun(row, encryption, tick)
            return
        if leg.encryption.ours != encryption.ours:
            leg.sealing = self._sealing(row, encryption.ours)
            leg.reports = 0
        if leg.encryption.theirs != encryption.theirs:
            # Some go on counting with another key, as RFC 3711 §8.1 has it, others begin anew.
            leg.former, leg.former_until = leg.opening, tick + _FORMER_TICKS
            leg.opening = _opening(encryption.theirs, leg.opening.rollover)
        leg.encryption = replace(encryption, first=max(encryption.first, leg.encryption.first))

    def forget(self, row: int) -> None:
        """The leg is gone, or plain."""
        self._by_row.pop(row, None)

    # What comes

    def open(self, arrived: Arrived, row: npt.NDArray[np.intp], tick: int) -> tuple[Arrived, npt.NDArray[np.intp]]:
        """The datagrams with what is in those of encrypted legs; what is not authentic is left out.

        ``row``: whose each is, or STRANGER.  A stranger's may be authentic, and then its leg comes from there: from
        another port of its host than was known.
        """
        known = row != STRANGER
        ours = (self._legs.encrypted.take(row) & known).nonzero()[0]
        opened, lost = self._open(arrived, ours, row, tick) if len(ours) else ([], [])
        if not known.all():
            more, others = self._recognise(arrived, (~known).nonzero()[0], tick)
            opened, lost = opened + more, lost + others
        _put(arrived, opened)
        if not lost:
            return arrived, row
        self.unauthentic += len(lost)
        keep = np.delete(np.arange(len(row)), lost)
        return arrived.where(keep), row[keep]

    def news(self) -> list[RolledOver]:
        """Since the last call."""
        rolled, self._rolled = self._rolled, []
        return rolled

    def open_report(self, socket: int, host: int, octets: bytes) -> tuple[int, bytes] | None:
        """The leg whose RTCP this is, of those of a host, and what is in it; None for RTCP of no encrypted leg."""
        for row in self._there(socket, host):
            plain = self._by_row[row].opening.open_report(octets)
            if plain is not None:
                return row, plain
        return None

    def _open(
        self, arrived: Arrived, which: npt.NDArray[np.intp], row: npt.NDArray[np.intp], tick: int
    ) -> tuple[list[_Opened], list[int]]:
        """What is in these datagrams, and which of them are not authentic."""
        width = arrived.octets.shape[1]
        octets = arrived.octets[which].tobytes()
        opened, lost, guesses = [], [], _GUESSES
        begin = 0
        for one, whose, length in zip(which.tolist(), row[which].tolist(), arrived.length[which].tolist(), strict=True):
            leg = self._by_row[whose]
            guesses -= not leg.opening.heard
            plain = self._packet(whose, leg, octets[begin : begin + length], tick, guess=guesses >= 0)
            begin += width
            if plain is None or length > width:
                lost.append(one)
            else:
                opened.append((one, plain))
        return opened, lost

    def _recognise(self, arrived: Arrived, strange: npt.NDArray[np.intp], tick: int) -> tuple[list[_Opened], list[int]]:
        """What is in those datagrams of unknown sources that are authentic; and what else came from the same sources,
        which are those of legs from now on."""
        legs, opened, lost = self._legs, list[_Opened](), list[int]()
        theirs = np.concatenate([host[legs.encrypted] for host in (legs.from_host, legs.stated_host, legs.other_host)])
        near = strange[np.isin(hosts_and_ports(arrived.source[strange])[0], theirs)]
        sources, first = np.unique(arrived.source[near], return_index=True)
        for source, one in zip(sources[:_STRANGERS], near[first[:_STRANGERS]].tolist(), strict=True):
            hosts, ports = hosts_and_ports(source[None])
            host, port = int(hosts[0]), int(ports[0])
            found = self._opened_by(self._there(int(tags(source[None])[0]), host), arrived.datagram(one), tick)
            if found is None:
                continue
            row, plain = found
            opened.append((one, plain))
            legs.latch(row, host, port)
            rest = near[(arrived.source[near] == source) & (near != one)]
            more, others = self._open(arrived, rest, np.full(len(arrived), row), tick)
            opened, lost = opened + more, lost + others
        return opened, lost

    def _opened_by(self, rows: list[int], octets: bytes, tick: int) -> tuple[int, bytes] | None:
        """The first of these legs whose key opens a packet, and what is in it."""
        for row in rows:
            plain = self._packet(row, self._by_row[row], octets, tick, guess=True)
            if plain is not None:
                return row, plain
        return None

    def _packet(self, row: int, leg: _Leg, octets: bytes, tick: int, *, guess: bool) -> bytes | None:
        before = leg.opening.rollover
        plain = leg.open(octets, tick, guess=guess)
        if leg.opening.rollover != before:
            self._rolled.append(RolledOver(int(self._legs.number[row]), leg.opening.rollover))
        return plain

    def _there(self, socket: int, host: int) -> list[int]:
        """The encrypted legs of a host."""
        legs = self._legs
        if not host:  # that of nobody
            return []
        known = (legs.from_host == host) | (legs.stated_host == host) | (legs.other_host == host)
        there: npt.NDArray[np.bool_] = legs.encrypted & (legs.socket == socket) & known
        rows: list[int] = there.nonzero()[0][:_MISTAKABLE].tolist()
        return rows

    # What goes out

    def derive(self, rows: npt.NDArray[np.intp], plain: Datagrams) -> None:
        """The legs have changed: these are sent what is in these rows of ``plain``, by socket."""
        legs = self._legs
        rows = rows[legs.encrypted[rows]]
        if not len(rows):
            self._sent = []
            return
        if len(rows) > len(self._sealed):
            self._sealed = Datagrams(len(rows) + _SPARE, HEADER_OCTETS + FRAME + LONGEST_TAG)
        self._plain, self._rows, self._socket = plain, rows, legs.socket[rows]
        length = HEADER_OCTETS + legs.octets[rows]
        self._sent = [(self._by_row[row], octets) for row, octets in zip(rows.tolist(), length.tolist(), strict=True)]
        length += [TAGS[leg.encryption.ours.suite] for leg, _ in self._sent]
        self._sealed.address[: len(rows)] = plain.address[rows]
        self._sealed.resize(slice(len(rows)), length)
        self._arrange(list(range(len(rows))))

    def send(self, wire: Wire, descriptors: Mapping[int, int], tick: int) -> None:
        """Seal the packets of this tick, and give them to the kernel; ``descriptors`` by socket number."""
        if not self._sent:
            return
        width, octets = self._plain.width, self._plain.payload[self._rows].tobytes()
        sealed: list[_Opened] = []
        begin = 0
        for place, (leg, length) in enumerate(self._sent):
            encryption = leg.encryption
            if tick >= encryption.first:
                packet = leg.sealing.seal(octets[begin : begin + length], tick - encryption.since)
                if packet is not None:
                    sealed.append((place, packet))
            begin += width
        _write(self._sealed.payload, sealed)
        places = [place for place, _ in sealed]
        if places != self._places:
            self._arrange(places)
        self._sending.send(wire, self._sealed, descriptors)

    def seal_report(self, row: int, octets: bytes) -> bytes:
        """A leg's RTCP; empty when it can't be sent yet."""
        leg = self._by_row[row]
        if not leg.sealing.pass_reports(leg.reports, _REPORTS_AT_ONCE):
            return b""
        return leg.sealing.seal_report(octets)

    def _arrange(self, places: list[int]) -> None:
        self._places = places
        self._sealed.arrange(np.array(places, np.intp))
        self._sending.divide(spans(self._socket[places]))

    def _begun(self, row: int, encryption: Encryption, tick: int) -> _Leg:
        reports = (tick - encryption.keyed) // _REPORT_TICKS + 2 if encryption.first else 0
        return _Leg(
            encryption, self._sealing(row, encryption.ours), _opening(encryption.theirs, encryption.rollover), reports
        )

    def _sealing(self, row: int, key: Key) -> Sealing:
        return Sealing(key.suite, key.octets, int(self._legs.ssrc[row]))


def _opening(key: Key, rollover: int) -> Opening:
    """Since the place of its stream was told it may have gone round once more; or what comes first is older."""
    return Opening(key.suite, key.octets, key.mki, (rollover, rollover + 1, rollover - 1))


def _put(arrived: Arrived, opened: list[_Opened]) -> None:
    """Write what is in them in the place of these datagrams."""
    if opened:
        _write(arrived.octets, opened)
        arrived.length[[row for row, _ in opened]] = [len(octets) for _, octets in opened]


def _write(rows: npt.NDArray[np.uint8], packets: list[_Opened]) -> None:
    """Packets into the beginnings of their rows: at once those of the same length."""
    by_length: dict[int, list[_Opened]] = defaultdict(list)
    for packet in packets:
        by_length[len(packet[1])].append(packet)
    for length, some in by_length.items():
        octets = np.frombuffer(b"".join([octets for _, octets in some]), np.uint8)
        rows[[row for row, _ in some], :length] = octets.reshape(-1, length)
