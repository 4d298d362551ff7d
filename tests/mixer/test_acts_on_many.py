"""An act on all people of a large conference looks at each of them a few times, however many they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mixer.rules.acts import (
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
from mixer.rules.call_rules import Answered
from mixer.rules.model import Person, Recorded
from mixer.rules.roster import Leg, Roster
from tests.mixer.rehearsal import PLAN, Rehearsal

if TYPE_CHECKING:
    from collections.abc import ItemsView, ValuesView

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
    """Each look at a leg, by whichever of the ways that there are."""
    seen: list[str] = []
    one, maybe, all_of_them, named = Roster.__getitem__, Roster.get, Roster.values, Roster.items

    def noted(roster: Roster, name: str) -> Leg:
        seen.append(name)
        return one(roster, name)

    def noted_if_there(roster: Roster, name: str, default: None = None) -> Leg | None:
        seen.append(name)
        return maybe(roster, name, default)

    def all_noted(roster: Roster) -> ValuesView[Leg]:
        seen.extend(roster)
        return all_of_them(roster)

    def noted_by_name(roster: Roster) -> ItemsView[str, Leg]:
        seen.extend(roster)
        return named(roster)

    monkeypatch.setattr(Roster, "__getitem__", noted)
    monkeypatch.setattr(Roster, "get", noted_if_there)
    monkeypatch.setattr(Roster, "values", all_noted)
    monkeypatch.setattr(Roster, "items", noted_by_name)
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
