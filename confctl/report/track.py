"""A small number for each slot of time, such as how long somebody spoke in it: thin enough for everybody's years."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HOUR = 3600
MOST = 255


class Track:
    """0 to :data:`MOST` for each slot of ``slot`` seconds, by its number since the epoch; 0 where nothing was told.

    An hour lies together, an octet a slot: a dictionary of them all takes a hundred octets for each.
    """

    __slots__ = ("_hours", "_many")

    def __init__(self, slot: int) -> None:
        self._many = _HOUR // slot
        self._hours: dict[int, bytearray] = {}

    def add(self, first: int, amounts: Sequence[int], most: int) -> None:
        """To the slots from ``first`` on, none of them more than ``most``; what makes a slot more is left out."""
        if not self._set(first, bytes(amounts)):
            for number, amount in enumerate(amounts, first):
                there, place = self._at(number)
                there[place] = min(most, there[place] + amount)

    def lower(self, first: int, until: int, value: int) -> None:
        """The slots from ``first`` to the one before ``until`` are ``value``, or less where they are already."""
        if not self._set(first, bytes((value,)) * (until - first)):
            for number in range(first, until):
                there, place = self._at(number)
                there[place] = min(there[place] or MOST, value)

    def items(self) -> Iterator[tuple[int, int]]:
        """The slots that are not 0, in their order, with what they have."""
        for hour in sorted(self._hours):
            first = hour * self._many
            yield from ((number, value) for number, value in enumerate(self._hours[hour], first) if value)

    def total(self) -> int:
        return sum(map(sum, self._hours.values()))

    def __bool__(self) -> bool:
        return any(map(any, self._hours.values()))

    def _set(self, first: int, values: bytes) -> bool:
        """At once, if nothing was told of these slots and they are in one hour: so it is nearly always."""
        there, place = self._at(first)
        end = place + len(values)
        free = end <= self._many and not any(there[place:end])
        if free:
            there[place:end] = values
        return free

    def _at(self, number: int) -> tuple[bytearray, int]:
        hour, place = divmod(number, self._many)
        there = self._hours.get(hour)
        if there is None:
            there = self._hours[hour] = bytearray(self._many)
        return there, place
