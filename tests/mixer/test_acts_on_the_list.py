"""Acts on who belongs to a conference: who is called into it, whose it is, and who stands in."""

from __future__ import annotations

from dataclasses import replace

from mixer.rules.acts import (
    CallAgain,
    CallIn,
    HandOver,
    Lock,
    NameDeputy,
    Silence,
    SilenceOthers,
)
from mixer.rules.call_policy import CallPolicy
from mixer.rules.conference import Sound
from mixer.rules.model import Person
from tests.mixer.meeting_acts import VERA, do, refusal
from tests.mixer.rehearsal import ANNA, BORIS, HOUR, OWNER, PLAN, Rehearsal, begun, meeting

# Calls


def test_somebody_is_called_in_and_on_the_list_from_now_on() -> None:
    play, owner, *_ = meeting()
    do(play, CallIn(VERA), owner)
    assert [(record.kind, record.by) for record in play.journal[-3:]] == [
        ("added", owner),
        ("call_wanted", owner),
        ("calling", ""),
    ]
    assert refusal(play, CallIn(VERA)) == "Vera Novak is being called already"
    assert play.hears[play.answer(VERA)] is Sound.ROOM
    assert refusal(play, CallIn(VERA)) == "Vera Novak is in already"


def test_whoever_has_one_of_the_numbers_of_somebody_on_the_list_is_them() -> None:
    play, _, anna, _ = meeting()
    play.conference = replace(play.conference, policy=CallPolicy())
    assert refusal(play, CallIn(Person("somebody", (ANNA.numbers[1],)))) == "Anna Petrova is in already"
    play.leave(anna)
    do(play, CallIn(Person("somebody", (ANNA.numbers[1],))))
    assert play.rings == {play.leg(ANNA): ANNA.number}


def test_nobody_outside_is_called_without_a_trunk() -> None:
    play, *_ = meeting()
    outside = Person("+74955550177", ("+74955550177",))
    assert refusal(play, CallIn(outside)) == "there is no trunk to call +74955550177 through"
    play.conference = replace(play.conference, policy=CallPolicy())
    do(play, CallIn(outside))


def test_all_who_have_not_answered_are_called_again_and_nobody_who_has_left() -> None:
    play = begun()
    owner, anna = play.answer(OWNER), play.answer(ANNA)
    assert refusal(play, CallAgain(), owner) == "everybody who has not left is in, or is being called"
    play.refuse(BORIS, 603, "Decline")
    play.leave(anna)
    play.called.clear()
    do(play, CallAgain(), owner)
    assert play.called == ["103"]


def test_who_is_called_again_though_all_tries_are_over_has_all_tries_again() -> None:
    play = Rehearsal(policy=CallPolicy(trunk=False))
    play.wait(0)
    play.answer(OWNER)
    play.refuse(ANNA, 408)
    play.wait(300)
    play.refuse(ANNA, 408)
    play.wait(HOUR / 2)
    assert ANNA.number not in play.rings.values()
    do(play, CallAgain((ANNA.numbers[1],)))
    play.refuse(ANNA, 408)
    play.wait(300)
    assert ANNA.number in play.rings.values()


def test_who_waits_to_be_called_again_is_called_at_once_and_once() -> None:
    play = Rehearsal(policy=CallPolicy(trunk=False))
    play.wait(0)
    play.answer(OWNER)
    play.refuse(ANNA)
    play.called.clear()
    do(play, CallAgain())
    play.wait(HOUR / 2)
    assert play.called == ["102"]
    assert refusal(play, CallAgain(("102",))) == "Anna Petrova is being called already"
    assert refusal(play, CallAgain(("999",))) == (
        "nobody with this number is on the conference's list; call them in first"
    )


# Roles


def test_who_has_been_handed_the_role_is_the_owner_and_the_former_one_a_participant() -> None:
    play, owner, anna, boris = meeting()
    do(play, SilenceOthers(True))
    do(play, HandOver(anna), owner)
    assert play.muted == {owner, boris}
    play.leave(owner)
    assert play.hears == {anna: Sound.ROOM, boris: Sound.ROOM}
    play.leave(anna)
    assert play.hears == {boris: Sound.MUSIC}
    back = play.dial_in(OWNER)
    assert play.hears == {boris: Sound.MUSIC, back: Sound.MUSIC}
    play.crash()
    boris, _ = play.answer(BORIS), play.answer(OWNER)
    assert play.hears[boris] is Sound.MUSIC
    play.dial_in(ANNA)
    assert play.hears[boris] is Sound.ROOM


def test_who_was_silenced_and_is_handed_the_role_is_heard_also_after_a_crash() -> None:
    play, owner, anna, _ = meeting()
    do(play, Silence((anna,), True))
    do(play, HandOver(anna), owner)
    assert play.muted == set()
    play.crash()
    play.answer(ANNA)
    assert play.muted == set()


def test_the_owners_code_makes_an_owner_whoever_the_owner_is_now() -> None:
    play, owner, anna, boris = meeting()
    do(play, HandOver(ANNA.numbers[1]), owner)
    play.leave(anna)
    assert set(play.hears.values()) == {Sound.MUSIC}
    play.enter(OWNER, owner=True)
    assert set(play.hears.values()) == {Sound.ROOM}
    assert refusal(play, Lock(True), boris) == "only the owner may do that"


def test_the_role_may_be_handed_to_somebody_who_is_not_in_yet() -> None:
    play = begun()
    owner, anna = play.answer(OWNER), play.answer(ANNA)
    do(play, HandOver(BORIS.number))
    assert play.hears == {owner: Sound.MUSIC, anna: Sound.MUSIC}
    play.answer(BORIS)
    assert set(play.hears.values()) == {Sound.ROOM}


def test_the_role_is_not_handed_to_whom_nobody_could_call_back() -> None:
    play, owner, *_ = meeting()
    guest = play.dial_in(None)
    why = "nobody with this number is on the conference's list; call them in first"
    assert refusal(play, HandOver(guest)) == refusal(play, HandOver("+7999")) == why
    assert refusal(play, HandOver(owner)) == "Olga Krasnova is the owner already"


def test_a_deputy_is_named_and_named_no_more_and_a_planned_one_too() -> None:
    play, *_ = meeting()
    do(play, NameDeputy(ANNA.numbers[1]))
    assert play.conference.deputy == ANNA.number
    assert refusal(play, NameDeputy(ANNA.number)) == "Anna Petrova is the deputy already"
    assert refusal(play, NameDeputy(OWNER.number)) == "Olga Krasnova is the owner already"
    planned = Rehearsal(replace(PLAN, deputy=BORIS.number))
    planned.wait(0)
    do(planned, NameDeputy(None))
    planned.crash()
    assert planned.conference.deputy is None
    assert refusal(planned, NameDeputy(None)) == "there is no deputy"
