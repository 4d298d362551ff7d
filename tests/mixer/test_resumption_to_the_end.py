"""How a conference ends that was resumed: nobody's cut-off call is taken for a leaving."""

from __future__ import annotations

import pytest

from mixer.rules.admission import Admitted, admit
from mixer.rules.conference import Sound
from mixer.rules.resumption import GRACE, OVERTIME_GAP, resume
from mixer.rules.step import End, Tick
from tests.mixer.rehearsal import ANNA, BORIS, END, HOUR, OWNER, PLAN, Rehearsal, begun, meeting


def test_after_a_resumption_b_still_ends_it() -> None:
    play, *_ = meeting()
    play.crash()
    play.leave(*(play.answer(person) for person in (OWNER, ANNA, BORIS)))
    assert play.ended == "last-left"


def test_callbacks_refused_by_all_end_it_when_those_who_were_cut_off_had_time_to_dial_in_again() -> None:
    play, *_ = meeting()
    play.crash()
    for person in (OWNER, ANNA, BORIS):
        play.refuse(person)
    play.wait(GRACE - 1)
    assert play.ended is None
    play.wait(1)
    assert play.ended == "last-left"


def test_a_phone_that_was_busy_dialling_in_again_when_called_back_gets_in() -> None:
    play, *_ = meeting()
    play.crash()
    for person in (OWNER, ANNA, BORIS):
        play.refuse(person, 486)
    assert admit(play.conference, "4711", "101", "code", play.now) == Admitted("101", owner=True)
    assert play.hears[play.dial_in(OWNER)] is Sound.ROOM
    play.wait(HOUR / 2)
    assert play.ended is None


def test_guests_cannot_be_called_back_and_have_time_to_dial_in_again() -> None:
    play = begun()
    play.dial_in(None)
    for person in (OWNER, ANNA, BORIS):
        play.refuse(person)
    play.crash()
    assert (play.called, play.ended) == ([], None)
    play.dial_in(None)
    play.wait(GRACE)
    assert play.ended is None


def test_the_grace_ends_with_the_first_one_back() -> None:
    play, *_ = meeting()
    play.crash()
    play.refuse(ANNA)
    play.refuse(BORIS)
    play.leave(play.answer(OWNER))
    assert play.ended == "last-left"


def test_a_crash_between_the_last_leaving_and_the_end_only_ends_it() -> None:
    play, *legs = meeting()
    play.leave(*legs)
    again = Rehearsal(now=play.now)
    again.journal = play.journal[:-1]
    again.crash()
    assert (again.called, again.ended) == ([], "last-left")


def test_a_crash_after_the_end_was_noted_ends_it_again_and_notes_nothing() -> None:
    play, *legs = meeting()
    play.leave(*legs)
    play.crash()
    assert play.kinds().count("ended") == 1
    again, actions = resume(PLAN, play.journal, play.now)
    assert actions == (End("last-left"),)
    assert again.ended is not None and again.ended.reason == "last-left"


def test_nobody_in_before_and_nobody_ringing_waits_for_the_planned_end() -> None:
    play = begun()
    for person in (OWNER, ANNA, BORIS):
        play.refuse(person)
    play.crash()
    assert (play.called, play.ended) == ([], None)
    play.wait(HOUR)
    assert play.ended == "planned-end"


# Overtime


@pytest.mark.parametrize(
    ("last_seen", "over_since"),
    [(None, HOUR), (HOUR / 2, HOUR), (1.5 * HOUR, 1.5 * HOUR)],
    ids=["no sign of life", "before the planned end", "in overtime"],
)
def test_what_ended_while_no_mixer_ran_has_ended_then_and_not_as_the_next_began(
    last_seen: float | None, over_since: float
) -> None:
    play, *_ = meeting()
    start = play.conference.plan.start
    play.crash(start + 5 * HOUR - play.now, last_seen=None if last_seen is None else start + last_seen)
    assert play.conference.ended is not None
    assert (play.conference.ended.at, play.conference.ended.reason) == (start + over_since, "planned-end")


