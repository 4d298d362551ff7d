"""What each act does to a conference, and when it is refused."""

from __future__ import annotations

import pytest

from mixer.act_rules import why_not
from mixer.acts import Act, Acted, EndNow, Kick, Lock, Silence
from mixer.conference import Sound
from tests.mixer.rehearsal import ANNA, BORIS, PLAN, Rehearsal, begun, meeting


def refusal(play: Rehearsal, act: Act, by: str = "") -> str | None:
    why = why_not(play.conference, act, by, play.now)
    return None if why is None else str(why)


def do(play: Rehearsal, act: Act, by: str = "") -> None:
    assert refusal(play, act, by) is None
    play.do(Acted(act, by))


# Silence


def test_a_silenced_leg_is_not_heard_until_it_is_allowed_to_speak_again() -> None:
    play, owner, anna, _ = meeting()
    do(play, Silence((anna,), True), owner)
    assert play.muted == {anna}
    do(play, Silence((anna,), False))
    assert play.muted == set()
    noted = [(record.kind, record.leg, record.person, record.by) for record in play.journal[-2:]]
    assert noted == [("silenced", anna, "102", owner), ("unsilenced", anna, "102", "")]


# Kick


def test_who_is_kicked_is_hung_up_and_not_called_back_after_a_crash() -> None:
    play, owner, anna, _ = meeting()
    do(play, Kick((anna,)), owner)
    assert play.hung_up == {anna: "kicked"}
    assert [record.kind for record in play.journal[-2:]] == ["kicked", "left"]
    play.crash()
    assert play.called == ["101", "103"]


def test_who_is_kicked_while_the_phone_rings_is_not_called_again() -> None:
    play = begun()
    do(play, Kick((play.leg(BORIS),)))
    assert "103" not in play.rings.values()
    play.crash()
    assert play.called == ["101", "102"]


# Lock


def test_where_it_is_locked_nobody_dials_in_but_the_owner_and_who_is_being_called() -> None:
    play = begun()
    do(play, Lock(True))
    assert play.hung_up == {play.enter(None): "locked"}
    play.enter(ANNA)  # whose phone rings
    assert play.hears[play.enter(PLAN.owner, owner=True)] is Sound.ROOM


@pytest.mark.parametrize("locked", [True, False])
def test_to_lock_what_is_locked_is_refused(locked: bool) -> None:
    play = begun()
    if locked:
        do(play, Lock(True))
    assert refusal(play, Lock(locked)) == ("it is locked already" if locked else "it is not locked")


# End now


def test_it_ends_now_whoever_is_in_and_each_of_them_is_told() -> None:
    play, *legs = meeting()
    do(play, EndNow())
    assert play.ended == "ended-now"
    assert play.dismissed == dict.fromkeys(legs, "ended-now")
    assert [record.kind for record in play.journal[-5:]] == ["end_wanted", "left", "left", "left", "ended"]
    assert refusal(play, EndNow()) == "it is over"


# Whose act it is


def test_a_participant_may_silence_themselves_and_leave_and_nothing_else() -> None:
    play, owner, anna, boris = meeting()
    assert refusal(play, Kick((boris,)), anna) == "only the owner may do that"
    assert refusal(play, Lock(True), "in-9") == "whoever asks for it is not in any more"
    do(play, Silence((anna,), True), anna)
    assert play.muted == {anna}
    assert refusal(play, Silence((anna,), False), owner) == (
        "Anna Petrova: muted by themselves, which nobody else can undo"
    )
    do(play, Kick((anna,)), anna)
    assert play.hung_up == {anna: "leaving"}
