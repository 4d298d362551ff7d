"""What the phones of a load have measured, and how it is printed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Milliseconds."""

    p50: float
    p99: float
    p99_9: float
    maximum: float

    def __str__(self) -> str:
        return f"p50 {self.p50:.2f}, p99 {self.p99:.2f}, p99.9 {self.p99_9:.2f}, max {self.maximum:.2f}"


@dataclass(frozen=True, slots=True)
class Rates:
    """Packets a second that a phone got: the one with the fewest, the usual one, the one with the most."""

    least: float
    median: float
    most: float

    def __str__(self) -> str:
        return f"min {self.least:.2f}, median {self.median:.2f}, max {self.most:.2f}"


@dataclass(frozen=True, slots=True)
class Heard:
    """What all phones together have measured in a stretch of time."""

    rates: Rates
    missing: int
    """Sequence numbers that never came, of all phones."""
    disordered: int
    """Packets that came twice or after a later one."""
    strange: int
    """Datagrams that are no packet of the one stream that a phone expects."""
    late: Quantiles
    """How late a packet was against its own phone's even 20 ms."""
    in_time: float
    """The share of packets that were at most 5 ms late."""
    longest_wait: float
    """Milliseconds between two packets of the same phone, at most."""
    clicks: int
    """Impulses said in rooms where somebody listens for them."""
    clicks_heard: int
    delay: Quantiles | None
    """From one phone to the other; None when no impulse was heard."""
    own_late: Quantiles
    """How late the phones themselves were: what the mixer can't be blamed for."""

    @classmethod
    def from_json(cls, text: str) -> Heard:
        """Of a line that ``json.dumps(asdict(heard))`` has made."""
        fields = json.loads(text)
        for name, kind in (("rates", Rates), ("late", Quantiles), ("delay", Quantiles), ("own_late", Quantiles)):
            if fields[name] is not None:
                fields[name] = kind(**fields[name])
        return cls(**fields)

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """Of a table: what, and how much."""
        delay = f"{self.delay}; {self.clicks_heard} of {self.clicks} impulses heard" if self.clicks else "not measured"
        return (
            ("packets/s of each leg", str(self.rates)),
            ("missing, out of order, strange", f"{self.missing}, {self.disordered}, {self.strange}"),
            ("late, ms", f"{self.late}; within 5 ms {self.in_time:.3%}"),
            ("longest wait for a packet, ms", f"{self.longest_wait:.2f}"),
            ("phone to phone, ms", delay),
            ("the phones were late, ms", str(self.own_late)),
        )


def quantiles(milliseconds: NDArray[np.float64]) -> Quantiles:
    return Quantiles(*(round(float(value), 2) for value in np.percentile(milliseconds, [50, 99, 99.9, 100])))


def table(rows: tuple[tuple[str, str], ...]) -> str:
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:{width}}  {text}" for name, text in rows)
