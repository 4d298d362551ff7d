"""Where and how often people are called, and what proves that one has answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mixer.rules.acts import Acted, CallIn, Kick
from mixer.rules.call_policy import AGAIN, CallPolicy, Failure, PressOne, Ring, failure_of
from mixer.rules.call_rules import Answered, GreetingEnded, Left, NotReached
from mixer.rules.conference import Sound
from mixer.rules.hold_music_rules import KeyPressed
from mixer.rules.model import Person
from mixer.rules.retry_rules import PhoneRegistered
from mixer.rules.step import Tick
from tests.mixer.rehearsal import END, GREETED, HOUR, PLAN, START, Rehearsal

OLGA = Person("Olga Krasnova", ("101", "+74955550101"), password="x")
ANNA = Person("Anna Petrova", ("102", "+74955550102", "+79165550102"), password="x")
BORIS = Person("Boris Chudnov", ("103",), password="x")
OFFICE = replace(PLAN, owner=OLGA, participants=(ANNA, BORIS))
DESK, MOBILE, SECOND_MOBILE = 0, 1, 2


def office(policy: CallPolicy, now: float = START, anna: Person = ANNA, **changes: object) -> Rehearsal:
    play = Rehearsal(replace(OFFICE, participants=(anna, BORIS), **changes), now, policy)  # type: ignore[arg-type]
    play.do(Tick())
    return play


def ringing(play: Rehearsal, person: Person) -> list[int]:
    """At which of the person's addresses."""
    return sorted(play.addresses[leg] for leg, number in play.rings.items() if number == person.number)


def leg_at(play: Rehearsal, person: Person, address: int) -> str:
    return next(leg for leg, number in play.rings.items() if (number, play.addresses[leg]) == (person.number, address))


# In turn


def test_in_turn_each_is_called_at_the_first_phone_alone() -> None:
    play = office(CallPolicy())
    assert [ringing(play, person) for person in (OLGA, ANNA, BORIS)] == [[DESK], [DESK], [DESK]]


@pytest.mark.parametrize("status", [408, 480, 486, 503, 404])
def test_in_turn_the_next_phone_rings_when_the_one_before_has_failed(status: int) -> None:
    play = office(CallPolicy())
    play.refuse(ANNA, status)
    assert ringing(play, ANNA) == [MOBILE]
    play.refuse(ANNA, status)
    assert ringing(play, ANNA) == [SECOND_MOBILE]
    play.refuse(ANNA, status)
    assert ringing(play, ANNA) == []


def test_who_declines_everywhere_is_called_at_no_other_phone() -> None:
    play = office(CallPolicy())
    play.refuse(ANNA, 603, "Decline")
    play.wait(HOUR / 2)
    assert ringing(play, ANNA) == []
    assert play.called.count(ANNA.number) == 1


def test_without_a_trunk_nobody_is_called_outside() -> None:
    play = office(CallPolicy(trunk=False, again=False))
    play.refuse(ANNA)
    assert ringing(play, ANNA) == []


# All at once


def test_all_at_once_every_phone_rings_and_who_answers_at_one_is_called_at_the_others_no_more() -> None:
    play = office(CallPolicy(Ring.ALL))
    assert ringing(play, ANNA) == [DESK, MOBILE, SECOND_MOBILE]
    others = {leg_at(play, ANNA, DESK), leg_at(play, ANNA, SECOND_MOBILE)}
    play.do(Answered(leg_at(play, ANNA, MOBILE)))
    assert ringing(play, ANNA) == []
    assert play.hung_up == dict.fromkeys(others, "answered-elsewhere")
    assert ringing(play, OLGA) == [DESK, MOBILE]


def test_all_at_once_one_phone_that_fails_leaves_the_others_ringing() -> None:
    play = office(CallPolicy(Ring.ALL))
    play.do(NotReached(leg_at(play, ANNA, MOBILE), 486, "Busy Here"))
    assert ringing(play, ANNA) == [DESK, SECOND_MOBILE]
    play.wait(AGAIN[Failure.BUSY][0])
    assert ringing(play, ANNA) == [DESK, SECOND_MOBILE]


