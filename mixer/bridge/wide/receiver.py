"""From packets of wide legs to their due frames: order, loss, decoding, the jitter buffer.

These codecs have a memory, so a packet is decoded in the order of the sequence numbers, by the decoder of its leg: at
once, or, if one before it is missing, when that has come or can't be heard any more.  What comes still later finds its
place taken: by what its follower repeats of it (Opus), or else by concealment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from media.codecs import MalformedSound
from media.expected import Expected, headers
from media.jitter import IN_TIME, JitterBuffer, Sound
from media.receiver import COMFORT_NOISE
from media.reception import DUPLICATE, FRESH, RESTART
from media.ring import ABSENT
from media.rtp import HEADER_OCTETS
from mixer.bridge.protocol import Codec
from mixer.bridge.wide.decoding import NARROW, RATE, Packet, Stream
from mixer.bridge.wide.streams import CODECS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from media.reception import Reception
    from media.rtp import Integers, Packets
    from mixer.bridge.legs import Legs

_MOST_OCTETS: Final = 480  # 60 ms at 64 kbit/s
_PER_TICK: Final = 4  # packets of a leg that are decoded in a tick, in the long run,
_AT_ONCE: Final = 16  # and after a pause, when the network lets go what it held back
_TICKS: Final = 50  # a second
_SLOTS: Final = 16  # in the beginning, and more at a time
_NONE: Final = -1
_OFFERED: Final = np.array([codec.value for codec in Codec])
"""By part: a phone that has given our number another one in its answer sends with ours (RFC 3264 §6.1)."""


class _Decoded(NamedTuple):
    slot: int
    timestamp: int
    pcm: npt.NDArray[np.int16]
    restart: bool
    waited: int = 0
    """Samples."""


class _Early(NamedTuple):
    """It came before one that it follows upon."""

    packet: Packet | None
    """None: it is no sound."""
    came: int
    """After so many ticks were played."""


class WideReceiver:
    """Wide legs have slots here, so that narrow ones cost no memory; what others see are rows of legs."""

    def __init__(self, legs: Legs, reception: Reception) -> None:
        self._legs = legs
        self._reception = reception
        self.buffer = JitterBuffer(_SLOTS, RATE)
        self.slot = np.full(len(legs), _NONE)
        """Of each leg; -1 of those that have none."""
        self._leg = np.full(_SLOTS, _NONE)  # of each slot
        self._number = np.full(_SLOTS, _NONE)
        self._part = np.zeros(_SLOTS, np.int64)
        self._step = np.full(_SLOTS, 0)  # of the RTP clock in a tick
        self._expected = Expected(_SLOTS)
        self._credit = np.zeros(_SLOTS, np.int64)  # packets that may be decoded
        self._credited = 0  # until this tick
        self._streams: dict[int, Stream] = {}
        self._early: dict[int, dict[int, _Early]] = {}  # by slot, by sequence number
        self._played = 0  # ticks
        self._malformed = 0  # that nobody was told of yet
        self._free = list(range(_SLOTS - 1, -1, -1))
        self.derive()

    def derive(self) -> None:
        """The legs have changed: slots for those that are wide, with nothing of others left in them."""
        legs, leg = self._legs, self._leg.clip(0)
        stays = (self._leg >= 0) & legs.wide[leg] & (legs.number[leg] == self._number) & (legs.part[leg] == self._part)
        for slot in np.flatnonzero(~stays & (self._leg >= 0)).tolist():
            self._leave(slot)
        self.slot = np.full(len(legs), _NONE)
        self.slot[self._leg[stays]] = np.flatnonzero(stays)
        for row in np.flatnonzero(legs.wide & (legs.number >= 0) & (self.slot == _NONE)).tolist():
            self._settle(row)

    def is_sound(self, leg: npt.NDArray[np.intp], packets: Packets) -> npt.NDArray[np.bool_]:
        """Which packets, of wide legs, are of a codec and of a length that can be."""
        known = packets.payload_type == self._legs.payload_type[leg]
        known |= packets.payload_type == _OFFERED[self._legs.part[leg]]
        for payload_type in NARROW:
            known |= packets.payload_type == payload_type
        sound: npt.NDArray[np.bool_] = known & (packets.size > 0) & (packets.size <= _MOST_OCTETS)
        return sound

    def take_expected(
        self, leg: npt.NDArray[np.intp], octets: npt.NDArray[np.uint8], length: npt.NDArray[np.integer], tick: int
    ) -> npt.NDArray[np.bool_]:
        """Take in, of datagrams of wide legs, those that simply go on from the last; which of them.  All the others are
        to go through :meth:`take`."""
        slot, come = self.slot[leg], headers(octets, 0)
        packets = np.bincount(leg, minlength=len(self.slot))
        good: npt.NDArray[np.bool_] = self._expected.are(slot, come).all(axis=1) & (packets[leg] == 1)
        good &= (length > HEADER_OCTETS) & (length <= HEADER_OCTETS + _MOST_OCTETS)
        time, lead = self.buffer.after_newest(slot)
        good &= lead.view(np.uint64) <= IN_TIME
        pcm = self._follow(slot, octets, length, good)
        self._expected.forget(slot[~good])
        leg, slot = leg[good], slot[good]
        if len(leg):
            step = self._step[slot]
            packets = np.bincount(leg, minlength=len(self.slot))
            self._reception.advance(leg, packets, tick * step, step)
            self.buffer.put_next(slot, time[good], lead[good], np.maximum(np.stack(pcm), ABSENT + 1))
            self._expected.follow(slot, come[good], step.astype(np.uint32))
        return good

    def expect_nothing(self, leg: npt.NDArray[np.intp]) -> None:
        """The next packets of these legs are not :meth:`take_expected`'s."""
        slot = self.slot[leg]
        self._expected.forget(slot[slot != _NONE])

    def take(self, leg: npt.NDArray[np.intp], packets: Packets, octets: npt.NDArray[np.uint8], tick: int) -> int:
        """As :meth:`media.receiver.Receiver.take`, of wide legs; how many of the packets turned out to be no sound."""
        sound = self.is_sound(leg, packets)
        self._expected.forget(self.slot[leg])
        self._reception.time(leg[sound], packets.timestamp[sound], tick * self._step[self.slot[leg[sound]]])
        self._credit = np.minimum(self._credit + _PER_TICK * (tick - self._credited), _AT_ONCE)
        self._credited = tick
        for turn in self._turns(leg, packets):
            self._take_one_of_each(leg[turn], packets.where(turn), octets)
        malformed, self._malformed = self._malformed, 0
        return malformed

    def play(self) -> Sound:
        """The due frame, 320 samples, of every wide leg."""
        for slot in [*self._early]:
            self._go_on(slot)
        self._played += 1
        sound = self.buffer.play()
        leg = self._leg[sound.leg]
        order = np.argsort(leg)
        return Sound(leg[order], sound.pcm[order])

    def count(self, late: Integers, delay: npt.NDArray[np.float64]) -> None:
        """Write into columns of all legs what the wide ones have: packets that came too late, seconds that are held."""
        used = np.flatnonzero(self._leg != _NONE)
        late[self._leg[used]], delay[self._leg[used]] = self.buffer.late[used], self.buffer.delay()[used]

    def restart(self, leg: npt.NDArray[np.intp]) -> None:
        """Time was lost: what these legs hold is old."""
        slot = self.slot[leg]
        self.buffer.restart(slot[slot != _NONE])
        for one in slot.tolist():
            self._early.pop(one, None)
        self.expect_nothing(leg)

    def _follow(
        self,
        slot: npt.NDArray[np.intp],
        octets: npt.NDArray[np.uint8],
        length: npt.NDArray[np.integer],
        good: npt.NDArray[np.bool_],
    ) -> list[npt.NDArray[np.int16]]:
        """The sound of those that are ``good``; what is none is not good either."""
        sound = []
        row = good.nonzero()[0]
        for at, one, end in zip(row.tolist(), slot[row].tolist(), length[row].tolist(), strict=True):
            try:
                sound.append(self._streams[one].follow(octets[at, HEADER_OCTETS:end]))
            except MalformedSound:
                good[at] = False
        return sound

    def _turns(self, leg: npt.NDArray[np.intp], packets: Packets) -> Iterator[npt.NDArray[np.intp]]:
        """Which packets, of each leg one at a time, in the order of their sequence numbers; of a flood the last."""
        _, first, which = np.unique(leg, return_index=True, return_inverse=True)
        step = (packets.sequence - packets.sequence[first][which] + 0x8000 & 0xFFFF) - 0x8000
        order = np.lexsort((step, leg))
        ascending = leg[order]
        turn = np.arange(len(leg)) - np.maximum(
            np.searchsorted(ascending, ascending), np.searchsorted(ascending, ascending, side="right") - _AT_ONCE
        )
        np.add.at(self.buffer.late, self.slot[ascending[turn < 0]], 1)
        for nth in range(int(turn.max(initial=-1)) + 1):
            yield order[turn == nth]

    def _take_one_of_each(self, leg: npt.NDArray[np.intp], packets: Packets, octets: npt.NDArray[np.uint8]) -> None:
        order = self._reception.note(leg, packets.ssrc, packets.sequence)
        slot, sound = self.slot[leg], self.is_sound(leg, packets)
        newer = (order == FRESH) | (order == RESTART)
        noise = newer & (packets.payload_type == COMFORT_NOISE) & (packets.size > 0)
        if noise.any():
            self.buffer.set_noise(slot[noise], octets[packets.datagram[noise], packets.start[noise]])
        for at in np.flatnonzero(newer & ~sound).tolist():
            self._skip(int(slot[at]), int(packets.sequence[at]))
        wanted = sound & ((order < DUPLICATE) | (order == RESTART))
        affordable = wanted & (self._credit[slot] > 0)
        self._credit[slot[affordable]] -= 1
        self.buffer.late[slot[wanted & ~affordable & (order != RESTART)]] += 1
        at_once = affordable.copy()
        for at, where, sequence, restart in zip(
            *(
                column[affordable].tolist()
                for column in (np.arange(len(leg)), slot, packets.sequence, order == RESTART)
            ),
            strict=True,
        ):
            at_once[at] = self._is_in_turn(where, sequence, restart=restart)
        if at_once.any():
            self._decode(slot[at_once], packets.where(at_once), order[at_once] == RESTART, octets)
        early = affordable & ~at_once
        if early.any():
            for where, packet in zip(slot[early].tolist(), _each(packets.where(early), octets), strict=True):
                self._keep(where, packet)

    def _is_in_turn(self, slot: int, sequence: int, *, restart: bool) -> bool:
        """Whether this packet is to be decoded at once."""
        stream = self._streams.get(slot)
        if restart or stream is None:
            self._go_on(slot, at_last=True)
            return True
        if slot in self._early:
            return False
        ahead = stream.ahead(sequence)
        return ahead == 0 or (ahead > 0 and not self._has_time(slot))

    def _has_time(self, slot: int) -> bool:
        """Whether the next packet of a leg could come with the next tick, and be heard."""
        _, lead = self.buffer.after_newest(np.array([slot]))
        return bool(lead[0] >= self.buffer.frame)

    def _keep(self, slot: int, packet: Packet) -> None:
        """Until its turn, which may be now."""
        if self._streams[slot].ahead(packet.sequence) < 0:
            self.buffer.miss(np.array([slot]), np.array([packet.timestamp]))
            return
        kept = packet._replace(payload=packet.payload.copy())  # for the octets of others will come there
        self._early.setdefault(slot, {})[packet.sequence] = _Early(kept, self._played)
        self._expected.forget(np.array([slot]))
        self._go_on(slot)

    def _skip(self, slot: int, sequence: int) -> None:
        """A packet that is no sound."""
        if slot in self._early:
            self._early[slot][sequence] = _Early(None, self._played)
        elif (stream := self._streams.get(slot)) is not None:
            stream.skip(sequence)

    def _go_on(self, slot: int, *, at_last: bool = False) -> None:
        """Decode what is early no more: what nothing is missing before, or nothing that could be heard."""
        early, stream = self._early.get(slot, {}), self._streams.get(slot)
        while early and stream is not None:
            sequence = min(early, key=stream.ahead)
            if stream.ahead(sequence) > 0 and not at_last and self._has_time(slot):
                return
            packet, came = early.pop(sequence)
            if packet is None:
                stream.skip(sequence)
            else:
                for one in self._decoded(slot, packet, (self._played - came) * self.buffer.frame):
                    self._put([one])
                stream = self._streams[slot]
        self._early.pop(slot, None)

    def _decode(
        self,
        slots: npt.NDArray[np.intp],
        packets: Packets,
        restarts: npt.NDArray[np.bool_],
        octets: npt.NDArray[np.uint8],
    ) -> None:
        decoded = [
            self._decoded(slot, packet._replace(restart=True) if restart else packet)
            for slot, restart, packet in zip(slots.tolist(), restarts.tolist(), _each(packets, octets), strict=True)
        ]
        self._put([one for some in decoded for one in some[:-1]])
        self._put([some[-1] for some in decoded if some])
        self._expect(slots, packets, octets)

    def _decoded(self, slot: int, packet: Packet, waited: int = 0) -> list[_Decoded]:
        """The sound of the packet, after that of a lost one before it; nothing, if it is malformed."""
        try:
            *before, (timestamp, pcm) = self._stream(slot, packet).take(packet)
        except MalformedSound:
            self._malformed += 1
            return []
        repeated = [_Decoded(slot, earlier, lost, restart=False) for earlier, lost in before]
        decoded = _Decoded(slot, timestamp, pcm, packet.restart, waited)
        return [*(one for one in repeated if self._is_in_time(one)), decoded]

    def _expect(self, slot: npt.NDArray[np.intp], packets: Packets, octets: npt.NDArray[np.uint8]) -> None:
        """These packets were decoded, unless they were malformed: which of them are of the usual kind, and what follows
        then."""
        leg = self._leg[slot]
        usual = (packets.start == HEADER_OCTETS) & self._reception.timed[leg]
        usual &= self.buffer.goes_on(slot, packets.timestamp)
        usual &= np.array([self._streams[one].goes_on() for one in slot.tolist()], np.bool_)
        leg, slot, packets = leg[usual], slot[usual], packets.where(usual)
        step = self._step[slot]
        self._reception.expect(leg, packets.timestamp, step)
        come = headers(octets[packets.datagram, :HEADER_OCTETS], 0)
        self._expected.follow_plain(slot, come, step.astype(np.uint32))

    def _stream(self, slot: int, packet: Packet) -> Stream:
        """The one that goes on with this packet."""
        stream = self._streams.get(slot)
        if stream is None or packet.restart or stream.payload_type != packet.payload_type:
            amid = stream is None and bool(self._legs.taken_over[self._leg[slot]])
            stream = self._streams[slot] = Stream(packet.payload_type, int(self._part[slot]), amid=amid)
            if stream.clock_rate != self._step[slot] * _TICKS:
                self._set_clock(slot, stream.clock_rate)
        return stream

    def _is_in_time(self, one: _Decoded) -> bool:
        """A frame that was lost is no reason to wait longer."""
        return bool(self.buffer.lead(np.array([one.slot]), np.array([one.timestamp]))[0] >= 0)

    def _put(self, decoded: list[_Decoded]) -> None:
        for samples in {len(one.pcm) for one in decoded}:
            alike = [one for one in decoded if len(one.pcm) == samples]
            restart = np.array([one.restart for one in alike])
            self.buffer.put(
                np.array([one.slot for one in alike]),
                np.array([one.timestamp for one in alike]),
                np.stack([one.pcm for one in alike]),
                fresh=~restart,
                restart=restart,
                waited=np.array([one.waited for one in alike]),
            )

    def _settle(self, leg: int) -> None:
        """Give it a slot."""
        if not self._free:
            self._enlarge()
        slot = self._free.pop()
        self.slot[leg], self._leg[slot] = slot, leg
        self._number[slot], self._part[slot] = self._legs.number[leg], self._legs.part[leg]
        self._set_clock(slot, CODECS[int(self._part[slot])].format.clock_rate)

    def _leave(self, slot: int) -> None:
        self.buffer.clear(slot)
        self._expected.forget(np.array([slot]))
        self._streams.pop(slot, None)
        self._early.pop(slot, None)
        self._leg[slot] = _NONE
        self._free.append(slot)

    def _set_clock(self, slot: int, clock_rate: int) -> None:
        self._step[slot] = clock_rate // _TICKS
        self.buffer.set_clock(slot, clock_rate)
        self._reception.change_clock(self._leg[[slot]])

    def _enlarge(self) -> None:
        slots = len(self._leg)
        more = max(_SLOTS, slots // 4)
        self.buffer.enlarge(slots + more)
        self._leg, self._number = (np.r_[column, np.full(more, _NONE)] for column in (self._leg, self._number))
        self._part, self._credit, self._step = (
            np.r_[column, np.zeros(more, np.int64)] for column in (self._part, self._credit, self._step)
        )
        self._expected.enlarge(slots + more)
        self._free = list(range(slots + more - 1, slots - 1, -1))


def _each(packets: Packets, octets: npt.NDArray[np.uint8]) -> Iterator[Packet]:
    """None of them the first of a stream."""
    columns = (packets.payload_type, packets.sequence, packets.timestamp, packets.datagram, packets.start, packets.size)
    for payload_type, sequence, timestamp, row, start, size in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        yield Packet(payload_type, sequence, timestamp, False, octets[row, start : start + size])
