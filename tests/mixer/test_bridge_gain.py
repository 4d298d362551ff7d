"""Automatic gain in the bridge: legs that want it are evened, narrow and wide ones, the others are not touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from media import levels
from media.agc import GOAL
from mixer.bridge.protocol import ChangeMedia, Codec, Media, RemoveLeg
from tests.media.tones_and_voices import tone
from tests.mixer.bridge_rig import Rig
from tests.mixer.wide_phones import Phone

if TYPE_CHECKING:
    from mixer.bridge.protocol import Address

SOFT = tone(1000, 0.02, -32).astype(np.int16)


def dbov(pcm: np.ndarray) -> float:
    return float(levels.as_dbov(levels.power(pcm[None]))[0])


def heard(rig: Rig, who: Address, listener: Address, seconds: float) -> float:
    """The level of the last frame."""
    return dbov(rig.ticks(round(50 * seconds), {who: SOFT})[listener].sound)


def test_a_soft_voice_is_brought_to_the_loudness_of_the_others_where_that_is_wanted() -> None:
    rig = Rig(automatic_gain=True)
    one, two = rig.add(1), rig.add(2)
    assert heard(rig, one, two, 0.5) == pytest.approx(-32, abs=0.2)
    assert heard(rig, one, two, 6) == pytest.approx(GOAL, abs=0.2)


def test_without_it_a_soft_voice_stays_soft() -> None:
    rig = Rig()
    one, two = rig.add(1), rig.add(2)
    assert heard(rig, one, two, 6) == pytest.approx(-32, abs=0.2)


def test_the_gain_outlasts_more_legs_than_there_were_rows_and_ends_with_its_leg() -> None:
    rig = Rig(automatic_gain=True)
    one, two = rig.add(1), rig.add(2)
    heard(rig, one, two, 6)
    for leg in range(3, 150):
        rig.add(leg, None)
    assert heard(rig, one, two, 0.1) == pytest.approx(GOAL, abs=0.2)
    rig.obey(RemoveLeg(1))
    one = rig.add(1)
    assert heard(rig, one, two, 0.5) == pytest.approx(-32, abs=0.2)


def test_the_hold_music_of_a_leg_says_nothing_of_how_loud_its_voice_is() -> None:
    rig = Rig(automatic_gain=True)
    one, two = rig.add(1), rig.add(2)
    assert heard(rig, one, two, 6) == pytest.approx(GOAL, abs=0.2)
    rig.obey(ChangeMedia(1, Media(one, Codec.PCMU, 0, 101, sending=False, receiving=False)))
    rig.ticks(500, {one: tone(440, 0.02, -12).astype(np.int16)})
    rig.obey(ChangeMedia(1, Media(one, Codec.PCMU, 0, 101)))
    assert heard(rig, one, two, 0.2) == pytest.approx(GOAL, abs=0.2)


def test_a_wide_leg_is_evened_for_narrow_and_wide_ones() -> None:
    rig = Rig(automatic_gain=True)
    talker, listener, narrow = Phone(rig, 1, Codec.G722), Phone(rig, 2, Codec.G722), rig.add(3)
    soft = tone(1000, 0.02, -32, 16000).astype(np.int16)
    for _ in range(300):
        talker.say(soft)
        packets = rig.tick()
        listener.hear(packets[listener.address].octets)
    assert dbov(listener.heard[-1]) == pytest.approx(GOAL, abs=0.5)
    assert dbov(packets[narrow].sound) == pytest.approx(GOAL, abs=0.5)
