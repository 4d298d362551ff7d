"""How the legs fare: what the bridge counts, and what phones report (RFC 3550 §6.4), as it crosses to the main process.

Columns, since two thousand objects would take the better part of a tick to make and to pickle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

MOST = 2000
"""Legs that one :class:`Statistics` tells of: a datagram has room for them on every kernel."""

TABLE = np.dtype(
    [
        *((name, np.int32) for name in ("leg", "received", "sent", "lost", "late")),
        *((name, np.float64) for name in ("jitter", "level", "delay", "far_lost", "far_jitter", "round_trip")),
    ]
)
"""As :class:`LegStatistics`, with NaN for what is None there."""


class LegStatistics(NamedTuple):
    """How one leg fares."""

    leg: int
    received: int
    sent: int
    lost: int
    late: int
    jitter: float
    """Seconds, RFC 3550 §6.4.1."""
    level: float
    """dBov of the last second, -127 when silent."""
    delay: float
    """Seconds that the jitter buffer holds now."""
    far_lost: float | None
    """The share of our packets that the phone has missed of late, as it reports; None where it has reported nothing,
    and so the next two."""
    far_jitter: float | None
    """Seconds, of our packets as they come there."""
    round_trip: float | None
    """Seconds to the phone and back, at most: the shortest of late, since reports are looked at ten times a second."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """The answer to :class:`~mixer.bridge.protocol.AskStatistics`; of more than :data:`MOST` legs, several."""

    token: int
    ticks: int
    late_ticks: int
    """Ticks that began more than 5 ms after they were due."""
    strangers: int
    """Packets from addresses of no leg: dropped."""
    malformed: int
    """Datagrams that are no RTP: dropped."""
    unauthentic: int
    """Packets to encrypted legs that no holder of their keys has sent, or that were there before: dropped."""
    octets: bytes = b""
    """Rows of :data:`TABLE`."""
    more: bool = False
    """Another one follows."""

    @property
    def legs(self) -> tuple[LegStatistics, ...]:
        rows: npt.NDArray[np.void] = np.frombuffer(self.octets, TABLE)
        return tuple(LegStatistics(*row[:-3], *map(_known, row[-3:])) for row in rows.tolist())


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
