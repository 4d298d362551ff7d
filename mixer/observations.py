"""What is known of how each leg sounds: who speaks and has spoken for how long, what is lost, and how good that is.

Fed with what the bridge tells by itself and with its statistics, asked for every few seconds, oftener while somebody
looks; one question at a time.
"""

from __future__ import annotations

import asyncio
import itertools
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mixer import quality
from mixer.bridge.protocol import AskStatistics, Levels, Ready, Speaking, WatchLevels
from mixer.bridge.statistics import Statistics
from mixer.observed import Observed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mixer.bridge.protocol import Command, Event
    from mixer.bridge.statistics import LegStatistics

EVERY: Final = 5.0
"""Seconds between two questions,"""
OFTEN: Final = 1.0
"""and while somebody looks."""
HALF_LIFE: Final = 10.0
"""Seconds after which a loss counts half in what is said of the present."""
PATIENCE: Final = 30.0
"""Seconds without an answer after which the question is taken for lost."""
KEPT: Final = 15.0
"""Seconds for which it is still known how a leg was that is gone."""
_SILENT = -127.0


@dataclass(slots=True)
class _Leg:
    """What is summed up of one.  ``recent`` are packets expected and missed, which fade."""

    name: str
    codec: str = ""
    speaking_since: float | None = None
    talked: float = 0.0
    level: float = _SILENT
    counted: tuple[int, int, int] = (0, 0, 0)
    """Received, lost, late: by this bridge,"""
    before: tuple[int, int, int] = (0, 0, 0)
    """and by those before it."""
    expected_of_late: float = 0.0
    missed_of_late: float = 0.0
    at: float = 0.0
    """When it was counted last."""
    last: LegStatistics | None = None
    worst: float | None = None
    gone: float | None = None

    def total(self) -> tuple[int, int, int]:
        """Packets received, lost, and late."""
        received, lost, late = (now + then for now, then in zip(self.counted, self.before, strict=True))
        return received, lost, late


