"""The owner who does not come: called again, stood in for, or the conference is called off."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.rules.absence import AbsencePolicy, Remedy
from mixer.rules.acts import Acted, CallAgain, HandOver, Kick, Lock, NameDeputy
from mixer.rules.call_policy import CallPolicy
from mixer.rules.call_rules import GreetingEnded, NotReached
from mixer.rules.conference import Sound
from tests.mixer.rehearsal import ANNA, BORIS, END, GREETED, HOUR, ONCE, OWNER, PLAN, START, Rehearsal

if TYPE_CHECKING:
    from mixer.rules.acts import Act
    from mixer.rules.model import Plan

DEPUTISED = replace(PLAN, deputy=ANNA.number)


def waiting(policy: AbsencePolicy, plan: Plan = DEPUTISED, call_policy: CallPolicy = ONCE) -> Rehearsal:
    """It has begun."""
    play = Rehearsal(plan, policy=replace(call_policy, absence=policy))
    play.wait(0)
    return play


def standing_in(seconds: float = 600) -> Rehearsal:
    """The owner has declined."""
    play = waiting(AbsencePolicy(seconds=seconds))
    play.refuse(OWNER, 603, "Decline")
    return play


# Calls


def test_the_owner_is_called_again_so_often_on_every_number() -> None:
    play = waiting(AbsencePolicy(call_again_seconds=60, call_again_times=2), call_policy=CallPolicy(again=False))
    play.answer(ANNA)
    play.answer(BORIS)
    for _ in OWNER.numbers:
        play.refuse(OWNER, 408)
    for again in range(1, 3):
        play.called.clear()
        play.wait(60)
        assert play.now == START + again * 60
        assert play.called == [OWNER.number, OWNER.number]
        assert {play.addresses[leg] for leg in play.rings} == {0, 1}
        while play.rings:
            play.refuse(OWNER, 408)
    play.called.clear()
    play.wait(HOUR / 2)
    assert play.called == []
    assert play.kinds().count("owner_awaited") == 2


def test_after_it_the_owner_is_called_as_everybody_is_who_was_not_reached() -> None:
    play = waiting(AbsencePolicy(call_again_seconds=60, call_again_times=1), call_policy=CallPolicy(trunk=False))
    play.answer(ANNA)
    play.refuse(OWNER, 480)
    play.wait(60)
    play.refuse(OWNER, 480)
    for _ in range(2):
        play.crash()
        play.called.clear()
        play.wait(300)
        assert play.called == [OWNER.number]
        play.refuse(OWNER, 480)
    play.called.clear()
    play.wait(HOUR / 2)
    assert play.called == []


def test_a_number_that_rings_already_is_not_called_twice_and_who_answers_is_called_nowhere_else() -> None:
    play = waiting(AbsencePolicy(call_again_seconds=30), call_policy=CallPolicy())
    play.answer(ANNA)
    play.wait(30)
    theirs = [leg for leg, number in play.rings.items() if number == OWNER.number]
    assert sorted(play.addresses[leg] for leg in theirs) == [0, 1]
    play.answer(OWNER)
    assert OWNER.number not in play.rings.values()
    play.called.clear()
    play.wait(120)
    assert OWNER.number not in play.called


def test_an_owner_who_has_been_in_is_not_called_again_and_nothing_is_called_off() -> None:
    play = waiting(AbsencePolicy(30, 3, 300, Remedy.CALL_OFF))
    play.answer(ANNA)
    play.leave(play.answer(OWNER))
    play.called.clear()
    play.wait(HOUR / 2)
    assert (play.called, play.ended) == ([], None)
    play.crash()
    play.wait(HOUR / 4)
    assert OWNER.number not in play.called
    assert play.ended is None


def test_how_often_the_owner_was_called_is_known_after_a_crash() -> None:
    play = waiting(AbsencePolicy(call_again_seconds=60, call_again_times=2))
    play.answer(ANNA)
    play.refuse(OWNER, 603)
    play.wait(60)
    play.refuse(OWNER, 603)
    play.crash()
    assert play.called == [ANNA.number, BORIS.number]
    play.wait(HOUR / 2)
    assert play.called.count(OWNER.number) == 1
    assert play.kinds().count("owner_awaited") == 2


# The deputy


def test_the_deputy_who_is_in_becomes_an_owner_and_the_conference_begins() -> None:
    play = standing_in()
    anna, boris = play.answer(ANNA), play.answer(BORIS)
    play.wait(599)
    assert play.hears == {anna: Sound.MUSIC, boris: Sound.MUSIC}
    play.wait(1)
    assert play.hears == {anna: Sound.ROOM, boris: Sound.ROOM}
    assert [record.kind for record in play.journal[-2:]] == ["deputy_stands_in", "owner_in"]
    play.do(Acted(Lock(True), anna))
    assert play.conference.orders.locked


def test_an_owner_who_comes_late_is_an_owner_beside_the_deputy() -> None:
    play = standing_in()
    anna, boris = play.answer(ANNA), play.answer(BORIS)
    play.wait(600)
    owner = play.dial_in(OWNER)
    play.leave(anna)
    assert play.hears == {boris: Sound.ROOM, owner: Sound.ROOM}
    play.leave(owner)
    assert play.hears == {boris: Sound.MUSIC}
    play.dial_in(ANNA)
    assert play.hears[boris] is Sound.ROOM, "the deputy is one still"


def test_once_the_role_is_handed_over_nobody_stands_in_for_the_owner_any_more() -> None:
    play = standing_in()
    anna, boris = play.answer(ANNA), play.answer(BORIS)
    play.wait(600)
    play.do(Acted(HandOver(boris), anna))
    play.leave(boris)
    assert play.hears == {anna: Sound.MUSIC}
    assert not play.conference.is_owner(ANNA.number)


def test_the_deputy_is_an_owner_after_a_crash_too() -> None:
    play = standing_in()
    play.answer(ANNA)
    play.refuse(BORIS)
    play.wait(600)
    play.crash()
    assert play.called == [ANNA.number]
    assert play.hears[play.answer(ANNA)] is Sound.ROOM


def test_a_deputy_who_is_not_in_is_called_and_stands_in_as_soon_as_they_come() -> None:
    play = standing_in()
    play.refuse(ANNA, 603)
    boris = play.answer(BORIS)
    play.called.clear()
    play.wait(HOUR / 2)
    assert play.called == [ANNA.number]
    assert play.hears == {boris: Sound.MUSIC}
    play.answer(ANNA)
    assert play.hears[boris] is Sound.ROOM


def test_a_deputy_who_declines_is_called_once_and_may_dial_in_later() -> None:
    play = standing_in()
    boris = play.answer(BORIS)
    play.refuse(ANNA, 603)
    play.wait(600)
    play.refuse(ANNA, 603)
    play.called.clear()
    play.crash()
    play.wait(600)
    assert ANNA.number not in play.called
    boris = play.answer(BORIS)
    play.dial_in(ANNA)
    assert play.hears[boris] is Sound.ROOM


@pytest.mark.parametrize("ringing", [True, False])
def test_a_deputy_who_was_kicked_is_not_called_to_stand_in_also_after_a_crash(ringing: bool) -> None:
    play = standing_in()
    boris = play.answer(BORIS)
    play.do(Acted(Kick((play.leg(ANNA) if ringing else play.answer(ANNA),))))
    play.crash()
    boris = play.answer(BORIS)
    play.wait(HOUR / 4)
    assert play.called == [BORIS.number]
    assert play.hears == {boris: Sound.MUSIC}


@pytest.mark.parametrize("act", [CallAgain((ANNA.number,)), NameDeputy(ANNA.number)])
def test_a_kicked_deputy_whom_somebody_wants_after_all_stands_in(act: Act) -> None:
    play = standing_in()
    play.answer(BORIS)
    play.do(Acted(Kick((play.leg(ANNA),))))
    if isinstance(act, NameDeputy):
        play.do(Acted(NameDeputy(None)))
    play.do(Acted(act))
    if ANNA.number in play.rings.values():
        play.refuse(ANNA, 603)
    play.crash()
    play.called.clear()
    boris = play.answer(BORIS)
    play.wait(HOUR / 4)
    assert play.called == [ANNA.number]
    play.answer(ANNA)
    assert play.hears[boris] is Sound.ROOM


def test_a_kicked_deputy_who_dials_in_by_themselves_stands_in() -> None:
    play = standing_in()
    boris = play.answer(BORIS)
    play.do(Acted(Kick((play.answer(ANNA),))))
    play.wait(600)
    assert play.hears == {boris: Sound.MUSIC}
    play.dial_in(ANNA)
    assert play.hears[boris] is Sound.ROOM


def test_an_owner_who_was_kicked_while_the_phone_rang_is_not_called_again_until_somebody_wants_it() -> None:
    play = waiting(AbsencePolicy(call_again_seconds=60, call_again_times=3), call_policy=CallPolicy(trunk=False))
    play.answer(ANNA)
    play.do(Acted(Kick((play.leg(OWNER),))))
    play.crash()
    play.answer(ANNA)
    play.wait(HOUR / 4)
    assert OWNER.number not in play.called
    play.do(Acted(CallAgain((OWNER.number,))))
    play.refuse(OWNER, 408)
    play.called.clear()
    play.wait(60)
    assert play.called == [OWNER.number]


def test_while_the_deputys_phone_rings_they_are_waited_for() -> None:
    play = standing_in()
    boris = play.answer(BORIS)
    play.wait(700)
    assert play.hears == {boris: Sound.MUSIC}
    play.answer(ANNA)
    assert play.hears[boris] is Sound.ROOM


def test_without_a_deputy_everybody_waits_until_one_is_named() -> None:
    play = waiting(AbsencePolicy(seconds=600), PLAN)
    play.refuse(OWNER)
    anna = play.answer(ANNA)
    play.wait(HOUR / 2)
    assert play.hears == {anna: Sound.MUSIC}
    play.do(Acted(NameDeputy(ANNA.number)))
    assert play.hears == {anna: Sound.ROOM}


def test_while_the_owners_phone_rings_nobody_stands_in_for_them() -> None:
    play = waiting(AbsencePolicy(seconds=600))
    anna = play.answer(ANNA)
    play.wait(700)
    assert play.hears == {anna: Sound.MUSIC}
    play.refuse(OWNER)
    assert play.hears == {anna: Sound.ROOM}


def test_an_owner_who_hears_the_greeting_has_come() -> None:
    play = Rehearsal(GREETED, policy=replace(ONCE, absence=AbsencePolicy(seconds=60, remedy=Remedy.CALL_OFF)))
    play.wait(59)
    owner = play.pick_up(OWNER)
    play.wait(30)
    assert play.ended is None
    play.do(GreetingEnded(owner))
    play.leave(owner)
    assert play.ended is None


def test_to_whom_the_role_is_handed_the_wait_is_for_them() -> None:
    play = standing_in()
    boris, anna = play.answer(BORIS), play.answer(ANNA)
    play.do(Acted(HandOver(BORIS.number)))
    assert play.hears == {boris: Sound.ROOM, anna: Sound.ROOM}
    play.wait(700)
    assert not play.conference.is_owner(ANNA.number)


# Called off


def test_it_is_called_off_and_all_who_wait_are_told() -> None:
    play = waiting(AbsencePolicy(seconds=600, remedy=Remedy.CALL_OFF))
    play.refuse(OWNER, 486)
    anna = play.answer(ANNA)
    boris = play.leg(BORIS)
    play.wait(599)
    assert play.ended is None
    play.wait(1)
    assert play.ended == "called-off"
    assert play.dismissed == {anna: "called-off"}
    assert play.hung_up == {boris: "ended"}


def test_it_is_called_off_also_when_nobody_waits() -> None:
    play = waiting(AbsencePolicy(seconds=600, remedy=Remedy.CALL_OFF))
    for person in (OWNER, ANNA, BORIS):
        play.refuse(person)
    play.wait(600)
    assert play.ended == "called-off"


def test_who_waits_is_not_sent_away_by_a_restart_while_the_owner_is_called_anew() -> None:
    play = waiting(AbsencePolicy(seconds=600, remedy=Remedy.CALL_OFF))
    play.answer(ANNA)
    play.wait(500)
    play.crash(300)
    assert play.ended is None
    owner = play.answer(OWNER)
    assert play.hears[owner] is Sound.ROOM


def test_unless_it_is_set_nothing_is_done() -> None:
    play = waiting(AbsencePolicy())
    play.refuse(OWNER)
    anna = play.answer(ANNA)
    play.called.clear()
    play.wait(HOUR - 1)
    assert play.hears == {anna: Sound.MUSIC}
    assert (play.called, play.ended) == ([], None)


# In any order


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_whatever_happens_the_wait_comes_to_an_end_and_after_a_crash_it_is_the_same(data: st.DataObject) -> None:
    again, seconds = data.draw(st.sampled_from((None, 30.0, 400.0))), data.draw(st.sampled_from((60.0, 600.0)))
    policy = AbsencePolicy(again, 2, seconds, data.draw(st.sampled_from(Remedy)))
    play = waiting(policy, call_policy=CallPolicy(trunk=False))
    for _ in range(data.draw(st.integers(0, 12))):
        happening = data.draw(st.sampled_from(("answer", "refuse", "wait", "leave", "dial in", "crash")))
        person = data.draw(st.sampled_from((OWNER, ANNA, BORIS)))
        if happening == "wait":
            play.wait(data.draw(st.sampled_from((1.0, 45.0, 300.0))))
        elif happening == "crash":
            before = play.conference
            play.crash()
            assert (play.conference.absence.calls, play.conference.orders.stand_in) == (
                before.absence.calls,
                before.orders.stand_in,
            ) or before.ended
        elif happening == "dial in":
            play.dial_in(person)
        elif happening == "leave" and play.hears:
            play.leave(sorted(play.hears)[0])
        elif person.number in play.rings.values():
            play.answer(person) if happening == "answer" else play.do(NotReached(play.leg(person), 603, ""))
    assert play.kinds().count("owner_awaited") <= 2
    came = "owner_in" in play.kinds()
    for leg, number in tuple(play.rings.items()):
        if number == OWNER.number:
            play.do(NotReached(leg, 603, ""))
    play.wait(END - 60 - play.now)
    if OWNER.number in play.rings.values() or came:
        return
    if policy.remedy is Remedy.CALL_OFF:
        assert play.ended is not None
    elif any(play.conference.legs[leg].person == ANNA.number for leg in play.hears):
        assert set(play.hears.values()) == {Sound.ROOM}
