"""Whatever comes, in whatever order: the jitter buffer holds little, forgets what is over, and never breaks."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from media.jitter import JitterBuffer
from media.ring import ABSENT

LEGS = 3

packets = st.tuples(
    st.integers(0, LEGS - 1),
    st.one_of(st.integers(-12, 12), st.sampled_from([-2000, -60, 25, 40, 3000, 2**22])),
    st.sampled_from([80, 160, 160, 160, 240, 480, 37]),
    st.sampled_from(["fresh", "fresh", "fresh", "straggler", "restart", "noise"]),
)
"""Of which leg, how many frames from where it should be, how long, and what else it is."""
schedules = st.lists(
    st.tuples(st.lists(packets, max_size=4), st.sampled_from([1, 1, 1, 2, 6, 30])), min_size=1, max_size=25
)
"""What comes, and after how many ticks something comes again."""


def put(buffer: JitterBuffer, leg: int, timestamp: int, samples: int, kind: str) -> None:
    row, sound = np.array([leg]), np.full((1, samples), -32768 if buffer.rate > 8000 else 9000, np.int16)
    if kind == "noise":
        buffer.set_noise(row, np.array([timestamp % 256], np.uint8))
    else:
        what = {"fresh": np.array([kind == "fresh"]), "restart": np.array([kind == "restart"])}
        buffer.put(row, np.array([timestamp % 2**32]), sound, **what)


@settings(max_examples=40, deadline=None)
@given(schedules, st.sampled_from([(8000, 8000), (16000, 8000), (16000, 48000)]), st.integers(0, 2**32 - 1))
def test_it_holds_200_ms_at_most_and_in_the_end_nothing(schedule, rates, first):
    rate, clock = rates
    buffer, at = JitterBuffer(LEGS, rate), 0
    for leg in range(LEGS):
        buffer.set_clock(leg, clock)
    for coming, pause in schedule:
        for leg, away, samples, kind in coming:
            put(buffer, leg, first + (at + away) * clock // 50, samples * rate // 8000, kind)
        for _ in range(pause):
            at += 1
            sound = buffer.play()
            assert (sound.pcm > ABSENT).all() and (np.diff(sound.leg) > 0).all()
            assert buffer.delay().max() <= 0.2
    for _ in range(300):
        buffer.play()
    assert not len(buffer.play().leg)
    assert (buffer._ring._rows[:, : buffer._ring.samples] == ABSENT).all(), "nothing is left that could be heard later"
