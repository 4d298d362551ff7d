"""Sounds beside the room: both are heard, by legs of every codec, and only by those to whom they play."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from mixer.bridge.protocol import Codec, LoadSound, Play, Played, SetVolume, StopPlaying
from mixer.bridge.sounds import Recording
from tests.media.tones_and_voices import tone
from tests.mixer.bridge_rig import Rig
from tests.mixer.wide_phones import WIDE, Phone
from tests.phones.listening import tone_level

if TYPE_CHECKING:
    from numpy.typing import NDArray

VOICE, SOUND = 600, 1400  # Hz
SAID = -20.0
SECONDS = 1.0
LEVEL_DIFFERENCE = 3.01  # dB: a sine at full scale is 3 dBov below a square


def rig_with_sound(said: float = SAID) -> Rig:
    rig = Rig()
    with Recording(lambda rate: tone(SOUND, SECONDS, said, rate).astype(np.int16), tuple(Codec)).file as file:
        octets = np.fromfile(file, np.uint8) if file.seek(0) == 0 else np.zeros(0, np.uint8)
        rig.obey(LoadSound(1, round(SECONDS * 50)), rig.load(octets))
    return rig


def levels(pcm: NDArray[np.float64], rate: int) -> tuple[float, float]:
    """Of the voice and of the sound, dBov."""
    some = pcm[len(pcm) // 2 :].astype(np.int16)
    return tuple(tone_level(some, hz, rate) - LEVEL_DIFFERENCE for hz in (VOICE, SOUND))  # type: ignore[return-value]


def listen(rig: Rig, talker: Phone, *phones: Phone, ticks: int = 30) -> None:
    voice = tone(VOICE, ticks * 0.02, SAID, talker.form.sample_rate).astype(np.int16).reshape(ticks, -1)
    for frame in voice:
        talker.say(frame)
        packets = rig.tick()
        for phone in phones:
            phone.hear(packets[phone.address].octets)


@pytest.mark.parametrize("codec", [Codec.PCMU, Codec.PCMA, *WIDE])
def test_room_and_sound_are_both_heard_and_nobody_else_hears_the_sound(codec: Codec) -> None:
    rig = rig_with_sound()
    talker, told, other = Phone(rig, 1, codec), Phone(rig, 2, codec), Phone(rig, 3, codec)
    listen(rig, talker, told, other)
    rig.obey(Play(2, (1,), 7, room=-9.0))
    for phone in (told, other):
        phone.heard.clear()
    listen(rig, talker, told, other)
    rate = told.form.sample_rate
    assert levels(told.sound, rate) == pytest.approx((SAID - 9, SAID), abs=1)
    voice, sound = levels(other.sound, rate)
    assert voice == pytest.approx(SAID, abs=1)
    assert sound < -50


@pytest.mark.parametrize("codec", [Codec.PCMU, *WIDE])
def test_who_speaks_hears_the_sound_and_not_themselves(codec: Codec) -> None:
    rig = rig_with_sound()
    talker, other = Phone(rig, 1, codec), Phone(rig, 2, codec)
    rig.obey(Play(1, (1,), 7, room=0.0))
    listen(rig, talker, talker, other)
    voice, sound = levels(talker.sound, talker.form.sample_rate)
    assert (voice < -50, sound) == (True, pytest.approx(SAID, abs=1))


@pytest.mark.parametrize("codec", [Codec.PCMU, *WIDE])
def test_when_it_ends_the_room_goes_on_without_a_hole(codec: Codec) -> None:
    rig = rig_with_sound()
    talker, told = Phone(rig, 1, codec), Phone(rig, 2, codec)
    listen(rig, talker, told)
    rig.obey(Play(2, (1,), 7, room=0.0))
    told.heard.clear()
    listen(rig, talker, told, ticks=100)
    assert rig.of(Played) == [Played(2, 7)]
    frames = np.stack(told.heard).astype(float)
    assert (frames**2).mean(axis=1).min() > 0.5 * 2 * 10 ** (SAID / 10) * 32768**2 * 0.5
    assert levels(told.sound, told.form.sample_rate)[1] < -50


@pytest.mark.parametrize("codec", [Codec.PCMU, *WIDE])
def test_the_room_gives_way_and_comes_back_without_a_click(codec: Codec) -> None:
    rig = rig_with_sound(-90.0)
    talker, told = Phone(rig, 1, codec), Phone(rig, 2, codec)
    rate = talker.form.sample_rate
    hum = np.cos(2 * np.pi * 150 * np.arange(rate // 50) / rate) * 8000  # at its highest where frames meet
    for tick in range(120):
        if tick == 40:
            rig.obey(Play(2, (1,), 7, room=-9.0))
        talker.say(hum.astype(np.int16))
        told.hear(rig.tick()[told.address].octets)
    told_all = told.sound
    undisturbed, loud = told_all[rate // 5 : rate * 4 // 5], told_all[rate * 4 // 5 :]
    softest = np.abs(loud).reshape(-1, rate // 50).max(axis=1).min()
    assert rig.of(Played) == [Played(2, 7)]
    assert softest == pytest.approx(8000 * 10 ** (-9 / 20), rel=0.1)
    steepest, at_all = (np.abs(np.diff(heard)).max() for heard in (undisturbed, loud))
    assert at_all < 1.6 * steepest  # a step is two to five times as steep


def test_those_who_hear_the_same_beside_the_same_room_share_an_encoder() -> None:
    rig = rig_with_sound()
    talker, *told = (Phone(rig, number, WIDE[0]) for number in range(1, 12))
    listen(rig, talker, *told)
    for number in range(2, 12):
        rig.obey(Play(number, (1,), number, room=-9.0))
    listen(rig, talker, *told, ticks=20)
    wide = rig.bridge._engine._wide
    assert wide is not None
    assert wide.rooms.streams.encoders() <= 3
    assert len({phone.octets[-1][12:] for phone in told}) == 1


def test_a_volume_holds_for_both_and_a_stop_ends_it() -> None:
    rig = rig_with_sound()
    for codec in (Codec.PCMU, *WIDE):
        number = 10 * codec.value + 20
        talker, told = Phone(rig, number % 250, codec, room=number), Phone(rig, (number + 1) % 250, codec, room=number)
        rig.obey(SetVolume(told.number, listening=-8))
        rig.obey(Play(told.number, (1,), 7, room=0.0))
        listen(rig, talker, told)
        assert levels(told.sound, told.form.sample_rate) == pytest.approx((SAID - 8, SAID - 8), abs=1)
        rig.obey(StopPlaying(told.number))
        listen(rig, talker, told)
        told.heard.clear()
        listen(rig, talker, told)
        assert levels(told.sound, told.form.sample_rate)[1] < -50


def test_another_bridge_goes_on_in_the_middle_of_it() -> None:
    rig = rig_with_sound()
    rig.tick_number += 30
    talker, told = Phone(rig, 1, Codec.PCMU), Phone(rig, 2, Codec.PCMU)
    rig.obey(Play(2, (1,), 7, since=rig.tick_number - 30, room=-9.0))
    listen(rig, talker, told, ticks=18)
    assert levels(told.sound, told.form.sample_rate) == pytest.approx((SAID - 9, SAID), abs=1)
    assert rig.of(Played) == []
    listen(rig, talker, told, ticks=5)
    assert rig.of(Played) == [Played(2, 7)], "a second after it began"
