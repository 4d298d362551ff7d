"""What the bridge tells of legs that play hold music, and of whom it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from media.prompt import Prompt
from media.prompts import Prompts
from mixer.bridge.protocol import ChangeMedia, Codec, JoinRoom, Media, Music, Mute, RemoveLeg, WatchForMusic
from tests.mixer.bridge_rig import Rig
from tests.mixer.wide_phones import WIDE, Phone, converse

if TYPE_CHECKING:
    from mixer.bridge.protocol import Address

SECOND = 50
MUSIC = Prompts("en").music().reshape(-1, 160)
TALK = np.concatenate([Prompts("en").pcm(prompt, "en") for prompt in Prompt if prompt is not Prompt.TONE])
TALK = TALK[: len(TALK) // 160 * 160].reshape(-1, 160)


def watching() -> Rig:
    rig = Rig()
    rig.obey(WatchForMusic())
    return rig


def play(rig: Rig, seconds: float, *said: tuple[Address, np.ndarray]) -> list[Music]:
    """What is told while phones say these frames, over and over."""
    before = len(rig.of(Music))
    for tick in range(round(seconds * SECOND)):
        rig.tick({who: frames[tick % len(frames)] for who, frames in said})
    return rig.of(Music)[before:]


def test_music_is_told_and_told_again_every_30_seconds_while_it_lasts_and_when_it_has_ended():
    rig = watching()
    one, two = rig.add(1), rig.add(2)
    assert play(rig, 15, (one, MUSIC), (two, TALK)) == [Music(1, True)]
    rig.obey(Mute(1, True))
    assert play(rig, 60, (one, MUSIC), (two, TALK)) == [Music(1, True)] * 2
    assert play(rig, 28, (one, TALK), (two, TALK)) == [Music(1, False)]
    rig.obey(Mute(1, False))
    assert play(rig, 35, (one, TALK), (two, TALK)) == []


def test_unless_it_is_asked_for_nothing_is_told():
    rig = Rig()
    assert play(rig, 15, (rig.add(1), MUSIC)) == []


def test_who_waits_outside_the_room_or_is_on_hold_is_not_listened_to():
    rig = watching()
    waits, held = rig.add(1, room=None), rig.add(2)
    rig.obey(ChangeMedia(2, Media(held, Codec.PCMU, 0, 101, sending=False, receiving=False)))
    assert play(rig, 15, (waits, MUSIC), (held, MUSIC)) == []
    rig.obey(JoinRoom(1, 1))
    assert play(rig, 15, (waits, MUSIC)) == [Music(1, True)]


def test_a_telephone_that_gives_back_the_music_of_another_is_not_blamed_whatever_its_row():
    rig = watching()
    first, plays, last = rig.add(1), rig.add(2), rig.add(3)
    echo = np.roll(MUSIC, 5, axis=0) // 8
    assert play(rig, 15, (first, echo), (plays, MUSIC), (last, echo)) == [Music(2, True)]
    rig.obey(Mute(2, True))
    assert play(rig, 40, (plays, MUSIC), (first, TALK), (last, TALK)) == [Music(2, True)]


def test_the_same_music_in_another_room_is_no_echo():
    rig = watching()
    one, other = rig.add(1, room=1), rig.add(2, room=2)
    assert {music.leg for music in play(rig, 15, (one, MUSIC), (other, MUSIC // 4))} == {1, 2}


def test_a_new_bridge_that_finds_a_leg_muted_tells_when_its_music_has_ended():
    rig = watching()
    one, two = rig.add(1), rig.add(2)
    for leg in (1, 2):
        rig.obey(Mute(leg, True))
    told = play(rig, 35, (one, MUSIC), (two, TALK))
    assert told == [Music(2, False), Music(1, True)]


def test_another_leg_in_the_same_row_is_not_taken_for_the_one_before():
    rig = watching()
    assert play(rig, 15, (rig.add(1), MUSIC)) == [Music(1, True)]
    rig.obey(RemoveLeg(1))
    assert play(rig, 40, (rig.add(2), TALK)) == []


def test_more_legs_than_there_were_rows_are_watched_as_well():
    rig = watching()
    first = rig.add(1)
    assert play(rig, 5, (first, MUSIC)) == []
    for leg in range(2, 70):
        rig.add(leg)
    assert play(rig, 12, (first, MUSIC)) == [Music(1, True)]


@pytest.mark.parametrize("codec", WIDE)
def test_wideband_legs_are_watched_as_well(codec):
    rig = watching()
    phones = [Phone(rig, 1, codec), Phone(rig, 2, Codec.PCMU)]
    music = Prompts("en").music(16_000).reshape(-1, 320)
    converse(rig, phones, {1: music}, 15 * SECOND)
    assert rig.of(Music) == [Music(1, True)]
