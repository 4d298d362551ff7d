"""Encoders shared by who hears the same, and what follows where the packets of one follow upon another's."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.codecs import G722
from mixer.bridge.legs import PARTS, Legs
from mixer.bridge.protocol import AddLeg, Address, ChangeMedia, Codec, LoadSound, Media, Play, StopPlaying
from mixer.bridge.sounds import Recording
from mixer.bridge.wide import splices, streams
from mixer.bridge.wide.streams import SAMPLES, Streams
from tests.mixer.bridge_rig import Rig
from tests.mixer.wide_phones import WIDE, Phone, converse, tone

every_wide = pytest.mark.parametrize("codec", WIDE, ids=lambda codec: codec.name)


class Plain:
    """An encoder whose packets say what it was given: a whole number, and how many frames came before."""

    format = G722.format

    def __init__(self, frames: int = 0) -> None:
        self.frames = frames

    def encoder(self) -> Plain:
        return Plain()

    def copy(self) -> Plain:
        return Plain(self.frames)

    def encode(self, pcm: np.ndarray) -> np.ndarray:
        self.frames += 1
        return np.array([pcm[0], self.frames % 256], np.uint8)


def legs_of(codecs: list[Codec]) -> Legs:
    legs = Legs(len(codecs))
    for number, codec in enumerate(codecs):
        address = Address(f"10.0.0.{number + 1}", 4000)
        legs.add(AddLeg(number, 0, Media(address, codec, codec.value, None), number, ""), 0)
    return legs


def sounds(mixes: int, loud: bool = True) -> np.ndarray:
    """Mix n is n + 1 throughout, or 100 more."""
    return np.repeat(np.arange(1, mixes + 1, dtype=np.int16)[:, None] + 100 * loud, SAMPLES, axis=1)


_TICKS = st.lists(
    st.lists(st.tuples(st.booleans(), st.integers(0, 2), st.booleans()), min_size=6, max_size=6),
    min_size=1,
    max_size=25,
)
"""Of each tick and leg: whether it hears live, in what room, and whether it speaks there."""


@settings(deadline=None, max_examples=60)
@given(_TICKS)
def test_everybody_hears_what_is_meant_for_them_whoever_comes_goes_and_speaks(ticks):
    with pytest.MonkeyPatch.context() as patch:
        for part in list(streams.CODECS):
            patch.setitem(streams.CODECS, part, Plain())
        legs = legs_of([Codec.G722, Codec.OPUS] * 3)
        row_of = {int(number): row for row, number in enumerate(legs.number)}
        ours, out = Streams(legs), np.zeros((len(legs), 160), np.uint8)
        for tick in [*ticks, *[ticks[-1]] * 30]:
            state = sorted((row_of[n], *leg) for n, leg in enumerate(tick) if leg[0])
            leg = np.array([row for row, *_ in state], np.int64)
            room = np.array([room for _, _, room, _ in state], np.int64)
            speaks = np.array([speaks for *_, speaks in state], np.bool_)
            mix = np.where(speaks, 3 + np.cumsum(speaks) - 1, room)
            ours.hear(leg, np.where(speaks, -1 - leg, room), mix, sounds(3 + len(leg), loud=False), out)
            assert out[leg, 0].tolist() == (mix + 1).tolist()
        wanted = {(-1 - row if speaks else room, legs.part[row]) for row, _, room, speaks in state}
        assert ours.encoders() == len(wanted), "in the end, one for each sound and codec"


def test_who_starts_to_speak_goes_on_with_a_copy_and_comes_back_when_both_are_alike():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(streams.CODECS, PARTS[Codec.G722], Plain())
        legs = legs_of([Codec.G722] * 3)
        ours, out, leg = Streams(legs), np.zeros((3, 160), np.uint8), np.arange(3)
        for _ in range(7):
            ours.hear(leg, np.array([0, 0, 0]), np.array([0, 0, 0]), sounds(1), out)
        ours.hear(leg, np.array([0, -2, 0]), np.array([0, 1, 0]), sounds(2), out)
        assert out[:, 1].tolist() == [8, 8, 8] and ours.encoders() == 2
        for _ in range(200):
            ours.hear(leg, np.array([0, 0, 0]), np.array([0, 0, 0]), sounds(1), out)
        assert ours.encoders() == 2, "in the midst of sound they stay apart"
        ours.hear(leg, np.array([0, 0, 0]), np.array([0, 0, 0]), sounds(1, loud=False), out)
        assert ours.encoders() == 1, "but not in a pause"


def noise(frames: int, seed: int, loudness: float) -> np.ndarray:
    """Coloured like a voice, at 16 kHz."""
    white = np.random.default_rng(seed).normal(0, 1, frames * 320 + 8)
    coloured = np.convolve(white, np.hanning(9), "valid")
    return np.rint(loudness * coloured / coloured.std()).astype(np.int16).reshape(frames, 320)


@every_wide
def test_neither_to_a_sound_nor_back_is_there_a_click(codec):
    rig = Rig()
    speaker, listener = Phone(rig, 1, codec), Phone(rig, 2, codec)
    played = Recording(lambda rate: noise(500, 1, 3000).ravel()[:: 16000 // rate], (codec,))
    with played.file:
        played.complete()
        rig.obey(LoadSound(1, played.frames), os.dup(played.file.fileno()))
    said, turns = {1: noise(700, 2, 3000)}, []
    for turn in range(20):
        converse(rig, [speaker, listener], said, 15, 30 * turn)
        rig.obey(Play(2, (1,), turn, since=rig.tick_number - 11 - 13 * turn))
        turns.append(len(listener.heard))
        converse(rig, [speaker, listener], said, 15, 30 * turn + 15)
        rig.obey(StopPlaying(2))
        turns.append(len(listener.heard))
    peaks = np.abs(np.array(listener.heard[1:-1]).astype(int)).max(axis=1)
    at_turns = [peaks[turn - 2 : turn + 4].max() for turn in turns[:-1]]
    assert max(at_turns) < 2.2 * np.median(peaks)


@every_wide
def test_what_follows_upon_a_loud_sound_is_no_louder_than_it_is(codec):
    rig = Rig()
    speaker, listener, other = Phone(rig, 1, codec), Phone(rig, 2, codec), Phone(rig, 3, codec)
    at = np.arange(16000)
    shrill = np.rint(20000 * np.sin(2 * np.pi * 3700 / 16000 * at)).astype(np.int16)
    played = Recording(lambda rate: shrill[:: 16000 // rate], (codec,))
    with played.file:
        played.complete()
        rig.obey(LoadSound(1, played.frames), os.dup(played.file.fileno()))
    said = {1: tone(speaker, 1000, 3000)}
    converse(rig, [speaker, listener, other], said, 30)
    rig.obey(Play(2, (1,), 1))
    converse(rig, [speaker, listener, other], said, 20, 30)
    rig.obey(StopPlaying(2))
    turn = len(listener.heard)
    converse(rig, [speaker, listener, other], said, 30, 50)
    peaks = np.abs(np.array(listener.heard).astype(int)).max(axis=1)
    assert peaks[turn - 5] > 15000, "it was loud"
    assert peaks[turn + 1 : turn + 20].max() < 2 * 3000, "unhelped, it is up to full scale"


def test_when_the_music_ends_for_many_at_once_none_of_them_hears_a_click():
    rig = Rig()
    speaker, *listeners = (Phone(rig, n, Codec.G722) for n in range(1, 22))
    music = Recording(lambda rate: noise(200, 4, 3000).ravel()[:: 16000 // rate], (Codec.G722,))
    with music.file:
        music.complete()
        rig.obey(LoadSound(1, music.frames), os.dup(music.file.fileno()))
    for phone in listeners:
        rig.obey(Play(phone.number, (1,), 1, since=rig.tick_number - 11 - 5 * phone.number))
    said = {1: noise(100, 5, 3000)}
    converse(rig, [speaker, *listeners], said, 20)
    for phone in listeners:
        rig.obey(StopPlaying(phone.number))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splices, "_AT_ONCE", 4)
        converse(rig, [speaker, *listeners], said, 30, 20)
    for phone in listeners:
        peaks = np.abs(np.array(phone.heard).astype(int)).max(axis=1)
        assert peaks[18:30].max() < 2.5 * np.median(peaks)
        assert np.corrcoef(phone.sound[-3200:], listeners[0].sound[-3200:])[0, 1] > 0.9


@pytest.mark.parametrize("known", [0, 20])
def test_a_phone_that_comes_back_from_hold_hears_no_click(known):
    rig = Rig()
    speaker, listener, one = Phone(rig, 1, Codec.G722), Phone(rig, 2, Codec.G722), Phone(rig, 3, Codec.PCMU)
    said = {1: noise(300, 3, 4000), 3: tone(one, 300, 2000)}
    converse(rig, [speaker, listener, one], said, 20 + known)
    held = Media(listener.address, Codec.G722, 9, 101, sending=False, receiving=False)
    rig.obey(ChangeMedia(2, held))
    converse(rig, [speaker, one], said, 50, 20)
    rig.obey(ChangeMedia(2, Media(listener.address, Codec.G722, 9, 101)))
    back = len(listener.heard)
    converse(rig, [speaker, listener, one], said, 30, 70)
    peaks = np.abs(np.array(listener.heard).astype(int)).max(axis=1)
    assert peaks[back : back + 5].max() < 2 * np.median(peaks[10:back])
