"""What keys and the mixer do to what somebody sees of a conference."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from confctl.watch.scene import Order, Scene, Wanted
from tests.confctl.watch.people import row, told


def scene(count: int = 5, **head: bool | str) -> Scene:
    made = Scene("123456")
    made.take(told(count, **head), 0.0)
    return made


def test_the_cursor_chooses_and_keys_act_on_whom_it_is_at():
    one = scene()
    one.press("down", 0)
    assert one.press("m", 0) == Wanted("mute", "101")
    one.take(row(1, silenced=True), 1)
    assert one.press("m", 1) == Wanted("unmute", "101")


def test_nobody_is_thrown_out_unless_it_is_meant():
    one = scene()
    assert one.press("k", 0) is None and one.question is not None
    assert one.press("n", 0) is None and one.question is None
    one.press("k", 0)
    assert one.press("y", 0) == Wanted("kick", "100")


def test_locking_and_recording_are_what_they_are_not_now():
    assert scene(locked=False).press("l", 0) == Wanted("lock")
    assert scene(locked=True).press("l", 0) == Wanted("unlock")
    assert scene(recording="off").press("r", 0) == Wanted("record", on=True)
    assert scene(recording="paused").press("r", 0) == Wanted("record", on=False)


def test_a_keyboard_left_in_russian_does_the_same():
    one = scene(locked=False)
    assert one.press("д", 0) == Wanted("lock")
    assert one.press("ь", 0) == Wanted("mute", "100")
    one.press("л", 0)
    assert one.press("д", 0) == Wanted("kick", "100"), "the letter of the Russian yes"
    one.press("л", 0)
    assert one.press("н", 0) is None, "the letter of the Russian no, on the key of the English y"
    one.press("й", 0)
    assert one.left


def test_a_guest_is_called_as_commands_call_them():
    one = scene()
    one.take(row(0, name=None, number=None, leg="in-9f-17", role="guest"), 0)
    assert one.press("m", 0) == Wanted("mute", "guest 17")


def test_who_is_not_on_the_line_can_t_be_muted_and_that_is_said():
    one = scene()
    one.take(row(0, leg=None, state="left"), 0)
    assert one.press("m", 5) is None
    assert "not on the line" in str(one.noted(5))
    assert one.noted(60) is None


def test_the_cursor_stays_with_whom_it_was_at_when_rows_move():
    one = scene()
    one.press("end", 0)
    shifted = told(6)
    shifted["people"] = [{**each, "row": 5} for each in shifted["people"][4:5]]  # type: ignore[index, union-attr]  # JSON
    one.take({**shifted, "people": [*row(4, name="New", number="900")["people"], *shifted["people"]]}, 1)  # type: ignore[misc, list-item]  # JSON
    assert one.rows()[one.cursor].number == "104"


def test_who_spoke_last_is_on_top_if_one_wants_and_the_list_stays_as_it_is_else():
    one = scene(6)
    for at, place in ((1, 4), (2, 2)):
        one.take(row(place, speaking=True), at)
        one.take({"levels": {f"123456-{place}": -20}}, at)
        one.take(row(place), at)
    assert [each.number for each in one.rows()][:3] == ["100", "101", "102"]
    one.press("s", 3)
    assert one.order is Order.SPOKEN
    assert [each.number for each in one.rows()][:3] == ["102", "104", "100"]


def test_a_hum_is_noticed_and_speech_with_its_pauses_is_not():
    one = scene()
    for tick in range(300):
        levels = {"123456-1": -38.0}
        if tick % 10 < 7:
            levels["123456-2"] = -15.0
        one.take({"levels": levels}, tick / 5)
    noisy = one.noisiest()
    assert noisy is not None
    assert (noisy[0].number, round(noisy[1])) == ("101", -38)


def test_whose_sound_is_the_worst_is_known():
    one = scene()
    one.take(row(3, mos=2.2), 0)
    worst = one.worst()
    assert worst is not None and worst.number == "103"


def test_the_end_of_the_conference_ends_it():
    one = scene()
    one.take({"over": True}, 0)
    assert one.over


KEYS = st.sampled_from([*"qmklrsyn?hд", "up", "down", "page-up", "page-down", "home", "end", "esc", "ready", "é"])
LINES = st.one_of(
    st.integers(0, 8).map(told),
    st.builds(row, st.integers(0, 9), silenced=st.booleans(), leg=st.sampled_from([None, "x"])),
    st.dictionaries(st.sampled_from(["123456-1", "x"]), st.floats(-127, 0)).map(lambda levels: {"levels": levels}),
    st.sampled_from([{}, {"people": "odd"}, {"people": [3, {"row": -1}, {"row": 99}]}, {"rows": 0}, {"head": 7}]),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(KEYS, LINES), max_size=30))
def test_whatever_is_pressed_and_told_the_cursor_is_at_somebody(inputs):
    one = Scene("123456")
    for now, each in enumerate(inputs):
        if isinstance(each, str):
            one.press(each, now)
        else:
            one.take(each, now)
        assert one.cursor == 0 or one.cursor < len(one.rows())
