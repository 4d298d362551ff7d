"""The measure of growth tells a regular expression that looks back from one that doesn't."""

from __future__ import annotations

import re

from tests.sip.growth import growth


def test_what_is_linear_grows_in_proportion() -> None:
    assert growth(lambda size: re.fullmatch(r"(?: *+,)*+", " " * size + "x"), 2_000_000) < 10


def test_what_is_quadratic_is_found_out() -> None:
    assert growth(lambda size: re.search(r" *,", " " * size), 16_000) > 10
