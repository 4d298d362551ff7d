"""What phones ask for inside a conference, as its rules have it."""

from __future__ import annotations

import pytest

from mixer.rules.acts import Acted, CallIn, Kick
from mixer.rules.call_rules import Answered, Call, HangUp
from mixer.rules.conference import Conference
from mixer.rules.model import Person
from mixer.rules.records import Kind
from mixer.rules.step import Tick
from mixer.rules.transfer_rules import Transferred
from tests.mixer.rehearsal import ANNA, BORIS, OWNER, START, Rehearsal

VERA = Person("Vera", ("+74955550188",), password="a phone here")


def leg_of(play: Rehearsal, person: Person) -> str:
    return next(leg.name for leg in play.conference.legs.values() if leg.person == person.number)


def begun() -> Rehearsal:
    """The owner and Anna are in, Boris rings."""
    play = Rehearsal()
    play.do(Tick())
    for person in (OWNER, ANNA):
        play.do(Answered(leg_of(play, person)))
    return play


def test_a_transfer_changes_nothing_but_is_noted() -> None:
    play = begun()
    before = play.conference
    play.do(Transferred(leg_of(play, OWNER), "+74955550199"))
    assert play.conference == before
    assert (play.journal[-1].kind, play.journal[-1].owner, play.journal[-1].detail) == (
        Kind.TRANSFERRED,
        True,
        "+74955550199",
    )


def test_somebody_who_is_not_on_the_list_is_called_and_on_it_from_now_on() -> None:
    play = begun()
    called = [action for action in play.do(Acted(CallIn(VERA), leg_of(play, OWNER))) if isinstance(action, Call)]
    assert [call.person for call in called] == [VERA.number]
    assert play.conference.plan.person(VERA.number) == VERA
    play.do(Answered(leg_of(play, VERA)))
    assert play.journal[-1].kind == Kind.JOINED


@pytest.mark.parametrize("person", [ANNA, BORIS])
def test_whoever_is_in_or_rings_is_not_called_again(person: Person) -> None:
    play = begun()
    assert not [each for each in play.do(Acted(CallIn(person), leg_of(play, OWNER))) if isinstance(each, Call)]


def test_before_it_begins_and_after_it_has_ended_nobody_is_called() -> None:
    early = Rehearsal(now=START - 10)
    assert not early.do(Acted(CallIn(VERA)))
    assert early.conference == Conference(early.conference.plan, policy=early.conference.policy)


@pytest.mark.parametrize(("person", "kind"), [(ANNA, Kind.LEFT), (BORIS, Kind.TAKEN_BACK)])
def test_whom_the_owner_drops_is_hung_up_and_noted(person: Person, kind: Kind) -> None:
    play = begun()
    leg = leg_of(play, person)
    assert [each.leg for each in play.do(Acted(Kick((leg,)))) if isinstance(each, HangUp)] == [leg]
    assert leg not in play.conference.legs
    assert (play.journal[-1].kind, play.journal[-1].person, play.journal[-1].detail) == (
        kind,
        person.number,
        "kicked",
    )


def test_a_leg_that_is_gone_is_neither_transferred_nor_dropped() -> None:
    play = begun()
    before = play.conference
    assert not play.do(Acted(Kick(("4711-99",)))) and not play.do(Transferred("4711-99", ""))
    assert play.conference == before


def test_when_the_owner_drops_the_last_one_it_is_over() -> None:
    play = begun()
    for person in (BORIS, ANNA, OWNER):
        play.do(Acted(Kick((leg_of(play, person),))))
    assert play.ended == "last-left"
