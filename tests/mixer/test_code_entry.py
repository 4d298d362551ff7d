from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.code_entry import (
    FIRST_DIGIT,
    LONGEST_PROMPT,
    MAX_DIGITS,
    NEXT_DIGIT,
    TRIES,
    Action,
    Answer,
    Begun,
    CodeEntry,
    Digit,
    Event,
    HangUp,
    LookUp,
    PromptEnded,
    Say,
    Stage,
    StopSaying,
    Tick,
    Verdict,
    deadline,
    step,
)

HELLO = Say(("enter-code", "tone"))
WRONG = Say(("no-such-conference", "tone"))


class Caller:
    """One call to the conference number; ``heard`` is all that was done about it."""

    def __init__(self) -> None:
        self.entry = CodeEntry()
        self.now = 0.0
        self.heard: list[Action] = []
        self.do(Begun())

    def do(self, event: Event) -> tuple[Action, ...]:
        self.entry, actions = step(self.entry, event, self.now)
        self.heard.extend(actions)
        return actions

    def keys(self, keys: str) -> None:
        for key in keys:
            self.do(Digit(key))

    def wait(self, seconds: float) -> None:
        until = self.now + seconds
        while (due := deadline(self.entry)) is not None and due <= until:
            self.now = due
            self.do(Tick())
            again = deadline(self.entry)
            assert again is None or again > due, "a busy loop"
        self.now = until

    def listen(self) -> tuple[Action, ...]:
        return self.do(PromptEnded())

    def told(self, answer: Answer) -> tuple[Action, ...]:
        return self.do(Verdict(answer))

    def looked_up(self) -> list[str]:
        return [action.code for action in self.heard if isinstance(action, LookUp)]


def test_whoever_calls_hears_hello_and_the_tone() -> None:
    assert Caller().heard == [HELLO]


def test_the_code_keyed_in_after_the_tone_and_ended_by_a_star_is_looked_up() -> None:
    caller = Caller()
    caller.listen()
    caller.keys("4711*")
    assert caller.heard == [HELLO, LookUp("4711")]


def test_a_hash_ends_the_code_as_well() -> None:
    caller = Caller()
    caller.listen()
    caller.keys("4711#")
    assert caller.looked_up() == ["4711"]


def test_keying_may_start_before_the_prompt_ends_and_silences_it_once() -> None:
    caller = Caller()
    caller.keys("4711*")
    assert caller.heard == [HELLO, StopSaying(), LookUp("4711")]


def test_the_end_of_a_prompt_that_was_silenced_in_that_moment_changes_nothing() -> None:
    caller = Caller()
    caller.keys("4")
    before = caller.entry
    assert caller.listen() == ()
    assert caller.entry == before


def test_the_right_code_ends_the_dialogue() -> None:
    caller = Caller()
    caller.keys("4711*")
    assert caller.told(Answer.OK) == ()
    assert (caller.entry.stage, deadline(caller.entry)) == (Stage.OVER, None)


def test_before_the_start_its_prompt_then_we_hang_up() -> None:
    caller = Caller()
    caller.keys("4711*")
    assert caller.told(Answer.TOO_EARLY) == (Say(("not-started",)),)
    assert [str(action.reason) for action in caller.listen() if isinstance(action, HangUp)] == ["too-early"]


def test_who_is_not_listed_hears_so_then_we_hang_up() -> None:
    caller = Caller()
    caller.keys("4711*")
    assert caller.told(Answer.NOT_LISTED) == (Say(("not-admitted",)),)
    assert [str(action.reason) for action in caller.listen() if isinstance(action, HangUp)] == ["not-admitted"]


def test_a_wrong_code_has_two_more_tries_then_good_bye_and_we_hang_up_after_it_was_said() -> None:
    caller = Caller()
    for code in ("1", "2"):
        caller.keys(f"{code}*")
        assert caller.told(Answer.NO_SUCH) == (WRONG,)
        caller.listen()
    caller.keys("3*")
    assert caller.told(Answer.NO_SUCH) == (Say(("no-such-conference", "good-bye")),)
    assert [str(action.reason) for action in caller.listen() if isinstance(action, HangUp)] == ["no-such-conference"]
    assert caller.looked_up() == ["1", "2", "3"]


def test_the_second_try_can_succeed() -> None:
    caller = Caller()
    caller.keys("4712*")
    caller.told(Answer.NO_SUCH)
    caller.keys("4711*")
    caller.told(Answer.OK)
    assert caller.looked_up() == ["4712", "4711"]


def test_nothing_typed_after_the_tone_counts_as_a_try_and_brings_the_whole_prompt_again() -> None:
    caller = Caller()
    caller.listen()
    caller.wait(FIRST_DIGIT - 0.1)
    assert caller.heard == [HELLO]
    caller.wait(0.1)
    assert caller.heard == [HELLO, HELLO]
    assert caller.entry.tries == 1


def test_who_never_types_hears_the_prompt_three_times_then_good_bye() -> None:
    caller = Caller()
    for _ in range(TRIES):
        caller.listen()
        caller.wait(FIRST_DIGIT)
    assert caller.heard == [HELLO, HELLO, HELLO, Say(("good-bye",))]
    assert [str(action.reason) for action in caller.listen() if isinstance(action, HangUp)] == ["no-code"]


