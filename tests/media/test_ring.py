"""The ring of samples of each leg, as it grows."""

from __future__ import annotations

import numpy as np

from media.ring import ABSENT, Ring


def test_a_ring_that_grows_to_thousands_of_legs_is_not_copied_and_keeps_what_it_holds() -> None:
    ring = Ring(64)
    ring.write(np.array([5]), np.array([100]), np.full((1, 160), 7, np.int16))
    before = ring._rows
    ring.enlarge(2000)
    assert np.shares_memory(before, ring._rows), "a copy of a thousand legs' takes longer than a tick"
    assert (ring.take(np.array([5]), np.array([100]), 160) == 7).all()


def test_a_ring_beyond_what_was_reserved_keeps_what_it_holds() -> None:
    ring = Ring(64)
    ring.write(np.array([5]), np.array([100]), np.full((1, 160), 7, np.int16))
    ring.enlarge(5000)
    ring.clear(np.array([4999]))
    assert (ring.take(np.array([5]), np.array([100]), 160) == 7).all()
    assert (ring.take(np.array([4999]), np.array([0]), 160) == ABSENT).all()
