"""Each press once, whichever of the three ways bring it, in whatever order."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.dtmf import DIGITS, DtmfMode
from mixer.keys import BELATED, Keys

EVENT, INFO, TONE = DtmfMode.EVENT, DtmfMode.INFO, DtmfMode.TONE


def counted(presses: list[tuple[str, DtmfMode, float]]) -> str:
    keys = Keys()
    return "".join(digit for digit, mode, now in presses if keys.press(digit, mode, now))


@pytest.mark.parametrize("ways", [order for n in (1, 2, 3) for order in itertools.permutations(DtmfMode, n)])
@pytest.mark.parametrize("code", ["4711*", "1111", "9"])
def test_a_code_that_comes_by_any_ways_in_any_order_is_keyed_in_once(ways: tuple[DtmfMode, ...], code: str) -> None:
    presses = [(digit, way, 0.4 * n + 0.1 * m) for n, digit in enumerate(code) for m, way in enumerate(ways)]
    assert counted(presses) == code


def test_infos_that_come_when_the_whole_code_has_sounded_are_the_same_presses() -> None:
    sounded = [(digit, TONE, 0.2 * n) for n, digit in enumerate("4474")]
    told = [(digit, INFO, 2 + 0.2 * n) for n, digit in enumerate("4474")]
    later = [("4", TONE, 9.0), ("4", INFO, 9.2)]
    assert counted([*sounded, *told, *later]) == "44744"


def test_an_info_long_after_the_tone_is_another_press() -> None:
    assert counted([("4", TONE, 0), ("4", INFO, BELATED + 0.1)]) == "44"


def test_a_key_that_only_the_signals_tell_of_is_counted_among_those_that_also_sound() -> None:
    assert counted([("1", TONE, 0), ("1", INFO, 0.2), ("2", INFO, 0.6), ("3", TONE, 1), ("3", INFO, 1.2)]) == "123"


def test_a_voice_taken_for_a_tone_presses_nothing_where_keys_are_signalled() -> None:
    assert counted([("1", EVENT, 0), ("#", TONE, 60), ("2", EVENT, 61)]) == "12"


@settings(deadline=None, max_examples=50)
@given(
    st.text(DIGITS, min_size=1, max_size=12),
    st.sets(st.sampled_from(DtmfMode), min_size=1),
    st.lists(st.floats(0, 0.25), min_size=36, max_size=36),
)
def test_however_the_ways_of_each_press_overtake_each_other_it_counts_once(
    code: str, ways: set[DtmfMode], delays: list[float]
) -> None:
    delay = iter(delays)
    presses = [(digit, way, 0.3 * n + next(delay)) for n, digit in enumerate(code) for way in sorted(ways, key=str)]
    assert sorted(counted(sorted(presses, key=lambda press: press[2]))) == sorted(code)
