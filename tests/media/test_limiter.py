from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.limiter import Limiters, limit, untouched

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRAME = 160


def at(gain: float, mixes: int = 1) -> NDArray[np.float32]:
    state = untouched(mixes)
    state[:, 0] = gain
    return state


def limited(sound: NDArray[np.int32], gain: float = 1.0) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    """A whole sound in frames, and the gain after each of them."""
    state, frames, gains = at(gain), [], []
    for start in range(0, len(sound), FRAME):
        frame, state = limit(sound[None, start : start + FRAME], state)
        frames.append(frame[0])
        gains.append(state[0, 0])
    return np.concatenate(frames), np.array(gains)


def sine(hertz: float, peak: float, seconds: float) -> NDArray[np.float64]:
    return peak * np.sin(2 * np.pi * hertz * np.arange(round(8000 * seconds)) / 8000)


def voices(count: int, seconds: float, seed: int = 1) -> NDArray[np.int32]:
    """Full-scale talkers: harmonics of some pitch, in syllables."""
    random, total = np.random.default_rng(seed), np.zeros(round(8000 * seconds))
    time = np.arange(len(total)) / 8000
    for _ in range(count):
        pitch, pace, phase = random.uniform(90, 250), random.uniform(3, 5), random.uniform(0, 6)
        voice = sum(np.sin(2 * np.pi * pitch * k * time + random.uniform(0, 6)) / k for k in range(1, 12))
        voice *= np.maximum(np.sin(2 * np.pi * pace * time + phase), 0)
        total += 32767 * voice / np.abs(voice).max()
    return total.astype(np.int32)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 100, 32767, 32768, 33000, 655360, 2**24]), st.floats(2**-9, 1))
def test_no_sample_exceeds_full_scale_nor_changes_its_sign(seed: int, loudest: int, gain: float) -> None:
    mix = np.random.default_rng(seed).integers(-loudest, loudest, (5, FRAME), np.int32, endpoint=True)
    pcm, after = limit(mix, at(gain, 5))
    assert np.all(pcm.astype(np.int64) * mix >= 0)
    assert np.all(np.abs(pcm.astype(np.int32)) <= np.abs(mix))
    assert np.all((after[:, 0] > 0) & (after[:, 0] <= 1))


def test_a_sum_of_hundreds_falls_from_unity_without_wrapping() -> None:
    random = np.random.default_rng(3)
    mix = (2**24 * random.uniform(-1, 1, (500, FRAME)) ** 3).astype(np.int32)
    pcm, _ = limit(mix, untouched(500))
    assert np.all(pcm.astype(np.int64) * mix >= 0)
    assert np.all(pcm[np.abs(mix) > 2**23] != 0)


def test_what_fits_passes_bit_by_bit_from_end_to_end_of_the_scale() -> None:
    mix = np.linspace(-32768, 32767, 4 * FRAME).astype(np.int32).reshape(4, FRAME)
    state = untouched(4)
    pcm, after = limit(mix, state)
    assert np.array_equal(pcm, mix) and after is state


def test_a_loud_row_leaves_the_other_rows_alone() -> None:
    mix = np.full((3, FRAME), 1000, np.int32)
    mix[1] *= 100
    pcm, state = limit(mix, untouched(3))
    assert np.array_equal(pcm[[0, 2]], mix[[0, 2]]) and np.array_equal(state[[0, 2]], untouched(2))
    assert state[1, 0] == pytest.approx(0.32767)


def test_the_state_given_is_not_changed() -> None:
    state = untouched(1)
    limit(np.full((1, FRAME), 100_000, np.int32), state)
    assert np.array_equal(state, untouched(1))


def test_nothing_to_limit_gives_nothing() -> None:
    pcm, state = limit(np.zeros((0, FRAME), np.int32), untouched(0))
    assert pcm.shape == (0, FRAME) and state.shape == (0, 2)


def test_an_attack_falls_to_the_peak_without_a_step() -> None:
    mix = np.full((1, FRAME), 20_000, np.int32)
    mix[0, 100:] = 60_000
    pcm, _ = limit(mix, untouched(1))
    gains = pcm[0] / mix[0]
    assert pcm[0, 100] == 32767
    assert np.abs(np.diff(gains)).max() < 0.006  # a straight line over 101 samples
    assert np.all(np.diff(gains) < 1e-4)


