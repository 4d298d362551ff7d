"""The legs as columns: one row a leg, rows used again when a leg is gone.

Rows are reserved by doubling, when a command adds a leg; a tick reserves nothing.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import numpy as np

from media.codecs.opus import OPUS_FORMAT
from media.ipv6 import Hosts
from mixer.bridge.protocol import Address, Codec

if TYPE_CHECKING:
    import numpy.typing as npt

    from mixer.bridge.protocol import AddLeg, Media

NO_ROOM = -1
NO_EVENTS = -1
"""The event payload type of a phone that sends none."""

PARTS = {codec: part for part, codec in enumerate(Codec)}
"""Which part of a sound a codec is; of G.711, whose two are the first, which table too."""
_OCTETS = {Codec.OPUS: OPUS_FORMAT.octets}
"""Of each packet that we send; of the codecs that aren't named, 160."""
_CLOCK_STEPS = {Codec.OPUS: 960}  # RFC 7587 §4.1: 48 kHz, whatever the sound's rate is
"""What the RTP clock counts in a tick; of the codecs that aren't named, 160."""
_USUAL = 160
_PROOF_TICKS = 500  # ten seconds
_WIDE = frozenset(Codec) - {Codec.PCMU, Codec.PCMA}


class Legs:
    """Columns are public: whoever needs one reads it.  Commands change rows through the methods, and :attr:`changed`
    tells whatever is derived from the columns to derive it anew."""

    def __init__(self, rows: int = 64) -> None:
        self.number = np.full(rows, -1, np.int64)  # what the main process calls the leg; -1: the row is free
        self.socket = np.zeros(rows, np.int64)
        self.ssrc = np.zeros(rows, np.int64)
        self.room = np.full(rows, NO_ROOM, np.int64)
        self.muted = np.zeros(rows, np.bool_)
        self.talking = np.ones(rows, np.float32)  # how loud it is heard, a factor,
        self.listening = np.ones(rows, np.float32)  # and how loud it hears
        self.sending = np.zeros(rows, np.bool_)
        self.receiving = np.zeros(rows, np.bool_)
        self.part = np.zeros(rows, np.int64)  # of the sounds that play to it
        self.law = np.zeros(rows, np.int64)  # 0 µ-law, 1 A-law
        self.automatic_gain = np.zeros(rows, np.bool_)
        self.taken_over = np.zeros(rows, np.bool_)  # another bridge has sent to it
        self.wide = np.zeros(rows, np.bool_)  # its codec is not G.711; then the law means nothing
        self.octets = np.full(rows, _USUAL, np.int64)  # of the packets that it is sent, headers not counted
        self.clock_step = np.full(rows, _USUAL, np.int64)  # of their timestamps
        self.encrypted = np.zeros(rows, np.bool_)  # what is not authentic is not heard, nothing is sent in plain
        self.index_since = np.zeros(rows, np.int64)  # of those: the tick whose packet has the sequence number 0
        self.payload_type = np.zeros(rows, np.int64)
        self.event_payload_type = np.full(rows, NO_EVENTS, np.int64)
        self.ipv6 = np.zeros(rows, np.bool_)  # its hosts are numbers that self.hosts gave
        self.to_host = np.zeros(rows, np.int64)
        self.to_port = np.zeros(rows, np.int64)
        self.from_host = np.zeros(rows, np.int64)
        self.from_port = np.zeros(rows, np.int64)  # 0: behind a NAT and not heard yet
        self.stated_host = np.zeros(rows, np.int64)  # where the phone says it is; of one behind a NAT, the public host
        self.stated_port = np.zeros(rows, np.int64)
        self.other_host = np.zeros(rows, np.int64)  # from where it may be heard too; 0: nowhere
        self.unproven = np.zeros(rows, np.bool_)  # nothing has come from where its sound is sent, and something has to
        self.stopped = np.zeros(rows, np.bool_)  # nothing has come for so long that it is sent no more
        self.since = np.zeros(rows, np.int64)  # the tick from which on it has been sent sound, or could be
        self.heard = np.zeros(rows, np.bool_)  # at least one packet came from where it comes now
        self.heard_at = np.zeros(rows, np.int64)  # the tick of the last RTP packet, or when we began to expect one
        self.reported_at = np.zeros(rows, np.int64)  # the same of RTCP
        self.silence_told = np.zeros(rows, np.int64)  # how many ten seconds of silence have been told
        self.hosts = Hosts()
        self.media: dict[int, Media] = {}
        self.cname: dict[int, str] = {}
        self.changed = True
        self.moved: set[int] = set()
        """Rows whose packets may come from elsewhere, or mean another thing, since somebody last cleared this."""
        self.recoded: set[int] = set()
        """Those of them whose codec is another one."""
        self._row_of: dict[int, int] = {}
        self._free = list(range(rows - 1, -1, -1))

    def __len__(self) -> int:
        """Rows, used or not."""
        return len(self.number)

    def row(self, number: int) -> int | None:
        """The row of a leg; None when there is no such leg, as when a command crosses the leg's end."""
        return self._row_of.get(number)

    def speaks(self) -> npt.NDArray[np.bool_]:
        """Of every row: whether anybody is to hear it."""
        return self.receiving & ~self.muted

    def in_narrow_room(self) -> npt.NDArray[np.bool_]:
        """Of every row: whether it is in a room, in which nobody is wide."""
        there: npt.NDArray[np.bool_] = self.room != NO_ROOM
        if self.wide.any():
            there &= ~np.isin(self.room, self.room[self.wide])
        return there

    def rows(self) -> list[int]:
        return list(self._row_of.values())

    def any(self) -> bool:
        """Whether there is one."""
        return bool(self._row_of)

    def full(self) -> bool:
        return not self._free

    def enlarge(self, rows: int) -> None:
        """Room for more legs; those that are there keep their rows."""
        old = len(self)
        fresh = Legs(rows)
        for name, column in vars(fresh).items():
            if isinstance(column, np.ndarray):
                column[:old] = getattr(self, name)
                setattr(self, name, column)
        self._free = list(range(rows - 1, old - 1, -1)) + self._free
        self.changed = True

    def add(self, command: AddLeg, tick: int) -> int:
        """Give the leg a row.  Raises OSError for a host that is no IP address, changing nothing."""
        for host in (command.media.public_host or command.media.remote.host, command.media.other_host):
            self._number(host)
        row = self._free.pop()
        self._row_of[command.leg] = row
        self.number[row] = command.leg
        self.socket[row] = command.socket
        self.ssrc[row] = command.ssrc
        self.cname[row] = command.cname
        self.room[row] = NO_ROOM
        self.muted[row] = False
        self.talking[row] = self.listening[row] = 1
        self.automatic_gain[row] = command.automatic_gain
        self.taken_over[row] = command.taken_over
        self.media.pop(row, None)
        self.set_media(row, command.media, tick)
        return row

    def remove(self, number: int) -> int:
        """Free the row of a leg that is there."""
        row = self._row_of.pop(number)
        self.number[row] = -1
        self.room[row] = NO_ROOM
        self.talking[row] = self.listening[row] = 1
        self.sending[row] = self.receiving[row] = self.wide[row] = self.encrypted[row] = False
        self.unproven[row] = self.stopped[row] = False
        del self.media[row], self.cname[row]
        self._free.append(row)
        self.moved.add(row)
        self.changed = True
        return row

    def set_media(self, row: int, media: Media, tick: int) -> None:
        """Where from, where to, in what codec.  Raises OSError for a host that is no IP address, changing nothing."""
        self._forget_hosts()
        host = media.public_host or media.remote.host
        to_host, other_host = self._number(host), self._number(media.other_host)
        before = self.media.get(row)
        if before is None or (before.remote, before.public_host) != (media.remote, media.public_host):
            self.ipv6[row] = ":" in host
            self.to_host[row] = self.from_host[row] = self.stated_host[row] = to_host
            self.to_port[row] = self.stated_port[row] = media.remote.port
            self.from_port[row] = media.remote.port if media.public_host is None else 0
            self.heard[row] = self.stopped[row] = False
            self.unproven[row] = media.unproven
            self.since[row] = tick
        self.other_host[row] = other_host
        if before is not None and media.sending and not before.sending:
            self.since[row] = tick
        if before is None or media.receiving:
            self.heard_at[row] = self.reported_at[row] = tick
            self.silence_told[row] = 0
        if before is not None and before.codec is not media.codec:
            self.recoded.add(row)
        self.media[row] = media
        self.part[row] = PARTS[media.codec]
        self.wide[row] = media.codec in _WIDE
        self.law[row] = 0 if self.wide[row] else PARTS[media.codec]
        self.octets[row] = _OCTETS.get(media.codec, _USUAL)
        self.clock_step[row] = _CLOCK_STEPS.get(media.codec, _USUAL)
        self.payload_type[row] = media.payload_type
        self.event_payload_type[row] = NO_EVENTS if media.event_payload_type is None else media.event_payload_type
        self.encrypted[row] = media.encryption is not None
        self.index_since[row] = 0 if media.encryption is None else media.encryption.since
        self.sending[row] = media.sending
        self.receiving[row] = media.receiving
        self.moved.add(row)
        self.changed = True

    def latch(self, row: int, host: int, port: int) -> None:
        """The leg's packets come from here.

        We follow it there with our own only if the phone is behind a NAT: what a phone that we can reach says of where
        it listens is true, also when it sends from another port of its host.
        """
        self.from_host[row], self.from_port[row] = host, port
        self.heard[row] = False
        astray = host != self.stated_host[row] or self.to_host[row] != self.stated_host[row]
        if astray or self.media[row].public_host is not None:
            self.to_host[row], self.to_port[row] = host, port
        self.moved.add(row)
        self.changed = True

    def lose_time(self, ticks: int) -> None:
        """Nobody ticked for so long, so nobody was silent for so long."""
        self.heard_at += ticks
        self.reported_at += ticks
        self.since += ticks

    def stop_unproven(self, tick: int) -> None:
        """Nobody is sent more than ten seconds of sound because a third party has named their address."""
        if not np.count_nonzero(self.unproven):
            return
        self.unproven &= ~(self.heard | (self.reported_at > self.since))
        stopped = self.unproven & self.sending & (tick - self.since >= _PROOF_TICKS)
        if (stopped != self.stopped).any():
            self.stopped[:] = stopped
            self.changed = True

    def source(self, row: int) -> Address:
        return Address(self.host_name(row, int(self.from_host[row])), int(self.from_port[row]))

    def _number(self, host: str | None) -> int:
        """127.0.0.1 is 0x7F000001; of IPv6 it is any; of none 0.  Raises OSError for what is no IP address."""
        if host is None:
            return 0
        return self.hosts.number(host) if ":" in host else int.from_bytes(socket.inet_aton(host), "big")

    def _forget_hosts(self) -> None:
        """Of those on IPv6 the ones that no leg has any more, when they are many."""
        if self.hosts.crowded:
            some = self.ipv6 & (self.number >= 0)
            columns = (self.from_host, self.to_host, self.stated_host, self.other_host)
            self.hosts.keep({number for column in columns for number in column[some].tolist()})

    def host_name(self, row: int, number: int) -> str:
        """What one of a leg's hosts is called."""
        return self.hosts.name(number) if self.ipv6[row] else socket.inet_ntoa(number.to_bytes(4, "big"))
