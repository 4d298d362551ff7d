"""The bridge tick by tick: sounds, digits, who speaks, who is silent, RTP and RTCP as they go out."""

from __future__ import annotations

import itertools
import os

import numpy as np
import pytest

from media.codecs import PCMA, PCMU
from media.dtmf import press
from mixer.bridge.protocol import (
    AddLeg,
    Address,
    ChangeMedia,
    Codec,
    Digit,
    DropSound,
    JoinRoom,
    LoadSound,
    Media,
    Mute,
    Play,
    Played,
    RemoveLeg,
    Speaking,
    StopPlaying,
    Unheard,
)
from tests.mixer.bridge_rig import Rig, encoded, level, rtp, through

PROMPT = np.concatenate([level(1000), level(2000), level(3000)])
MUSIC = np.concatenate([level(500), level(700)])


def rig_with_sounds() -> Rig:
    rig = Rig()
    rig.obey(LoadSound(1, 3), rig.load(encoded(PROMPT)))
    rig.obey(LoadSound(2, 2), rig.load(encoded(MUSIC)))
    return rig


def heard_levels(rig: Rig, address: Address, ticks: int) -> list[int]:
    return [round(int(rig.tick()[address].sound.max()), -2) for _ in range(ticks)]


def test_a_rig_that_is_no_longer_used_leaves_no_descriptor_open():
    rig = Rig()
    rig.add(1)
    theirs = rig.descriptors[0]
    del rig
    for descriptor in theirs:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)


# Sounds


def test_sounds_play_one_after_the_other_then_the_room_is_back():
    rig = rig_with_sounds()
    one, two = rig.add(1), rig.add(2, codec=Codec.PCMA)
    rig.obey(Play(1, (1, 2), token=5, since=rig.tick_number))
    rig.obey(Play(2, (2,), token=6, since=rig.tick_number))
    assert (rig.tick()[two].sound == through(level(500), Codec.PCMA)).all()
    assert heard_levels(rig, one, 4) == [2000, 3000, 500, 700]
    assert Played(1, 5) not in rig.events
    assert heard_levels(rig, one, 1) == [0]
    assert rig.of(Played) == [Played(2, 6), Played(1, 5)]


def test_the_last_sound_loops_for_ever_and_is_stopped():
    rig = rig_with_sounds()
    one = rig.add(1)
    rig.obey(Play(1, (1, 2), token=5, loop=True, since=rig.tick_number))
    assert heard_levels(rig, one, 9) == [1000, 2000, 3000, 500, 700, 500, 700, 500, 700]
    rig.obey(StopPlaying(1))
    assert heard_levels(rig, one, 2) == [0, 0]
    assert not rig.of(Played)


def test_only_the_last_of_the_sounds_loops_even_if_it_is_the_first_too():
    rig = rig_with_sounds()
    one = rig.add(1)
    rig.obey(Play(1, (2, 1, 2), token=9, loop=True))
    assert heard_levels(rig, one, 9) == [500, 700, 1000, 2000, 3000, 500, 700, 500, 700]


def test_another_bridge_goes_on_in_the_middle():
    rig = rig_with_sounds()
    one = rig.add(1)
    rig.obey(Play(1, (1, 2), token=5, loop=True, since=rig.tick_number - 1002))
    assert heard_levels(rig, one, 3) == [700, 500, 700]
    rig.obey(Play(1, (1, 2), token=7, since=rig.tick_number - 1000))
    assert heard_levels(rig, one, 1) == [0] and Played(1, 7) in rig.events


def test_a_command_that_was_under_way_for_a_moment_loses_nothing_of_the_prompt():
    rig = rig_with_sounds()
    one = rig.add(1)
    rig.obey(Play(1, (1,), token=5, since=rig.tick_number - 3))
    assert heard_levels(rig, one, 3) == [1000, 2000, 3000]


def test_what_plays_replaces_the_room_and_not_the_voice():
    rig = rig_with_sounds()
    one, two = rig.add(1), rig.add(2)
    rig.obey(Play(1, (2,), token=5, loop=True, since=rig.tick_number))
    heard = rig.ticks(4, {one: level(4000), two: level(8000)})
    assert heard[one].sound.max() < 800
    assert (heard[two].sound == through(level(4000))).all()


def test_sounds_that_are_not_there_take_no_time_and_a_dropped_one_ends():
    rig = rig_with_sounds()
    one = rig.add(1)
    rig.obey(Play(1, (77, 2), token=5, since=rig.tick_number))
    assert heard_levels(rig, one, 1) == [500]
    rig.obey(Play(1, (2,), token=6, loop=True, since=rig.tick_number))
    rig.tick()
    rig.obey(DropSound(2))
    assert heard_levels(rig, one, 1) == [0]
    assert rig.of(Played) == [Played(1, 6)]


