"""What whoever is on a leg sets: how loud the leg hears, and how loud it is heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from media import levels
from mixer.bridge.protocol import Codec, LoadSound, Play, RemoveLeg, SetVolume
from tests.media.tones_and_voices import tone
from tests.mixer.bridge_rig import Rig, encoded
from tests.mixer.wide_phones import WIDE, Phone

if TYPE_CHECKING:
    from mixer.bridge.protocol import Address

SAID = tone(1000, 0.02, -32).astype(np.int16)
LOUD = tone(1000, 0.02, -9).astype(np.int16)


def dbov(pcm: np.ndarray) -> float:
    return float(levels.as_dbov(levels.power(pcm[None]))[0])


def heard(rig: Rig, who: Address, *listeners: Address, said: np.ndarray = SAID) -> list[float]:
    last = rig.ticks(25, {who: said})
    return [dbov(last[listener].sound) for listener in listeners]


@pytest.mark.parametrize("codec", [Codec.PCMU, Codec.PCMA])
def test_a_leg_hears_louder_and_nobody_else_does(codec: Codec) -> None:
    rig = Rig()
    one, two, three = rig.add(1), rig.add(2, codec=codec), rig.add(3)
    rig.obey(SetVolume(2, listening=8))
    assert heard(rig, one, two, three) == pytest.approx([-24, -32], abs=0.3)


def test_a_leg_is_heard_softer_by_all_others() -> None:
    rig = Rig()
    one, two, three = rig.add(1), rig.add(2), rig.add(3)
    rig.obey(SetVolume(1, talking=-8))
    assert heard(rig, one, two, three) == pytest.approx([-40, -40], abs=0.5)
    assert heard(rig, two, three) == pytest.approx([-32], abs=0.3)


def test_zero_is_as_it_comes_to_the_bit() -> None:
    plain, rig = Rig(), Rig()
    for each in (plain, rig):
        each.add(1)
        each.add(2)
    rig.obey(SetVolume(2, 8, -8))
    rig.obey(SetVolume(2))
    speaker = rig.add(3)
    plain.add(3)
    for _ in range(20):
        assert rig.tick({speaker: SAID}) == plain.tick({speaker: SAID})


def test_what_is_too_loud_is_turned_down_and_not_cut_off() -> None:
    rig = Rig()
    one, two, three = rig.add(1), rig.add(2), rig.add(3)
    rig.obey(SetVolume(1, talking=12))
    rig.obey(SetVolume(2, listening=12))
    last = rig.ticks(50, {one: LOUD})
    for listener in (two, three):
        spectrum = np.abs(np.fft.rfft(last[listener].sound.astype(float))) ** 2
        assert spectrum[20] / spectrum.sum() > 0.99  # the tone alone: clipping makes overtones


def test_prompts_are_louder_too() -> None:
    rig = Rig()
    one = rig.add(1, None)
    rig.obey(LoadSound(1, 25), rig.load(encoded(np.tile(SAID, 25))))
    rig.obey(SetVolume(1, listening=8))
    rig.obey(Play(1, (1,), 1))
    assert dbov(rig.ticks(5)[one].sound) == pytest.approx(-24, abs=0.3)


@pytest.mark.parametrize("codec", WIDE)
def test_a_wide_leg_hears_its_room_louder_and_is_heard_softer(codec: Codec) -> None:
    rig = Rig()
    talker, listener, other = (Phone(rig, leg, codec) for leg in (1, 2, 3))
    rig.obey(SetVolume(2, listening=8))
    rig.obey(SetVolume(1, talking=-4))
    said = tone(1000, 0.02, -32, 16000).astype(np.int16)
    for _ in range(100):
        talker.say(said)
        packets = rig.tick()
        for phone in (listener, other):
            phone.hear(packets[phone.address].octets)
    assert dbov(listener.heard[-1]) == pytest.approx(-28, abs=1)
    assert dbov(other.heard[-1]) == pytest.approx(-36, abs=1)


def test_the_volume_ends_with_its_leg_and_outlasts_more_legs_than_there_were_rows() -> None:
    rig = Rig()
    one, two = rig.add(1), rig.add(2)
    rig.obey(SetVolume(2, listening=8))
    for leg in range(3, 150):
        rig.add(leg, None)
    assert heard(rig, one, two) == pytest.approx([-24], abs=0.3)
    rig.obey(RemoveLeg(2))
    two = rig.add(2)
    assert heard(rig, one, two) == pytest.approx([-32], abs=0.3)
