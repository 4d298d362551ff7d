"""What the soak calls growth."""

from __future__ import annotations

from tests.bench.growth import grown


def test_what_levels_off_or_comes_and_goes_has_not_grown_and_what_leaks_slowly_has() -> None:
    assert grown([80 + min(20, step) for step in range(60)]) == 0
    assert grown([80 + step % 7 for step in range(60)]) == 0
    assert grown([80 + step / 10 + step % 2 for step in range(60)]) > 0.5