def test_a_file_of_the_wrong_size_is_silent_and_named_in_the_log(caplog):
    rig = Rig()
    rig.add(1)
    rig.obey(LoadSound(3, 4), rig.load(encoded(PROMPT)))
    rig.obey(Play(1, (3,), token=5, since=rig.tick_number))
    rig.tick()
    assert rig.of(Played) == [Played(1, 5)]
    assert "sound 3 stays silent" in caplog.text


# Digits


def send_digit(rig: Rig, source: Address, digit: str, timestamp: int, sequence: int = 0) -> None:
    for n, packet in enumerate(press(digit, timestamp)):
        octets = rtp(packet.payload, sequence + n, payload_type=101, timestamp=packet.timestamp)
        rig.put(octets, source)


def test_each_press_is_one_digit_and_no_sound():
    rig = Rig()
    one, two = rig.add(1), rig.add(2)
    for n, digit in enumerate("42*"):
        send_digit(rig, one, digit, 8000 * n, 100 * n)
        assert not rig.tick()[two].sound.any()
    assert rig.of(Digit) == [Digit(1, "4"), Digit(1, "2"), Digit(1, "*")]


def test_nobody_keys_in_so_fast_that_others_have_to_wait():
    rig = Rig()
    one = rig.add(1)
    for n in range(1000):
        packet = next(press("5", n * 1000))
        rig.put(rtp(packet.payload, n, payload_type=101, timestamp=packet.timestamp), one)
    rig.tick()
    assert 1 <= len(rig.of(Digit)) <= 16


def test_g711_under_a_number_of_the_phones_own_is_heard():
    rig = Rig()
    one, two = rig.add(1, payload_type=96), rig.add(2)
    three = rig.add(3, codec=Codec.PCMA, payload_type=97)
    for n in range(5):
        rig.put(rtp(PCMU.encode(level(1000)).tobytes(), n, payload_type=96), one)
        rig.put(rtp(PCMA.encode(level(3000)).tobytes(), n, payload_type=97), three)
        sent = rig.tick()
    assert sent[two].sound.max() == pytest.approx(4000, abs=150)
    assert (sent[one].payload_type, sent[three].payload_type) == (96, 97)


def test_a_phone_that_offered_no_events_sends_none():
    rig = Rig()
    one = rig.add(1, event_payload_type=None)
    send_digit(rig, one, "4", 8000)
    rig.tick()
    assert not rig.of(Digit)


def test_digits_that_waited_while_nobody_ticked_are_not_lost_but_old_sound_is():
    rig = Rig()
    one, two = rig.add(1), rig.add(2)
    rig.ticks(5, {one: level(1000)})
    for n in range(100):
        rig.put(rtp(b"\x10" * 160, rig.sequence + n), one)
    send_digit(rig, one, "7", 8000, rig.sequence + 100)
    rig.sequence += 120
    rig.bridge.lose_time(150)
    rig.tick_number += 150
    assert not rig.tick()[two].sound.any()
    assert rig.of(Digit) == [Digit(1, "7")]
    heard = rig.ticks(4, {one: level(1000)})
    assert (heard[two].sound == through(level(1000))).all()
    assert max(leg.delay for leg in rig.statistics().legs) <= 0.02, "nothing of the stall stays in the delay"


def test_a_socket_that_is_opened_costs_the_legs_of_the_others_nothing():
    rig = Rig()
    one, two = rig.add(1), rig.add(2)
    rig.ticks(5, {one: level(1000)})
    for socket in (1, 2):
        rig.add(10 + socket, None, socket=socket)
        for _ in range(4):
            assert (rig.tick({one: level(1000)})[two].sound == through(level(1000))).all()


# Who speaks, who is silent


def test_speaking_begins_after_200_ms_and_ends_after_600():
    rig = Rig()
    one = rig.add(1)
    rig.add(2)
    rig.ticks(9, {one: level(3000)})
    assert not rig.of(Speaking)
    rig.ticks(3, {one: level(3000)})
    assert rig.of(Speaking) == [Speaking(1, True)]
    rig.ticks(20, {one: level(10)})
    rig.ticks(5, {one: level(3000)})
    assert rig.of(Speaking) == [Speaking(1, True)], "a pause between words"
    rig.ticks(35, {one: level(10)})
    assert rig.of(Speaking) == [Speaking(1, True), Speaking(1, False)]


def test_a_click_and_a_murmur_are_no_speech():
    rig = Rig()
    one = rig.add(1)
    rig.ticks(5, {one: level(30000)})
    rig.ticks(100, {one: level(200)})
    assert not rig.of(Speaking)


def test_muted_speaks_to_nobody():
    rig = Rig()
    one = rig.add(1)
    rig.obey(Mute(1, True))
    rig.ticks(30, {one: level(3000)})
    assert not rig.of(Speaking)


