"""How a watched conference looks, on any screen; and that a terminal shows just that, whatever it showed before."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pyte
from hypothesis import given, settings
from hypothesis import strategies as st

from confctl.terminal.folding import cells
from confctl.watch.keys import READY, Keys
from confctl.watch.painter import Painter
from confctl.watch.picture import BAD, GOOD, Line, Look, Span, picture
from confctl.watch.scene import Scene
from confctl.words import say
from tests.confctl.live.test_conference_status import BEGUN
from tests.confctl.watch.people import row, told

MOSCOW = ZoneInfo("Europe/Moscow")
SMALL = Look(80, 24, "en", MOSCOW)
LARGE = Look(200, 60, "en", MOSCOW)


def scene(count: int = 200) -> Scene:
    made = Scene("123456")
    made.take(told(count, speaking=2), 1.0)
    made.take({"levels": {"123456-0": -10, "123456-1": -30}}, 1.2)
    made.take(row(3, name="Дмитрий Орлов", missed=0.0712, mos=2.9), 2.0)
    made.events.extend(f"15:31:{n:02}  something {n}" for n in range(50))
    return made


def text(lines: list[Line]) -> list[str]:
    return ["".join(span.text for span in line).rstrip() for line in lines]


def test_on_a_small_screen_everything_has_its_place():
    lines = picture(scene(), SMALL, 2.0, BEGUN + 100)
    shown = text(lines)
    assert len(shown) == 24 and max(map(cells, shown)) <= 80
    assert shown[0].startswith("Weekly meeting (123456)") and shown[0].endswith("15:31:40  until 16:45")
    assert shown[1].startswith("the owner is in, 3 in, 1 being called, recorded since 15:30:30, locked, ext")
    assert shown[2] == "speaking: Person 0, Person 1"
    assert shown[3] == "worst sound: Дмитрий Орлов (loss 7.1%, MOS 2.9)"
    assert shown[4].split() == ["name", "state", "level", "loss", "jitter", "MOS"]
    assert shown[5].split() == [">", "Person", "0", "speaks", "██████████", "0.0%", "2", "ms", "4.3"]
    assert "█████ " in f"{shown[6]} "
    assert shown[22] == "15:31:49  something 49"
    assert shown[23].startswith("q quit")


def test_how_many_are_in_is_told_however_much_else_there_is_to_say():
    shown = text(picture(scene(), Look(80, 24, "ru", MOSCOW), 2.0, BEGUN))
    assert "в разговоре: 3, вызываются: 1" in shown[1]
    assert "2 мс" in shown[5]


def test_while_all_hear_music_they_are_said_to_wait():
    waiting = scene()
    waiting.head = replace(waiting.head, owner_in=False)
    assert text(picture(waiting, SMALL, 2.0, BEGUN))[1].startswith("the owner has not come yet, 3 wait, 1 being called")


def test_who_hears_that_it_is_recorded_is_shown_so_in_a_narrow_column_too():
    made = scene()
    made.take(row(1, state="notice", speaking=False), 2.0)
    rows = {look.width: text(picture(made, look, 2.0, BEGUN)) for look in (SMALL, LARGE)}
    assert any("Person 1 " in each and " recording notice " in each for each in rows[SMALL.width])
    assert any("Person 1 " in each and " hears that it is recorded " in each for each in rows[LARGE.width])


def test_a_large_screen_has_more_columns_and_more_people():
    shown = text(picture(scene(), LARGE, 2.0, BEGUN))
    assert " ".join(shown[4].split()) == "name number state since level talked codec loss jitter MOS round trip"
    assert sum(line.strip().startswith("Person") for line in shown) > 35


def test_pages_follow_the_cursor():
    one = scene()
    for _ in range(3):
        one.press("page-down", 0)
        picture(one, SMALL, 2.0, BEGUN)
    assert any(line.startswith(f"> Person {one.cursor}") for line in text(picture(one, SMALL, 2.0, BEGUN)))
    one.press("end", 0)
    assert any(line.startswith("> Person 199") for line in text(picture(one, SMALL, 2.0, BEGUN)))


def test_questions_refusals_and_an_absent_mixer_are_said_at_the_bottom():
    one = scene()
    one.press("k", 2.0)
    assert text(picture(one, SMALL, 2.0, BEGUN))[-1] == "Remove Person 0? (y/n)"
    one.press("n", 2.0)
    one.say(say("it is locked already"), 2.0)
    assert text(picture(one, SMALL, 3.0, BEGUN))[-1] == "it is locked already"
    one.away = True
    assert text(picture(one, SMALL, 30.0, BEGUN))[-1].startswith("The mixer is away")
    one.press("?", 30.0)
    assert "remove them from" in "\n".join(text(picture(one, SMALL, 30.0, BEGUN)))


def test_a_terminal_without_unicode_is_sent_none_of_our_own():
    shown = text(picture(scene(2), Look(80, 24, "en", MOSCOW, unicode=False), 2.0, BEGUN))
    assert "##########" in shown[5] and shown[18] == "-" * 80


def test_what_a_guest_calls_themselves_does_not_act_on_the_terminal():
    one = scene(3)
    one.take(row(1, name="\x1b[2J\x07Evil\u202e"), 0)
    one.events.append("fine")
    assert not any("\x1b" in line or "\x07" in line or "\u202e" in line for line in text(picture(one, SMALL, 2.0, 0)))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 220), st.integers(1, 70), st.integers(0, 40), st.text(max_size=12))
def test_no_screen_gets_more_than_it_has_room_for(width, height, count, name):
    one = scene(count)
    one.take(row(0, name=name, number=name), 2.0)
    lines = picture(one, Look(width, height, "en", MOSCOW), 2.0, BEGUN)
    assert len(lines) == height
    assert all(sum(cells(span.text) for span in line) <= width for line in lines)


spans = st.builds(
    Span,
    st.text(st.sampled_from("ab cЖ李é"), max_size=8),
    st.sampled_from(["", GOOD, BAD, "1", "7"]),
)
pictures = st.lists(st.lists(spans, max_size=3).map(tuple), min_size=6, max_size=6)


@settings(max_examples=80, deadline=None)
@given(st.lists(pictures, min_size=1, max_size=5), st.booleans())
def test_what_is_painted_is_what_is_shown(several, colours):
    screen = pyte.Screen(60, 6)
    stream, painter = pyte.Stream(screen), Painter(colours=colours)
    for lines in several:
        stream.feed(painter.paint(lines))
        assert [line.rstrip() for line in screen.display] == text(lines)
    assert painter.paint(several[-1]) == "", "nothing has changed"


def test_only_what_changes_is_sent():
    one, painter = scene(), Painter(colours=True)
    first = painter.paint(picture(one, SMALL, 2.0, BEGUN))
    one.take({"levels": {"123456-0": -20, "123456-1": -30}}, 2.2)
    then = painter.paint(picture(one, SMALL, 2.2, BEGUN))
    assert len(first.encode()) < 3500 and len(then.encode()) < 60


def test_without_colours_there_are_none():
    painted = Painter(colours=False).paint(picture(scene(), SMALL, 2.0, BEGUN))
    assert "31m" not in painted and "32m" not in painted and "\x1b[0;7m" in painted


def test_keys_are_known_however_a_terminal_says_them():
    keys = Keys()
    assert keys.take(b"q\x1b[A\x1bOB\x1b[5~\x1b[0n\xd0\xb9") == ["q", "up", "down", "page-up", READY, "й"]
    assert keys.take(b"\x1b[") == [] and keys.pending
    assert keys.take(b"6~M") == ["page-down", "m"]
    assert keys.take(b"\x1b") == [] and keys.rest() == ["esc"]
    assert keys.take(b"\x1b[200~\xff") == [] and keys.rest() == [], "what is none of ours"


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40))
def test_whatever_a_terminal_sends_is_no_error(octets):
    keys = Keys()
    keys.take(octets)
    keys.rest()
    assert keys.take(b"q") == ["q"]