def test_it_never_ends_in_the_future_whatever_the_clock_was_before() -> None:
    play = begun()
    play.crash(2 * HOUR, last_seen=play.now + 99 * HOUR)
    assert play.conference.ended is not None
    assert play.conference.ended.at == play.now


@pytest.mark.parametrize("down", [0.0, OVERTIME_GAP - 1])
def test_in_overtime_a_short_interruption_calls_back(down: float) -> None:
    play, *_ = meeting()
    play.wait(2 * HOUR)
    play.crash(down, last_seen=play.now)
    assert play.called == ["101", "102", "103"]
    play.answer(ANNA)
    play.wait(HOUR)
    assert play.ended is None


def test_in_overtime_a_long_interruption_is_the_end_and_nobodys_phone_rings() -> None:
    play, *_ = meeting()
    play.wait(2 * HOUR)
    play.crash(OVERTIME_GAP, last_seen=play.now)
    assert (play.called, play.ended) == ([], "planned-end")


def test_in_overtime_the_last_record_is_a_sign_of_life_too() -> None:
    play, _, anna, _ = meeting()
    play.wait(2 * HOUR)
    play.leave(anna)
    play.crash(OVERTIME_GAP - 1)
    assert play.called == ["101", "103"]


def test_in_overtime_without_a_recent_sign_of_life_it_ends() -> None:
    play, *_ = meeting()
    play.wait(2 * HOUR)
    play.crash(1)
    assert (play.called, play.ended) == ([], "planned-end")


def test_before_the_planned_end_even_a_long_interruption_calls_back() -> None:
    play, *_ = meeting()
    play.crash(HOUR / 2)
    assert play.called == ["101", "102", "103"]


def test_called_back_across_the_planned_end_their_phones_ring_on() -> None:
    play, *_ = meeting()
    play.wait(HOUR - 10)
    play.crash(5)
    play.wait(40)
    assert len(play.rings) == 3
    assert play.hears[play.answer(OWNER)] is Sound.ROOM
    play.wait(HOUR)
    assert play.ended is None


def test_called_back_past_the_planned_end_in_vain_it_ends_with_the_grace_and_the_ringing_is_taken_back() -> None:
    play, *_ = meeting()
    play.wait(HOUR - 10)
    play.crash(5)
    ringing = set(play.rings)
    play.wait(GRACE)
    assert play.ended == "planned-end"
    assert set(play.hung_up) == ringing


# Interrupted at the end, or twice


def test_a_conference_resumed_at_its_very_end_lasts_as_long_as_somebody_is_in() -> None:
    play, *_ = meeting()
    play.wait(END - play.now - 1)
    play.crash(1, last_seen=play.now)
    legs = [play.answer(person) for person in (ANNA, BORIS)]
    play.refuse(OWNER)
    play.wait(HOUR)
    assert play.ended is None
    play.leave(*legs)
    assert play.ended == "planned-end"


def test_when_only_ringing_was_interrupted_across_the_planned_end_nobody_is_called_again() -> None:
    play = Rehearsal(now=END - 10)
    play.do(Tick())
    play.crash(15)
    assert (play.called, play.ended) == ([], "planned-end")


def test_those_whom_two_crashes_in_a_row_cut_off_have_time_too() -> None:
    play, *_ = meeting()
    play.crash()
    play.crash()
    for person in (OWNER, ANNA, BORIS):
        play.refuse(person)
    assert play.ended is None
    play.wait(GRACE)
    assert play.ended == "last-left"


def test_who_was_back_and_hung_up_before_the_second_crash_was_not_cut_off_by_it() -> None:
    play, *_ = meeting()
    play.crash()
    play.leave(play.answer(OWNER))
    play.refuse(ANNA)
    play.crash()
    assert play.called == ["103"]
    play.refuse(BORIS)
    assert play.ended == "last-left"
