"""What each act does to a conference, and when it is refused."""

from __future__ import annotations

from mixer.rules.act_rules import LONGEST_EXTENSION
from mixer.rules.acts import (
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
from mixer.rules.call_policy import CallPolicy
from mixer.rules.call_rules import Left
from mixer.rules.conference import Sound
from mixer.rules.hold_music_rules import KeyPressed, MusicEnded, MusicHeard
from mixer.rules.model import Recorded
from tests.mixer.meeting_acts import do, refusal
from tests.mixer.rehearsal import ANNA, BORIS, END, HOUR, OWNER, START, Rehearsal, begun, meeting

# Silence


def test_a_silenced_leg_is_not_heard_until_it_is_allowed_to_speak_again() -> None:
    play, owner, anna, _ = meeting()
    do(play, Silence((anna,), True), owner)
    assert play.muted == {anna}
    assert refusal(play, Silence((anna,), True)) == "Anna Petrova: muted already"
    do(play, Silence((anna,), False))
    assert play.muted == set()
    assert refusal(play, Silence((anna,), False)) == "Anna Petrova: not muted"
    noted = [(record.kind, record.leg, record.person, record.by) for record in play.journal[-2:]]
    assert noted == [("silenced", anna, "102", owner), ("unsilenced", anna, "102", "")]


def test_who_is_silenced_stays_so_whoever_else_mutes_and_unmutes_them() -> None:
    play, owner, anna, _ = meeting()
    do(play, Silence((anna,), True))
    for event in (MusicHeard(anna), KeyPressed(anna, "*"), MusicEnded(anna), MusicHeard(anna)):
        play.do(event)
        assert play.muted == {anna}
    do(play, Silence((anna,), False))
    assert play.muted == {anna}, "still plays music"
    play.do(MusicEnded(anna))
    assert play.muted == set()
    play.leave(owner)
    assert play.muted == set()


def test_who_is_silenced_is_so_on_each_phone_of_theirs_and_when_they_dial_in_again_or_are_called_back() -> None:
    play, _, anna, _ = meeting()
    mobile = play.dial_in(ANNA)
    do(play, Silence((anna,), True))
    assert play.muted == {anna, mobile}
    play.leave(anna, mobile)
    again = play.dial_in(ANNA)
    assert play.muted == {again}
    play.crash()
    assert play.muted == {play.answer(ANNA)}
    play.answer(BORIS)
    assert len(play.muted) == 1


def test_with_all_others_those_are_silenced_who_come_later_and_owners_are_not() -> None:
    play, owner, anna, boris = meeting()
    guest = play.dial_in(None)
    do(play, SilenceOthers(True), owner)
    late = play.dial_in(None)
    assert play.muted == {anna, boris, guest, late}
    do(play, Silence((boris,), False))
    assert play.muted == {anna, guest, late}
    play.crash()
    legs = [play.answer(person) for person in (OWNER, ANNA, BORIS)]
    guest = play.dial_in(None)
    assert play.muted == {legs[1], guest}
    do(play, SilenceOthers(True))
    assert play.muted == {*legs[1:], guest}
    assert refusal(play, SilenceOthers(True)) == "everybody but the owner: muted already"
    do(play, SilenceOthers(False))
    assert play.muted == set()
    assert refusal(play, SilenceOthers(False)) == "everybody but the owner: not muted"


def test_an_owner_who_was_silenced_alone_stays_so_when_the_others_are_heard_again() -> None:
    play, owner, anna, boris = meeting()
    do(play, Silence((owner, anna), True))
    do(play, SilenceOthers(True))
    assert play.muted == {owner, anna, boris}
    do(play, SilenceOthers(False))
    assert play.muted == {owner}
    play.crash()
    assert play.muted == {play.answer(OWNER)}


def test_who_was_silenced_as_the_owner_is_heard_with_the_others_once_they_are_the_owner_no_more() -> None:
    play, owner, anna, _ = meeting()
    do(play, Silence((owner,), True))
    do(play, HandOver(ANNA.number))
    do(play, SilenceOthers(False))
    assert play.muted == set()
    assert refusal(play, Silence((owner,), False)) is not None
    do(play, Silence((owner,), True))
    play.crash()
    again = play.answer(OWNER)
    assert (play.muted, anna in play.conference.legs) == ({again}, False)


def test_whoever_mutes_themselves_does_so_on_this_phone_and_until_they_hang_up() -> None:
    play, owner, anna, _ = meeting()
    mobile = play.dial_in(ANNA)
    do(play, Silence((anna,), True), anna)
    assert play.muted == {anna}
    assert refusal(play, Silence((anna,), True), anna) == "you are muted already"
    why = "Anna Petrova: muted by themselves, which nobody else can undo"
    assert refusal(play, Silence((anna,), False), owner) == why
    do(play, SilenceOthers(True))
    do(play, SilenceOthers(False))
    assert play.muted == {anna}
    play.leave(anna, mobile)
    play.dial_in(ANNA)
    assert play.muted == set()


def test_whoever_is_silenced_by_the_owner_cannot_undo_it() -> None:
    play, owner, anna, _ = meeting()
    assert refusal(play, Silence((anna,), False), anna) == "you are not muted"
    do(play, Silence((anna,), True), owner)
    assert refusal(play, Silence((anna,), False), anna) == "the owner has muted you"
    do(play, Silence((anna,), True), anna)
    do(play, Silence((anna,), False), owner)
    assert play.muted == {anna}
    do(play, Silence((anna,), False), anna)
    assert play.muted == set()


def test_who_is_still_being_called_is_silenced_as_soon_as_they_come() -> None:
    play = begun()
    do(play, Silence((play.leg(ANNA),), True))
    assert play.muted == set()
    assert play.muted == {play.answer(ANNA)}


# Kick


def test_who_is_kicked_is_hung_up_and_not_called_back_after_a_crash() -> None:
    play, owner, anna, _ = meeting()
    do(play, Kick((anna,)), owner)
    assert play.hung_up == {anna: "kicked"}
    assert [(record.kind, record.by) for record in play.journal[-2:]] == [("kicked", owner), ("left", "")]
    play.crash()
    assert play.called == ["101", "103"]


def test_who_is_kicked_while_the_phone_rings_is_not_called_again() -> None:
    play = begun()
    do(play, Kick((play.leg(BORIS),)))
    assert "103" not in play.rings.values()
    play.crash()
    assert play.called == ["101", "102"]


def test_who_was_lost_once_and_is_kicked_is_not_called_again() -> None:
    play = Rehearsal(policy=CallPolicy(trunk=False))
    play.wait(0)
    play.answer(OWNER)
    anna = play.answer(ANNA)
    play.do(Left(anna, "no sound for 30 seconds", lost=True))
    play.wait(5)
    do(play, Kick((play.leg(ANNA),)))
    play.called.clear()
    play.wait(HOUR)
    assert "102" not in play.called


def test_who_is_kicked_while_a_call_is_still_to_come_is_not_called_again_after_a_crash_either() -> None:
    play = Rehearsal(policy=CallPolicy(trunk=False))
    play.wait(0)
    play.answer(OWNER)
    play.refuse(ANNA)
    play.refuse(BORIS)
    do(play, Kick((), ("102",)))
    assert (play.journal[-1].kind, play.journal[-1].leg, play.journal[-1].person) == ("kicked", None, "102")
    assert refusal(play, Kick((), ("102",))) == "nobody of these is on the line any more"
    play.called.clear()
    play.crash()
    play.wait(HOUR)
    assert "102" not in play.called and "103" in play.called


def test_whoever_leaves_by_key_can_not_have_others_called_no_more() -> None:
    play = Rehearsal(policy=CallPolicy(trunk=False))
    play.wait(0)
    play.answer(OWNER)
    boris = play.answer(BORIS)
    play.refuse(ANNA)
    assert refusal(play, Kick((boris,), ("102",)), boris) == "only the owner may do that"


def test_who_was_kicked_may_dial_in_again_and_be_called_in_but_not_with_all_who_are_missing() -> None:
    play, _, anna, _ = meeting()
    do(play, Kick((anna,)))
    assert refusal(play, CallAgain()) == "everybody who has not left is in, or is being called"
    do(play, CallAgain((ANNA.number,)))
    do(play, Kick((play.leg(ANNA),)))
    assert play.hears[play.dial_in(ANNA)] is Sound.ROOM


def test_when_the_last_one_is_kicked_it_is_over() -> None:
    play, *legs = meeting()
    do(play, Kick(tuple(legs)))
    assert play.ended == "last-left"
    assert refusal(play, Kick(tuple(legs))) == "it is over"


def test_nobody_is_kicked_who_is_gone() -> None:
    play, _, anna, boris = meeting()
    play.leave(anna)
    assert refusal(play, Kick((anna,))) == "nobody of these is on the line any more"
    do(play, Kick((anna, boris)))
    assert play.hung_up == {boris: "kicked"}


# Recording


def test_a_recording_is_begun_and_ended_and_the_wish_outlives_a_crash() -> None:
    play, owner, anna, boris = meeting()
    do(play, WantRecording(Recorded.MIXED), owner)
    assert set(play.hears.values()) == {Sound.NOTICE}
    play.hear_notice(owner, anna, boris)
    assert play.tape == "rolls"
    assert refusal(play, WantRecording(Recorded.MIXED)) == "it is recorded already"
    play.crash()
    owner = play.answer(OWNER)
    assert play.hears[owner] is Sound.NOTICE
    do(play, WantRecording(Recorded.NOT))
    assert play.hears[owner] is Sound.ROOM
    play.crash()
    assert refusal(play, WantRecording(Recorded.NOT)) == "it is not recorded"


# The end


def test_it_ends_now_whoever_is_in_and_each_of_them_is_told() -> None:
    play, *legs = meeting()
    do(play, EndNow())
    assert play.ended == "ended-now"
    assert play.dismissed == dict.fromkeys(legs, "ended-now")
    assert [record.kind for record in play.journal[-5:]] == ["end_wanted", "left", "left", "left", "ended"]
    assert refusal(play, EndNow()) == "it is over"


def test_a_crash_in_the_middle_of_its_end_only_ends_it() -> None:
    play, *_ = meeting()
    do(play, EndNow())
    again = Rehearsal(now=play.now)
    again.journal = play.journal[:-4]
    assert again.journal[-1].kind == "end_wanted"
    again.crash()
    assert (again.called, again.ended) == ([], "ended-now")


def test_its_end_is_put_off_also_after_a_crash() -> None:
    play = begun()
    for person in (OWNER, ANNA, BORIS):
        play.refuse(person)
    do(play, Extend(1800))
    play.wait(HOUR)
    assert play.ended is None
    play.crash()
    do(play, Extend(600))
    assert play.conference.end == END + 2400
    play.wait(2394)
    assert play.ended is None
    play.wait(1)
    assert play.ended == "planned-end"


def test_its_end_is_put_off_and_not_for_ever() -> None:
    play, *_ = meeting()
    assert refusal(play, Extend(LONGEST_EXTENSION + 1)) == "its end can be put off by 24 hours at most"
    for seconds in (0, -60, float("nan")):
        assert refusal(play, Extend(seconds)) == "its end can only be put off"
    do(play, Extend(LONGEST_EXTENSION))
    assert refusal(play, Extend(60)) == "its end can be put off by 24 hours at most"
    assert refusal(play, Extend(float("inf"))) == "its end can be put off by 24 hours at most"


def test_past_its_planned_end_it_is_put_off_from_now_on_and_so_it_is_after_a_crash() -> None:
    play, *legs = meeting()
    play.wait(HOUR + 300)
    assert refusal(play, Extend(LONGEST_EXTENSION)) == "its end can be put off by 24 hours at most"
    do(play, Extend(600))
    assert play.conference.end == play.now + 600
    play.leave(*legs[1:])
    play.crash()
    assert play.conference.end == END + 900
    owner = play.answer(OWNER)
    play.wait(600)
    assert refusal(play, Extend(60)) is None, "people are in"
    play.leave(owner)
    assert (play.ended, refusal(play, Extend(60))) == ("planned-end", "it is over")


# Whose act it is


def test_a_participant_may_silence_themselves_and_leave_and_nothing_else() -> None:
    play, _, anna, boris = meeting()
    others = (Kick((anna, boris)), Silence((boris,), True), SilenceOthers(True))
    for act in (Kick((boris,)), Lock(True), EndNow(), *others):
        assert refusal(play, act, anna) == "only the owner may do that"
    assert refusal(play, Lock(True), "in-9") == "whoever asks for it is not in any more"
    do(play, Kick((anna,)), anna)
    assert play.hung_up == {anna: "leaving"}
    assert [record.kind for record in play.journal[-2:]] == ["joined", "left"], "nobody has thrown her out"


def test_before_it_begins_and_while_the_mixer_stops_nothing_can_be_done() -> None:
    early = Rehearsal(now=START - 10)
    assert refusal(early, Lock(True)) == "it has not begun yet"
    play, *_ = meeting()
    play.stop()
    assert refusal(play, Lock(True)) == "the mixer stops; the conference goes on when it runs again"


def test_an_act_that_is_refused_changes_nothing() -> None:
    play, owner, *_ = meeting()
    before = play.conference
    assert play.do(Acted(HandOver(owner))) == ()
    assert play.conference == before
