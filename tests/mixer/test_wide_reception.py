"""What comes of wide legs, in whatever order and state it comes."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.codecs import PCMU
from mixer.bridge.protocol import AskStatistics, ChangeMedia, Codec, Digit, Media
from mixer.bridge.statistics import LegStatistics, Statistics
from mixer.bridge.wide.decoding import Packet, Stream
from mixer.bridge.wide.streams import CODECS, PARTS
from tests.mixer.bridge_rig import Rig, rtp
from tests.mixer.wide_phones import CODERS, WIDE, Phone, amplitude, converse, tone

every_wide = pytest.mark.parametrize("codec", WIDE, ids=lambda codec: codec.name)
needs_opus = pytest.mark.skipif(Codec.OPUS not in WIDE, reason="no libopus on this machine")


def statistics(rig: Rig, leg: int) -> LegStatistics:
    rig.obey(AskStatistics(1))
    rig.tick()
    return next(one for one in rig.of(Statistics)[-1].legs if one.leg == leg)


def malformed(rig: Rig) -> int:
    statistics(rig, 1)
    return rig.of(Statistics)[-1].malformed


def voice(frames: int) -> np.ndarray:
    """Harmonics of a gliding pitch, that swell and fade, at 16 kHz."""
    at = np.arange(frames * 320) / 16000
    phase = 2 * np.pi * np.cumsum(160 + 30 * np.sin(2 * np.pi * 1.1 * at)) / 16000
    wave = sum(np.sin(n * phase) / n for n in range(1, 12)) * (0.6 + 0.4 * np.sin(2 * np.pi * 1.9 * at))
    return np.rint(4000 * wave).astype(np.int16).reshape(frames, 320)


@every_wide
def test_packets_of_a_tick_are_decoded_in_the_order_of_their_numbers(codec):
    def heard(swap: bool) -> np.ndarray:
        rig = Rig()
        speaker, listener = Phone(rig, 1, codec), Phone(rig, 2, Codec.PCMU)
        for pair in voice(120).reshape(60, 2, 320):
            packets = [speaker.packet(frame) for frame in pair]
            for octets in reversed(packets) if swap else packets:
                rig.put(octets, speaker.address)
            for _ in range(2):
                listener.hear(rig.tick()[listener.address].octets)
        assert statistics(rig, 1).late == 0
        return listener.sound

    assert (heard(swap=True) == heard(swap=False)).all()


@every_wide
@settings(deadline=None, max_examples=15)
@given(st.lists(st.sampled_from([*["come"] * 12, "late", "lost", "twice", "key", "moved"]), min_size=1, max_size=60))
def test_the_short_way_of_a_packet_is_the_long_one(codec, fates):
    """Heard and counted alike, whether a packet that is expected is known as that or not."""

    def heard(short: bool) -> tuple[bytes, LegStatistics]:
        rig = Rig()
        speaker, listener = Phone(rig, 1, codec), Phone(rig, 2, Codec.PCMU)
        late: list[bytes] = []
        for n, fate in enumerate(fates):
            if not short and rig.bridge._engine._wide is not None:
                rig.bridge._engine._wide.receiver.expect_nothing(np.arange(len(rig.bridge._engine.legs)))
            packets, late = late, []
            octets = speaker.packet(said[n])
            if fate == "late":
                late.append(octets)
            elif fate == "key":
                packets.append(rtp(bytes([5, 10, 1, 0]), speaker.sequence, payload_type=101, ssrc=1, timestamp=n))
                speaker.sequence += 1
            elif fate == "moved":
                rig.obey(ChangeMedia(1, Media(speaker.address, codec, codec.value, 101)))
            if fate not in ("late", "lost"):
                packets.append(octets)
            for one in packets:
                for _ in range(1 + (fate == "twice")):
                    rig.put(one, speaker.address)
            listener.hear(rig.tick()[listener.address].octets)
        return listener.sound.tobytes(), statistics(rig, 1)

    said = voice(60)
    assert heard(short=True) == heard(short=False)


@needs_opus
def test_a_lost_frame_of_opus_comes_out_of_the_packet_after_it():
    coder, said = CODERS[Codec.OPUS], voice(60)
    encoder, stream = coder.encoder(), Stream(111, PARTS[Codec.OPUS], amid=False)
    packets = [
        Packet(111, 65530 + n & 0xFFFF, (2**32 - 5000 + 960 * n) % 2**32, n == 0, encoder.encode(frame))
        for n, frame in enumerate(said)
    ]
    whole = Stream(111, PARTS[Codec.OPUS], amid=False)
    clean = [whole.take(packet)[0][1].astype(float) for packet in packets]
    likeness = []
    for n, packet in enumerate(packets):
        if n % 10 == 9:
            continue
        sound = stream.take(packet)
        assert [timestamp for timestamp, _ in sound][-1] == packet.timestamp
        if n % 10 == 0 and n:
            (timestamp, frame), _ = sound
            assert timestamp == packets[n - 1].timestamp
            likeness.append(np.corrcoef(frame, clean[n - 1])[0, 1])
        else:
            assert len(sound) == 1
    assert np.median(likeness) > 0.8


@every_wide
def test_what_is_lost_leaves_no_hole_in_a_tone(codec):
    rig = Rig()
    speaker, listener = Phone(rig, 1, codec), Phone(rig, 2, Codec.PCMU)
    for n, frame in enumerate([*tone(speaker, 1000)] * 2):
        octets = speaker.packet(frame)
        if n % 10 != 9:
            rig.put(octets, speaker.address)
        listener.hear(rig.tick()[listener.address].octets)
    loud = [np.abs(frame.astype(int)).max() for frame in listener.heard[5:]]
    assert min(loud) > 2000
    assert statistics(rig, 1).lost == 9


@every_wide
def test_after_a_long_gap_nothing_is_louder_than_it_was_said(codec):
    rig = Rig()
    speaker, listener = Phone(rig, 1, codec), Phone(rig, 2, Codec.PCMU)
    said, ratios = voice(400), []
    for n, frame in enumerate(said):
        octets = speaker.packet(frame)
        if n % 40 < 30:
            rig.put(octets, speaker.address)
        listener.hear(rig.tick()[listener.address].octets)
        if n % 40 == 3 and n > 40:
            ratios.append(np.abs(listener.sound[-4 * 160 :]).max() / np.abs(said[n - 8 : n + 1].astype(int)).max())
    assert len(ratios) == 9 and max(ratios) < 1.6


@every_wide
def test_who_begins_anew_with_another_source_is_heard_at_once(codec):
    rig = Rig()
    speaker, listener = Phone(rig, 1, codec), Phone(rig, 2, Codec.PCMU)
    converse(rig, [speaker, listener], {1: tone(speaker, 1000)}, 20)
    speaker.encoder, speaker.sequence, speaker.timestamp, speaker.number = speaker.coder.encoder(), 40000, 7, 77
    converse(rig, [speaker, listener], {77: tone(speaker, 1000)}, 60)
    assert amplitude(np.concatenate(listener.heard[-50:]), 8000, 1000) > 7000


@every_wide
def test_g711_of_a_wide_phone_is_heard_too(codec):
    rig = Rig()
    speaker, listener = Phone(rig, 1, codec), Phone(rig, 2, Codec.PCMU)
    converse(rig, [speaker, listener], {1: tone(speaker, 1000)}, 20)
    narrow = tone(listener, 1000)
    for n in range(80):
        rig.put(rtp(PCMU.encode(narrow[n % 50]).tobytes(), speaker.sequence + n, ssrc=1), speaker.address)
        listener.hear(rig.tick()[listener.address].octets)
    assert amplitude(np.concatenate(listener.heard[-50:]), 8000, 1000) > 7000
    assert malformed(rig) == 0


@every_wide
def test_what_is_of_no_agreed_kind_is_malformed_and_comfort_noise_is_silence(codec):
    rig = Rig()
    speaker, listener = Phone(rig, 1, codec), Phone(rig, 2, Codec.PCMU)
    for n, payload_type in enumerate([13, 13, 96, 3, 18]):
        rig.put(rtp(bytes([60]), n, payload_type=payload_type, timestamp=n * 160), speaker.address)
    rig.put(rtp(b"", 9, payload_type=codec.value), speaker.address)
    rig.put(rtp(bytes(500), 10, payload_type=codec.value), speaker.address)
    converse(rig, [listener], {}, 5)
    assert malformed(rig) == 5
    assert not listener.sound.any()


@every_wide
def test_a_key_of_a_wide_phone_is_pressed_once(codec):
    rig = Rig()
    phone = Phone(rig, 1, codec)
    converse(rig, [phone], {1: tone(phone, 300)}, 5)
    for n, end in enumerate([0, 0, 0x80, 0x80, 0x80]):
        event = bytes([5, 10 | end, 1, 0x40])
        rig.put(rtp(event, phone.sequence + n, payload_type=101, ssrc=1, timestamp=phone.timestamp), phone.address)
        rig.tick()
    assert [digit.digit for digit in rig.of(Digit)] == ["5"]
    assert malformed(rig) == 0


@every_wide
def test_a_flood_of_garbage_costs_no_more_than_what_is_looked_at(codec):
    """48 000 packets a second of one leg, in order and all wrong: 4 a tick are decoded, and the others dropped."""
    rig = Rig()
    phone, listener = Phone(rig, 1, codec), Phone(rig, 2, codec)
    garbage = np.random.default_rng(1).integers(0, 256, (960, 60), np.uint8)
    took = []
    for tick in range(20):
        for n in range(960):
            rig.put(rtp(garbage[n].tobytes(), 960 * tick + n, payload_type=codec.value, ssrc=1), phone.address)
        began = time.process_time()
        listener.hear(rig.tick()[listener.address].octets)
        took.append(time.process_time() - began)
    assert statistics(rig, 1).late > 20 * 900
    assert np.median(took) < 0.1, "of which the rig itself takes most"


@every_wide
def test_any_octets_are_sound_or_malformed_and_never_an_error(codec):
    rng = np.random.default_rng(2)
    stream = Stream(codec.value, PARTS[codec], amid=False)
    assert stream.clock_rate == CODECS[PARTS[codec]].format.clock_rate
    rig = Rig()
    phone, listener = Phone(rig, 1, codec), Phone(rig, 2, codec)
    for n in range(300):
        octets = rng.integers(0, 256, rng.integers(1, 480), np.uint8).tobytes()
        rig.put(rtp(octets, n * int(rng.integers(1, 4)), payload_type=codec.value, ssrc=1), phone.address)
        listener.hear(rig.tick()[listener.address].octets)
    assert len(listener.heard) == 300


@pytest.mark.parametrize("milliseconds", [10, 20, 30, 40, 60])
def test_packets_of_any_length_are_heard_without_a_hole(milliseconds):
    rig = Rig()
    speaker, listener = Phone(rig, 1, Codec.G722), Phone(rig, 2, Codec.PCMU)
    octets = b"".join(speaker.encoder.encode(frame).tobytes() for frame in [*tone(speaker, 1000)] * 3)
    size, said = 8 * milliseconds, 0
    for tick in range(120):
        while said < (tick + 1) * 160 - size + 160:
            rig.put(rtp(octets[said : said + size], said // size, payload_type=9, timestamp=said), speaker.address)
            said += size
        listener.hear(rig.tick()[listener.address].octets)
    assert malformed(rig) == 0 and statistics(rig, 1).late == 0
    peaks = [np.abs(frame.astype(int)).max() for frame in listener.heard[20:]]
    assert min(peaks) > 7000 and max(peaks) < 9000
