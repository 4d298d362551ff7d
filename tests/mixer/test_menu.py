"""The menu of a call: what each key does, for whom; and that nobody gets stuck in it, whatever they press."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.prompt import Prompt
from mixer import menu
from mixer.key_table import DEFAULT_KEYS, OWNERS, KeyAction, KeyTable
from mixer.menu import IDLE_SECONDS, LONGEST_PROMPT, MOST, STEP, Do, Hush, Pad, Tell, Turn
from mixer.rules.act_rules import LONGEST_EXTENSION, why_not
from mixer.rules.acts import Acted, CallAgain, Extend, Kick, Lock, Silence, SilenceOthers, WantRecording
from mixer.rules.roster import Stage
from tests.mixer.rehearsal import ANNA, BORIS, END, OWNER, Rehearsal, begun, meeting

KEYS = KeyTable("*", DEFAULT_KEYS)


class Caller:
    """Somebody at one leg: what they press is done, and ``heard`` is what they were told by it."""

    def __init__(self, play: Rehearsal, leg: str, table: KeyTable = KEYS) -> None:
        self.play, self.leg, self.table = play, leg, table
        self.pad = Pad()
        self.heard: tuple[Prompt, ...] | None = None
        self.done: list[object] = []

    def press(self, keys: str) -> tuple[Prompt, ...] | None:
        for key in keys:
            conference = self.play.conference
            leg = conference.legs[self.leg]
            self.pad, deeds = menu.press(self.pad, key, leg, conference, self.table, self.play.now)
            self.heard = None
            for deed in deeds:
                self._take(deed)
        return self.heard

    def _take(self, deed: menu.Deed) -> None:
        match deed:
            case Tell(prompts):
                self.heard = prompts
            case Do(act):
                assert why_not(self.play.conference, act, self.leg, self.play.now) is None
                self.done.append(act)
                self.play.do(Acted(act, self.leg))
            case Hush() | Turn():
                self.done.append(deed)

    @property
    def open(self) -> bool:
        return self.pad.closes is not None and self.play.now < self.pad.closes


def callers() -> tuple[Rehearsal, Caller, Caller]:
    play, owner, anna, _ = meeting()
    return play, Caller(play, owner), Caller(play, anna)


# What is told


def test_a_participant_is_told_of_the_keys_that_are_theirs_and_the_owner_of_more() -> None:
    _, owner, anna = callers()
    said = anna.press("*")
    assert said is not None and said[:4] == (Prompt.MENU_MUTE, Prompt.N1, Prompt.MENU_COUNT, Prompt.N3)
    assert said[-2:] == (Prompt.MENU_LEAVE, Prompt.N0)
    owners = {Prompt.MENU_LOCK, Prompt.MENU_MUTE_OTHERS, Prompt.MENU_KICK_LAST, Prompt.MENU_EXTEND, Prompt.MENU_RECORD}
    assert not owners & set(said)
    heard = owner.press("*")
    assert heard is not None and owners < set(heard) > set(said)
    assert heard[heard.index(Prompt.MENU_LOCK) :][1:3] == (Prompt.N2, Prompt.N2)


def test_what_would_be_refused_now_is_not_told() -> None:
    play, owner, _ = callers()
    heard = owner.press("*")
    assert heard is not None and Prompt.MENU_CALL_AGAIN not in heard, "everybody is in"
    play.do(Acted(Extend(LONGEST_EXTENSION)))
    play.now = END - 10  # the menu has closed
    again = owner.press("*")
    assert again is not None and Prompt.MENU_EXTEND not in again


def test_it_is_told_what_a_key_would_do_now() -> None:
    _, owner, _ = callers()
    for keys in ("*1", "*22", "*21", "*25"):
        owner.press(keys)
    heard = owner.press("*")
    assert heard is not None
    undone = {Prompt.MENU_UNMUTE, Prompt.MENU_UNLOCK, Prompt.MENU_UNMUTE_OTHERS, Prompt.MENU_STOP_RECORDING}
    assert undone < set(heard)
    assert not {Prompt.MENU_MUTE, Prompt.MENU_LOCK, Prompt.MENU_MUTE_OTHERS, Prompt.MENU_RECORD} & set(heard)


def test_keys_that_are_switched_off_do_nothing_and_are_not_told() -> None:
    play, _, anna = callers()
    anna.table = KeyTable("#", {KeyAction.MUTE: "6"})
    assert anna.press("*6") is None
    assert anna.press("#") == (Prompt.MENU_MUTE, Prompt.N6)
    assert anna.press("3") == (Prompt.NOT_POSSIBLE,)
    assert anna.press("6") == (Prompt.YOU_ARE_MUTED,)
    anna.table = KeyTable()
    assert anna.press("#*6") is None
    assert play.muted == {anna.leg}


# What the keys do


def test_one_mutes_oneself_and_is_heard_again_by_the_same_key() -> None:
    play, _, anna = callers()
    assert anna.press("*1") == (Prompt.YOU_ARE_MUTED,)
    assert play.muted == {anna.leg}
    assert anna.press("*1") == (Prompt.YOU_ARE_HEARD,)
    assert play.muted == set()


def test_whom_the_owner_has_muted_is_told_so_and_cannot_undo_it() -> None:
    play, owner, anna = callers()
    assert owner.press("*21") == (Prompt.OTHERS_MUTED,)
    assert anna.press("*1") == (Prompt.OWNER_MUTES_YOU,)
    assert anna.leg in play.muted and owner.leg not in play.muted
    assert owner.press("*21") == (Prompt.OTHERS_HEARD,)
    assert play.muted == set()


def test_who_takes_back_their_own_muting_while_the_owner_s_holds_is_told_so() -> None:
    play, owner, anna = callers()
    anna.press("*1")
    owner.press("*21")
    assert anna.press("*1") == (Prompt.OWNER_MUTES_YOU,)
    assert anna.leg in play.muted


def test_how_many_are_in_is_said_as_a_number() -> None:
    play, owner, anna = callers()
    assert anna.press("*3") == (Prompt.PEOPLE_IN, Prompt.N3)
    for _ in range(20):
        play.dial_in(None)
    assert owner.press("*3") == (Prompt.PEOPLE_IN, Prompt.N20, Prompt.N3)


def test_the_owner_locks_kicks_who_came_last_calls_again_records_and_extends() -> None:
    play, owner, anna = callers()
    assert owner.press("*22") == (Prompt.NOW_LOCKED,)
    assert owner.press("*22") == (Prompt.NOW_UNLOCKED,)
    play.now += 5
    guest = play.dial_in(None)
    assert owner.press("*23") == (Prompt.KICKED,)
    assert play.hung_up[guest] == "kicked"
    assert owner.press("*24") == (Prompt.NOT_POSSIBLE,)
    assert owner.press("*25") == (Prompt.RECORDING_STARTS,)
    assert owner.press("*25") == (Prompt.RECORDING_STOPPED,)
    assert owner.press("*26") == (Prompt.EXTENDED,)
    assert play.conference.end == END + 900
    assert [type(act) for act in owner.done if not isinstance(act, Hush)] == [
        Lock,
        Lock,
        Kick,
        WantRecording,
        WantRecording,
        Extend,
    ]
    assert anna.leg in play.conference.legs


def test_those_who_are_missing_are_called_again() -> None:
    play = begun()
    owner = Caller(play, play.answer(OWNER))
    play.answer(ANNA)
    play.refuse(BORIS)
    assert owner.press("*24") == (Prompt.CALLING_AGAIN,)
    assert owner.done[-1] == CallAgain()
    assert play.rings and play.called.count(BORIS.number) == 2


def test_with_nobody_else_in_there_is_nobody_to_kick() -> None:
    play = begun()
    owner = Caller(play, play.answer(OWNER))
    assert owner.press("*23") == (Prompt.NOT_POSSIBLE,)


def test_who_leaves_by_key_has_left() -> None:
    play, _, anna = callers()
    anna.press("*0")
    assert play.hung_up == {anna.leg: "leaving"}


def test_louder_and_softer_can_be_pressed_again_and_have_an_end() -> None:
    _, _, anna = callers()
    anna.press("*6")
    for _ in range(2):
        assert anna.press("6") == (Prompt.DONE,)
    assert anna.press("6") == (Prompt.NOT_POSSIBLE,)
    assert anna.press("7") == (Prompt.DONE,)
    assert (anna.pad.listening, anna.pad.talking) == (MOST, -STEP)
    assert anna.press("5") == (Prompt.DONE,)
    assert [deed for deed in anna.done if isinstance(deed, Turn)][-1] == Turn(0, -STEP)
    assert anna.open
    assert anna.press("*1") == (Prompt.YOU_ARE_MUTED,), "as who has learnt to press the star each time does it"


def test_what_is_no_key_of_theirs_is_told_and_another_may_be_tried() -> None:
    play, _, anna = callers()
    assert anna.press("*#") == (Prompt.NOT_POSSIBLE,)
    assert anna.press("2#") == (Prompt.NOT_POSSIBLE,), "the owner's begin so"
    assert anna.press("1") == (Prompt.YOU_ARE_MUTED,)
    assert not play.conference.orders.locked


@pytest.mark.parametrize("action", sorted(OWNERS))
def test_a_participant_who_presses_an_owner_s_keys_is_refused_and_presses_none_of_their_own(action: KeyAction) -> None:
    play, _, anna = callers()
    assert anna.press("*" + KEYS.keys[action]) == (Prompt.NOT_POSSIBLE,)
    assert [deed for deed in anna.done if not isinstance(deed, Hush)] == []
    assert play.muted == set()
    assert anna.press("1") == (Prompt.YOU_ARE_MUTED,), "another may be tried"


# How it is left


def test_the_menu_s_key_leaves_it_and_silences_it() -> None:
    play, _, anna = callers()
    anna.press("**")
    assert anna.done == [Hush()]
    assert anna.press("1") is None
    assert play.muted == set()


def test_it_closes_by_itself_some_seconds_after_it_was_told() -> None:
    play, _, anna = callers()
    anna.press("*")
    play.now += 30
    assert anna.open, "it is still being told"
    anna.pad = menu.told(anna.pad, play.now)
    play.now += IDLE_SECONDS - 0.1
    assert anna.open
    play.now += 0.2
    assert anna.press("1") is None
    assert play.muted == set()


def test_a_clock_that_is_set_back_does_not_keep_it_open() -> None:
    play, _, anna = callers()
    anna.press("*")
    anna.pad = menu.told(anna.pad, play.now)
    play.now -= 3600
    assert anna.press("1") is None
    assert play.muted == set()


def test_half_an_owner_s_key_is_forgotten_when_it_closes() -> None:
    play, owner, _ = callers()
    owner.press("*2")
    play.now += IDLE_SECONDS
    assert owner.press("2") is None
    assert owner.press("*22") == (Prompt.NOW_LOCKED,)


@pytest.mark.parametrize("key", "0123456789#")
def test_without_the_menu_s_key_before_it_no_key_does_anything(key: str) -> None:
    play, owner, _ = callers()
    before = play.conference
    assert owner.press(key) is None
    assert (play.conference, owner.done) == (before, [])


def test_who_hears_the_greeting_has_no_menu_yet() -> None:
    play = begun()
    name = play.answer(ANNA)
    leg = replace(play.conference.legs[name], stage=Stage.GREETING)
    assert menu.press(Pad(), "*", leg, play.conference, KEYS, play.now) == (Pad(), ())


OWNERS_ACTS = (Lock, CallAgain, WantRecording, Extend, SilenceOthers)


@given(
    st.lists(
        st.tuples(st.sampled_from(["anna", "owner"]), st.sampled_from("0123456789*#AD"), st.floats(0, 200)),
        max_size=60,
    ),
    st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_whatever_is_pressed_whenever_nobody_gets_stuck_and_only_owners_do_what_is_theirs(
    presses: list[tuple[str, str, float]], told: bool
) -> None:
    play, owner, anna = callers()
    for who, key, later in presses:
        caller = owner if who == "owner" else anna
        if caller.leg not in play.conference.legs:
            continue
        play.wait(later)
        caller.press(key)
        if told:
            caller.pad = menu.told(caller.pad, play.now)
        if caller.leg in play.conference.legs:
            assert caller.pad.closes is None or caller.pad.closes <= play.now + LONGEST_PROMPT
            assert max(abs(caller.pad.listening), abs(caller.pad.talking)) <= MOST
    for act in anna.done:
        assert not isinstance(act, OWNERS_ACTS)
        assert not isinstance(act, Silence | Kick) or act.legs == (anna.leg,)
    for caller in (owner, anna):
        if caller.leg in play.conference.legs:
            play.wait(LONGEST_PROMPT)
            assert not caller.open
            heard = caller.press("*")
            assert heard is not None and Prompt.MENU_COUNT in heard


def test_every_action_is_told_of_and_answered() -> None:
    _, owner, _ = callers()
    said = owner.press("*")
    assert said is not None
    assert len([prompt for prompt in said if prompt.startswith("menu-")]) == len(KeyAction) - 1, "nobody is missing"


def test_all_that_is_told_is_among_what_is_made_ready() -> None:
    ready = set(menu.prompts(KEYS))
    _, owner, _ = callers()
    for keys in ("*", "*1", "*22", "*21", "*25", "*", "*1", "*22", "*21", "*25", "*26", "*3", "*6", "#", "*23", "*24"):
        assert set(owner.press(keys) or ()) <= ready
    assert menu.prompts(KeyTable()) == ()
    assert Prompt.N3 not in menu.prompts(KeyTable("*", {KeyAction.MUTE: "1"}))