def test_all_at_once_who_declines_at_one_phone_hears_the_others_no_more_and_is_not_called_again() -> None:
    play = office(CallPolicy(Ring.ALL))
    others = {leg_at(play, ANNA, DESK), leg_at(play, ANNA, SECOND_MOBILE)}
    play.do(NotReached(leg_at(play, ANNA, MOBILE), 603, "Decline"))
    assert ringing(play, ANNA) == []
    assert play.hung_up == dict.fromkeys(others, "declined-elsewhere")
    play.wait(HOUR / 2)
    assert play.called.count(ANNA.number) == 3
    play.crash()
    assert ringing(play, ANNA) == []


def test_all_at_once_who_is_busy_everywhere_is_called_everywhere_again() -> None:
    play = office(CallPolicy(Ring.ALL))
    play.do(NotReached(leg_at(play, ANNA, DESK), 600, "Busy Everywhere"))
    assert ringing(play, ANNA) == []
    play.wait(AGAIN[Failure.BUSY][0])
    assert ringing(play, ANNA) == [DESK, MOBILE, SECOND_MOBILE]


def test_the_directory_says_of_one_person_how_they_are_called() -> None:
    play = office(CallPolicy(Ring.IN_TURN), anna=replace(ANNA, ring=Ring.ALL))
    assert ringing(play, ANNA) == [DESK, MOBILE, SECOND_MOBILE]
    assert ringing(play, OLGA) == [DESK]


# Again


@pytest.mark.parametrize(
    ("status", "seconds", "times"),
    [(486, 120, 2), (600, 120, 2), (408, 300, 1), (480, 300, 2), (503, 30, 3), (500, 30, 3)],
)
def test_who_is_not_reached_is_called_again_so_much_later_and_so_often(status: int, seconds: float, times: int) -> None:
    play = office(CallPolicy())
    for attempt in range(times):
        play.refuse(BORIS, status)
        play.wait(seconds - 1)
        assert ringing(play, BORIS) == []
        play.wait(1)
        assert ringing(play, BORIS) == [DESK], attempt
    play.refuse(BORIS, status)
    play.wait(HOUR / 2)
    assert play.called.count(BORIS.number) == 1 + times


@pytest.mark.parametrize("status", [603, 404, 410, 484, 403, 401, 488, 501, 302])
def test_who_declines_or_has_no_such_number_is_not_called_again(status: int) -> None:
    play = office(CallPolicy())
    play.refuse(BORIS, status, "")
    play.wait(HOUR / 2)
    assert play.called.count(BORIS.number) == 1
    assert failure_of(status) is Failure.REFUSED


@pytest.mark.parametrize(("status", "at_once"), [(480, True), (486, False), (408, False), (603, False)])
def test_who_had_no_phone_is_called_as_soon_as_one_registers(status: int, at_once: bool) -> None:
    play = office(CallPolicy())
    play.refuse(BORIS, status)
    play.wait(10)
    play.do(PhoneRegistered(BORIS.number))
    assert (ringing(play, BORIS) == [DESK]) is at_once
    play.do(PhoneRegistered(BORIS.number))  # while it rings, and for whoever is not called at all
    play.do(PhoneRegistered("999"))
    assert play.called.count(BORIS.number) == 1 + at_once


def test_a_phone_that_comes_and_goes_is_called_no_more_often_than_one_that_stays_away() -> None:
    play = office(CallPolicy())
    for _ in range(9):
        play.refuse(BORIS, 480)
        play.do(PhoneRegistered(BORIS.number))
        if not ringing(play, BORIS):
            break
    assert play.called.count(BORIS.number) == 1 + AGAIN[Failure.UNAVAILABLE][1]


def test_of_several_phones_the_one_that_lets_hope_most_says_when() -> None:
    play = office(CallPolicy())
    for status in (480, 486, 404):
        play.refuse(ANNA, status)
    play.wait(120)
    assert ringing(play, ANNA) == [DESK]
    assert play.journal[-2].detail == "busy 120"


