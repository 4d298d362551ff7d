"""What is known of how a leg sounds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Observed:
    """How a leg is, and what we hear of it."""

    speaking: bool
    talked: float
    """Seconds that it has spoken, in all."""
    level: float
    """dBov, -127 when silent."""
    codec: str
    """A name of :class:`mixer.bridge.protocol.Codec`; empty before there is sound."""
    received: int
    """Packets; so are the next two, of the whole call."""
    lost: int
    late: int
    """Came, and too late to be heard."""
    missed: float
    """The share of packets of late that was lost or too late."""
    jitter: float
    """Seconds."""
    mos: float | None
    """:func:`mixer.quality.mos` of the present; None before anything came, and so are the next two."""
    mos_on_average: float | None
    """Of the whole call."""
    mos_at_worst: float | None
    delay: float
    """Seconds in the jitter buffer."""
    far_lost: float | None
    """The share of our packets that the phone misses, as it reports; None where it does not, and so the next two."""
    far_jitter: float | None
    """Seconds; so is the next."""
    round_trip: float | None
