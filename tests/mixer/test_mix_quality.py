"""How a loud meeting sounds: nobody hears himself, nothing is cut off, nothing pumps."""

from __future__ import annotations

import numpy as np
import pytest

from tests.mixer.mix_measures import distortion, leak, likeness, loud_voices, meet, swing, tones


@pytest.mark.parametrize("others", [1, 5, 20])
def test_of_his_own_voice_a_loud_talker_hears_nothing_to_60_db_below_the_others(others: int) -> None:
    meeting = meet(loud_voices(others + 1, 4))
    assert leak(meeting, 0) < -60


def test_what_a_talker_hears_is_the_same_to_the_bit_whatever_he_says_himself() -> None:
    said = loud_voices(6, 3)
    first = meet(said).heard[0]
    said[0] = loud_voices(1, 3, seed=9)[0]
    assert np.array_equal(meet(said).heard[0], first)


def test_twenty_loud_talkers_are_heard_whole_and_without_pumping() -> None:
    meeting = meet(loud_voices(20, 6))
    meant = meeting.said.sum(axis=0, dtype=np.int64)
    assert np.abs(meant).max() > 3 * 32768
    assert likeness(meeting.heard[-1], meant) > 30  # µ-law alone makes 37 of it
    assert likeness(np.clip(meant, -32768, 32767).astype(np.int16), meant) < 20
    assert swing(meeting.heard[-1], meant) < 0.7


def test_two_talkers_who_fit_into_16_bits_are_heard_at_the_gain_of_one() -> None:
    meeting = meet(loud_voices(2, 3, dbov=-30))
    meant = meeting.said.sum(axis=0, dtype=np.int64)
    gain = (meeting.heard[-1] * meant).sum() / (meant * meant).sum()
    assert gain == pytest.approx(1, abs=0.001)


def test_twenty_loud_tones_sum_up_to_those_tones_and_next_to_nothing_else() -> None:
    hertz = tuple(range(300, 3300, 150))
    meeting = meet(tones(hertz, 4, -13))
    heard = meeting.heard[-1][8000:24000]
    assert distortion(heard, hertz) < -33  # µ-law alone makes -37
    clipped = np.clip(meeting.said.sum(axis=0, dtype=np.int64), -32768, 32767)[8000:24000]
    assert distortion(clipped.astype(np.int16), hertz) > -22