def test_silence_is_told_every_ten_seconds_and_not_on_hold():
    rig = Rig()
    one = rig.add(1)
    rig.add(2, receiving=False)
    rig.ticks(3, {one: level(1000)})
    rig.ticks(1600)
    assert rig.of(Unheard) == [Unheard(1, 10), Unheard(1, 20), Unheard(1, 30)]
    rig.tick({one: level(1000)})
    rig.events.clear()
    rig.obey(ChangeMedia(1, Media(one, Codec.PCMU, 0, 101, sending=False, receiving=False)))
    rig.ticks(1600)
    rig.obey(ChangeMedia(1, Media(one, Codec.PCMU, 0, 101)))
    rig.ticks(499)
    assert not rig.of(Unheard)
    rig.ticks(11)
    assert rig.of(Unheard) == [Unheard(1, 10)]


def test_time_that_nobody_ticked_is_no_silence():
    rig = Rig()
    one = rig.add(1)
    rig.tick({one: level(1000)})
    rig.bridge.lose_time(5000)
    rig.tick_number += 5000
    rig.ticks(400)
    assert not rig.of(Unheard)


# RTP as it goes out


def test_every_leg_is_sent_a_packet_each_tick_whatever_it_hears():
    rig = Rig()
    legs = [rig.add(n, None) for n in range(1, 200)]
    for _ in range(3):
        assert set(rig.tick()) == set(legs)


def test_numbers_follow_the_tick_and_another_bridge_goes_on_with_them():
    first, second = Rig(), Rig()
    one = first.add(1)
    packets = [first.tick()[one] for _ in range(5)]
    assert [packet.marker for packet in packets] == [True, False, False, False, False]
    second.tick_number = first.tick_number + 30
    second.add(1)
    packets.append(second.tick()[one])
    assert {packet.ssrc for packet in packets} == {5001}
    steps = [(b.sequence - a.sequence) % 2**16 for a, b in itertools.pairwise(packets)]
    assert steps == [1, 1, 1, 1, 31]
    assert (packets[-1].timestamp - packets[0].timestamp) % 2**32 == 160 * 35


@pytest.mark.parametrize("tick", [2**31 // 160 - 2, 2**32 // 160 - 2, 27 * 24 * 3600 * 50, 2**40])
def test_no_uptime_is_too_long(tick):
    rig = Rig(tick_number=tick)
    one, two = rig.add(1), rig.add(2)
    packets = [rig.tick({two: level(1000)})[one] for _ in range(6)]
    assert (packets[-1].sound == through(level(1000))).all()
    assert (packets[-1].timestamp - packets[0].timestamp) % 2**32 == 800


def test_more_legs_than_there_were_rows_change_nothing_for_the_others():
    rig = Rig()
    one, two = rig.add(1), rig.add(2)
    rig.ticks(5, {one: level(1000)})
    for n in range(3, 150):
        rig.add(n, n)
    heard = rig.tick({one: level(1000)})
    assert len(heard) == 149
    assert (heard[two].sound == through(level(1000))).all() and not heard[two].marker


# Commands


def test_commands_about_what_is_not_there_are_ignored():
    rig = Rig()
    media = Media(Address("10.0.0.9", 4000), Codec.PCMU, 0, 101)
    for command in (
        ChangeMedia(9, media),
        JoinRoom(9, 1),
        Play(9, (1,), 1),
        StopPlaying(9),
        Mute(9, True),
        RemoveLeg(9),
        DropSound(9),
    ):
        rig.obey(command)
    rig.obey(AddLeg(1, 77, media, 1, "us"))  # on a socket that is not there
    assert rig.tick() == {} and not rig.events


def test_a_leg_is_added_once_and_a_host_that_is_no_address_leaves_it_out(caplog):
    rig = Rig()
    one = rig.add(1)
    rig.add(1, remote=Address("10.0.0.99", 4000))
    rig.add(2, remote=Address("phone.example", 4000))
    rig.obey(ChangeMedia(1, Media(Address("phone.example", 4000), Codec.PCMU, 0, 101)))
    assert set(rig.tick()) == {one}
    assert "leg 2 stays silent" in caplog.text and "leg 1 keeps its address" in caplog.text


def test_statistics_tell_what_came_and_went():
    rig = Rig()
    one = rig.add(1)
    rig.ticks(10, {one: level(8192)})
    rig.sequence += 3
    rig.ticks(90, {one: level(8192)})
    rig.put(rtp(bytes(160), 0), Address("198.51.100.66", 4000))
    rig.tick()
    told = rig.statistics(4)
    (leg,) = told.legs
    assert (told.token, told.ticks, told.strangers, told.malformed) == (4, 101, 1, 0)
    assert (leg.leg, leg.received, leg.sent, leg.lost, leg.late) == (1, 100, 101, 3, 0)
    assert leg.level == pytest.approx(-12.04, abs=0.7)
    assert leg.delay <= 0.06


def test_a_bridge_without_legs_does_nothing_and_what_came_meanwhile_is_not_heard():
    rig = Rig()
    rig.open(0)
    for _ in range(3):
        rig.tick({Address("10.0.0.1", 4000): level(9000)})
    two = rig.add(2)
    one = rig.add(1)
    heard = [rig.tick()[two].sound.any() for _ in range(4)]
    assert not any(heard)
    assert rig.ticks(4, {one: level(1000)})[two].sound.any()