def test_who_forgets_the_star_gets_the_code_looked_up_after_a_pause() -> None:
    caller = Caller()
    caller.keys("4711")
    caller.wait(NEXT_DIGIT - 0.1)
    assert caller.looked_up() == []
    caller.wait(0.1)
    assert caller.looked_up() == ["4711"]


def test_each_digit_gives_time_for_the_next() -> None:
    caller = Caller()
    for digit in "4711":
        caller.keys(digit)
        caller.wait(NEXT_DIGIT - 0.1)
    caller.keys("*")
    assert caller.looked_up() == ["4711"]


@pytest.mark.parametrize("keys", ["*", "#", "**#*"])
def test_a_star_alone_is_no_lookup_silences_nothing_and_wins_no_time(keys: str) -> None:
    caller = Caller()
    caller.keys(keys)
    assert caller.heard == [HELLO]
    caller.listen()
    due = deadline(caller.entry)
    caller.wait(3)
    caller.keys(keys)
    assert (caller.heard, deadline(caller.entry)) == ([HELLO], due)


@pytest.mark.parametrize("key", ["A", "B", "C", "D", "", "12", "٤", "x"])
def test_keys_that_no_code_has_are_passed_over(key: str) -> None:
    caller = Caller()
    caller.do(Digit(key))
    caller.keys("4711*")
    assert caller.looked_up() == ["4711"]


def test_digits_keyed_while_the_code_is_looked_up_begin_the_next_try_without_a_prompt_in_between() -> None:
    caller = Caller()
    caller.keys("4712*47")
    assert caller.told(Answer.NO_SUCH) == ()
    caller.keys("11*")
    assert caller.looked_up() == ["4712", "4711"]


def test_a_whole_code_keyed_meanwhile_is_looked_up_at_once_and_the_rest_is_kept_on() -> None:
    caller = Caller()
    caller.keys("1*2*3*")
    assert caller.told(Answer.NO_SUCH) == (LookUp("2"),)
    assert caller.told(Answer.NO_SUCH) == (LookUp("3"),)
    assert caller.told(Answer.NO_SUCH) == (Say(("no-such-conference", "good-bye")),)


def test_a_star_pressed_twice_is_not_a_second_try() -> None:
    caller = Caller()
    caller.keys("4712**")
    assert caller.told(Answer.NO_SUCH) == (WRONG,)


def test_digits_kept_give_the_usual_time_for_the_next() -> None:
    caller = Caller()
    caller.keys("4712*47")
    caller.now += 100
    caller.told(Answer.NO_SUCH)
    assert deadline(caller.entry) == caller.now + NEXT_DIGIT


def test_at_most_32_digits_are_looked_up_and_more_of_them_win_no_time() -> None:
    caller = Caller()
    caller.keys("1" * MAX_DIGITS)
    due = deadline(caller.entry)
    caller.now += 1
    caller.keys("2" * 10)
    assert deadline(caller.entry) == due
    caller.keys("*")
    assert caller.looked_up() == ["1" * MAX_DIGITS]


def test_a_prompt_whose_end_is_never_told_does_not_hold_the_caller_for_ever() -> None:
    caller = Caller()
    caller.wait(TRIES * (LONGEST_PROMPT + FIRST_DIGIT) + LONGEST_PROMPT)
    assert isinstance(caller.heard[-1], HangUp)


def test_keys_during_the_farewell_change_nothing() -> None:
    caller = Caller()
    caller.keys("4711*")
    caller.told(Answer.TOO_EARLY)
    before = caller.entry
    caller.keys("4711*#")
    assert caller.entry == before


def test_what_comes_before_the_beginning_changes_nothing() -> None:
    for event in (Digit("1"), Digit("*"), PromptEnded(), Tick(), Verdict(Answer.OK)):
        assert step(CodeEntry(), event, 0.0) == (CodeEntry(), ())


def test_a_second_beginning_changes_nothing() -> None:
    caller = Caller()
    assert caller.do(Begun()) == ()


EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.sampled_from("0123456789*#A").map(Digit),
    st.sampled_from([Begun(), PromptEnded(), Tick()]),
    st.sampled_from(Answer).map(Verdict),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(EVENTS, st.floats(0, 12)), max_size=120))
def test_any_events_in_any_order_make_at_most_three_lookups_and_always_an_end(
    events: list[tuple[Event, float]],
) -> None:
    caller = Caller()
    for event, pause in events:
        caller.do(event)
        caller.wait(pause)
    for _ in range(TRIES):
        caller.wait(TRIES * (LONGEST_PROMPT + FIRST_DIGIT + MAX_DIGITS * NEXT_DIGIT))
        caller.told(Answer.NO_SUCH)
    caller.wait(LONGEST_PROMPT)
    assert caller.entry.stage is Stage.OVER
    assert len(caller.looked_up()) <= TRIES
    assert all(code and set(code) <= set("0123456789") and len(code) <= MAX_DIGITS for code in caller.looked_up())
    hung_up = [place for place, action in enumerate(caller.heard) if isinstance(action, HangUp)]
    assert hung_up in ([], [len(caller.heard) - 1])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from("0123456789*#"), max_size=200), st.integers(0, 3))
def test_whoever_never_stops_typing_is_stopped(keys: list[str], pause: int) -> None:
    """Digits without an end win time for one code only."""
    caller = Caller()
    for key in (*keys, *"7" * 300):
        caller.keys(key)
        if caller.entry.stage is Stage.LOOKING_UP:
            caller.told(Answer.NO_SUCH)
        caller.wait(pause + 1)
    assert caller.entry.tries > 0
