"""Comfort noise (RFC 3389) in the pauses of a phone with voice activity detection."""

from __future__ import annotations

import numpy as np
import pytest

from media.comfort_noise import SECONDS
from media.jitter import JitterBuffer

LEVEL = 55
FRAMES = 40


def pause(*levels: int, rate: int = 8000, seconds: float = 1.0) -> tuple[np.ndarray, list[int]]:
    """What is heard of legs (n) that talk, then signal each its noise, if it is not -1, and send nothing more; and how
    many legs are played at each tick."""
    legs, frame = np.arange(len(levels)), rate // 50
    buffer = JitterBuffer(len(levels), rate)
    out, count = [], []
    for n in range(FRAMES + round(seconds * 50)):
        if n < FRAMES:
            voice = np.random.default_rng(n).integers(-3000, 3000, (len(levels), frame)).astype(np.int16)
            first = np.full(len(levels), n == 0)
            buffer.put(legs, np.full(len(levels), n * frame), voice, fresh=~first, restart=first)
        elif n == FRAMES:
            noisy = legs[np.array(levels) >= 0]
            buffer.set_noise(noisy, np.array(levels, np.int64)[noisy].astype(np.uint8))
        sound = buffer.play()
        out.append(np.zeros((len(levels), frame), np.int16))
        out[-1][sound.leg] = sound.pcm
        count.append(len(sound.leg))
    return np.stack(out, axis=1)[:, FRAMES + 1 :], count


def loudness(sound: np.ndarray) -> float:
    """dBov, 0 being a square wave at full scale."""
    return float(20 * np.log10(np.sqrt(np.mean(sound.astype(float) ** 2)) / 32768))


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("level", [50, 60, 70])
def test_it_is_as_loud_as_the_phone_says(level, rate):
    heard, _ = pause(level, rate=rate)
    assert loudness(heard[0, 6:]) == pytest.approx(-level, abs=1)


@pytest.mark.parametrize("level", [0, 20, 0x80])
def test_no_phone_can_make_it_loud(level):
    heard, _ = pause(level)
    assert loudness(heard[0, 6:]) == pytest.approx(-45, abs=1)


@pytest.mark.parametrize("level", [127, 255, -1])
def test_silence_that_is_signalled_and_nothing_signalled_are_silence(level):
    heard, count = pause(level)
    assert not heard[0, 6:].any()
    assert count[-1] == 0


def test_after_seconds_it_is_gone_and_is_no_more_work():
    heard, count = pause(LEVEL, -1, seconds=SECONDS + 1)
    steady, later = loudness(heard[0, 10:100]), loudness(heard[0, 200:210])
    assert steady - 10 < later < steady - 3, "it fades"
    assert not heard[0, round(SECONDS * 50) + 1 :].any()
    assert count[FRAMES + 20] == 1 and count[-1] == 0


def test_it_comes_in_where_the_voice_fades_out():
    heard, _ = pause(LEVEL)
    assert all(loudness(frame) > -LEVEL - 3 for frame in heard[0])


def test_no_two_legs_have_the_same_noise_at_the_same_time():
    heard, _ = pause(LEVEL, LEVEL)
    assert abs(np.corrcoef(heard[0, 10:].ravel(), heard[1, 10:].ravel())[0, 1]) < 0.1