def test_after_a_shout_the_gain_is_held_for_half_a_second_and_then_comes_back_wholly() -> None:
    shout, quiet = sine(300, 65534, 0.2), sine(300, 8000, 9)
    pcm, gains = limited(np.concatenate([shout, quiet]).astype(np.int32))
    assert gains[9] == pytest.approx(0.5, rel=0.01)
    assert np.ptp(gains[9 : 9 + 25]) == 0
    release = gains[9 + 25 + 40]  # 0.8 s on
    assert release == pytest.approx(1 - 0.5 / np.e, abs=0.01)
    assert gains[-1] == 1
    assert np.array_equal(pcm[-FRAME:], quiet[-FRAME:].astype(np.int32))
    assert np.abs(np.diff(gains[10:])).max() < 0.015  # an even rise


def test_a_soft_voice_under_loud_ones_does_not_pump() -> None:
    """What a soft voice goes through is the gain: its swings, up to 1 s long, beside the slower ones of the level."""
    _, gains = limited(voices(3, 20))
    decibels = 20 * np.log10(gains[50:])
    slowly = np.convolve(decibels, np.ones(50) / 50, "same")
    assert decibels.mean() < -3
    assert (decibels - slowly)[50:-50].std() < 0.5


@pytest.mark.parametrize("hertz", [110, 437, 1000, 3100])
def test_a_constant_loud_tone_is_turned_down_and_neither_pumps_nor_is_distorted(hertz: int) -> None:
    pcm, gains = limited(sine(hertz, 150_000, 3).astype(np.int32))
    assert np.ptp(gains[5:]) / gains[5:].mean() < 0.02
    tail = pcm[-8000:].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(tail * np.hanning(len(tail)))) ** 2
    tone = spectrum[hertz - 3 : hertz + 4].sum()
    assert 10 * np.log10(tone / (spectrum.sum() - tone)) > 50  # dB: clipped at this level it would be 7


def likeness(heard: NDArray[np.int16], meant: NDArray[np.int32]) -> float:
    """Signal to distortion in dB, with the loudness of each 20 ms set free: what an ear takes for the same sound."""
    a, b = heard.astype(np.float64).reshape(-1, FRAME), meant.astype(np.float64).reshape(-1, FRAME)
    scale = (a * b).sum(axis=1, keepdims=True) / np.maximum((b * b).sum(axis=1, keepdims=True), 1)
    return float(10 * np.log10(((scale * b) ** 2).sum() / ((a - scale * b) ** 2).sum()))


def test_twenty_talkers_at_full_scale_stay_whole() -> None:
    meant = voices(20, 5)
    assert np.abs(meant).max() > 4 * 32767
    heard, _ = limited(meant)
    clipped = np.clip(meant, -32768, 32767).astype(np.int16)
    assert likeness(heard, meant) > 25
    assert likeness(clipped, meant) < 12
    full = np.abs(heard.astype(np.int32)) >= 32767
    assert not np.any(full[2:] & full[1:-1] & full[:-2])  # peaks touch full scale, none is cut flat


def test_what_one_hears_does_not_depend_on_the_other_rows() -> None:
    sounds = np.stack([voices(5, 1, seed) for seed in range(4)])
    together, state = [], untouched(4)
    for start in range(0, sounds.shape[1], FRAME):
        pcm, state = limit(sounds[:, start : start + FRAME], state)
        together.append(pcm)
    assert np.array_equal(np.concatenate(together, axis=1)[2], limited(sounds[2])[0])


def test_who_comes_to_a_mix_that_is_turned_down_hears_it_at_its_gain() -> None:
    limiters, loud = Limiters(2), np.full((1, FRAME), 65_534, np.int32)
    limiters.limit(loud, np.array([0]), np.array([0]))
    both = limiters.limit(np.full((1, FRAME), 20_000, np.int32), np.array([0, 1]), np.array([0, 0]))
    assert both.tolist() == [[10_000] * FRAME]
    alone = limiters.limit(np.full((1, FRAME), 20_000, np.int32), np.array([1]), np.array([0]))
    assert alone.tolist() == [[10_000] * FRAME], "and takes it along"


def test_rows_of_limiters_are_added_and_cleared() -> None:
    limiters, quiet = Limiters(1), np.full((2, FRAME), 1000, np.int32)
    limiters.limit(np.full((1, FRAME), 65_534, np.int32), np.array([0]), np.array([0]))
    limiters.enlarge(2)
    heard = limiters.limit(quiet, np.array([0, 1]), np.array([0, 1]))
    assert heard[:, 0].tolist() == [500, 1000]
    limiters.clear(0)
    assert np.array_equal(limiters.limit(quiet, np.array([0, 1]), np.array([0, 1])), quiet)
