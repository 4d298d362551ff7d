"""A leg goes from codec to codec by re-INVITE, is held and muted in each: it is heard at once, as before."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mixer.bridge.coders import CODERS
from mixer.bridge.protocol import ChangeMedia, Codec, Media, Mute, RemoveLeg, Speaking
from tests.mixer.bridge_rig import Rig, level
from tests.mixer.network import statistics
from tests.mixer.wide_phones import Phone, converse, tone

THERE_AND_BACK = [codec for codec in (Codec.OPUS, Codec.G722, Codec.PCMA, Codec.OPUS, Codec.PCMU) if codec in CODERS]


def turn(phone: Phone, codec: Codec, *, held: bool = False) -> None:
    phone.turn_to(codec)
    phone.rig.obey(
        ChangeMedia(
            phone.number,
            Media(phone.address, codec, codec.value, 101, sending=not held, receiving=not held),
        )
    )


def loudest(phone: Phone, ticks: int) -> int:
    return int(np.abs(np.concatenate(phone.heard[-ticks:]).astype(int)).max())


@pytest.fixture
def talk() -> tuple[Rig, Phone, Phone]:
    """One talks, the other listens."""
    rig = Rig()
    return rig, Phone(rig, 1, Codec.PCMU), Phone(rig, 2, Codec.PCMU)


def test_in_each_codec_a_leg_is_heard_within_two_ticks_and_a_clean_stream_has_no_jitter(talk):
    rig, talker, listener = talk
    for codec in (Codec.PCMU, *THERE_AND_BACK):
        turn(talker, codec)
        for _ in range(8):
            converse(rig, [talker, listener], {1: tone(talker, 400)}, 1)
            assert statistics(rig)[1].jitter < 0.01
        assert min(loudest(listener, ticks) for ticks in (1, 5)) > 7500


def test_of_the_codec_before_nothing_is_heard_after_the_change(talk):
    """The buffer holds up to 200 ms of it, and a tape or a gain takes what is due of every leg."""
    rig, talker, listener = talk
    for _ in range(5):
        talker.say(tone(talker, 400)[0])
    converse(rig, [talker, listener], {1: tone(talker, 400)}, 2)
    turn(talker, Codec.G722)
    rig.tick()
    assert rig.bridge._engine.receiver.play().leg.tolist() == [rig.bridge._engine.legs.row(2)]


@pytest.mark.parametrize("codec", sorted(set(THERE_AND_BACK), key=lambda codec: codec.value), ids=lambda c: c.name)
def test_held_and_muted_it_is_silent_and_afterwards_heard_again(talk, codec):
    rig, talker, listener = talk
    turn(talker, codec)
    said = {1: tone(talker, 400)}
    converse(rig, [talker, listener], said, 10)
    rig.obey(Mute(1, muted=True))
    converse(rig, [talker, listener], said, 10)
    assert loudest(listener, 6) < 50
    rig.obey(Mute(1, muted=False))
    converse(rig, [talker, listener], said, 6)
    assert loudest(listener, 1) > 7500
    turn(talker, codec, held=True)
    converse(rig, [talker, listener], said, 10)
    assert loudest(listener, 6) < 50
    turn(talker, codec)
    converse(rig, [talker, listener], {1: tone(talker, 400)}, 6)
    assert loudest(listener, 1) > 7500


@pytest.mark.parametrize(
    ("codec", "first"), list(itertools.product(THERE_AND_BACK[:4], (2**32 - 960 * 20, 2**31 - 960 * 20))), ids=str
)
def test_a_timestamp_and_a_sequence_number_that_go_round_are_not_heard(talk, codec, first):
    rig, talker, listener = talk
    turn(talker, codec)
    clock = talker.form.clock_rate // 50
    talker.timestamp, talker.sequence = first + 960 * 20 - clock * 20, 2**16 - 25
    converse(rig, [talker, listener], {1: tone(talker, 400)}, 50)
    assert all(loudest(listener, ticks) > 7500 for ticks in range(1, 45))
    sound = np.concatenate(listener.heard[-44:]).reshape(-1, 160).astype(int)
    assert np.abs(sound).max(axis=1).min() > 7500
    assert statistics(rig)[1].lost == statistics(rig)[1].late == 0


def test_a_leg_that_leaves_while_it_speaks_is_no_news_afterwards():
    rig = Rig()
    one, two = rig.add(1), rig.add(2)
    rig.ticks(20, {one: level(5000)})
    rig.obey(RemoveLeg(1))
    rig.ticks(60, {two: level(0)})
    assert rig.of(Speaking) == [Speaking(1, speaking=True)]
