"""What is known of how legs sound, from what a bridge tells; the clock is an argument."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mixer.bridge.protocol import AskStatistics, Levels, Ready, Speaking, WatchLevels
from mixer.bridge.statistics import TABLE, Statistics
from mixer.observations import KEPT, PATIENCE, Observations


class House:
    """Two legs, ``anna`` and ``boris``, 1 and 2 in the bridge."""

    def __init__(self) -> None:
        self.now = 100.0
        self.names = {1: ("anna", "PCMA"), 2: ("boris", "G722")}
        self.sent: list[object] = []
        self.observations = Observations(self.sent.append, self.names.get, lambda: self.now)

    def tell(self, **columns: float) -> None:
        """The answer to the last question, of the first leg."""
        self.observations.ask()
        (*_, asked) = (command for command in self.sent if isinstance(command, AskStatistics))
        row = np.zeros(1, TABLE)
        row["leg"] = 1
        for name in ("far_lost", "far_jitter", "round_trip"):
            row[name] = math.nan
        for name, value in columns.items():
            row[name] = value
        self.observations.hear(Statistics(asked.token, 0, 0, 0, 0, 0, row.tobytes()))

    def after(self, seconds: float) -> None:
        self.now += seconds


def test_who_has_spoken_has_spoken_for_so_long():
    house = House()
    for speaking, seconds in ((True, 3.0), (False, 10.0), (True, 2.0)):
        house.observations.hear(Speaking(1, speaking))
        house.after(seconds)
    observed = house.observations.of("anna")
    assert observed is not None and (observed.speaking, observed.talked) == (True, 5.0)
    assert house.observations.of("boris") is None, "nothing was ever told of it"


def test_who_is_gone_speaks_no_more_and_is_known_for_a_little_while():
    house, told = House(), []
    house.observations.on_speaking.append(lambda *news: told.append(news))
    house.observations.hear(Speaking(1, True))
    house.after(4)
    del house.names[1]
    house.observations.end(1)
    house.observations.hear(Speaking(1, True))
    assert told == [("anna", True), ("anna", False)]
    observed = house.observations.of("anna")
    assert observed is not None and observed.talked == 4.0
    house.after(KEPT)
    house.tell()
    assert house.observations.of("anna") is None


def test_loss_of_late_makes_the_call_bad_and_is_forgiven_and_the_worst_is_kept():
    house = House()
    house.tell(received=250)
    clean = house.observations.of("anna")
    house.after(5)
    house.tell(received=450, lost=50, late=10)
    bad = house.observations.of("anna")
    for n in range(1, 20):
        house.after(5)
        house.tell(received=450 + 250 * n, lost=50, late=10)
    later = house.observations.of("anna")
    assert clean is not None and bad is not None and later is not None
    assert bad.missed == pytest.approx(60 / (250 / 2**0.5 + 250), abs=0.001)
    assert clean.mos is not None and bad.mos is not None and later.mos is not None
    assert bad.mos < later.mos - 0.5 and later.mos == pytest.approx(clean.mos, abs=0.01)
    assert later.mos_at_worst == bad.mos
    assert (later.lost, later.late) == (50, 10)


def test_another_bridge_counts_from_nothing_and_we_do_not():
    house = House()
    house.observations.hear(Speaking(1, True))
    house.tell(received=250, lost=5)
    house.after(2)
    house.observations.hear(Ready(77))
    house.after(5)
    house.tell(received=100, lost=1)
    observed = house.observations.of("anna")
    assert observed is not None
    assert (observed.received, observed.lost, observed.talked, observed.speaking) == (350, 6, 2.0, False)


def test_one_question_at_a_time_and_one_that_is_lost_is_asked_again():
    house = House()
    house.observations.ask()
    house.observations.ask()
    assert len(house.sent) == 1
    house.after(PATIENCE)
    house.observations.ask()
    assert len(house.sent) == 2


def test_levels_are_told_only_while_somebody_looks():
    house = House()
    with house.observations.watched(), house.observations.watched():
        assert house.sent == [WatchLevels(True)]
        house.observations.hear(Levels((1, 2), (-20, -30)))
        assert house.observations.levels == {"anna": -20, "boris": -30}
        house.observations.hear(Levels((2,), (-25,)))
        assert house.observations.levels == {"boris": -25}
        anna = house.observations.of("anna")
        assert anna is not None and anna.level == -127
    assert house.sent == [WatchLevels(True), WatchLevels(False)]
    assert house.observations.levels == {}


def test_what_a_phone_reports_of_us_is_told_and_delay_on_the_way_counts():
    house = House()
    house.tell(received=250, delay=0.04)
    near = house.observations.of("anna")
    house.tell(received=500, delay=0.04, far_lost=0.25, far_jitter=0.003, round_trip=0.8)
    far = house.observations.of("anna")
    assert near is not None and far is not None
    assert (near.far_lost, near.round_trip) == (None, None)
    assert (far.far_lost, far.far_jitter, far.round_trip) == (0.25, 0.003, 0.8)
    assert near.mos is not None and far.mos is not None and far.mos < near.mos - 0.5
