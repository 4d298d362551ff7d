"""What is announced in a conference, to whom and when."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.prompt import Prompt
from mixer.rules.absence import AbsencePolicy
from mixer.rules.acts import Acted, Extend, HandOver, Kick, Lock, Silence, SilenceOthers, WantRecording
from mixer.rules.announcement_rules import STALE_SECONDS, TONE_SECONDS, Announce
from mixer.rules.announcements import Announcements
from mixer.rules.conference import Sound
from mixer.rules.hold_music_rules import MusicHeard
from mixer.rules.model import Recorded
from mixer.rules.step import Action, Tick
from tests.mixer.rehearsal import ANNA, BORIS, END, HOUR, ONCE, OWNER, PLAN, RECORDED, START, Plan, Rehearsal

ALL = Announcements(20, True, True, True, True, True, True, True, True, True)


class Announced(Rehearsal):
    """Keeps what was told, to whom."""

    def __init__(self, plan: Plan = PLAN, wanted: Announcements = ALL) -> None:
        super().__init__(plan, START, ONCE)
        self.conference = replace(self.conference, announcements=wanted)
        self.told: list[tuple[Prompt, set[str]]] = []
        self.do(Tick())

    def _carry_out_one(self, action: Action) -> None:
        super()._carry_out_one(action)
        if isinstance(action, Announce):
            assert action.legs
            assert set(action.legs) <= self.conference.legs.keys()
            assert all(self.hears[leg] is not Sound.GREETING for leg in action.legs)
            self.told.append((action.prompt, set(action.legs)))

    def news(self) -> list[tuple[Prompt, set[str]]]:
        """Since it was asked last."""
        told, self.told = self.told, []
        return told


def talk(plan: Plan = PLAN, wanted: Announcements = ALL) -> tuple[Announced, str, str]:
    play = Announced(plan, wanted)
    owner, anna = play.answer(OWNER), play.answer(ANNA)
    play.now += TONE_SECONDS
    play.news()
    return play, owner, anna


# Coming and going


def test_who_is_the_first_is_told_so_whether_owner_or_not() -> None:
    play = Announced()
    anna = play.answer(ANNA)
    assert play.news() == [(Prompt.FIRST, {anna})]
    play.answer(BORIS)
    assert play.news() == [], "those who wait hear nothing of each other"


def test_a_soft_tone_tells_those_in_the_talk_of_who_comes_and_who_goes_but_not_the_comer() -> None:
    play, owner, anna = talk()
    boris = play.answer(BORIS)
    assert play.news() == [(Prompt.COMES, {owner, anna})]
    play.now += TONE_SECONDS
    play.leave(boris)
    assert play.news() == [(Prompt.GOES, {owner, anna})]
    play.now += TONE_SECONDS
    play.do(Acted(Kick((anna,))))
    assert play.news() == [(Prompt.GOES, {owner})]


def test_a_crowd_that_comes_within_seconds_is_told_of_once_every_two_seconds() -> None:
    play, *_ = talk()
    for _ in range(8):
        play.dial_in(None)
        play.now += 0.5
    assert [prompt for prompt, _ in play.news()] == [Prompt.COMES, Prompt.COMES]


def test_with_more_people_in_than_are_set_there_are_no_tones() -> None:
    play, _, anna = talk(wanted=replace(ALL, tones=3))
    play.dial_in(None)
    play.now += TONE_SECONDS
    assert [prompt for prompt, _ in play.news()] == [Prompt.COMES]
    play.dial_in(None)
    assert play.news() == []
    play.now += TONE_SECONDS
    play.leave(anna)
    assert [prompt for prompt, _ in play.news()] == [Prompt.GOES]


# The owner


def test_when_the_owner_leaves_all_are_asked_to_hold_and_told_when_the_owner_is_back() -> None:
    play, owner, anna = talk()
    boris = play.answer(BORIS)
    play.news()
    play.leave(owner)
    assert play.news() == [(Prompt.OWNER_LEFT, {anna, boris})]
    assert play.hears[anna] is Sound.MUSIC
    late = play.dial_in(None)
    assert play.news() == []
    play.dial_in(OWNER)
    assert play.news() == [(Prompt.OWNER_BACK, {anna, boris, late})]


def test_an_owner_who_comes_for_the_first_time_is_not_back() -> None:
    play = Announced()
    play.answer(ANNA)
    play.news()
    play.answer(OWNER)
    assert play.news() == []


def test_that_the_owner_is_back_is_told_after_a_crash_too() -> None:
    play, *_ = talk()
    play.crash()
    play.conference = replace(play.conference, announcements=ALL)
    anna = play.answer(ANNA)
    play.news()
    play.answer(OWNER)
    assert play.news() == [(Prompt.OWNER_BACK, {anna})]


def test_who_is_made_the_owner_is_not_told_that_the_owner_is_back() -> None:
    play, owner, anna = talk()
    boris = play.answer(BORIS)
    play.leave(owner)
    play.news()
    play.do(Acted(HandOver(ANNA.number)))
    assert play.news() == [(Prompt.OWNER_BACK, {boris}), (Prompt.YOU_ARE_OWNER, {anna})]


def test_an_owner_who_comes_back_need_not_be_told_of_being_one() -> None:
    play, owner, anna = talk()
    play.do(Acted(HandOver(ANNA.number)))
    assert play.news() == [(Prompt.YOU_ARE_OWNER, {anna})], "on whichever phone"
    play.leave(anna)
    play.news()
    play.dial_in(ANNA)
    assert Prompt.YOU_ARE_OWNER not in [prompt for prompt, _ in play.news()]
    play.do(Acted(HandOver(OWNER.number)))
    assert play.news() == [(Prompt.YOU_ARE_OWNER, {owner})]


def test_a_deputy_who_comes_in_when_the_owner_is_waited_for_no_longer_is_told_to_be_an_owner() -> None:
    play = Announced(replace(PLAN, deputy=ANNA.number))
    play.conference = replace(play.conference, policy=replace(ONCE, absence=AbsencePolicy(seconds=60)))
    play.refuse(OWNER, 603, "Decline")
    boris = play.answer(BORIS)
    play.wait(61)
    play.news()
    anna = play.enter(ANNA)
    assert play.news() == [(Prompt.DEPUTY_LEADS, {boris}), (Prompt.YOU_ARE_OWNER, {anna})]


def test_all_are_told_that_the_deputy_leads_and_the_deputy_to_be_an_owner() -> None:
    play = Announced(replace(PLAN, deputy=ANNA.number))
    play.conference = replace(play.conference, policy=replace(ONCE, absence=AbsencePolicy(seconds=60)))
    play.refuse(OWNER, 603, "Decline")
    anna, boris = play.answer(ANNA), play.answer(BORIS)
    play.wait(59)
    play.news()
    play.wait(1)
    assert play.news() == [(Prompt.DEPUTY_LEADS, {boris}), (Prompt.YOU_ARE_OWNER, {anna})]
    play.do(Acted(Lock(True)))
    play.wait(60)
    assert play.news() == [], "once"


def test_an_owner_who_is_muted_is_not_told_that_the_owner_did_it() -> None:
    play, owner, anna = talk()
    play.do(Acted(Silence((owner, anna), True)))
    assert play.news() == [(Prompt.OWNER_MUTES_YOU, {anna}), (Prompt.YOU_ARE_MUTED, {owner})]


def test_whom_the_owner_mutes_is_told_and_told_when_they_are_heard_again() -> None:
    play, owner, anna = talk()
    play.do(Acted(SilenceOthers(True), owner))
    assert play.news() == [(Prompt.OWNER_MUTES_YOU, {anna})]
    play.do(Acted(Silence((anna,), False), owner))
    assert play.news() == [(Prompt.YOU_ARE_HEARD, {anna})]
    play.do(Acted(Silence((anna,), True), anna))
    assert play.news() == [], "who does it by themselves is answered, not told"


def test_who_comes_while_all_others_are_muted_is_told_so() -> None:
    play, owner, _ = talk()
    play.do(Acted(SilenceOthers(True), owner))
    play.news()
    boris = play.answer(BORIS)
    assert (Prompt.OWNER_MUTES_YOU, {boris}) in play.news()
    second = play.dial_in(OWNER)
    assert all(second not in legs for _, legs in play.news())


# Time


def test_ten_and_two_minutes_before_the_end_all_who_are_in_are_told() -> None:
    play, owner, anna = talk()
    play.wait(HOUR - 600 - (play.now - START) - 0.1)
    assert play.news() == []
    play.wait(0.1)
    assert play.news() == [(Prompt.TEN_MINUTES, {owner, anna})]
    play.wait(480)
    assert play.news() == [(Prompt.TWO_MINUTES, {owner, anna})]
    play.wait(HOUR)
    assert play.news() == []


def test_an_end_that_is_put_off_is_told_of_again() -> None:
    play, owner, anna = talk()
    play.wait(END - 300 - play.now)
    play.do(Acted(Extend(900), owner))
    assert [prompt for prompt, _ in play.news()] == [Prompt.TEN_MINUTES]
    play.wait(900)
    assert play.news() == [(Prompt.TEN_MINUTES, {owner, anna})]


def test_a_conference_of_ten_minutes_is_not_told_so_when_it_begins() -> None:
    play = Announced(replace(PLAN, end=START + 600))
    play.answer(OWNER)
    play.wait(479)
    assert [prompt for prompt, _ in play.news()] == [Prompt.FIRST]
    play.wait(1)
    assert [prompt for prompt, _ in play.news()] == [Prompt.TWO_MINUTES]


def test_what_was_missed_is_not_told_late_nor_of_the_ten_minutes_after_the_two() -> None:
    play, *_ = talk()
    play.now = END - 600 + STALE_SECONDS
    play.do(Tick())
    assert play.news() == []
    play.now = END - 119
    play.do(Tick())
    assert [prompt for prompt, _ in play.news()] == [Prompt.TWO_MINUTES]


# The recording


def test_that_a_recording_has_stopped_is_told_to_all_who_are_in() -> None:
    play, owner, anna = talk(RECORDED)
    play.hear_notice(owner, anna)
    play.do(Acted(WantRecording(Recorded.NOT)))
    assert play.news() == [(Prompt.RECORDING_STOPPED, {owner, anna})]


# What is not wanted


@pytest.mark.parametrize("name", [name for name in Announcements.__slots__ if name != "recording"])
def test_each_can_be_switched_off_and_leaves_the_others(name: str) -> None:
    off = replace(ALL, **{name: 0 if name == "tones" else False})
    every, some = (story(wanted) for wanted in (ALL, off))
    assert set(some) < set(every)
    assert [prompt for prompt in every if prompt in some] == some


def story(wanted: Announcements) -> list[Prompt]:
    """One in which everything is told, if it is wanted."""
    play = Announced(RECORDED, wanted)
    owner, anna = play.answer(OWNER), play.answer(ANNA)
    play.hear_notice(owner, anna)
    play.now += TONE_SECONDS
    boris = play.answer(BORIS)
    play.do(Acted(SilenceOthers(True), owner))
    play.do(Acted(WantRecording(Recorded.NOT)))
    play.now += TONE_SECONDS
    play.leave(boris)
    play.leave(owner)
    play.dial_in(OWNER)
    play.do(Acted(HandOver(ANNA.number)))
    play.wait(END - 60 - play.now)
    return [prompt for prompt, _ in play.news()]


@given(st.lists(st.tuples(st.sampled_from(["come", "go", "owner", "mute", "extend"]), st.floats(0, 400)), max_size=40))
@settings(max_examples=100, deadline=None)
def test_whatever_happens_nobody_is_told_who_is_not_in_and_tones_keep_their_distance(
    events: list[tuple[str, float]],
) -> None:
    play = Announced()
    toned = [-TONE_SECONDS]
    owner = play.answer(OWNER)
    play.news()
    for what, later in events:
        if play.ended is not None:
            break
        match what:
            case "come":
                play.dial_in(None)
            case "go":
                play.leave(*[leg for leg in play.conference.legs if leg != owner][:1])
            case "owner" if owner in play.conference.legs:
                play.leave(owner)
            case "owner":
                owner = play.dial_in(OWNER)
            case "mute":
                play.do(Acted(SilenceOthers(not play.conference.orders.others_silenced)))
            case _:
                play.do(Acted(Extend(60)))
        for prompt, _ in play.news():
            if prompt in (Prompt.COMES, Prompt.GOES):
                assert play.now - toned[-1] >= TONE_SECONDS
                toned.append(play.now)
        play.wait(later)


def test_who_is_muted_no_more_by_the_owner_is_told_what_holds_though_hold_music_mutes_them_or_they_themselves() -> None:
    play, _, anna = talk()
    for event, said in (
        (MusicHeard(anna), Prompt.YOU_ARE_HEARD),
        (Acted(Silence((anna,), True), anna), Prompt.YOU_ARE_MUTED),
    ):
        play.do(event)
        play.do(Acted(Silence((anna,), True)))
        play.do(Acted(Silence((anna,), False)))
        assert play.news() == [(Prompt.OWNER_MUTES_YOU, {anna}), (said, {anna})]
