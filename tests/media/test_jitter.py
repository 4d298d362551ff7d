"""The jitter buffer, fed with traces that are named for what happens in them."""

from __future__ import annotations

import numpy as np
import pytest

from media.codecs import PCMA, PCMU
from media.receiver import Receiver
from media.rtp import parse, write_fixed, write_moving
from tests.media.traces import LEG, MERGED, WIDTH, Sent, coded, pieces, play, stream, voice, whole

MOST_IN_HAND = 400
"""Samples, 50 ms: what a clean stream may have in hand: a packet beyond the due one, and half a packet of rounding."""


@pytest.mark.parametrize("ptime", [0.01, 0.02, 0.03, 0.04, 0.06])
@pytest.mark.parametrize("at", [0.0001, 0.010, 0.0199])
def test_clean_is_played_whole_one_tick_after_the_one_that_takes_it(ptime, at):
    played = play(stream(3, ptime=ptime, at=at))
    assert whole(played, 0, 3 * 8000)
    assert played.lost == played.late == 0
    first = 0.02 * next(tick for tick, pcm in enumerate(played.pcm) if pcm.any())
    assert first - at <= 0.040, "40 ms from arrival to sending at the most"
    assert max(played.held[100:140]) <= MOST_IN_HAND / 8000 - 0.02 + max(0, ptime - 0.02)


def test_a_stream_as_even_as_the_ticks_has_no_jitter_at_any_of_them():
    assert play(stream(20, at=0.010)).receiver.reception.jitter[LEG] == 0


def test_odd_lengths_are_played_whole_too():
    played = play(stream(2, ptime=0.0125))
    assert whole(played, 0, 8000) and played.late == 0


def test_swapped_neighbours_are_put_right():
    played = play(stream(3, delay=lambda n: 0.025 if n % 10 == 5 else 0.0))
    assert whole(played, 1600, 8000) and played.late == 0


def test_duplicated_is_heard_once():
    packets = stream(3)
    twice = [Sent(one.at + 0.003, one.sequence, one.timestamp, one.sample) for one in packets]
    played = play(packets + twice)
    assert whole(played, 0, 3 * 8000)
    assert played.receiver.reception.duplicates[LEG] == len(packets)


def test_five_percent_lost_leaves_the_others_as_they_are():
    rng = np.random.default_rng(5)
    packets = stream(10)
    kept = [one for one in packets if rng.random() > 0.05 or one.sequence == 100]
    played = play(kept)
    assert played.lost == packets[-1].sequence - 100 + 1 - len(kept) - (packets[-1].sequence - kept[-1].sequence)
    assert pieces(played, kept) == len(kept)


@pytest.mark.parametrize("frames", [10, 50, 150])
def test_a_burst_of_loss_fades_to_silence_within_80_ms_and_goes_on_when_sound_comes(frames):
    packets = stream(6)
    played = play(packets[:50] + packets[50 + frames :])
    sound = played.sound
    end = sound.tobytes().index(coded(voice(49 * 160, 160)).tobytes()) // 2 + 160
    assert np.abs(sound[end : end + 160].astype(int)).max() > 3000
    assert not sound[end + 640 : end + frames * 160].any(), "no old sound comes again"
    assert whole(played, (50 + frames) * 160 + MERGED, 8000)
    assert played.concealed == 4


@pytest.mark.parametrize("jitter", [0.02, 0.06, 0.1])
def test_jitter_is_taken_up_after_two_seconds(jitter):
    rng = np.random.default_rng(1)
    packets = stream(20, delay=lambda _: float(rng.random()) * jitter)
    played = play(packets)
    settled = [one for one in packets if one.at > 2]
    assert pieces(played, settled) >= 0.95 * len(settled)
    assert max(played.held) <= jitter + 0.06
    assert played.concealed <= 100 + 0.01 * len(settled)


def test_a_late_patch_makes_the_delay_grow_and_clean_seconds_make_it_small_again():
    packets = stream(12, delay=lambda n: 0.12 if 100 <= n < 150 else 0.0)
    played = play(packets)
    assert max(played.held[100:160]) >= 0.12
    assert max(played.held[-60 - 100 : -60]) <= MOST_IN_HAND / 8000, "within five seconds"
    assert whole(played, 110 * 160, 30 * 160) and played.late == 0


def test_silence_lets_the_delay_shrink_at_once():
    packets = stream(8, delay=lambda n: 0.16 if 100 <= n < 110 else 0.0, talks=lambda n: n < 150)
    played = play(packets)
    after = 110 + 2 * 50 + 10
    assert max(played.held[after:350]) <= MOST_IN_HAND / 8000


