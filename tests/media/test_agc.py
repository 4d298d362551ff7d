"""Automatic gain: soft and loud voices come to one loudness, and nothing else happens to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from media import levels
from media.agc import GOAL, MOST, AutomaticGain
from tests.media.tones_and_voices import silence, tone, voice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tests.media.tones_and_voices import Sound


def all_evened(sounds: Sequence[Sound], rate: int = 8000) -> list[NDArray[np.int16]]:
    """What becomes of these, which are equally long, each in frames."""
    legs, gain, out = np.arange(len(sounds)), AutomaticGain(len(sounds)), []
    whole = np.stack([in_frames(sound, rate) for sound in sounds], axis=1)
    for pcm in whole:
        power = levels.power(pcm)
        gain.even(legs, pcm, power)
        assert np.allclose(power, levels.power(pcm))
        out.append(pcm)
    return list(np.stack(out, axis=1))


def in_frames(sound: Sound, rate: int = 8000) -> NDArray[np.int16]:
    return np.clip(np.rint(sound), -32768, 32767).astype(np.int16).reshape(-1, rate // 50)


def evened(sound: Sound) -> NDArray[np.int16]:
    return all_evened([sound])[0]


def decibels(frames: NDArray[np.int16]) -> NDArray[np.float64]:
    return levels.as_dbov(levels.power(frames))


def loudness(frames: NDArray[np.int16]) -> float:
    """Of its speech."""
    power = levels.power(frames)
    return float(10 * np.log10(power[power > 0.01 * power.max()].mean()))


def spoken(seconds: float, dbov: float, rate: int = 8000, seed: int = 5) -> Sound:
    """A voice whose speech is so loud."""
    sound = voice(seconds, np.random.default_rng(seed), rate)
    frames = sound.reshape(-1, rate // 50)
    power = (frames**2).mean(axis=1) / 2**30
    return sound * 10 ** ((dbov - 10 * np.log10(power[power > 0.01 * power.max()].mean())) / 20)


@pytest.mark.parametrize("rate", [8000, 16000])
def test_soft_and_loud_voices_come_to_one_loudness_within_seconds(rate: int) -> None:
    for frames in all_evened([spoken(16, dbov, rate) for dbov in (-34, -30, -26, -20, -16, -12)], rate):
        assert loudness(frames[400:]) == pytest.approx(GOAL, abs=3.5)


def test_it_takes_its_time_and_goes_12_db_at_most() -> None:
    soft = spoken(12, -42)
    frames, plain = evened(soft), in_frames(soft)
    assert loudness(frames[500:]) - loudness(plain[500:]) == pytest.approx(MOST, abs=1)
    assert np.array_equal(frames[:50], plain[:50])


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("hertz", [1000, 437])
def test_a_tone_of_any_level_is_constant_once_its_gain_is_found(rate: int, hertz: int) -> None:
    dbov = (-60, -52, -50, -48, -42, -33, -26.1, -25.9, -23, -21, -12, -3.1)
    sounds = [tone(hertz, 20, level, rate) for level in dbov]
    for sound, frames in zip(sounds, all_evened(sounds, rate), strict=True):
        added = decibels(frames) - decibels(in_frames(sound, rate))
        assert np.ptp(added[300:]) < 0.1
        assert np.abs(np.diff(added)).max() < 0.25, "and on the way it moves evenly"


def test_a_voice_that_is_right_passes_bit_by_bit() -> None:
    sound = spoken(10, GOAL - 0.5)
    assert np.array_equal(evened(sound), in_frames(sound))


def test_noise_in_the_pauses_of_a_soft_voice_is_not_turned_up() -> None:
    random = np.random.default_rng(2)
    words = np.concatenate([np.r_[spoken(2, -36, seed=seed), silence(2)] for seed in range(6)])
    noisy = words + random.normal(0, 32768 * 10 ** (-62 / 20), len(words))
    added = decibels(evened(noisy)) - decibels(in_frames(noisy))
    for pause in range(700, 1200, 200):
        assert np.abs(added[pause + 40 : pause + 95]).max() < 0.3
        assert added[pause - 60 : pause - 40].max() > 8


def test_noise_alone_is_left_as_it_is() -> None:
    noise = np.random.default_rng(3).normal(0, 32768 * 10 ** (-55 / 20), 80000)
    assert np.array_equal(evened(noise), in_frames(noise))


def test_a_shout_of_a_soft_voice_is_not_cut_off() -> None:
    shouted = tone(300, 1, -4)
    frames = evened(np.r_[spoken(8, -36), shouted])[400:].reshape(-1).astype(np.float64)
    assert np.abs(frames).max() <= 32767
    tail = frames[-4000:]
    spectrum = np.abs(np.fft.rfft(tail * np.hanning(len(tail)))) ** 2
    assert 10 * np.log10(spectrum[146:155].sum() / (spectrum.sum() - spectrum[146:155].sum())) > 50


def test_between_frames_the_gain_has_no_step() -> None:
    sound = np.r_[spoken(8, -40), tone(50, 2, -40), silence(1), tone(50, 1, -40)]
    plain = np.rint(sound)
    out = evened(sound).reshape(-1).astype(np.float64)
    loud = np.flatnonzero(np.abs(plain[64000:80000]) > 200) + 64000
    factor = out[loud] / plain[loud]
    assert np.abs(np.diff(factor)).max() < 0.02


def test_each_leg_has_its_own_gain_and_a_row_is_used_again_from_the_start() -> None:
    gain, legs = AutomaticGain(1), np.array([0, 3])
    gain.enlarge(4)
    soft, loud = (tone(500, 6, dbov).astype(np.int16).reshape(-1, 160) for dbov in (-33, -13))
    for both in zip(soft, loud, strict=True):
        pcm = np.stack(both)
        gain.even(legs, pcm, levels.power(pcm))
    assert decibels(pcm) == pytest.approx([GOAL, GOAL], abs=0.2)
    gain.clear(3)
    pcm = np.stack((soft[0], loud[0]))
    gain.even(legs, pcm, levels.power(pcm))
    assert decibels(pcm) == pytest.approx([GOAL, -13], abs=0.2)


def test_nobody_needs_nothing() -> None:
    AutomaticGain(1).even(np.zeros(0, np.intp), np.zeros((0, 160), np.int16), np.zeros(0))
