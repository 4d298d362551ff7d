"""Everybody's sound, 20 ms at a time, for all legs at once: no clock, no socket.

RTP columns ─► whose is it ─► events to digits, sound to the jitter buffers ─► due frames ─► digits in it ─► who speaks,
who plays music ─► rooms, then prompts and music over them ─► RTP packets
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from media import levels, rtp
from media.dtmf import DtmfMode, Events
from media.expected import LENGTH
from media.inband import InBand
from media.jitter import FRAME
from media.receiver import COMFORT_NOISE, Receiver, is_sound, payloads
from mixer.bridge.ears import Ears
from mixer.bridge.encrypted import Encrypted
from mixer.bridge.gain import Gain
from mixer.bridge.guard import Guard
from mixer.bridge.legs import Legs
from mixer.bridge.mix import PAYLOAD_TYPES, SILENCE, Rooms
from mixer.bridge.outbound import Outbound
from mixer.bridge.protocol import TICK, Digit, Event, Heard, Unheard
from mixer.bridge.sources import STRANGER, Sources
from mixer.bridge.speaking import Speech
from mixer.bridge.statistics import TABLE
from mixer.bridge.tape import Tapes
from mixer.bridge.voices import Voices
from mixer.bridge.volumes import Volumes
from mixer.bridge.wide.wideband import Wideband

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import numpy.typing as npt

    from media.jitter import Legs as Rows
    from media.rtp import Packets
    from mixer.bridge.inbound import Arrived
    from mixer.bridge.protocol import AddLeg

_UNHEARD_TICKS = 500  # ten seconds
_LOOK_TICKS = 10  # between two looks at who is not heard
_EVENT_OCTETS = 4
_MORE_ROWS = 64


class Engine:
    """The legs, and everything that is kept for each of them."""

    def __init__(self) -> None:
        self.strangers = 0
        """Packets from addresses of no leg."""
        self.malformed = 0
        """Datagrams that are no RTP, or none of a payload type and length that was agreed upon."""
        self.legs = Legs()
        self.ears = Ears(self.legs)
        self.encrypted = Encrypted(self.legs)
        self.outbound = Outbound(self.legs, self.encrypted)
        self.receiver = Receiver(len(self.legs))
        self.tapes = Tapes(self.legs)
        self._sources = Sources(self.legs)
        self._digits = Events()
        self._in_band = InBand()
        self._speech = Speech(self.legs)
        self._rooms = Rooms(self.legs)
        self._volumes = Volumes(self.legs)
        self._wide: Wideband | None = None  # unless some leg is
        self._guard: Guard | None = None  # unless it is asked for
        self._gain: Gain | None = None  # unless some leg wants it
        self._unusual = False  # whether some leg has a number of its own for G.711
        self._silence = np.zeros((len(self.legs), 1), np.uint8)  # of each leg's codec
        self._looks_at = 0  # at the tick
        self._heard_from = self._on_hold = np.zeros(0, np.intp)  # rows of legs

    def add(self, command: AddLeg, tick: int) -> int:
        """The new leg's row.  Raises OSError for a host that is no IP address, changing nothing."""
        if self.legs.full():
            self._enlarge()
        row = self.legs.add(command, tick)
        self.encrypted.set(row, command.media, tick)
        for columns in (self.receiver, self.outbound, self._speech, self._rooms, self._volumes):
            columns.clear(row)
        if self._guard is not None:
            self._guard.clear(row)
        if command.automatic_gain and self._gain is None:
            self._gain = Gain(self.legs)
        if self._gain is not None:
            self._gain.clear(row)
        return row

    def remove(self, number: int) -> None:
        """Forget a leg that is there."""
        row = self.legs.remove(number)
        self._speech.clear(row)  # or it would tell, of nobody, that they have ended
        self.ears.stop(row)
        self.encrypted.forget(row)
        self._digits.forget(row)
        self._in_band.forget(row)
        if self._wide is not None:
            self._wide.forget(row)

    def mute(self, row: int, muted: bool, tick: int) -> None:
        self.legs.muted[row] = muted
        self.legs.changed = True
        if muted and self._guard is not None:
            self._guard.expect(row, tick)

    def watch_for_music(self) -> None:
        if self._guard is None:
            self._guard = Guard(self.legs)

    def watch_levels(self, on: bool) -> None:
        self._speech.watch(on)

    def take(self, arrived: Arrived, tick: int) -> list[Event]:
        """Take in datagrams: first heard, digits; the sound waits in the jitter buffers."""
        if self.legs.changed:
            self._derive()
        if not len(arrived.length):
            return []
        row = self._sources.rows(arrived.source)
        if self.encrypted:
            arrived, row, events = self._decrypted(arrived, row, tick)
            return events + self._take(arrived, row, tick)
        return self._take(arrived, row, tick)

    def _decrypted(self, arrived: Arrived, row: Rows, tick: int) -> tuple[Arrived, Rows, list[Event]]:
        """What is in the packets of encrypted legs; what is not authentic is gone before anything is believed."""
        arrived, row = self.encrypted.open(arrived, row, tick)
        if self.legs.changed:  # some came from another port, authentic all the same
            self._derive()
            row = self._sources.rows(arrived.source)
        return arrived, row, [*self.encrypted.news()]

    def _take(self, arrived: Arrived, row: Rows, tick: int) -> list[Event]:
        if self._wide is None:
            others = self.receiver.take_expected(row, arrived.octets, arrived.length, tick * FRAME)
        else:
            others = self._take_expected(self._wide, row, arrived, tick)
        if not len(others):
            self.legs.heard_at[row] = tick  # and not for the first time: they would not be expected
            return []
        self.legs.heard_at[np.delete(row, others)] = tick
        return self._take_others(arrived.where(others), tick)

    def _take_expected(self, wideband: Wideband, row: Rows, arrived: Arrived, tick: int) -> Rows:
        """As :meth:`Receiver.take_expected`, of narrow and wide legs, each to its own."""
        of_wide = self.legs.wide.take(row) & (row != STRANGER)
        rest = np.ones(len(row), np.bool_)
        wide = of_wide.nonzero()[0]
        if len(wide):
            some = arrived.where(wide)
            rest[wide] = ~wideband.receiver.take_expected(row[wide], some.octets, some.length, tick)
        narrow = (~of_wide).nonzero()[0]
        if len(narrow):
            octets, length = arrived.octets[:, :LENGTH].take(narrow, axis=0), arrived.length[narrow]
            rest[narrow] = False
            rest[narrow[self.receiver.take_expected(row[narrow], octets, length, tick * FRAME)]] = True
        others: Rows = rest.nonzero()[0]
        return others

    def _take_others(self, arrived: Arrived, tick: int) -> list[Event]:
        """Whatever is not the next packet of its leg, plain and in order: so anything at all."""
        packets = rtp.parse(arrived.octets, arrived.length.astype(np.int64))
        self.malformed += len(arrived) - len(packets)
        row = self._whose(arrived, packets, tick)
        packets, row = _of(packets, row, row != STRANGER)
        if self._unusual:
            packets = self._as_usual(packets, row)
        is_event = (packets.payload_type == self.legs.event_payload_type[row]) & (packets.size >= _EVENT_OCTETS)
        usable = is_event | is_sound(packets) | (packets.payload_type == COMFORT_NOISE)
        if self._wide is not None:
            usable |= self.legs.wide[row] & self._wide.receiver.is_sound(row, packets)
        self.malformed += int(np.count_nonzero(~usable))
        digits, digit_row = _of(packets, row, is_event)
        packets, row = _of(packets, row, usable)
        events: list[Event] = [*self._heard(row, tick)]
        if len(digit_row):
            events += self._pressed(digits, digit_row, arrived.octets, tick)
        if self._wide is not None:
            wide, wide_row = _of(packets, row, self.legs.wide[row])
            self.malformed += self._wide.receiver.take(wide_row, wide, arrived.octets, tick)
            packets, row = _of(packets, row, ~self.legs.wide[row])
        if len(row):
            self.receiver.take(row, packets, arrived.octets, tick * FRAME)
            self.receiver.expect_nothing(digit_row)
        return events

    def play(self, tick: int) -> list[Event]:
        """Mix what is due and make the packets of this tick."""
        if self.legs.changed:
            self._derive()
        sound = self.receiver.play()
        power = levels.power(sound.pcm)
        pressed = self._in_band.take(sound.leg, sound.pcm, power)
        wide, leg, loud = None, sound.leg, power
        if self._wide is not None:
            wide, more = self._wide.play()
            pressed += more
        if self._gain is not None:
            self._gain.even(Voices(sound.leg, sound.pcm, power))
            if wide is not None:
                self._gain.even(wide)
        if self._volumes.talking:
            self._volumes.talk(Voices(sound.leg, sound.pcm, power))
            if wide is not None:
                self._volumes.talk(wide)
        if wide is not None:
            leg, loud = np.concatenate((leg, wide.leg)), np.concatenate((loud, wide.power))
        events = self._speech.listen(leg, loud, tick)
        if pressed:
            events += self._sounded(pressed)
        if self._guard is not None:
            self._guard.hear(sound.leg, sound.pcm, power, tick)
            if wide is not None:
                self._guard.hear(*wide, tick)
            events += self._guard.tell(tick)
        if self.tapes:
            self.tapes.write(Voices(sound.leg, sound.pcm, power), wide, tick)
        events += self.ears.go_on(tick)
        out = self.outbound.payload
        self._rooms.hear(sound, power, self._silence, out)
        if self._wide is not None and wide is not None:
            voices = Voices(sound.leg, sound.pcm, power)
            self._wide.rooms.hear(voices, wide, self.ears.busy(), self.ears.overlays(tick), out)
        self.ears.hear(tick, out)
        if self._volumes.listening:
            self._volumes.hear(out)
        if self._wide is not None:
            self._wide.smooth(self.ears.turned(), out)
        self.outbound.write(tick)
        if tick >= self._looks_at:
            self._looks_at = tick + _LOOK_TICKS
            events += self._unheard(tick)
            self.legs.stop_unproven(tick)
        return events

    def lose_time(self, ticks: int) -> None:
        """Nobody ticked for so long, but nobody has been silent because of that."""
        self.legs.lose_time(ticks)

    def restart(self, sockets: Collection[int]) -> None:
        """What is held of the legs of these sockets is old."""
        legs = self.legs
        there = (legs.number >= 0) & np.isin(legs.socket, list(sockets))
        self.receiver.restart(np.flatnonzero(there))
        if self._wide is not None:
            self._wide.receiver.restart(np.flatnonzero(there))

    def statistics(self, rows: Rows) -> npt.NDArray[np.void]:
        """Of these legs, what is counted here of :data:`mixer.bridge.statistics.TABLE`."""
        reception, buffer = self.receiver.reception, self.receiver.buffer
        late, delay = buffer.late.copy(), buffer.delay()
        if self._wide is not None:
            self._wide.receiver.count(late, delay)
        table = np.zeros(len(rows), TABLE)
        table["leg"] = self.legs.number[rows]
        table["received"], table["lost"] = reception.received[rows], reception.lost()[rows]
        table["sent"], table["late"] = self.outbound.sent(rows), late[rows]
        table["jitter"] = reception.jitter[rows] / self.legs.clock_step[rows] * TICK
        table["level"], table["delay"] = self._speech.level[rows], delay[rows]
        return table

    def _enlarge(self) -> None:
        rows = len(self.legs) + max(_MORE_ROWS, len(self.legs) // 4)  # each costs something at every tick, used or not
        self.legs.enlarge(rows)
        self.receiver.enlarge(rows)
        for columns in (self.ears, self.outbound, self._speech, self._rooms, self._volumes):
            columns.enlarge()
        if self._guard is not None:
            self._guard.enlarge()
        if self._gain is not None:
            self._gain.enlarge()

    def _derive(self) -> None:
        """Whatever follows from the legs, anew since they have changed: once for all commands of a tick."""
        for derived in (self._sources, self._speech, self._rooms, self._volumes, self.outbound, self.tapes):
            derived.derive()
        moved = np.array([*self.legs.moved], np.intp)
        self.legs.moved.clear()
        self.receiver.expect_nothing(moved)
        if self.legs.recoded:
            self._recode()
        if self._guard is not None:
            self._guard.derive()
        expected = (self.legs.number >= 0) & self.legs.receiving
        self._heard_from = np.flatnonzero(expected)
        self._on_hold = np.flatnonzero(~expected & (self.legs.number >= 0))
        self._silence = SILENCE[self.legs.law][:, None]
        self._derive_wide(moved)
        own_number = self.legs.payload_type != PAYLOAD_TYPES[self.legs.law]
        self._unusual = bool((own_number & ~self.legs.wide).any())
        self.legs.changed = False

    def _recode(self) -> None:
        """Some legs have another codec, so that their timestamps may count otherwise."""
        recoded = np.array([*self.legs.recoded], np.intp)
        self.legs.recoded.clear()
        self.receiver.reception.change_clock(recoded)
        self.receiver.restart(recoded[self.legs.wide[recoded]])  # of G.711 they will say no more

    def _derive_wide(self, moved: Rows) -> None:
        if not self.legs.wide.any():
            self._wide = None
            return
        if self._wide is None:
            self._wide = Wideband(self.legs, self.receiver.reception, self._rooms.limiters, self._volumes)
        self._wide.derive()
        self._wide.receiver.expect_nothing(moved)
        self._silence = self._wide.fill(self._silence)

    def _whose(self, arrived: Arrived, packets: Packets, tick: int) -> Rows:
        """The row of each packet; legs that turn out to come from a new port are known there from now on."""
        source = arrived.source[packets.datagram]
        row = self._sources.rows(source)
        unknown = row == STRANGER
        if unknown.any() and self._sources.latch(source[unknown], tick):
            self._derive()
            row = self._sources.rows(source)
        self.strangers += int(np.count_nonzero(row == STRANGER))
        return row

    def _as_usual(self, packets: Packets, row: Rows) -> Packets:
        """G.711 under its static payload type, whatever number offer and answer gave it (RFC 3264 §5.1)."""
        agreed = (packets.payload_type == self.legs.payload_type[row]) & ~self.legs.wide[row]
        usual = PAYLOAD_TYPES[self.legs.law[row]]
        return replace(packets, payload_type=np.where(agreed, usual, packets.payload_type))

    def _heard(self, row: Rows, tick: int) -> list[Heard]:
        """Note that these legs are alive; news of those that come from where they never came from."""
        legs = self.legs
        legs.heard_at[row] = tick
        first = np.unique(row[~legs.heard[row]]).tolist()
        legs.heard[first] = True
        return [Heard(int(legs.number[one]), legs.source(one)) for one in first]

    def _pressed(self, packets: Packets, row: Rows, octets: npt.NDArray[np.uint8], tick: int) -> list[Digit]:
        pressed = self._digits.take(
            row,
            packets.timestamp.astype(np.uint32),
            payloads(octets, packets.datagram, packets.start, _EVENT_OCTETS),
            packets.size,
            tick * TICK,
        )
        return [Digit(int(self.legs.number[leg]), digit) for leg, digit in pressed]

    def _sounded(self, pressed: Iterable[tuple[int, str]]) -> list[Digit]:
        """Keys that came as tones; those in the hold music of a phone are none."""
        legs = self.legs
        return [Digit(int(legs.number[row]), key, DtmfMode.TONE) for row, key in pressed if legs.receiving[row]]

    def _unheard(self, tick: int) -> list[Unheard]:
        """News of those of whom nothing came for another ten seconds."""
        legs = self.legs
        legs.heard_at[self._on_hold] = tick
        silent = tick - np.maximum(legs.heard_at, legs.reported_at)[self._heard_from]
        tens = silent // _UNHEARD_TICKS
        told, legs.silence_told[self._heard_from] = legs.silence_told[self._heard_from], tens
        return [
            Unheard(int(legs.number[row]), int(ten) * round(_UNHEARD_TICKS * TICK))
            for ten, row in zip(tens[tens > told], self._heard_from[tens > told], strict=True)
        ]


def _of(packets: Packets, row: Rows, mask: npt.NDArray[np.bool_]) -> tuple[Packets, Rows]:
    """Both, of the packets of a mask only."""
    if mask.all():
        return packets, row
    return packets.where(mask), row[mask]