def test_an_outage_that_comes_all_at_once_is_not_played_from_the_start():
    packets = stream(10, delay=lambda n: max(0.0, (150 - n) * 0.02) if 100 <= n < 150 else 0.0)
    played = play(packets)
    assert max(played.held) <= 0.25
    assert max(played.held[-130:-60]) <= MOST_IN_HAND / 8000
    assert whole(played, 400 * 160, 8000)


@pytest.mark.parametrize("drift", [200e-6, -200e-6])
def test_a_clock_that_drifts_for_an_hour_never_adds_up(drift):
    """Speech with pauses; the sender's clock is off by 720 ms in the end."""
    packets = stream(60, drift=60 * drift, talks=lambda n: n % 100 < 60)  # an hour's drift in a minute: no easier
    played = play(packets)
    assert max(played.held) <= MOST_IN_HAND / 8000 + 0.02
    assert played.late == 0
    assert played.receiver.reception.lost()[LEG] == 0


def test_sequence_numbers_and_timestamps_go_round_unheard():
    played = play(stream(3, first_sequence=65500, first_timestamp=2**32 - 8000))
    assert whole(played, 0, 3 * 8000)
    assert played.lost == played.late == 0


@pytest.mark.parametrize("jump", [100_000, -100_000, 2**31, -4000])
def test_a_timestamp_that_jumps_begins_a_new_time_line(jump):
    packets = stream(3)
    for n in range(75, 150):
        one = packets[n]
        packets[n] = Sent(one.at, one.sequence, (one.timestamp + jump) % 2**32, one.sample)
    played = play(packets)
    assert whole(played, 0, 75 * 160) and whole(played, 75 * 160, 70 * 160)
    assert max(played.held) <= MOST_IN_HAND / 8000


def test_a_new_ssrc_is_heard_at_once():
    packets = stream(1) + [
        Sent(1 + one.at, one.sequence + 31000, one.timestamp + 12345, one.sample + 8000, ssrc=8) for one in stream(1)
    ]
    played = play(packets)
    assert whole(played, 0, 8000) and whole(played, 8000, 8000)


def test_a_phone_that_stops_sending_and_goes_on_with_its_timestamps_is_heard_again():
    packets = stream(1) + [
        Sent(6 + one.at, one.sequence + 50, one.timestamp + 8000, one.sample + 8000) for one in stream(2)
    ]
    played = play(packets)
    assert whole(played, 8000 + MERGED, 8000)
    assert max(played.held) <= MOST_IN_HAND / 8000


def test_a_phone_may_change_its_codec_between_two_packets():
    packets = [
        Sent(one.at, one.sequence, one.timestamp, one.sample, payload_type=8 if one.sequence % 2 else 0)
        for one in stream(1)
    ]
    sound = play(packets).sound
    wanted = [(PCMA if n % 2 else PCMU, voice(n * 160, 160)) for n in range(50)]
    assert np.concatenate([law.decode(law.encode(pcm)) for law, pcm in wanted]).tobytes() in sound.tobytes()


def test_packets_of_impossible_length_and_comfort_noise_are_not_heard():
    packets = [Sent(0.02 * n + 0.001, n, n * 160, 0, size=9) for n in range(10)]
    packets += [Sent(0.02 * n + 0.001, n, n * 160, 0, size=481) for n in range(10, 20)]
    packets += [Sent(0.02 * n + 0.001, n, n * 160, 0, payload_type=13) for n in range(20, 30)]
    assert not play(packets).sound.any()


def test_a_flood_from_one_leg_costs_no_more_than_the_newest_packets():
    packets = [Sent(0.001, n, n * 160, n * 160) for n in range(500)]
    played = play(packets)
    assert played.late == 500 - 16
    assert max(played.held) <= 0.25


def test_enlarging_and_clearing_rows_leaves_the_other_legs_alone():
    receiver = Receiver(2)
    octets = np.zeros((2, WIDTH), np.uint8)
    write_fixed(octets, np.array([1, 2]))
    nought = np.zeros(2, np.int64)
    write_moving(octets, nought, nought.astype(bool), nought, nought)
    octets[:, 12:172] = PCMU.encode(voice(0, 160))
    length = np.full(2, 172)
    receiver.take(np.array([0, 1]), parse(octets, length), octets, 0)
    receiver.enlarge(8)
    receiver.clear(0)
    receiver.play()
    sound = receiver.play()
    row = np.flatnonzero(sound.leg == 1)[0]
    assert sound.pcm[row].tolist() == coded(voice(0, 160)).tolist()
    assert 0 not in sound.leg
