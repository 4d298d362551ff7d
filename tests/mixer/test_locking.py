"""Who gets into a locked conference, and who no more; also after a crash."""

from __future__ import annotations

import pytest

from mixer.rules.acts import (
    Kick,
    Lock,
)
from mixer.rules.call_policy import CallPolicy
from mixer.rules.conference import Sound
from tests.mixer.meeting_acts import do, refusal
from tests.mixer.rehearsal import ANNA, BORIS, OWNER, Rehearsal, begun, meeting


def test_where_it_is_locked_nobody_dials_in_but_the_owner_and_who_is_being_called() -> None:
    play = begun()
    do(play, Lock(True))
    assert play.hung_up == {play.enter(None): "locked"}
    play.enter(ANNA)  # whose phone rings
    assert play.hears[play.enter(OWNER)] is Sound.ROOM
    assert play.hears[play.answer(BORIS)] is Sound.ROOM


def test_where_it_is_locked_who_will_be_called_again_may_dial_in_and_who_was_kicked_meanwhile_may_not() -> None:
    play = Rehearsal(policy=CallPolicy(trunk=False))
    play.wait(0)
    play.answer(OWNER)
    play.refuse(ANNA)
    play.refuse(BORIS)
    do(play, Lock(True))
    assert play.enter(BORIS) in play.hears
    play.wait(120)
    do(play, Kick((play.leg(ANNA),)))
    assert play.hung_up[play.enter(ANNA)] == "locked"


def test_where_it_is_locked_who_has_left_stays_out_until_it_is_unlocked() -> None:
    play, _, anna, _ = meeting()
    do(play, Lock(True))
    play.leave(anna)
    assert play.hung_up == {play.enter(ANNA): "locked"}
    play.crash()
    do(play, Lock(False))
    play.crash()
    assert play.enter(ANNA) in play.hears


def locked_meeting(*callers: str | None) -> Rehearsal:
    """With these guests in."""
    play, *_ = meeting()
    for caller in callers:
        play.dial_in(None, caller=caller)
    do(play, Lock(True))
    return play


def test_a_guest_whom_a_crash_cut_off_comes_back_where_it_is_locked_and_nobody_else_does() -> None:
    play = locked_meeting("+79995550100")
    for _ in range(2):  # without having been back between
        play.crash()
    assert play.hung_up[play.enter(None, caller="+79995550199")] == "locked"
    assert play.hung_up[play.enter(None)] == "locked"
    assert play.enter(None, caller="89995550100") in play.hears
    assert play.hung_up[play.enter(None, caller="+79995550100")] == "locked", "one was in"


def test_two_guests_of_one_number_come_back_one_by_one_and_who_has_left_since_does_not() -> None:
    play = locked_meeting("500", "500")
    play.crash()
    first = play.enter(None, caller="500")
    play.crash()
    assert first not in play.hears
    second, third = play.enter(None, caller="500"), play.enter(None, caller="500")
    play.leave(second, third)
    assert play.hung_up[play.enter(None, caller="500")] == "locked"


def test_who_was_in_and_is_not_reached_after_a_crash_may_dial_in_where_it_is_locked_unless_kicked_meanwhile() -> None:
    play = locked_meeting()
    play.crash()
    play.refuse(ANNA, 603)
    do(play, Kick((play.leg(BORIS),)))
    assert play.hung_up[play.enter(BORIS)] == "locked"
    assert play.enter(ANNA) in play.hears


def test_a_lock_that_is_ordered_after_the_crash_keeps_out_whom_it_cut_off() -> None:
    play, *_ = meeting()
    play.dial_in(None, caller="500")
    play.crash()
    do(play, Lock(True))
    play.crash()
    assert play.hung_up[play.enter(None, caller="500")] == "locked"


@pytest.mark.parametrize("locked", [True, False])
def test_to_lock_what_is_locked_is_refused(locked: bool) -> None:
    play = begun()
    if locked:
        do(play, Lock(True))
    assert refusal(play, Lock(locked)) == ("it is locked already" if locked else "it is not locked")
