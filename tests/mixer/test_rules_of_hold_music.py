"""Who is muted for hold music, who is told of it, and how they are heard again."""

from __future__ import annotations

import pytest

from mixer.rules.call_rules import Note
from mixer.rules.conference import Sound
from mixer.rules.hold_music_rules import KeyPressed, MusicEnded, MusicHeard, Mute, TellMuted
from mixer.rules.records import Record
from mixer.rules.step import Tick
from tests.mixer.rehearsal import ANNA, BORIS, GREETED, OWNER, RECORDED, START, Rehearsal


def talk() -> tuple[Rehearsal, str, str]:
    """The owner and Anna talk."""
    play = Rehearsal()
    play.do(Tick())
    return play, play.answer(OWNER), play.answer(ANNA)


def test_music_mutes_its_leg_and_tells_it_alone_and_again_each_time() -> None:
    play, _, anna = talk()
    noted = Note(Record("muted", START, anna, ANNA.number))
    assert play.do(MusicHeard(anna)) == (noted, Mute(anna, True), TellMuted(anna))
    assert play.do(MusicHeard(anna)) == (TellMuted(anna),)


def test_the_star_brings_it_back_and_leaves_it_alone_until_this_music_has_ended() -> None:
    play, _, anna = talk()
    play.do(MusicHeard(anna))
    noted = Note(Record("heard_again", START, anna, ANNA.number, detail="key"))
    assert play.do(KeyPressed(anna, "*")) == (noted, Mute(anna, False))
    assert play.do(MusicHeard(anna)) == ()
    assert play.do(MusicEnded(anna)) == ()
    assert play.do(MusicHeard(anna))
    assert play.muted == {anna}


@pytest.mark.parametrize("key", list("0123456789#ABCD"))
def test_no_other_key_brings_it_back(key: str) -> None:
    play, _, anna = talk()
    play.do(MusicHeard(anna))
    assert play.do(KeyPressed(anna, key)) == ()


def test_a_key_of_somebody_who_is_not_muted_does_nothing() -> None:
    play, owner, anna = talk()
    play.do(MusicHeard(anna))
    assert play.do(KeyPressed(owner, "*")) == ()
    assert play.muted == {anna}


def test_when_its_music_has_ended_it_is_heard_again() -> None:
    play, _, anna = talk()
    play.do(MusicHeard(anna))
    noted = Note(Record("heard_again", START, anna, ANNA.number, detail="music-ended"))
    assert play.do(MusicEnded(anna)) == (noted, Mute(anna, False))
    assert play.do(MusicEnded(anna)) == ()


def test_the_owners_phone_is_muted_like_any_other_and_the_talk_goes_on() -> None:
    play, owner, anna = talk()
    play.do(MusicHeard(owner))
    assert play.muted == {owner}
    assert play.hears == {owner: Sound.ROOM, anna: Sound.ROOM}


def test_nobody_is_muted_who_is_not_in_the_talk() -> None:
    play = Rehearsal(GREETED)
    play.do(Tick())
    anna = play.pick_up(ANNA)
    assert play.do(MusicHeard(anna)) == (), "it hears the greeting"
    boris = play.answer(BORIS)
    assert play.do(MusicHeard(boris)) == (), "it waits to music"
    play = Rehearsal(RECORDED)
    play.do(Tick())
    owner = play.answer(OWNER)
    assert play.do(MusicHeard(owner)) == (), "it is being told of the recording"
    assert play.do(MusicHeard("nobody")) == ()


def test_whoever_was_muted_when_the_owner_left_still_is_when_the_owner_is_back() -> None:
    play, owner, anna = talk()
    play.do(MusicHeard(anna))
    play.leave(owner)
    play.dial_in(OWNER)
    assert play.muted == {anna}
    play.leave(anna)
    assert play.do(KeyPressed(anna, "*")) == ()


def test_a_leg_that_leaves_muted_leaves_nothing_behind() -> None:
    play, _, anna = talk()
    play.do(MusicHeard(anna))
    play.leave(anna)
    again = play.dial_in(ANNA)
    assert not play.conference.legs[again].muted
