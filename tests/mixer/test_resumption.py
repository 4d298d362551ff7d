"""A mixer that stops or crashes does not end a conference: started again within its time, it calls people back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mixer.rules.acts import Acted, CallIn
from mixer.rules.call_policy import CallPolicy
from mixer.rules.call_rules import Left
from mixer.rules.conference import Conference, Sound
from mixer.rules.model import Person
from mixer.rules.records import Kind, Record
from mixer.rules.resumption import resume
from mixer.rules.step import Tick
from tests.mixer.rehearsal import ANNA, BORIS, GREETED, HOUR, OWNER, PLAN, START, Rehearsal, begun, meeting


def test_started_again_within_its_time_it_calls_back_those_who_were_in_the_owner_first() -> None:
    play, *_ = meeting()
    play.crash()
    assert play.called == ["101", "102", "103"]
    assert play.ended is None


def test_those_called_back_hear_the_greeting_and_each_other_again() -> None:
    play = Rehearsal(GREETED)
    play.do(Tick())
    play.answer(OWNER)
    play.answer(ANNA)
    play.crash()
    assert set(play.hears.values()) == set()
    assert {play.hears[play.answer(OWNER)], play.hears[play.answer(ANNA)]} == {Sound.ROOM}


def test_who_had_left_is_not_called_back() -> None:
    play, _, anna, _ = meeting()
    play.leave(anna)
    play.crash()
    assert play.called == ["101", "103"]


def test_who_had_declined_or_failed_is_not_called_back() -> None:
    play = begun()
    play.answer(OWNER)
    play.refuse(ANNA, 603, "Decline")
    play.refuse(BORIS, 503, "Service Unavailable")
    play.crash()
    assert play.called == ["101"]


def test_whose_ringing_the_crash_cut_short_is_called_again() -> None:
    play = begun()
    play.answer(OWNER)
    play.refuse(BORIS)
    play.crash()
    assert play.called == ["101", "102"]


def test_whom_the_network_lost_before_the_mixer_was_started_anew_is_waited_for_as_long_as_without_that() -> None:
    play = Rehearsal(policy=CallPolicy(trunk=False))
    play.do(Tick())
    owner = play.answer(OWNER)
    play.refuse(ANNA, 603)
    play.refuse(BORIS, 603)
    play.do(Left(owner, "no sound for 30 seconds", lost=True))
    play.crash(down=2.0)
    assert play.ended is None, "they are about to be called again"
    play.wait(4)
    assert play.called == ["101"]
    play.refuse(OWNER, 603)
    play.wait(113)
    assert play.ended is None
    play.wait(2)
    assert play.ended == "last-left"


def test_who_left_on_one_phone_and_was_in_on_another_is_called_back_once() -> None:
    play, owner, *_ = meeting()
    play.dial_in(OWNER)
    play.dial_in(OWNER)
    play.leave(owner)
    play.crash()
    assert play.called == ["101", "102", "103"]


def test_who_is_in_and_has_dialled_in_before_the_crash_is_called_back_at_the_first_number() -> None:
    play = begun()
    play.dial_in(ANNA)
    play.refuse(OWNER)
    play.refuse(BORIS)
    play.crash()
    assert play.called == ["102"]


def test_an_orderly_stop_hangs_up_on_everybody_and_counts_as_nobodys_leaving() -> None:
    play, *legs = meeting()
    play.stop()
    assert play.hung_up == dict.fromkeys(legs, "stopping")
    play.leave(*legs)
    play.wait(10)
    assert play.kinds()[-1] == "stopped"
    assert play.ended is None
    play.crash()
    assert play.called == ["101", "102", "103"]


def test_after_an_orderly_stop_nobody_gets_in_any_more() -> None:
    play, *_ = meeting()
    play.stop()
    late = play.enter(ANNA)
    assert play.hung_up[late] == "stopping"


def test_a_stop_before_the_start_leaves_no_trace() -> None:
    play = Rehearsal(now=START - 60)
    play.stop()
    assert play.journal == []


def test_a_second_crash_before_anybody_answered_calls_the_same_people() -> None:
    play, *_ = meeting()
    play.crash()
    play.crash()
    assert play.called == ["101", "102", "103"]


def test_a_refusal_between_two_crashes_is_remembered() -> None:
    play, *_ = meeting()
    play.crash()
    play.refuse(ANNA)
    play.crash()
    assert play.called == ["101", "103"]


def test_leg_names_are_not_given_out_again() -> None:
    play, *_ = meeting()
    play.crash()
    legs = [record.leg for record in play.journal if record.kind == Kind.CALLING]
    assert len(legs) == len(set(legs)) == 6


# Until when they were in


@pytest.mark.parametrize("down", [5.0, 3 * HOUR], ids=["resumed", "over meanwhile"])
def test_who_talked_quietly_until_the_crash_was_in_until_the_last_sign_of_life(down: float) -> None:
    play, *_ = meeting()
    came = play.now
    play.wait(HOUR / 2)
    play.crash(down, last_seen=play.now - 3)
    assert [record.at for record in play.journal if record.kind == Kind.CRASHED] == [came + HOUR / 2 - 3]


def test_a_sign_of_life_from_the_future_keeps_nobody_in_longer_than_until_now() -> None:
    play, *_ = meeting()
    play.crash(5, last_seen=play.now + HOUR)
    assert [record.at for record in play.journal if record.kind == Kind.CRASHED] == [play.now]


def test_a_stop_is_no_crash_whatever_sign_of_life_comes_after_it() -> None:
    play, *_ = meeting()
    play.stop()
    play.crash(60, last_seen=play.now + 4)
    assert "crashed" not in play.kinds()


def test_where_nobody_was_in_no_crash_is_noted() -> None:
    play = begun()
    play.wait(10)
    play.crash(5, last_seen=play.now)
    assert "crashed" not in play.kinds()


def test_what_the_journal_saw_last_counts_where_the_sign_of_life_is_older() -> None:
    play, *_ = meeting()
    play.crash(5, last_seen=play.now - 1)
    assert "crashed" not in play.kinds()


# The journal as it is found


def test_a_conference_that_had_not_started_is_as_its_plan_has_it() -> None:
    assert resume(PLAN, (), START - 60) == (Conference(PLAN), ())


def test_a_crash_before_the_first_call_was_noted_calls_everybody() -> None:
    play = Rehearsal()
    play.journal = [Record(Kind.STARTED, START)]
    play.crash()
    assert play.called == ["101", "102", "103"]


def test_words_of_a_newer_version_are_passed_over() -> None:
    play, *_ = meeting()
    play.journal.insert(3, Record("raised_hand", START, "4711-1", "101", owner=True, detail="?"))
    play.journal.append(Record("levitated", START, None, "nobody"))
    play.crash()
    assert play.called == ["101", "102", "103"]


def test_a_person_whom_a_hand_has_taken_out_of_the_book_is_not_called() -> None:
    play, *_ = meeting()
    play.journal.append(Record(Kind.ENTERED, play.now, "in-9", "999"))
    play.crash()
    assert play.called == ["101", "102", "103"]


VERA = Person("Vera", ("+74955550188",), password="a phone here")


def test_whom_the_owner_has_added_is_called_back_as_the_others_are() -> None:
    play, owner, *_ = meeting()
    play.do(Acted(CallIn(VERA), owner))
    play.answer(VERA)
    play.conference = Conference(PLAN, policy=play.conference.policy)  # the book doesn't know her
    play.crash()
    assert play.called == ["101", "102", "103", VERA.number]
    assert play.conference.plan.person(VERA.number) == Person(VERA.name, VERA.numbers)
    play.crash()
    assert play.called == ["101", "102", "103", VERA.number]
    assert len(play.conference.plan.people) == 4


def test_whom_the_owner_has_added_and_who_has_left_is_not_called_back() -> None:
    play, owner, *_ = meeting()
    play.do(Acted(CallIn(VERA), owner))
    play.leave(play.answer(VERA))
    play.conference = Conference(PLAN, policy=play.conference.policy)
    play.crash()
    assert play.called == ["101", "102", "103"]


def test_whom_the_owner_has_added_is_called_where_the_directory_has_them_now() -> None:
    play, owner, *_ = meeting()
    play.do(Acted(CallIn(VERA), owner))
    at_her_desk = replace(VERA, sip="sip:vera@198.51.100.7")
    conference, _ = resume(PLAN, play.journal, play.now, by_number={VERA.number: at_her_desk}.get)
    assert conference.plan.person(VERA.number) == at_her_desk


def test_a_person_whom_a_hand_has_taken_out_of_the_book_is_not_called_later_either() -> None:
    play, *_ = meeting()
    play.journal.append(Record(Kind.CALLED_LATER, play.now, None, "999", detail="busy 120"))
    play.crash()
    play.wait(HOUR / 2)
    assert "999" not in play.called
    assert not play.conference.pursuits


def last_word(journal: list[Record], number: str) -> str | None:
    """The other way to say who is to be called: the last thing the journal tells of a person with one leg at a time."""
    told = [record.kind for record in journal if record.person == number and record.kind != Kind.JOINED]
    return told[-1] if told else None


def test_wherever_the_journal_was_cut_off_nobody_is_called_who_left_or_declined_and_everybody_else_is() -> None:
    play = Rehearsal(GREETED)
    play.do(Tick())
    play.answer(OWNER)
    play.refuse(BORIS)
    anna = play.answer(ANNA)
    play.leave(anna)
    boris = play.dial_in(BORIS)
    play.crash()
    play.answer(OWNER)
    play.answer(BORIS)
    play.dial_in(ANNA)
    assert boris not in play.hears
    for length in range(1, len(play.journal) + 1):
        again = Rehearsal(GREETED, play.now)
        again.journal = play.journal[:length]
        again.crash()
        gone = {number for number in ("101", "102", "103") if last_word(play.journal[:length], number) in GONE}
        assert set(again.called) == {"101", "102", "103"} - gone


GONE = {"left", "not_reached"}
