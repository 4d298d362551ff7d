"""What can be counted of a running mixer, gathered when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

    from mixer.call_log import Result
    from mixer.stranger_log import StrangerLog
    from mixer.switchboard import Switchboard
    from mixer.traffic import Traffic
    from mixer.trunks import Trunks
    from sip.agent import Agent
    from sip.io.endpoint import Endpoint

MOS: Final = (1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.3)
JITTER: Final = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16)
"""Upper bounds of the buckets; jitter in seconds."""


@dataclass(slots=True)
class Histogram:
    """How often a value was not above each bound, and in all; as Prometheus has it."""

    bounds: tuple[float, ...]
    total: float = 0.0
    buckets: list[int] = field(init=False)
    """The last one: above every bound."""

    def __post_init__(self) -> None:
        self.buckets = [0] * (len(self.bounds) + 1)

    def add(self, value: float) -> None:
        self.total += value
        self.buckets[sum(value > bound for bound in self.bounds)] += 1


@dataclass(frozen=True, slots=True)
class TrunkFigures:
    name: str
    up: bool
    """As far as is known: registered, or answering, where either is asked for."""
    calls: int


@dataclass(frozen=True, slots=True)
class Figures:
    legs: int
    conferences: int
    people: int
    calls: Mapping[tuple[str, Result], int]
    """That have ended, by direction and result (:mod:`mixer.call_log`)."""
    mos: Histogram
    jitter: Histogram
    """Of calls that have ended: the average of a call, and its last jitter."""
    accounts: int
    """With a phone that is registered."""
    bindings: int
    trunks: tuple[TrunkFigures, ...]
    packets: Mapping[str, int]
    """By :data:`mixer.traffic.COUNTED`."""
    ticks: int
    late_ticks: int
    bridges: int
    bridge_pid: int
    silence: float
    """Seconds since sound has ticked last."""
    messages: Mapping[tuple[str, str], int]
    """Of SIP, by ``in`` or ``out`` and the method or status."""
    dropped: int
    """Messages that could be neither used nor answered."""
    strangers: int
    """What strangers did that they should not."""


def gather(
    *,
    agent: Agent,
    endpoint: Endpoint,
    switchboard: Switchboard,
    load: tuple[int, int],
    trunks: Trunks,
    traffic: Traffic,
    strangers: StrangerLog,
    silence: float,
) -> Figures:
    """``load``: conferences that run, and people in them."""
    log, tally = switchboard.log, endpoint.tally
    conferences, people = load
    accounts, bindings = agent.registrar.count(endpoint.now())
    return Figures(
        legs=len(switchboard.legs),
        conferences=conferences,
        people=people,
        calls=log.results,
        mos=log.mos,
        jitter=log.jitter,
        accounts=accounts,
        bindings=bindings,
        trunks=tuple(trunks.figures()),
        packets=traffic.packets,
        ticks=traffic.ticks,
        late_ticks=traffic.late_ticks,
        bridges=traffic.bridges,
        bridge_pid=traffic.bridge_pid,
        silence=silence,
        messages=_by_direction(tally.received, tally.sent),
        dropped=agent.dropped,
        strangers=strangers.count,
    )


def _by_direction(received: Counter[str], sent: Counter[str]) -> dict[tuple[str, str], int]:
    return {**{("in", kind): n for kind, n in received.items()}, **{("out", kind): n for kind, n in sent.items()}}