def test_who_dials_in_meanwhile_is_not_called_again() -> None:
    play = office(CallPolicy())
    play.answer(OLGA)
    play.refuse(BORIS)
    play.dial_in(BORIS)
    play.wait(HOUR / 2)
    assert play.called.count(BORIS.number) == 1


def test_whoever_wishes_it_so_is_called_once() -> None:
    play = office(CallPolicy(again=False))
    play.refuse(BORIS)
    play.wait(HOUR / 2)
    assert play.called.count(BORIS.number) == 1


def test_nobody_is_called_again_past_the_planned_end() -> None:
    play = office(CallPolicy(), now=END - 100)
    play.answer(OLGA)
    play.refuse(BORIS)
    play.wait(HOUR)
    assert play.called.count(BORIS.number) == 1


def test_a_call_still_to_come_keeps_no_conference_going() -> None:
    play = office(CallPolicy())
    olga = play.answer(OLGA)
    for person in (BORIS, ANNA, ANNA, ANNA):
        play.refuse(person)
    assert play.ended is None
    play.leave(olga)
    assert play.ended == "last-left"
    play.wait(HOUR)
    assert play.called.count(BORIS.number) == 1


# Lost


def test_who_is_lost_is_called_again_at_once_and_not_without_end() -> None:
    play = office(CallPolicy())
    play.answer(OLGA)
    for _ in range(2):
        play.do(Left(play.answer(BORIS), "no sound for 30 seconds", lost=True))
        assert ringing(play, BORIS) == []
        play.wait(5)
        assert ringing(play, BORIS) == [DESK]
    play.do(Left(play.answer(BORIS), "no sound for 30 seconds", lost=True))
    play.wait(HOUR / 2)
    assert play.called.count(BORIS.number) == 3


def test_who_hangs_up_is_not_called_again() -> None:
    play = office(CallPolicy())
    play.answer(OLGA)
    play.leave(play.answer(BORIS))
    play.wait(HOUR / 2)
    assert play.called.count(BORIS.number) == 1


def test_a_network_that_loses_everybody_ends_no_conference_before_they_could_come_back() -> None:
    play = office(CallPolicy(again=False))
    legs = [play.answer(person) for person in (OLGA, ANNA, BORIS)]
    for leg in legs:
        play.do(Left(leg, "no sound for 30 seconds", lost=True))
    play.wait(119)
    assert play.ended is None
    play.wait(1)
    assert play.ended == "last-left"


# Press 1 to join


def test_who_answers_outside_is_in_only_after_pressing_1() -> None:
    play = office(CallPolicy(press_one=PressOne.OUTSIDE))
    play.answer(OLGA)
    play.refuse(ANNA)
    leg = play.pick_up(ANNA)
    assert play.hears[leg] is Sound.PRESS_ONE
    play.do(KeyPressed(leg, "5"))
    assert play.hears[leg] is Sound.PRESS_ONE
    play.do(KeyPressed(leg, "1"))
    assert play.hears[leg] is Sound.ROOM
    assert "answered" in play.kinds()


def test_after_pressing_1_the_greeting_comes() -> None:
    play = office(CallPolicy(press_one=PressOne.ALWAYS), greeting=GREETED.greeting)
    leg = play.pick_up(OLGA)
    play.do(KeyPressed(leg, "1"))
    assert play.hears[leg] is Sound.GREETING
    play.do(GreetingEnded(leg))
    assert play.hears[leg] is Sound.ROOM


def test_a_desk_phone_need_not_press_anything_when_only_outside_is_asked() -> None:
    play = office(CallPolicy(press_one=PressOne.OUTSIDE))
    assert play.hears[play.answer(OLGA)] is Sound.ROOM


def test_a_voice_mailbox_is_let_go_after_half_a_minute_counts_as_nobody_and_the_next_phone_rings() -> None:
    play = office(CallPolicy(press_one=PressOne.ALWAYS))
    leg = play.pick_up(ANNA)
    assert play.conference.present == 0
    play.wait(29)
    assert leg not in play.hung_up
    play.wait(1)
    assert play.hung_up == {leg: "not-pressed"}
    assert ringing(play, ANNA) == [MOBILE]
    assert "answered" not in play.kinds()


