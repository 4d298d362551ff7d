"""A tone through the whole bridge: no sample of it may be where it should not."""

from __future__ import annotations

import numpy as np
import pytest

from tests.bench.tone import listen, steps

MINUTES = 4
"""Two corrections of a clock that is off by 200 ppm; ``python -m tests.bench.tone`` listens for an hour."""


def test_on_a_clean_network_each_sample_of_ten_minutes_goes_on_from_those_before():
    heard = listen(1000, minutes=10)
    assert heard.concealed == heard.cuts == 0
    periods = heard.sound.reshape(-1, 8)
    assert (periods == periods[0]).all() and np.abs(periods[0].astype(int)).max() > 7000


@pytest.mark.parametrize(("frequency", "ppm"), [(1000, 200), (440, 200), (440, -200)])
def test_a_clock_that_is_off_is_followed_without_a_step(frequency, ppm):
    heard = listen(frequency, minutes=MINUTES, ppm=ppm)
    assert 2 <= heard.concealed + heard.cuts <= 5
    phase, loudness = steps(heard.sound, frequency)
    assert phase < 5 and loudness < 0.2
    assert heard.delay <= 0.05
