from __future__ import annotations

import numpy as np
import pytest

from media.resample import DELAY, Down, Up

RATES = {Up: (8000, 16000), Down: (16000, 8000)}
FRAMES = 25
both_ways = pytest.mark.parametrize("way", [Up, Down])


def tone(rate: int, hertz: float, frames: int = FRAMES, delay: float = 0) -> np.ndarray:
    """A sine of amplitude 10000 as frames of 20 ms."""
    time = np.arange(frames * rate // 50) / rate - delay
    return 10000 * np.sin(2 * np.pi * hertz * time).reshape(frames, -1)


def through(way: type[Up] | type[Down], pcm: np.ndarray) -> np.ndarray:
    """One stream, frame by frame."""
    resampler, row = way(1), np.array([0])
    return np.concatenate([resampler.resample(np.round(frame)[None].astype(np.int32), row)[0] for frame in pcm])


def decibels(wanted: np.ndarray, error: np.ndarray) -> float:
    return float(20 * np.log10(np.linalg.norm(wanted) / np.linalg.norm(error)))


@both_ways
@pytest.mark.parametrize("hertz", [50, 300, 1000, 2000, 3000])
def test_a_tone_of_a_telephone_comes_through_unchanged_two_milliseconds_later(way, hertz: int) -> None:
    source, target = RATES[way]
    came = through(way, tone(source, hertz))[target // 50 :]
    wanted = tone(target, hertz, delay=DELAY).ravel()[target // 50 :]
    assert decibels(wanted, came - wanted) > 55


@pytest.mark.parametrize("hertz", [4200, 4600, 5500, 6500, 7900])
def test_what_8_khz_cannot_hold_does_not_come_back_as_another_tone(hertz: int) -> None:
    came = through(Down, tone(16000, hertz))[160:]
    assert decibels(tone(8000, 1000), np.r_[came, np.zeros(160)]) > 55


@pytest.mark.parametrize("hertz", [100, 1000, 3400, 3700])
def test_no_image_of_a_tone_is_heard_above_4_khz(hertz: int) -> None:
    came = through(Up, tone(8000, hertz, frames=51))[320:]
    spectrum = np.abs(np.fft.rfft(came * np.hanning(len(came)))) ** 2
    above = spectrum[len(came) * 4250 // 16000 :]
    assert 10 * np.log10(above.sum() / spectrum.sum()) < -55


@both_ways
def test_frames_join_without_a_seam(way) -> None:
    """In one frame or many, it is the same convolution."""
    source, _ = RATES[way]
    said = np.random.default_rng(1).integers(-9000, 9000, (6, source // 50)).astype(np.int16)
    impulse = np.zeros((2, source // 50))
    impulse[0, 0] = 10000
    response = through(way, impulse) / 10000
    came = through(way, said)
    if way is Up:
        stuffed = np.zeros(2 * said.size)
        stuffed[::2] = said.ravel()
        expected = np.convolve(stuffed, response)[: len(came)]
    else:
        impulse = np.roll(impulse, 1)
        between = through(way, impulse) / 10000  # of the samples with odd numbers
        flat = said.ravel().astype(float)
        expected = (np.convolve(flat[::2], response) + np.convolve(flat[1::2], between))[: len(came)]
    assert np.abs(came - expected).max() < 0.05


@both_ways
def test_each_row_is_a_stream_of_its_own_and_an_absent_one_waits(way) -> None:
    source, _ = RATES[way]
    one, two = tone(source, 440), tone(source, 1200)
    alone_one, alone_two = way(1), way(1)
    together = way(1)
    together.enlarge(3)
    row, only, both = np.array([0]), np.array([2]), np.array([2, 0])
    for n in range(FRAMES):
        if n % 3 == 0:
            came = together.resample(one[n : n + 1].astype(np.int32), only)
        else:
            came = together.resample(np.stack((one[n], two[n])).astype(np.int32), both)
            expected = alone_two.resample(two[n : n + 1].astype(np.int32), row)
            np.testing.assert_allclose(came[1:], expected, atol=0.01)
        expected = alone_one.resample(one[n : n + 1].astype(np.int32), row)
        np.testing.assert_allclose(came[:1], expected, atol=0.01)


@both_ways
def test_a_row_that_is_cleared_remembers_nothing(way) -> None:
    source, _ = RATES[way]
    resampler, row = way(2), np.array([1])
    resampler.resample(tone(source, 440, 1).astype(np.int32), row)
    resampler.clear(1)
    assert not resampler.resample(np.zeros((1, source // 50), np.int32), row).any()