@dataclass(slots=True)
class Observations:
    """``send`` gives the bridge a command; ``known`` is the name and the codec of the leg of this number, None where
    there is none; ``clock`` is steady."""

    send: Callable[[Command], None]
    known: Callable[[int], tuple[str, str] | None]
    clock: Callable[[], float]
    on_speaking: list[Callable[[str, bool], None]] = field(default_factory=list)
    """Each is told which leg begins to speak, or ends."""
    on_levels: list[Callable[[], None]] = field(default_factory=list)
    """Each is told that the levels are new, while somebody looks."""
    statistics: Statistics | None = None
    """The last ones: of the bridge as a whole."""
    _legs: dict[int, _Leg] = field(default_factory=dict)
    _number: dict[str, int] = field(default_factory=dict)
    _loud: tuple[int, ...] = ()
    _watchers: int = 0
    _tokens: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _asked: int | None = None
    """The token of what has not been answered yet."""
    _asked_at: float = 0.0
    _sooner: asyncio.Event = field(default_factory=asyncio.Event)

    # What others ask

    def of(self, leg: str) -> Observed | None:
        """None for one that has no sound, or had none of late."""
        known = self._legs.get(self._number.get(leg, -1))
        return None if known is None else self._observed(known)

    @property
    def levels(self) -> dict[str, float]:
        """dBov of those who are heard now, while somebody looks."""
        return {leg.name: leg.level for number in self._loud if (leg := self._legs.get(number)) is not None}

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Somebody looks: levels come ten times a second, the rest every second."""
        self._watchers += 1
        if self._watchers == 1:
            self.send(WatchLevels(True))
            self._sooner.set()
        try:
            yield
        finally:
            self._watchers -= 1
            if not self._watchers:
                self.send(WatchLevels(False))
                self._loud = ()

    async def run(self) -> None:
        """Asks for ever."""
        while True:
            self.ask()
            self._sooner.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._sooner.wait(), OFTEN if self._watchers else EVERY)

    def ask(self) -> None:
        """For statistics, unless the last ones have not come yet."""
        now = self.clock()
        if self._asked is None or now - self._asked_at >= PATIENCE:
            self._asked, self._asked_at = next(self._tokens), now
            self.send(AskStatistics(self._asked))

    # What the bridge tells

    def hear(self, event: Event) -> None:
        match event:
            case Speaking(number, speaking):
                self._speak(number, speaking)
            case Levels(numbers, levels):
                self._take_levels(numbers, levels)
            case Statistics():
                self._take(event)
            case Ready():
                self._begin_anew()
            case _:
                pass

    def end(self, number: int) -> None:
        """The leg is gone."""
        if (leg := self._legs.get(number)) is not None:
            self._fall_silent(leg)
            leg.gone = self.clock()

    def _speak(self, number: int, speaking: bool) -> None:
        leg = self._leg(number)
        if leg is None or leg.gone is not None:
            return
        if not speaking:
            self._fall_silent(leg)
        elif leg.speaking_since is None:
            leg.speaking_since = self.clock()
            self._tell(leg.name, True)

    def _fall_silent(self, leg: _Leg) -> None:
        if leg.speaking_since is not None:
            leg.talked += self.clock() - leg.speaking_since
            leg.speaking_since = None
            self._tell(leg.name, False)

    def _tell(self, name: str, speaking: bool) -> None:
        for each in self.on_speaking:
            each(name, speaking)

    def _take_levels(self, numbers: tuple[int, ...], levels: tuple[int, ...]) -> None:
        for number in self._loud:
            if (leg := self._legs.get(number)) is not None:
                leg.level = _SILENT
        self._loud = numbers
        for number, level in zip(numbers, levels, strict=True):
            if (leg := self._leg(number)) is not None:
                leg.level = level
        for each in self.on_levels:
            each()

    def _take(self, told: Statistics) -> None:
        now = self.clock()
        self.statistics = told
        for row in told.legs:
            leg = self._leg(row.leg)
            if leg is not None and leg.gone is None:
                self._count(leg, row, now)
        if told.token == self._asked and not told.more:
            self._asked = None
            self._forget_the_gone(now)

    def _count(self, leg: _Leg, row: LegStatistics, now: float) -> None:
        counted = row.received, row.lost, row.late
        received, lost, late = (new - old for new, old in zip(counted, leg.counted, strict=True))
        fading = 0.5 ** ((now - leg.at) / HALF_LIFE) if leg.at else 0.0
        leg.expected_of_late = leg.expected_of_late * fading + max(0, received + lost)
        leg.missed_of_late = leg.missed_of_late * fading + max(0, lost + late)
        leg.counted, leg.at, leg.last = counted, now, row
        if not self._watchers:
            leg.level = row.level
        mos = self._mos(leg, _share(leg.missed_of_late, leg.expected_of_late))
        if mos is not None:
            leg.worst = mos if leg.worst is None else min(leg.worst, mos)

    def _forget_the_gone(self, now: float) -> None:
        for number, leg in tuple(self._legs.items()):
            if leg.gone is not None and now - leg.gone >= KEPT:
                del self._legs[number]
                if self._number.get(leg.name) == number:
                    del self._number[leg.name]

    def _begin_anew(self) -> None:
        """Another bridge counts from nothing, and finds out anew who speaks."""
        self._asked, self._loud = None, ()
        for leg in self._legs.values():
            self._fall_silent(leg)
            leg.before, leg.counted, leg.level = leg.total(), (0, 0, 0), _SILENT

    def _leg(self, number: int) -> _Leg | None:
        """As it is called now: a call that rings at several phones gets its name when one of them answers."""
        leg, known = self._legs.get(number), self.known(number)
        if known is None:
            return leg
        name, codec = known
        if leg is None:
            leg = self._legs[number] = _Leg(name)
        leg.name, leg.codec = name, codec
        self._number[name] = number
        return leg

    # What follows

    def _mos(self, leg: _Leg, missed: float) -> float | None:
        if leg.last is None or not leg.codec or not leg.total()[0]:
            return None
        trip = leg.last.round_trip
        return quality.mos(leg.codec, missed, leg.last.delay + (trip or 0.0) / 2)

    def _observed(self, leg: _Leg) -> Observed:
        received, lost, late = leg.total()
        missed = _share(leg.missed_of_late, leg.expected_of_late)
        speaking = leg.speaking_since is not None
        last = leg.last
        return Observed(
            speaking=speaking,
            talked=leg.talked + (0.0 if leg.speaking_since is None else self.clock() - leg.speaking_since),
            level=leg.level,
            codec=leg.codec,
            received=received,
            lost=lost,
            late=late,
            missed=missed,
            jitter=last.jitter if last else 0.0,
            mos=self._mos(leg, missed),
            mos_on_average=self._mos(leg, _share(lost + late, received + lost)),
            mos_at_worst=leg.worst,
            delay=last.delay if last else 0.0,
            far_lost=last.far_lost if last else None,
            far_jitter=last.far_jitter if last else None,
            round_trip=last.round_trip if last else None,
        )


def _share(part: float, whole: float) -> float:
    return min(1.0, max(0.0, part / whole)) if whole > 0 else 0.0
