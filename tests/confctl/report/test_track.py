"""Small numbers by slots of time, as a dictionary would have them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from confctl.report.track import Track

SLOTS = st.integers(-800, 800)
DEEDS = st.tuples(SLOTS, st.lists(st.integers(0, 100), min_size=1, max_size=9))


@settings(max_examples=100, deadline=None)
@given(st.lists(DEEDS, max_size=12))
def test_what_is_added_is_kept_slot_by_slot_up_to_the_most(deeds: list[tuple[int, list[int]]]) -> None:
    track, held = Track(10), dict[int, int]()
    for first, amounts in deeds:
        track.add(first, amounts, 100)
        for slot, amount in enumerate(amounts, first):
            held[slot] = min(100, held.get(slot, 0) + amount)
    assert dict(track.items()) == {slot: value for slot, value in held.items() if value}
    assert [slot for slot, _ in track.items()] == sorted(slot for slot, value in held.items() if value)
    assert (track.total(), bool(track)) == (sum(held.values()), any(held.values()))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(SLOTS, st.integers(1, 9), st.integers(1, 250)), max_size=12))
def test_the_lowest_of_what_was_said_of_a_slot_stays(deeds: list[tuple[int, int, int]]) -> None:
    track, held = Track(60), dict[int, int]()
    for first, many, value in deeds:
        track.lower(first, first + many, value)
        held.update({slot: min(value, held.get(slot, value)) for slot in range(first, first + many)})
    assert dict(track.items()) == held
