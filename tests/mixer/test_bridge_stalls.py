"""A machine that stands still, or has no time for us: the bridge's loop on a clock that jumps."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from media.codecs import PCMU
from mixer.bridge import process
from mixer.bridge.clock import TICK_NS
from mixer.bridge.protocol import Command, Event, Unheard
from tests.mixer.bridge_rig import Packet, Rig, level, rtp, through

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FIRST = 1_000_000
MS = 1_000_000
ON_TIME = 5 * MS
WORK = 2 * MS
"""What a tick takes."""
SOUND = level(1000)


@dataclass
class Channel:
    """One that nobody speaks to; closed when the time is over."""

    told: list[Event] = field(default_factory=list)
    closed: bool = False

    def send(self, event: Event) -> None:
        self.told.append(event)

    def send_octets(self, octets: bytes) -> None:
        pass

    def receive(self) -> tuple[Command, tuple[int, ...]] | None:
        return None

    def flush(self) -> None:
        pass


class Machine:
    """A bridge with a phone that speaks all the time, one that listens, and a clock: ``wakes`` says how late each
    sleep ends."""

    def __init__(self, wakes: Callable[[], int], seconds: float) -> None:
        self.now = FIRST * TICK_NS
        self.channel = Channel()
        self.rig = Rig(FIRST)
        self.speaker, self.listener = self.rig.add(1), self.rig.add(2)
        self.done: dict[int, int] = {}
        """When each tick began."""
        self.heard: dict[int, Packet] = {}
        self._wakes, self._end, self._said = wakes, self.now + round(seconds * 1e9), 0

    def run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        tick = self.rig.bridge.tick
        monkeypatch.setattr(process, "current_tick", lambda: self.now // TICK_NS)
        monkeypatch.setattr(process, "late_ns", lambda tick: self.now - tick * TICK_NS)
        monkeypatch.setattr(process, "sleep_until", self._sleep_until)
        monkeypatch.setattr(self.rig.bridge, "tick", lambda number, _: self._tick(tick, number))
        process.run(self.rig.bridge, self.channel)

    def late(self) -> int:
        """Ticks that did not begin on time, or never."""
        numbers = range(min(self.done), max(self.done) + 1)
        return sum(self.done.get(number, np.inf) - number * TICK_NS > ON_TIME for number in numbers)

    def bursts(self) -> Iterator[int]:
        """How many packets the listener gets in the 15 ms from each of them."""
        at = np.array(sorted(self.done.values()))
        yield from (np.searchsorted(at, at + 15 * MS) - np.arange(len(at))).tolist()

    def _sleep_until(self, tick: int) -> None:
        if self.now < tick * TICK_NS:
            self.now = tick * TICK_NS + self._wakes()
        self._say()
        self.channel.closed = self.now > self._end

    def _say(self) -> None:
        """All that the phone has sent until now."""
        while (FIRST + self._said) * TICK_NS + 10 * MS <= self.now:
            self.rig.put(rtp(PCMU.encode(SOUND).tobytes(), self._said), self.speaker)
            self._said += 1

    def _tick(self, tick: Callable[[int, float], None], number: int) -> None:
        self.done[number] = self.now
        self.rig.wires.sent.clear()
        tick(number, 0)
        for _, octets, to in self.rig.wires.sent:
            if to == self.listener:
                self.heard[number] = Packet(octets)
        self.now += WORK


@pytest.mark.parametrize("seconds", [3, 40])
def test_stopped_for_seconds_it_sends_no_burst_counts_what_is_late_and_believes_nobody_gone(monkeypatch, seconds):
    stops = iter([0] * 200 + [seconds * 1000 * MS])
    machine = Machine(lambda: next(stops, 0), seconds + 10)
    machine.run(monkeypatch)
    assert max(machine.bursts()) <= 3
    assert machine.rig.bridge.late_ticks == machine.late() == pytest.approx(50 * seconds, abs=1)
    assert not [event for event in machine.channel.told if isinstance(event, Unheard) and event.leg == 1]
    again = FIRST + 200 + 50 * seconds + 5
    assert all((machine.heard[number].sound == through(SOUND)).all() for number in range(again, max(machine.heard)))


def test_where_others_take_the_machine_it_catches_up_by_three_frames_at_most_and_counts_what_is_late(monkeypatch):
    rng = np.random.default_rng(1)
    machine = Machine(lambda: int(rng.choice([0, 4, 12, 25, 45, 70, 130], p=[0.7, *[0.05] * 6]) * MS), 60)
    machine.run(monkeypatch)
    assert max(machine.bursts()) <= 3
    assert machine.rig.bridge.late_ticks == machine.late() > 100
    numbers = sorted(machine.heard)
    for first, second in pairwise(numbers):
        one, other = machine.heard[first], machine.heard[second]
        steps = second - first
        assert (other.sequence - one.sequence) % 2**16 == steps
        assert (other.timestamp - one.timestamp) % 2**32 == 160 * steps
    assert not [event for event in machine.channel.told if isinstance(event, Unheard) and event.leg == 1]
