"""An act on all people of a large conference looks at each of them a few times, however many they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mixer.acts import (
    Act,
    Acted,
    CallAgain,
    EndNow,
    Extend,
    HandOver,
    Kick,
    Lock,
    Silence,
    SilenceOthers,
    WantRecording,
)
from mixer.call_rules import Answered
from mixer.model import Person, Recorded
from mixer.roster import Leg, Roster
from tests.mixer.rehearsal import PLAN, Rehearsal

MANY = 400
PEOPLE = tuple(Person(f"Person {at}", (str(at),), password="a phone here") for at in range(1000, 1000 + MANY))
LOOKS = 20
"""At each leg, for whatever has to be known of it."""


@pytest.fixture
def full() -> Rehearsal:
    play = Rehearsal(replace(PLAN, owner=PEOPLE[0], participants=PEOPLE[1:]))
    play.wait(0)
    for leg in tuple(play.rings)[: MANY // 2]:
        play.do(Answered(leg))
    return play


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []
    get = Roster.__getitem__

    def noted(roster: Roster, name: str) -> Leg:
        seen.append(name)
        return get(roster, name)

    monkeypatch.setattr(Roster, "__getitem__", noted)
    return seen


@pytest.mark.parametrize("which", range(9))
def test_an_act_on_all_looks_at_each_a_few_times(full: Rehearsal, looks: list[str], which: int) -> None:
    legs = tuple(full.conference.legs)
    acts: tuple[Act, ...] = (
        Silence(legs, True),
        SilenceOthers(True),
        Kick(legs[1:]),
        Lock(True),
        CallAgain(tuple(person.number for person in PEOPLE)),
        HandOver(PEOPLE[1].number),
        WantRecording(Recorded.MIXED),
        EndNow(),
        Extend(60),
    )
    looks.clear()
    full.do(Acted(acts[which]))
    assert len(looks) <= LOOKS * MANY
