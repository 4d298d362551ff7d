"""The rules in the words of their specification ("The call", 1-6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mixer.rules.admission import Admitted, NoSuch, TooEarly, admit
from mixer.rules.call_rules import Answered, Call, Entered, GreetingEnded, HangUp, HangUpReason, Left, Note, NotReached
from mixer.rules.conference import Conference, Sound
from mixer.rules.step import Missed, Tick, deadline, step
from tests.mixer.rehearsal import ANNA, BORIS, END, GREETED, HOUR, ONCE, OWNER, PLAN, START, Rehearsal

MUSIC, ROOM, GREETING = Sound.MUSIC, Sound.ROOM, Sound.GREETING


# 1. At the start time the mixer calls the owner and every participant, all at once


def test_at_the_start_time_the_owner_and_every_participant_are_called_all_at_once() -> None:
    play = Rehearsal(now=START - HOUR)
    play.wait(HOUR - 0.001)
    assert not play.called
    play.wait(0.001)
    assert play.called == ["101", "102", "103"]
    assert {leg.since for leg in play.conference.legs.values()} == {START}


def test_the_owner_listed_again_as_a_participant_and_a_participant_listed_twice_are_called_once() -> None:
    play = Rehearsal(replace(PLAN, participants=(ANNA, OWNER)))
    play.do(Tick())
    assert play.called == ["101", "102"]


def test_a_conference_whose_start_is_past_and_whose_end_is_ahead_starts_at_once() -> None:
    play = Rehearsal(now=END - 60)
    play.do(Tick())
    assert play.called == ["101", "102", "103"]


def test_a_conference_whose_end_is_past_and_that_nobody_started_is_missed_and_calls_nobody() -> None:
    play = Rehearsal(now=END + 1000)
    play.do(Tick())
    assert (play.called, play.ended) == ([], None), "the clock may be ahead"
    play.do(Missed())
    assert (play.called, play.ended) == ([], "missed")
    assert play.conference.ended and play.conference.ended.at == END


@pytest.mark.parametrize("now", [START - 1, START, END - 1])
def test_none_is_missed_whose_end_is_ahead_by_the_clock_as_it_is_now(now: float) -> None:
    play = Rehearsal(now=now)
    play.do(Missed())
    assert play.ended is None
    assert bool(play.called) == (now >= START)


def test_each_call_is_noted_before_anybody_is_called_so_that_a_crash_between_calls_nobody_twice() -> None:
    _, actions = step(Conference(PLAN), Tick(), START)
    first_call = next(place for place, action in enumerate(actions) if isinstance(action, Call))
    assert all(isinstance(action, Note) for action in actions[:first_call])
    assert all(isinstance(action, Call) for action in actions[first_call:])


@pytest.mark.parametrize(
    ("status", "reason"), [(486, "Busy Here"), (603, "Decline"), (404, "Not Found"), (408, "No answer"), (503, "")]
)
def test_busy_refused_unreachable_and_no_answer_are_noted_and_the_rest_go_on(status: int, reason: str) -> None:
    play = Rehearsal()
    play.do(Tick())
    play.refuse(ANNA, status, reason)
    noted = play.journal[-1]
    assert (noted.kind, noted.person, noted.detail) == ("not_reached", "102", f"{status} {reason}".rstrip())
    assert set(play.rings.values()) == {"101", "103"}
    assert play.ended is None


def test_whoever_missed_the_call_can_dial_in() -> None:
    play = Rehearsal()
    play.do(Tick())
    play.refuse(ANNA)
    assert admit(play.conference, "4711", "102", "code", play.now) == Admitted("102", owner=False)
    assert play.hears[play.dial_in(ANNA)] is MUSIC


def test_who_dials_in_while_the_own_phone_rings_is_not_rung_any_longer() -> None:
    play = Rehearsal()
    play.do(Tick())
    ringing = play.leg(ANNA)
    play.dial_in(ANNA)
    assert play.hung_up == {ringing: "joined-elsewhere"}
    assert set(play.rings.values()) == {"101", "103"}


def test_an_answer_that_crosses_our_taking_the_call_back_is_hung_up() -> None:
    play = Rehearsal()
    play.do(Tick())
    ringing = play.leg(ANNA)
    play.dial_in(ANNA)
    before = play.conference
    assert play.do(Answered(ringing)) == (HangUp(ringing, HangUpReason.TAKEN_BACK),)
    assert play.conference == before


# 2. Whoever answers hears the greeting if there is one, then …


def test_whoever_answers_hears_the_greeting_first_if_there_is_one() -> None:
    play = Rehearsal(GREETED)
    play.do(Tick())
    anna, owner = play.pick_up(ANNA), play.pick_up(OWNER)
    assert play.hears == {anna: GREETING, owner: GREETING}


def test_without_a_greeting_whoever_answers_is_in_at_once() -> None:
    play = Rehearsal()
    play.do(Tick())
    assert play.hears == {play.pick_up(ANNA): MUSIC}


def test_after_the_greeting_the_owner_is_in() -> None:
    play = Rehearsal(GREETED)
    play.do(Tick())
    owner = play.answer(OWNER)
    assert play.hears == {owner: ROOM}


def test_after_the_greeting_a_participant_is_in_too_if_the_owner_is_in() -> None:
    play = Rehearsal(GREETED)
    play.do(Tick())
    play.answer(OWNER)
    assert play.hears[play.answer(ANNA)] is ROOM


def test_else_the_participant_hears_music_alone() -> None:
    play = Rehearsal(GREETED)
    play.do(Tick())
    anna, boris = play.answer(ANNA), play.answer(BORIS)
    assert play.hears == {anna: MUSIC, boris: MUSIC}


def test_the_owner_who_still_hears_the_greeting_connects_nobody() -> None:
    play = Rehearsal(GREETED)
    play.do(Tick())
    anna, owner = play.answer(ANNA), play.pick_up(OWNER)
    assert play.hears == {anna: MUSIC, owner: GREETING}
    play.do(GreetingEnded(owner))
    assert play.hears == {anna: ROOM, owner: ROOM}


def test_the_owners_coming_does_not_cut_a_participants_greeting_short() -> None:
    play = Rehearsal(GREETED)
    play.do(Tick())
    anna = play.pick_up(ANNA)
    play.answer(OWNER)
    assert play.hears[anna] is GREETING


# 3. Dial-in … Open from the start until the conference ends, even past its planned end while it still runs


def test_a_dial_in_hears_the_greeting_then_as_the_called_do() -> None:
    play = Rehearsal(GREETED)
    play.do(Tick())
    name = play.enter(ANNA)
    assert play.hears == {name: GREETING}
    play.do(GreetingEnded(name))
    assert play.hears == {name: MUSIC}


def test_dialling_in_is_open_past_the_planned_end_while_the_conference_still_runs() -> None:
    play = Rehearsal()
    play.do(Tick())
    play.answer(OWNER)
    play.wait(2 * HOUR)
    assert admit(play.conference, "4711", "103", "code", play.now) == Admitted("103", owner=False)
    assert play.hears[play.dial_in(BORIS)] is ROOM


def test_before_the_start_it_is_too_early_and_nobody_slips_in() -> None:
    play = Rehearsal(now=START - 1)
    assert admit(play.conference, "4711", "102", "code", play.now) == TooEarly()
    name = play.enter(ANNA)
    assert (play.hears, play.hung_up) == ({}, {name: "not-started"})
    assert play.conference == Conference(PLAN, policy=ONCE)


def test_who_enters_at_the_very_start_starts_the_conference_and_is_not_rung() -> None:
    play = Rehearsal(now=START)
    name = play.enter(ANNA)
    assert play.hears == {name: MUSIC}
    assert set(play.rings.values()) == {"101", "103"}


# 5. Anyone may leave and come back


def meeting() -> tuple[Rehearsal, str, str, str]:
    play = Rehearsal()
    play.do(Tick())
    return play, play.answer(OWNER), play.answer(ANNA), play.answer(BORIS)


def test_a_participant_leaves_and_the_talk_goes_on() -> None:
    play, owner, anna, boris = meeting()
    play.leave(anna)
    assert play.hears == {owner: ROOM, boris: ROOM}


def test_anyone_may_leave_and_come_back() -> None:
    play, owner, anna, boris = meeting()
    play.leave(anna, owner)
    back = play.dial_in(ANNA), play.dial_in(OWNER)
    assert play.hears == {boris: ROOM, back[0]: ROOM, back[1]: ROOM}


def test_the_owner_leaves_and_all_hear_music_until_the_owner_is_back() -> None:
    play, owner, anna, boris = meeting()
    play.leave(owner)
    assert play.hears == {anna: MUSIC, boris: MUSIC}
    assert play.hears[play.dial_in(None)] is MUSIC
    play.dial_in(OWNER)
    assert set(play.hears.values()) == {ROOM}


def test_the_owner_leaves_when_the_owners_last_leg_leaves() -> None:
    play, desk, anna, boris = meeting()
    mobile = play.dial_in(OWNER)
    play.leave(desk)
    assert play.hears == {anna: ROOM, boris: ROOM, mobile: ROOM}
    play.leave(mobile)
    assert play.hears == {anna: MUSIC, boris: MUSIC}


def test_the_owners_coming_and_going_are_noted() -> None:
    play, owner, *_ = meeting()
    play.leave(owner)
    assert [kind for kind in play.kinds() if kind.startswith("owner")] == ["owner_in", "owner_out"]


def test_a_guest_hears_what_a_participant_hears() -> None:
    play, owner, *_ = meeting()
    guest = play.dial_in(None)
    assert play.hears[guest] is ROOM
    play.leave(owner)
    assert play.hears[guest] is MUSIC


# 6. The end


def test_a_the_planned_end_has_come_and_nobody_is_in() -> None:
    play = Rehearsal()
    play.do(Tick())
    play.wait(HOUR - 1)
    assert play.ended is None
    play.wait(1)
    assert play.ended == "planned-end"


def test_a_at_the_planned_end_with_nobody_in_what_still_rings_is_taken_back() -> None:
    play = Rehearsal(now=END - 10)
    play.do(Tick())
    ringing = set(play.rings)
    play.wait(10)
    assert set(play.hung_up) == ringing
    assert not play.rings


def test_b_the_last_person_in_hangs_up_and_no_call_is_still_ringing() -> None:
    play, *legs = meeting()
    play.leave(*legs[:2])
    assert play.ended is None
    play.leave(legs[2])
    assert play.ended == "last-left"


def test_b_while_a_call_still_rings_the_last_one_hanging_up_does_not_end_it() -> None:
    play = Rehearsal()
    play.do(Tick())
    play.refuse(BORIS)
    play.leave(play.answer(OWNER))
    assert play.ended is None
    play.refuse(ANNA)
    assert play.ended == "last-left"


def test_someone_still_in_at_the_planned_end_goes_on_until_b() -> None:
    play, *legs = meeting()
    play.wait(3 * HOUR)
    assert play.ended is None
    play.leave(*legs)
    assert play.ended is not None


def test_nobody_ever_answers_and_it_ends_at_the_planned_end() -> None:
    play = Rehearsal()
    play.do(Tick())
    for person in (OWNER, ANNA, BORIS):
        play.refuse(person, 408, "No answer")
    play.wait(HOUR - 1)
    assert play.ended is None
    play.wait(1)
    assert play.ended == "planned-end"


def test_waiting_to_music_counts_as_being_in() -> None:
    play = Rehearsal()
    play.do(Tick())
    anna = play.answer(ANNA)
    play.refuse(OWNER)
    play.refuse(BORIS)
    play.wait(2 * HOUR)
    assert (play.ended, play.hears) == (None, {anna: MUSIC})


def test_hearing_the_greeting_counts_as_being_in() -> None:
    play = Rehearsal(GREETED, now=END - 5)
    play.do(Tick())
    anna = play.pick_up(ANNA)
    play.wait(10)
    assert play.ended is None
    play.do(GreetingEnded(anna))
    assert play.hears == {anna: MUSIC}


def test_an_ended_conferences_code_dies() -> None:
    play, *legs = meeting()
    play.leave(*legs)
    assert admit(play.conference, "4711", "101", "code", play.now) == NoSuch()
    assert admit(play.conference, "471199", None, "code", play.now) == NoSuch()


def test_after_the_end_every_leg_that_comes_to_life_is_hung_up_and_nothing_else_happens() -> None:
    play = Rehearsal(now=END - 10)
    play.do(Tick())
    ringing = play.leg(OWNER)
    play.wait(10)
    ended = play.conference
    assert [type(action) for action in play.do(Answered(ringing))] == [HangUp]
    assert [type(action) for action in play.do(Entered("late", "101", owner=True))] == [HangUp]
    for event in (Tick(), Left(ringing, ""), NotReached(ringing, 487, ""), GreetingEnded(ringing)):
        assert play.do(event) == ()
    assert play.conference == ended
    assert deadline(ended, play.now) is None


def test_legs_that_nobody_knows_and_events_that_come_twice_change_nothing() -> None:
    play, owner, *_ = meeting()
    before = play.conference
    for name in ("nobody", owner):
        assert play.do(GreetingEnded(name)) == ()
    assert play.do(Answered(owner)) == ()
    assert play.do(Entered(owner, "101", owner=True)) == ()
    assert play.do(Left("nobody", "")) == ()
    assert play.do(NotReached("nobody", 486, "")) == ()
    assert [type(action) for action in play.do(Answered("nobody"))] == [HangUp]
    assert play.conference == before


def test_a_tick_is_asked_for_at_the_start_then_at_the_end_and_not_while_somebody_is_in() -> None:
    play = Rehearsal(now=START - 1)
    assert deadline(play.conference, play.now) == START
    play.wait(1)
    assert deadline(play.conference, play.now) == END
    play.answer(ANNA)
    assert deadline(play.conference, play.now) is None


# Scenes known from the tests of an exchange's conference application


def test_marked_users_hear_each_other_once_the_marked_one_is_in() -> None:
    play = Rehearsal()
    play.do(Tick())
    legs = play.answer(ANNA), play.answer(BORIS)
    assert {play.hears[leg] for leg in legs} == {MUSIC}
    play.answer(OWNER)
    assert {play.hears[leg] for leg in legs} == {ROOM}


def test_waitmarked_users_who_come_after_the_marked_one_never_hear_music() -> None:
    play = Rehearsal()
    play.do(Tick())
    play.answer(OWNER)
    actions = play.do(Answered(play.leg(ANNA)))
    assert MUSIC not in [getattr(action, "what", None) for action in actions]


def test_end_marked_users_are_not_thrown_out_when_the_marked_one_leaves_but_hear_music() -> None:
    play, owner, anna, boris = meeting()
    play.leave(owner)
    assert play.hears == {anna: MUSIC, boris: MUSIC}
    assert (play.hung_up, play.ended) == ({}, None)


def test_triple_lindy_the_marked_one_comes_and_goes_and_comes_while_others_come_and_go() -> None:
    play = Rehearsal()
    play.do(Tick())
    anna, owner, boris = play.answer(ANNA), play.answer(OWNER), play.answer(BORIS)
    play.leave(owner)
    guest, owner = play.dial_in(None), play.dial_in(OWNER)
    play.leave(anna, owner)
    anna, owner = play.dial_in(ANNA), play.dial_in(OWNER)
    assert play.hears == dict.fromkeys((boris, guest, anna, owner), ROOM)
    play.leave(owner, boris, guest, anna)
    assert (play.hears, play.ended) == ({}, "last-left")
