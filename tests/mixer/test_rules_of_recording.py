"""Who is told that a conference is recorded, when the tape runs, and why it ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mixer.rules.acts import Acted, WantRecording
from mixer.rules.call_rules import Note
from mixer.rules.conference import Sound
from mixer.rules.model import Recorded
from mixer.rules.recording_rules import NoticeEnded, RecordingFailed, Roll
from mixer.rules.step import Tick
from tests.mixer.rehearsal import ANNA, BORIS, GREETED, OWNER, PLAN, RECORDED, Rehearsal

GREETING, MUSIC, NOTICE, ROOM = Sound.GREETING, Sound.MUSIC, Sound.NOTICE, Sound.ROOM


def talk() -> tuple[Rehearsal, str, str]:
    """The owner and Anna talk, and both know that they are recorded."""
    play = Rehearsal(RECORDED)
    play.do(Tick())
    owner, anna = play.answer(OWNER), play.answer(ANNA)
    play.hear_notice(owner, anna)
    return play, owner, anna


def test_everybody_is_told_when_the_talk_begins_and_whoever_comes_later_before_they_enter_it() -> None:
    play = Rehearsal(RECORDED)
    play.do(Tick())
    anna = play.answer(ANNA)
    assert play.hears == {anna: MUSIC}, "nothing is recorded yet"
    owner = play.answer(OWNER)
    assert play.hears == {anna: NOTICE, owner: NOTICE}
    assert play.tape is None
    play.hear_notice(anna)
    assert play.hears == {anna: ROOM, owner: NOTICE}
    play.hear_notice(owner)
    boris = play.answer(BORIS)
    assert play.hears == {anna: ROOM, owner: ROOM, boris: NOTICE}
    play.hear_notice(boris)
    assert play.hears[boris] is ROOM


def test_the_greeting_comes_before_the_notice() -> None:
    play = Rehearsal(replace(GREETED, record=Recorded.MIXED))
    play.do(Tick())
    owner = play.pick_up(OWNER)
    assert play.hears == {owner: GREETING}
    play.answer(ANNA)
    assert play.hears[owner] is GREETING


def test_the_tape_runs_from_the_moment_when_the_first_who_knows_of_it_can_talk() -> None:
    play = Rehearsal(RECORDED)
    play.do(Tick())
    owner = play.answer(OWNER)
    assert play.tape is None
    assert Roll(Recorded.MIXED) in play.do(NoticeEnded(owner))


def test_while_the_owner_is_away_nothing_is_recorded_and_nobody_is_told_twice() -> None:
    play, owner, anna = talk()
    play.leave(owner)
    assert (play.tape, play.hears) == ("pauses", {anna: MUSIC})
    back = play.dial_in(OWNER)
    assert play.hears == {anna: ROOM, back: NOTICE}
    assert play.tape == "rolls"


def test_a_notice_that_the_owner_s_leaving_broke_off_is_heard_anew() -> None:
    play = Rehearsal(RECORDED)
    play.do(Tick())
    owner, anna = play.answer(OWNER), play.answer(ANNA)
    play.leave(owner)
    play.hear_notice(anna)
    assert play.hears == {anna: MUSIC}
    play.dial_in(OWNER)
    assert play.hears[anna] is NOTICE


def test_the_recording_ends_with_the_conference() -> None:
    play, owner, anna = talk()
    play.refuse(BORIS)
    play.leave(owner, anna)
    assert play.ended == "last-left"
    assert play.tape == "over"


def test_after_a_crash_it_goes_on_and_everybody_is_told_again() -> None:
    play, *_ = talk()
    play.crash()
    owner = play.answer(OWNER)
    assert play.hears[owner] is NOTICE
    play.hear_notice(owner)
    assert play.tape == "rolls"


def test_a_mixer_that_stops_ends_the_recording() -> None:
    play, *_ = talk()
    play.stop()
    assert play.tape == "stopping"


@pytest.mark.parametrize("reason", ["full", "failed", "Input/output error"])
def test_a_recording_that_fails_ends_and_the_talk_goes_on_without_it(reason: str) -> None:
    play, owner, anna = talk()
    boris = play.answer(BORIS)
    play.do(RecordingFailed(reason))
    assert play.tape == reason
    assert play.hears == {owner: ROOM, anna: ROOM, boris: ROOM}, "nobody hears of a recording that there isn't"


def test_somebody_wants_a_conference_recorded_from_now_on_and_no_more_and_again() -> None:
    play = Rehearsal(PLAN)
    play.do(Tick())
    owner, anna = play.answer(OWNER), play.answer(ANNA)
    play.do(Acted(WantRecording(Recorded.TRACKS)))
    assert play.hears == {owner: NOTICE, anna: NOTICE}
    play.hear_notice(owner, anna)
    assert (play.tape, play.hears) == ("rolls", {owner: ROOM, anna: ROOM})
    play.do(Acted(WantRecording(Recorded.NOT)))
    assert (play.tape, play.hears) == ("unwanted", {owner: ROOM, anna: ROOM})
    play.do(Acted(WantRecording(Recorded.MIXED)))
    assert set(play.hears.values()) == {NOTICE}, "another recording"
    play.hear_notice(anna)
    assert play.tape == "rolls"


def test_tracks_can_be_wanted_while_the_tape_runs_and_nobody_is_told_again() -> None:
    play, owner, anna = talk()
    assert play.do(Acted(WantRecording(Recorded.TRACKS)))[-1] == Roll(Recorded.TRACKS)
    assert play.hears == {owner: ROOM, anna: ROOM}
    play.leave(owner)
    noted, *done = play.do(Acted(WantRecording(Recorded.MIXED)))
    assert isinstance(noted, Note) and not done, "the tape does not run"


def test_what_is_wanted_already_changes_nothing() -> None:
    play, owner, anna = talk()
    assert play.do(Acted(WantRecording(Recorded.MIXED))) == ()
    assert play.do(NoticeEnded(owner)) == play.do(NoticeEnded("nobody")) == ()
    assert play.hears == {owner: ROOM, anna: ROOM}
