"""A row that is used again, and more rows than there were: nobody hears either, to the sample."""

from __future__ import annotations

import os
import socket
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mixer.bridge.coders import CODERS
from mixer.bridge.protocol import (
    ChangeMedia,
    Codec,
    Event,
    LoadSound,
    Media,
    Mute,
    Play,
    RemoveLeg,
    StartTape,
    WatchForMusic,
)
from mixer.bridge.sounds import Recording
from mixer.bridge.statistics import LegStatistics
from tests.mixer.bridge_rig import Rig, rtp
from tests.mixer.network import statistics
from tests.mixer.wide_phones import Phone, tone

if TYPE_CHECKING:
    from collections.abc import Callable

OF_BEFORE, FRESH, TICKS = (1, 2), (3, 4), 90
"""Legs that leave, legs that come upon their rows, and for how long each pair is there."""


@dataclass
class House:
    """A bridge with everything on, in which leg 9 keeps the ticks going."""

    rig: Rig = field(default_factory=lambda: Rig(automatic_gain=True))

    def __post_init__(self) -> None:
        self.rig.obey(WatchForMusic())
        sound = Recording(lambda rate: np.full(rate, 5000, np.int16), list(CODERS))
        with sound.file:
            sound.complete()
            self.rig.obey(LoadSound(1, sound.frames), os.dup(sound.file.fileno()))
        ours, self.tape = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (ours, self.tape):
            end.setblocking(False)
        self.rig.obey(StartTape(2, 1, tracks=True), ours.detach())
        self.rig.add(9, 3)

    def recorded(self) -> list[bytes]:
        taken = []
        while True:
            try:
                taken.append(self.tape.recv(1 << 16))
            except BlockingIOError:
                return taken

    def close(self) -> None:
        self.tape.close()
        self.rig.bridge.close()


def live_noisily(house: House, codec: Codec) -> None:
    """Two legs whose rows are full of everything that a row can hold, and which leave amid it."""
    rig = house.rig
    phones = [Phone(rig, number, codec, room=1) for number in OF_BEFORE]
    rng = np.random.default_rng(1)
    for tick in range(TICKS):
        for phone in phones:
            said = tone(phone, 500, 32000)[tick % 50] + rng.normal(0, 3000, phone.form.samples)
            packet = phone.packet(np.clip(said, -32768, 32767).astype(np.int16))
            if rng.random() < 0.8:
                rig.put(packet, phone.address)
            if tick == 30:
                rig.put(rtp(b"\x2d", phone.sequence, payload_type=13, ssrc=phone.number), phone.address)
            if tick >= TICKS - 2:  # a key that is held, as an event and as a tone, and packets far ahead
                rig.put(rtp(b"\x05\x00\x00\xa0", phone.sequence, payload_type=101, ssrc=phone.number), phone.address)
                dtmf = (tone(phone, 700, 9000) + tone(phone, 1200, 9000))[tick % 50]
                rig.put(phone.packet(dtmf), phone.address)
        if tick == 40:
            rig.obey(Mute(2, muted=True))
        if tick == 60:
            rig.obey(Play(1, (1,), 7, loop=True))
        rig.tick()
    held = Media(phones[0].address, codec, codec.value, 101, sending=False, receiving=False)
    rig.obey(ChangeMedia(1, held))
    for number in reversed(OF_BEFORE):  # so that each of those who come has the row of the one whose place it takes
        rig.obey(RemoveLeg(number))


Life = tuple[list[bytes], list[bytes], list[Event], list[LegStatistics]]
"""What two legs were sent, what was recorded and told of them, and the account of them."""


def live(house: House, codec: Codec, amid: Callable[[Rig], None] | None = None) -> Life:
    """Two legs that come now.  What happens ``amid`` that is no news of theirs."""
    rig = house.rig
    house.recorded()
    rig.events.clear()
    phones = [Phone(rig, number, codec, room=2) for number in FRESH]
    rng, sent = np.random.default_rng(2), []
    for tick in range(TICKS):
        for phone in phones:
            said = tone(phone, 300 + 100 * phone.number, 1500)[tick % 50] + rng.normal(0, 300, phone.form.samples)
            packet = phone.packet(said.astype(np.int16))
            if rng.random() < 0.95:
                rig.put(packet, phone.address)
        if amid is not None and tick == TICKS // 2:
            amid(rig)
        packets = rig.tick()
        sent += [packets[phone.address].octets for phone in phones]
    events, account = list(rig.events), statistics(rig)
    return sent, house.recorded(), events, [account[number] for number in FRESH]


@pytest.mark.parametrize("codec", list(CODERS), ids=lambda codec: codec.name)
@pytest.mark.parametrize("before", [Codec.PCMU, Codec.G722], ids=lambda codec: codec.name)
def test_a_leg_on_a_row_that_was_used_is_as_on_a_row_that_was_not(before, codec):
    with closing(House()) as used, closing(House()) as unused:
        live_noisily(used, before)
        unused.rig.ticks(TICKS)
        lives = [live(house, codec) for house in (used, unused)]
    for of_used, of_unused in zip(*lives, strict=True):
        assert of_used == of_unused


def add_more_legs_than_there_is_room_for(rig: Rig) -> None:
    for number in range(10, 210):
        rig.add(number, None if number % 3 else number, codec=list(CODERS)[number % len(CODERS)])


@pytest.mark.parametrize("codec", list(CODERS), ids=lambda codec: codec.name)
def test_who_talks_while_there_come_to_be_more_rows_hears_nothing_of_it(codec):
    with closing(House()) as full, closing(House()) as empty:
        disturbed, undisturbed = live(full, codec, add_more_legs_than_there_is_room_for), live(empty, codec)
    assert disturbed == undisturbed