def test_a_mailbox_answers_for_nobody_while_the_desk_still_rings() -> None:
    play = office(CallPolicy(Ring.ALL, PressOne.OUTSIDE))
    mailbox = leg_at(play, ANNA, MOBILE)
    play.do(Answered(mailbox))
    play.do(Answered(leg_at(play, ANNA, DESK)))
    assert play.hung_up[mailbox] == "answered-elsewhere"


def test_whoever_hangs_up_instead_of_pressing_1_has_declined() -> None:
    play = office(CallPolicy(press_one=PressOne.ALWAYS))
    play.do(Left(play.pick_up(BORIS), "hung up"))
    play.wait(HOUR / 2)
    assert play.called.count(BORIS.number) == 1


def test_a_mailbox_that_sends_no_sound_counts_as_one_that_does_not_press_1() -> None:
    """It is heard no more about when its time is over: whichever is noticed first, the person is called again."""
    play = office(CallPolicy(press_one=PressOne.ALWAYS))
    play.do(Left(play.pick_up(BORIS), "no sound for 30 seconds", lost=True))
    play.wait(AGAIN[Failure.NO_ANSWER][0])
    assert ringing(play, BORIS) == [DESK]


def test_a_mailbox_keeps_no_conference_going_once_it_is_let_go() -> None:
    play = office(CallPolicy(press_one=PressOne.OUTSIDE, again=False))
    olga = play.answer(OLGA)
    play.refuse(BORIS, 603, "Decline")
    for _ in (DESK, MOBILE):
        play.refuse(ANNA, 480)
    mailbox = play.pick_up(ANNA)
    play.leave(olga)
    assert play.ended is None
    play.wait(30)
    assert (play.ended, play.hung_up[mailbox]) == ("last-left", "not-pressed")


# After a crash


def test_the_next_mixer_calls_again_whom_the_former_one_would_have() -> None:
    play = office(CallPolicy())
    play.answer(OLGA)
    play.refuse(BORIS)
    play.wait(60)
    play.crash(down=10)
    assert BORIS.number not in play.called
    play.wait(50)
    assert ringing(play, BORIS) == [DESK]


def test_the_tries_before_a_crash_count() -> None:
    play = office(CallPolicy())
    play.answer(OLGA)
    for _ in range(2):
        play.refuse(BORIS)
        play.wait(120)
    play.crash()
    play.answer(OLGA)
    play.refuse(BORIS)
    play.wait(HOUR / 2)
    assert ringing(play, BORIS) == []


def test_what_a_newer_version_wrote_of_later_calls_is_passed_over() -> None:
    play = office(CallPolicy())
    play.answer(OLGA)
    play.refuse(BORIS)
    play.journal[-1] = replace(play.journal[-1], detail="eclipse soon")
    play.crash()
    play.wait(HOUR / 2)
    assert BORIS.number not in play.called


# What the owner asks for


def test_whom_the_owner_has_called_meanwhile_is_not_called_twice() -> None:
    play = office(CallPolicy())
    owner = play.answer(OLGA)
    play.refuse(BORIS)
    play.wait(60)
    play.do(Acted(CallIn(BORIS), owner))
    assert ringing(play, BORIS) == [DESK]
    play.wait(60)
    assert ringing(play, BORIS) == [DESK]


def test_a_mailbox_that_the_owner_drops_was_nobody() -> None:
    play = office(CallPolicy(press_one=PressOne.ALWAYS))
    mailbox = play.pick_up(ANNA)
    play.do(Acted(Kick((mailbox,))))
    assert play.hung_up[mailbox] == "kicked"
    assert "left" not in play.kinds()


def test_whom_the_owner_drops_is_called_at_none_of_their_phones() -> None:
    play = office(CallPolicy(), anna=replace(ANNA, ring=Ring.ALL))
    legs = [leg_at(play, ANNA, address) for address in (DESK, MOBILE, SECOND_MOBILE)]
    play.do(Acted(Kick((legs[MOBILE],))))
    assert play.hung_up == dict.fromkeys(legs, "kicked")
    assert ringing(play, ANNA) == []
