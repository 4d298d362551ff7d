"""The ears of the call tests, tried on sounds whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from tests.phones import g711
from tests.phones.listening import (
    QUIETEST,
    click_times,
    find,
    hears,
    hears_music,
    seconds_of,
    silences,
    tone_intervals,
    tone_level,
    tone_peak,
)
from tests.phones.sounds import RATE, Pcm, clicks, silence, tone


def through_g711(pcm: Pcm, payload_type: int = 0) -> Pcm:
    return g711.decode(g711.encode(pcm, payload_type), payload_type)


def through_eight_bits(pcm: Pcm) -> Pcm:
    return (pcm >> 8 << 8).astype(np.int16)


def speech(seed: int, seconds: float) -> Pcm:
    """Sounds like speech to a correlator: harmonics that glide, in syllables with pauses, unlike for each seed."""
    random = np.random.default_rng(seed)
    count = round(seconds * RATE)
    knots = np.arange(0, seconds + 1, 0.15)
    time = np.arange(count) / RATE
    pitch = np.interp(time, knots, random.uniform(90, 240, knots.size))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    voiced = sum(np.sin(k * phase) * np.interp(time, knots, random.uniform(0, 1, knots.size)) for k in range(1, 12))
    syllables = np.interp(time, knots, random.uniform(0, 1, knots.size)) > 0.35
    return np.asarray(voiced * syllables * 1500, dtype=np.int16)


def music(seed: int = 7, seconds: float = 20.0, key: float = 220.0) -> Pcm:
    """Chords of half a second from a scale, with a decay."""
    random = np.random.default_rng(seed)
    scale = key * 2 ** (np.array([0, 2, 4, 7, 9, 12, 14, 16]) / 12)
    beats = [
        sum(np.sin(2 * np.pi * hz * np.arange(RATE // 2) / RATE) for hz in random.choice(scale, 3, replace=False))
        * np.exp(-np.arange(RATE // 2) / 2000)
        for _ in range(round(seconds * 2))
    ]
    return (np.concatenate(beats) * 4000).astype(np.int16)


@pytest.mark.parametrize("payload_type", [0, 8])
@pytest.mark.parametrize("hz", [300, 437, 1000, 3100])
def test_a_tone_has_its_level_within_a_fifth_of_a_decibel_even_after_g711(payload_type: int, hz: float) -> None:
    assert tone_level(through_g711(tone(hz, 1, -12), payload_type), hz) == pytest.approx(-12, abs=0.2)


def test_a_tone_hundred_hertz_away_is_not_heard() -> None:
    assert tone_peak(through_g711(tone(500, 2, -6)), 600) < -45
    assert tone_peak(through_eight_bits(tone(500, 2, -6)), 600) < -45


def test_a_tone_forty_decibels_below_another_is_still_measured() -> None:
    both = tone(440, 2, -6) + tone(900, 2, -46)
    assert tone_level(through_g711(both), 900) == pytest.approx(-46, abs=1.5)


def test_a_phase_slip_does_not_lower_the_usual_level() -> None:
    sound = tone(700, 2)
    slipped = np.concatenate((sound[:5000], sound[5130:]))
    assert tone_level(slipped, 700) == pytest.approx(-12, abs=0.1)


def test_a_moment_of_a_tone_is_found_where_it_is() -> None:
    sound = np.concatenate((silence(1), tone(620, 0.3), silence(1)))
    assert tone_level(sound, 620) == QUIETEST
    assert tone_peak(sound, 620) == pytest.approx(-12, abs=0.2)
    [(start, end)] = tone_intervals(sound, 620)
    assert start == pytest.approx(1.0, abs=0.1)
    assert end == pytest.approx(1.3, abs=0.1)


def test_nothing_is_heard_in_nothing() -> None:
    nothing = np.empty(0, dtype=np.int16)
    assert tone_level(nothing, 440) == tone_peak(nothing, 440) == QUIETEST
    assert not hears_music(nothing, music())
    assert not silences(nothing)
    assert not click_times(nothing)
    assert not hears(nothing, speech(1, 3))
    assert not hears(silence(5), speech(1, 3))


def test_silence_is_found_and_a_whisper_is_none() -> None:
    sound = np.concatenate((tone(440, 1), silence(0.5), tone(440, 1, -50), silence(0.06), tone(440, 1)))
    [(start, end)] = silences(sound)
    assert start == pytest.approx(1.0, abs=0.021)
    assert end == pytest.approx(1.5, abs=0.021)


def test_clicks_are_found_at_their_times() -> None:
    assert click_times(through_g711(clicks(2.2))) == pytest.approx([0.5, 1.0, 1.5, 2.0], abs=0.001)


def test_music_is_heard_from_any_place_of_it_and_over_its_loop() -> None:
    song = music()
    looped = np.concatenate((song, song))
    heard = np.concatenate(
        (silence(2), through_g711(through_eight_bits(looped[17 * RATE + 123 : 24 * RATE + 123])), silence(1))
    )
    intervals = hears_music(heard, np.concatenate((song, song[:RATE])))
    assert intervals[0][0] == pytest.approx(2.0, abs=0.51)
    assert intervals[-1][1] == pytest.approx(9.0, abs=0.51)
    assert seconds_of(intervals) == pytest.approx(7, abs=1.1)


def test_speech_tones_and_another_tune_are_no_music() -> None:
    for other in (
        speech(3, 6),
        tone(440, 6),
        music(seed=8, key=231),
        np.random.default_rng(1).normal(0, 3000, 6 * RATE).astype(np.int16),
    ):
        assert seconds_of(hears_music(other, music())) <= 0.5


def test_speech_is_recognised_among_two_other_voices_and_not_when_it_is_missing() -> None:
    anna, boris, carol = (speech(seed, 6) for seed in (1, 2, 3))
    room = np.concatenate((silence(1.5), through_g711(boris + carol), silence(1)))
    room_with_anna = room.copy()
    room_with_anna[3 * RATE : 3 * RATE + 40_000] += anna[:40_000]
    assert find(room_with_anna, anna).start == pytest.approx(3.0, abs=0.11)
    assert find(room_with_anna, anna).share > 0.6
    assert not hears(room, anna)
    assert hears(room, boris)
    assert hears(room, carol)
