"""The E-model's estimate, held against points of ITU-T G.107 and against common sense."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer import quality
from mixer.bridge.protocol import Codec

codecs = st.sampled_from([codec.name for codec in Codec])
shares = st.floats(0, 1)
delays = st.floats(0, 5)


def test_a_clean_call_is_rated_as_the_recommendation_rates_its_codec():
    assert quality.mos("PCMU", 0, 0.02) == pytest.approx(4.41, abs=0.01)
    assert quality.mos("PCMA", 0, 0.02) == quality.mos("PCMU", 0, 0.02)
    assert quality.mos("G722", 0, 0.02) == pytest.approx(4.34, abs=0.01)


@pytest.mark.parametrize(("delay", "mos"), [(0.13, 4.39), (0.23, 4.17), (0.38, 3.56)])
def test_delay_costs_little_until_150_ms_and_much_beyond(delay, mos):
    assert quality.mos("PCMU", 0, delay) == pytest.approx(mos, abs=0.06)


def test_three_packets_in_a_hundred_are_heard_and_ten_are_bad():
    assert 3.9 < quality.mos("PCMU", 0.03, 0.04) < 4.2
    assert 2.7 < quality.mos("PCMU", 0.1, 0.04) < 3.5


@settings(max_examples=60, deadline=None)
@given(codecs, shares, shares, delays, delays)
def test_more_loss_or_delay_never_makes_it_better(codec, lost, more, delay, longer):
    best = quality.mos(codec, min(lost, more), min(delay, longer))
    worst = quality.mos(codec, max(lost, more), max(delay, longer))
    assert 1 <= worst <= best + 1e-9 <= 4.5


@settings(max_examples=100, deadline=None)
@given(codecs, st.floats(0, 0.3), st.floats(0, 0.3), st.floats(0, 0.4))
def test_a_stretch_is_rated_as_if_it_had_been_looked_at_alone(codec, lost, whole, delay):
    told = round(quality.mos(codec, whole, delay), 2)
    if 1.2 < told < 4.49:  # beyond, the score no longer tells the delay
        alone = quality.mos(codec, lost, delay)
        assert quality.mos_of_part(codec, lost, whole, told) == pytest.approx(alone, abs=0.06)


def test_a_stretch_of_a_codec_that_nobody_knows_is_rated_as_the_whole():
    assert quality.mos_of_part("AMR", 0.5, 0.0, 4.2) == 4.2
