"""Rooms in which somebody's codec is wideband: who hears what, and how well."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from media.rtcp import SenderReport, parse
from mixer.bridge.protocol import (
    ChangeMedia,
    Codec,
    JoinRoom,
    Media,
    Mute,
    RemoveLeg,
    Speaking,
)
from tests.mixer.bridge_rig import Rig
from tests.mixer.wide_phones import WIDE, Phone, amplitude, converse, decibels, tone

every_wide = pytest.mark.parametrize("codec", WIDE, ids=lambda codec: codec.name)
every_codec = pytest.mark.parametrize("codec", [Codec.PCMU, Codec.PCMA, *WIDE], ids=lambda codec: codec.name)


def last(phone: Phone, frames: int = 50) -> np.ndarray:
    return np.concatenate(phone.heard[-frames:]).astype(float)


def buzz(sound: np.ndarray) -> float:
    """What is heard of it: neither direct current nor 8 kHz, which G.722 may leave a few steps of."""
    return float(np.std((sound[1:] + sound[:-1]) / 2))


@every_wide
def test_narrow_and_wide_hear_each_other_as_loud_as_they_speak(codec):
    rig = Rig()
    narrow, wide = Phone(rig, 1, Codec.PCMU), Phone(rig, 2, codec)
    converse(rig, [narrow, wide], {1: tone(narrow, 1000)}, 100)
    assert abs(decibels(amplitude(last(wide), 16000, 1000), 8000)) < 0.5
    assert decibels(np.abs(last(narrow)).max(), 8000) < -50
    converse(rig, [narrow, wide], {2: tone(wide, 1000)}, 100)
    assert abs(decibels(amplitude(last(narrow), 8000, 1000), 8000)) < 0.5


@every_wide
def test_a_phone_that_renumbers_our_codec_sends_with_our_number_or_its_own(codec):
    """RFC 3264 §6.1 says ours, some say theirs."""
    rig = Rig()
    wide, narrow = Phone(rig, 1, codec), Phone(rig, 2, Codec.PCMU)
    rig.obey(ChangeMedia(1, Media(wide.address, codec, 99, 101)))
    for number in (codec.value, 99):
        for frame in tone(wide, 1000):
            packet = bytearray(wide.packet(frame))
            packet[1] = number
            rig.put(bytes(packet), wide.address)
            sent = rig.tick()
            narrow.hear(sent[narrow.address].octets)
            assert sent[wide.address].payload_type == 99
        assert abs(decibels(amplitude(last(narrow, 25), 8000, 1000), 8000)) < 0.5


@every_wide
def test_what_only_wideband_has_is_heard_by_the_wide_and_no_ghost_of_it_by_the_narrow(codec):
    rig = Rig()
    narrow, speaker, listener = Phone(rig, 1, Codec.PCMU), Phone(rig, 2, codec), Phone(rig, 3, codec)
    converse(rig, [narrow, speaker, listener], {2: tone(speaker, 6000)}, 100)
    assert abs(decibels(amplitude(last(listener), 16000, 6000), 8000)) < 3
    assert decibels(amplitude(last(narrow), 8000, 2000), 8000) < -50


@every_wide
@pytest.mark.parametrize("room", [None, 1])
def test_where_nothing_is_said_nothing_is_heard(codec, room):
    """Not even a buzz: neither before anybody has spoken, nor long after."""
    rig = Rig()
    listener, speaker = Phone(rig, 1, codec, room), Phone(rig, 2, Codec.PCMU)
    converse(rig, [listener, speaker], {}, 100)
    assert buzz(last(listener)) < 2
    converse(rig, [listener, speaker], {2: tone(speaker, 1000)}, 50)
    converse(rig, [listener, speaker], {}, 150)
    assert buzz(last(listener)) < 2


@every_codec
def test_nobody_hears_oneself(codec):
    rig = Rig()
    phones = [Phone(rig, 1, codec), Phone(rig, 2, Codec.PCMU), *(Phone(rig, 3 + n, one) for n, one in enumerate(WIDE))]
    said = {1: tone(phones[0], 1000), 2: tone(phones[1], 400)}
    converse(rig, phones, said, 150)
    rate = phones[0].form.sample_rate
    assert abs(decibels(amplitude(last(phones[0]), rate, 400), 8000)) < 0.5
    assert decibels(amplitude(last(phones[0]), rate, 1000), 8000) < -50


@every_wide
def test_a_silent_wide_leg_that_comes_and_goes_changes_no_bit_of_what_narrow_ones_hear(codec):
    def heard(guest: bool) -> list[bytes]:
        rig = Rig()
        phones = [Phone(rig, n, law) for n, law in ((1, Codec.PCMU), (2, Codec.PCMA), (3, Codec.PCMU))]
        said = {n: tone(phone, 300 * n, 20000) for n, phone in enumerate(phones[:2], 1)}
        converse(rig, phones, said, 10)
        everybody = [*phones, Phone(rig, 9, codec)] if guest else phones
        converse(rig, everybody, said, 20, 10)
        if guest:
            rig.obey(RemoveLeg(9))
        converse(rig, phones, said, 10, 30)
        return [packet[12:] for phone in phones for packet in phone.octets]

    assert heard(guest=True) == heard(guest=False)


@every_wide
def test_a_silent_leg_that_comes_and_goes_changes_no_bit_of_what_wide_ones_hear(codec):
    def heard(guest: bool) -> list[bytes]:
        rig = Rig()
        speaker, listener = Phone(rig, 1, Codec.PCMU), Phone(rig, 2, codec)
        said = {1: tone(speaker, 700)}
        converse(rig, [speaker, listener], said, 10)
        guests = [Phone(rig, 8, codec), Phone(rig, 9, Codec.PCMA)] if guest else []
        converse(rig, [speaker, listener, *guests], said, 20, 10)
        for one in guests:
            rig.obey(RemoveLeg(one.number))
        converse(rig, [speaker, listener], said, 30, 30)
        return [packet[12:] for packet in listener.octets]

    assert heard(guest=True) == heard(guest=False)


@every_wide
def test_a_voice_that_others_start_to_speak_over_goes_on_without_a_step(codec):
    """The listener speaks now and then, too softly for itself to matter: so it is moved from the encoder of all to one
    of its own and back, and must hear of others what one hears who never speaks."""
    rig = Rig()
    speaker, quiet, other = Phone(rig, 1, Codec.PCMU), Phone(rig, 2, codec), Phone(rig, 3, codec)
    rng = np.random.default_rng(1)
    voice = np.rint(3000 * np.sin(np.cumsum(rng.normal(0.2, 0.1, 160 * 200)))).astype(np.int16).reshape(200, 160)
    murmur = tone(other, 500, 30)
    for burst in range(10):
        converse(rig, [speaker, quiet, other], {1: voice, 3: murmur}, 8, 20 * burst)
        converse(rig, [speaker, quiet, other], {1: voice}, 12, 20 * burst + 8)
    error = other.sound - quiet.sound
    heard = quiet.sound
    assert np.sum(error[16000:] ** 2) < 10 ** (-1.2 if codec is Codec.G722 else -2.5) * np.sum(heard[16000:] ** 2)


@every_wide
def test_fifty_who_are_silent_share_one_encoder(codec):
    rig = Rig()
    speaker, *silent = Phone(rig, 1, Codec.PCMU), *(Phone(rig, n, codec) for n in range(2, 52))
    converse(rig, [speaker, *silent], {1: tone(speaker, 700)}, 20)
    assert len({phone.octets[-1][12:] for phone in silent}) == 1
    assert rig.bridge._engine._wide.rooms.streams.encoders() == 1
    converse(rig, [speaker, *silent], {1: tone(speaker, 700), 2: tone(silent[0], 300)}, 20)
    assert rig.bridge._engine._wide.rooms.streams.encoders() == 2
    assert len({phone.octets[-1][12:] for phone in silent}) == 2


@every_wide
def test_levels_speech_and_statistics_are_those_of_any_leg(codec):
    rig = Rig()
    wide, narrow = Phone(rig, 1, codec), Phone(rig, 2, Codec.PCMA)
    converse(rig, [wide, narrow], {1: tone(wide, 1000)}, 110)
    assert Speaking(1, True) in rig.events
    one = next(leg for leg in rig.statistics().legs if leg.leg == 1)
    assert one.received == 110 and one.sent == 110 and one.lost == 0
    assert one.level == pytest.approx(20 * np.log10(8000 / 2**0.5 / 32768), abs=1)
    assert one.jitter < 0.002 and 0 < one.delay <= 0.06


@every_wide
def test_reports_count_time_and_octets_as_the_codec_does(codec):
    rig = Rig()
    wide = Phone(rig, 1, codec)
    converse(rig, [wide], {1: tone(wide, 1000)}, 500)
    reports = [packet for octets, _ in rig.rtcp for packet in parse(octets) if isinstance(packet, SenderReport)]
    assert len(reports) >= 1
    for report in reports:
        assert report.octets == report.packets * wide.form.octets
        sent = wide.octets[report.packets - 1]
        assert report.timestamp == int.from_bytes(sent[4:8], "big")
        (block,) = report.reports
        assert block.ssrc == 1 and block.lost == 0 and block.jitter == 0


@every_wide
def test_muted_is_not_heard_and_hears(codec):
    rig = Rig()
    wide, narrow = Phone(rig, 1, codec), Phone(rig, 2, Codec.PCMU)
    rig.obey(Mute(1, True))
    said = {1: tone(wide, 1000), 2: tone(narrow, 500)}
    converse(rig, [wide, narrow], said, 60)
    assert not last(narrow).any()
    assert amplitude(last(wide), 16000, 500) > 7000
    rig.obey(Mute(1, False))
    converse(rig, [wide, narrow], said, 60)
    assert amplitude(last(narrow), 8000, 1000) > 7000


@every_wide
def test_moving_to_another_room_moves_voice_and_ears(codec):
    rig = Rig()
    wide, here, there = Phone(rig, 1, codec), Phone(rig, 2, Codec.PCMU, 1), Phone(rig, 3, Codec.PCMU, 2)
    said = {1: tone(wide, 1000), 2: tone(here, 500), 3: tone(there, 800)}
    converse(rig, [wide, here, there], said, 30)
    rig.obey(JoinRoom(1, 2))
    converse(rig, [wide, here, there], said, 60)
    assert not last(here).any()
    assert amplitude(last(there), 8000, 1000) > 7000
    assert amplitude(last(wide), 16000, 800) > 7000 and amplitude(last(wide), 16000, 500) < 50


@pytest.mark.skipif(len(WIDE) < 2, reason="no libopus on this machine")
@pytest.mark.parametrize(("before", "after"), [*itertools.permutations([Codec.PCMU, Codec.G722, Codec.OPUS], 2)])
def test_a_phone_that_changes_its_codec_hears_and_is_heard_in_the_new_one(before, after):
    rig = Rig()
    phone, other = Phone(rig, 1, before), Phone(rig, 2, Codec.G722)
    said = {1: tone(phone, 1000), 2: tone(other, 500)}
    converse(rig, [phone, other], said, 30)
    rig.obey(ChangeMedia(1, Media(phone.address, after, after.value, 101)))
    phone.turn_to(after)
    converse(rig, [phone, other], {1: tone(phone, 1000), 2: tone(other, 500)}, 80)
    assert amplitude(last(phone), phone.form.sample_rate, 500) > 7000
    assert amplitude(last(other), 16000, 1000) > 7000


@every_wide
def test_in_no_room_there_is_silence_and_a_packet_at_every_tick(codec):
    rig = Rig()
    wide = Phone(rig, 1, codec, None)
    converse(rig, [wide], {}, 60)
    assert len(wide.octets) == 60 and np.abs(last(wide)).max() <= 8
    assert {len(packet) for packet in wide.octets} == {12 + wide.form.octets}
    times = [int.from_bytes(packet[4:8], "big") for packet in wide.octets]
    assert {(after - before) % 2**32 for before, after in itertools.pairwise(times)} == {wide.form.clock_rate // 50}
