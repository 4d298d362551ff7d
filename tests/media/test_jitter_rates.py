"""Sound at 16 kHz whose RTP clock counts something else: half the samples of G.722, three times those of Opus."""

from __future__ import annotations

import numpy as np
import pytest

from media.jitter import JitterBuffer

RATE = 16000
G722, OPUS = 8000, 48000
"""RTP clocks of sound at 16 kHz (RFC 3551 §4.5.2, RFC 7587 §4.1)."""


def voice(sample: int, size: int = 320) -> np.ndarray:
    n = np.arange(sample, sample + size)
    return (8000 * np.sin(n * 0.05) + 6000 * np.sin(n * 0.0211)).astype(np.int16)


def put(buffer: JitterBuffer, leg: int, timestamp: int, pcm: np.ndarray, *, restart: bool = False) -> None:
    buffer.put(
        np.array([leg]),
        np.array([timestamp % 2**32]),
        pcm[None],
        fresh=np.array([not restart]),
        restart=np.array([restart]),
    )


def frames(buffer: JitterBuffer) -> dict[int, np.ndarray]:
    sound = buffer.play()
    return {int(leg): sound.pcm[row] for row, leg in enumerate(sound.leg)}


@pytest.mark.parametrize("clock", [G722, RATE, OPUS])
@pytest.mark.parametrize("first", [0, 12345, 2**32 - 5000])
def test_a_clean_stream_is_played_sample_by_sample_whatever_its_clock(clock, first):
    buffer = JitterBuffer(2, RATE)
    buffer.set_clock(1, clock)
    played = []
    for n in range(100):
        put(buffer, 1, first + n * clock // 50, voice(n * 320), restart=n == 0)
        played.append(frames(buffer).get(1, np.zeros(320, np.int16)))
    assert voice(0, 99 * 320).tobytes() in np.concatenate(played).tobytes()
    assert buffer.late[1] == 0


def test_legs_of_different_clocks_share_a_buffer():
    buffer = JitterBuffer(3, RATE)
    buffer.set_clock(0, G722)
    buffer.set_clock(2, OPUS)
    for n in range(20):
        for leg, clock in ((0, G722), (2, OPUS)):
            put(buffer, leg, n * clock // 50, voice(n * 320 + leg), restart=n == 0)
        heard = frames(buffer)
        assert n == 0 or all((heard[leg] == voice((n - 1) * 320 + leg)).all() for leg in (0, 2))


def test_a_row_that_another_leg_uses_has_a_plain_clock_again():
    buffer = JitterBuffer(1, RATE)
    buffer.set_clock(0, OPUS)
    buffer.clear(0)
    for n in range(5):
        put(buffer, 0, n * 320, voice(n * 320), restart=n == 0)
    assert buffer.delay()[0] == pytest.approx(5 * 0.02 + 0.02)


def test_the_lowest_sample_is_sound_and_not_a_gap():
    buffer = JitterBuffer(1, RATE)
    for n in range(3):
        put(buffer, 0, n * 320, np.full(320, -32768, np.int16), restart=n == 0)
    buffer.play()
    assert (buffer.play().pcm == -32767).all()
