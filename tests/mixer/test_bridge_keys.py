"""Keys that come as tones in the sound: the bridge tells of each once, and the others of the room don't hear it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from media.dtmf import DtmfMode
from mixer.bridge.protocol import ChangeMedia, Codec, Digit, Media, Mute
from tests.media.tones_and_voices import key, silence
from tests.mixer.bridge_rig import Rig

if TYPE_CHECKING:
    from mixer.bridge.protocol import Address
    from tests.media.tones_and_voices import Sound


def say(rig: Rig, who: Address, sound: Sound, listener: Address) -> np.ndarray:
    """What the listener hears meanwhile and a little longer."""
    whole = np.r_[sound, np.zeros(-len(sound) % 160 + 10 * 160)].astype(np.int16)
    return np.concatenate([rig.tick({who: frame})[listener].sound for frame in whole.reshape(-1, 160)])


@pytest.mark.parametrize("begin", [0, 40, 79, 80, 120])
def test_a_code_in_tones_is_told_key_by_key_and_the_room_hears_10_ms_of_each_at_most(begin: int) -> None:
    rig = Rig()
    one, two = rig.add(1), rig.add(2)
    code = "4711*"
    sound = np.concatenate([np.zeros(begin), *(np.r_[key(digit, 0.1), silence(0.1)] for digit in code)])
    heard = say(rig, one, sound, two)
    assert rig.of(Digit) == [Digit(1, digit, DtmfMode.TONE) for digit in code]
    assert np.count_nonzero(heard) <= 80 * len(code)


def test_keys_of_several_legs_in_the_same_tick_are_told_apart_and_the_muted_can_press_too() -> None:
    rig = Rig()
    legs = [rig.add(leg) for leg in (1, 2, 3)]
    rig.obey(Mute(2, True))
    frames = [key(digit, 0.1).astype(np.int16).reshape(-1, 160) for digit in "1#D"]
    for at in range(5):
        rig.tick({leg: each[at] for leg, each in zip(legs, frames, strict=True)})
    rig.ticks(10)
    assert {(digit.leg, digit.digit) for digit in rig.of(Digit)} == {(1, "1"), (2, "#"), (3, "D")}
    assert len(rig.of(Digit)) == 3


def test_tones_in_the_hold_music_of_a_phone_are_no_keys() -> None:
    rig = Rig()
    one, two = rig.add(1), rig.add(2)
    rig.obey(ChangeMedia(1, Media(one, Codec.PCMU, 0, 101, sending=False, receiving=False)))
    say(rig, one, key("5", 0.2), two)
    assert rig.of(Digit) == []
