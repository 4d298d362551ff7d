"""What a recorder is given of a room: the sum of those who speak there, at each tick, without holding anybody up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest

from media.resample import Up
from mixer.bridge.channel import pair
from mixer.bridge.protocol import ChangeMedia, Codec, JoinRoom, Media, Mute, RemoveLeg, StartTape, StopTape
from mixer.recording.frames import LONGEST, MIX, SAMPLES, Frames, parse
from tests.mixer.bridge_rig import Rig, level, through

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Taped:
    """A rig with a recorder of room 1."""

    tracks: bool = False
    rig: Rig = field(default_factory=Rig)

    def __post_init__(self) -> None:
        self.end, theirs = pair()
        self.start(1, theirs.detach())

    def start(self, take: int, descriptor: int) -> None:
        self.rig.obey(StartTape(1, take, self.tracks), descriptor)

    def close(self) -> None:
        self.end.close()
        self.rig.bridge.close()

    def frames(self) -> list[Frames]:
        found = []
        while True:
            try:
                datagram = self.end.recv(LONGEST)
            except BlockingIOError:
                return found
            if not datagram:
                return found
            found.append(parse(datagram))

    def sound(self, leg: int = MIX) -> np.ndarray:
        """All that waits, of one label; where there is none, silence."""
        silent = bytes(2 * SAMPLES)
        return np.frombuffer(b"".join(dict(each.sounds).get(leg, silent) for each in self.frames()), np.int16)


@pytest.fixture
def taped() -> Iterator[Taped]:
    yield (taped := Taped())
    taped.close()


@pytest.fixture
def with_tracks() -> Iterator[Taped]:
    yield (taped := Taped(tracks=True))
    taped.close()


def wide(*frames: np.ndarray) -> np.ndarray:
    """At 16 kHz, as they follow upon silence."""
    up = Up(1)
    return np.concatenate([np.clip(np.rint(up.resample(f[None], np.array([0])))[0], -32768, 32767) for f in frames])


def test_the_tape_has_the_sum_of_all_who_speak_in_the_room_and_nobody_else(taped):
    rig = taped.rig
    anna, boris, silent = rig.add(1), rig.add(2), rig.add(3)
    elsewhere = rig.add(4, room=2)
    said = {anna: level(3000), boris: level(5000), silent: level(0), elsewhere: level(9000)}
    rig.ticks(10, said)
    heard = taped.sound()
    both = through(level(3000)) + through(level(5000))
    begins = int(np.flatnonzero(heard)[0]) // SAMPLES * SAMPLES
    wanted = wide(*[both] * 8)[: len(heard) - begins]
    assert (heard[begins:] == wanted).all()
    assert len(wanted) >= 6 * SAMPLES


def test_every_tick_is_on_the_tape_with_its_number_also_when_nobody_speaks(taped):
    rig = taped.rig
    rig.add(1)
    first = rig.tick_number
    rig.ticks(5)
    assert taped.frames() == [Frames(1, first + n, ()) for n in range(5)]


def test_twenty_who_shout_are_limited_and_not_clipped(taped):
    rig = taped.rig
    wave = (30000 * np.sin(np.arange(160) * 2 * np.pi * 5 / 160)).astype(np.int16)
    rig.ticks(30, {rig.add(n): wave for n in range(1, 21)})
    heard = taped.sound()[-5 * SAMPLES :].astype(float)
    sine = np.sin(np.arange(len(heard)) * 2 * np.pi * 5 / SAMPLES)
    cosine = np.cos(np.arange(len(heard)) * 2 * np.pi * 5 / SAMPLES)
    fit = np.array([sine, cosine])
    tone = fit.T @ np.linalg.lstsq(fit.T, heard, rcond=None)[0]
    assert 29000 < np.abs(heard).max() <= 32767
    assert np.abs(heard - tone).max() < 0.02 * np.abs(heard).max()


def test_whoever_is_muted_on_hold_or_has_left_is_not_on_the_tape(taped):
    rig = taped.rig
    legs = {n: rig.add(n) for n in (1, 2, 3)}
    rig.obey(Mute(1, True))
    rig.obey(ChangeMedia(2, Media(legs[2], Codec.PCMU, 0, 101, receiving=False)))
    rig.obey(JoinRoom(3, None))
    rig.ticks(8, dict.fromkeys(legs.values(), level(8000)))
    assert not taped.sound().any()


def test_with_tracks_each_leg_is_there_by_itself_too(with_tracks):
    taped, rig = with_tracks, with_tracks.rig
    anna, boris = rig.add(1), rig.add(2)
    rig.ticks(6, {anna: level(3000), boris: level(5000)})
    rig.ticks(20, {anna: level(3000)})
    frames = [dict(each.sounds) for each in taped.frames()]
    loud = next(each for each in frames[5:] if each.keys() == {MIX, 1, 2})
    mix, one, other = (np.frombuffer(loud[label], np.int16).astype(int) for label in (MIX, 1, 2))
    assert np.abs(mix - one - other).max() <= 1, "but for rounding"
    assert frames[-1].keys() == {MIX, 1}
    assert frames[-1][MIX] == frames[-1][1]


def test_more_tracks_than_a_datagram_holds_are_sent_in_several(with_tracks):
    taped, rig = with_tracks, with_tracks.rig
    legs = {n: rig.add(n) for n in range(1, 101)}
    rig.ticks(2)
    taped.frames()
    rig.ticks(6, dict.fromkeys(legs.values(), level(200)))
    last = taped.rig.tick_number - 1
    parts = [each for each in taped.frames() if each.tick == last]
    assert len(parts) == 2
    assert {label for part in parts for label, _ in part.sounds} == {MIX, *legs}


def test_a_recorder_that_takes_nothing_holds_nobody_up(taped):
    rig = taped.rig
    legs = [rig.add(1), rig.add(2)]
    for _ in range(3000):
        packets = rig.tick({legs[0]: level(3000)})
    tapes = rig.bridge._engine.tapes
    assert tapes.dropped > 0
    assert packets[legs[1]].sound.any(), "and the talk goes on"
    kept = taped.frames()
    assert kept[0].tick == 1_000_000
    assert len(kept) + tapes.dropped == 3000
    rig.tick()
    (after,) = taped.frames()
    assert after.tick == rig.tick_number - 1, "what was lost is known by the number"


def test_a_recorder_that_dies_ends_its_tape_and_nothing_else(taped):
    rig = taped.rig
    legs = [rig.add(1), rig.add(2)]
    rig.ticks(3)
    taped.end.close()
    packets = rig.ticks(6, {legs[0]: level(3000)})
    assert packets[legs[1]].sound.any()
    assert not rig.bridge._engine.tapes


def test_a_tape_that_stops_is_closed_and_another_take_says_so(taped):
    rig = taped.rig
    rig.add(1)
    rig.ticks(2)
    rig.obey(StopTape(1))
    rig.ticks(2)
    assert [each.take for each in taped.frames()] == [1, 1]
    assert taped.end.recv(LONGEST) == b"", "nobody writes any more"
    taped.end.close()
    taped.end, theirs = pair()
    taped.start(2, theirs.detach())
    rig.ticks(2)
    assert [each.take for each in taped.frames()] == [2, 2]
    rig.obey(StopTape(7))
    rig.bridge.close()
    assert taped.end.recv(LONGEST) == b""


def test_a_leg_that_takes_the_row_of_another_takes_nothing_of_its_sound(with_tracks):
    taped, rig = with_tracks, with_tracks.rig
    anna = rig.add(1)
    rig.ticks(6, {anna: level(20000)})
    rig.obey(RemoveLeg(1))
    rig.add(2)
    taped.frames()
    rig.ticks(3)
    assert not taped.sound(2).any()


def test_a_track_that_goes_on_after_a_pause_has_nothing_left_of_the_sound_before_it(with_tracks):
    rig = with_tracks.rig
    anna = rig.add(1)
    rig.ticks(10, {anna: level(9000)})
    rig.obey(StopTape(1))
    rig.ticks(10, {anna: level(0)})
    with_tracks.end.close()
    with_tracks.end, theirs = pair()
    with_tracks.start(2, theirs.detach())
    rig.ticks(3, {anna: level(0)})
    assert [each.sounds for each in with_tracks.frames()] == [()] * 3
