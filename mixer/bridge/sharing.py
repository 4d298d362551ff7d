"""How many legs share a socket."""

from __future__ import annotations

from typing import Final

FEWEST_LEGS: Final = 64
_MOST_LEGS: Final = 512
"""The more, the fewer system calls in a tick; but the buffer has to hold what they send while a tick is late."""
_OCTETS_OF_A_LEG: Final = 10 * 2304
"""Of the buffer: ten packets, as the kernel counts them with all that is around them."""


def legs_for(buffer: int) -> int:
    """How many may share a socket whose receive buffer has so many octets."""
    return min(max(buffer // _OCTETS_OF_A_LEG, FEWEST_LEGS), _MOST_LEGS)
