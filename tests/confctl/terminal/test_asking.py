"""Questions on a terminal, answered key by key."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import typer
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from confctl.book.drafting import Wanted
from confctl.problems import RefusedError
from confctl.session import Session
from confctl.terminal.asking import Asker
from confctl.terminal.line_editor import LineEditor
from confctl.terminal.plain_lines import PlainLines
from confctl.terminal.questions import terminal
from confctl.words import say
from tests.confctl.book.test_greeting import sound
from tests.confctl.office import moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confctl.words import Language
    from tests.confctl.office import Office

DOWN, UP, CTRL_C, CTRL_D, CLEAR = "\x1b[B", "\x1b[A", "\x03", "\x04", "\x15"


@contextmanager
def typing(keys: str, language: Language = "en") -> Iterator[Asker]:
    """Somebody who types the keys, whatever they are asked, and leaves when asked for more."""
    with create_pipe_input() as pipe:
        pipe.send_text(keys + CTRL_C)
        yield Asker(Session(lang=language), LineEditor(pipe, DummyOutput()))


@pytest.mark.parametrize("keys", ["анн\r", "Анна Петрова\r", "101\r", "4951234567\r"])
def test_somebody_is_picked_by_a_part_of_a_name_or_of_a_number(office: Office, keys: str) -> None:
    with typing(keys) as asker:
        assert asker.person(say("Owner")) == "101"


def test_where_several_fit_they_are_named_and_more_can_be_typed(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    with typing("петр\rпетрова\r") as asker:
        assert asker.person(say("Owner")) == "101"
    said = " ".join(capsys.readouterr().err.split())
    assert "“петр” fits several people: Анна Петрова (101), Иван Петров (104)" in said
    assert "Owner: Анна Петрова, 101" in said


def test_an_empty_line_is_the_one_who_was_owner_before(office: Office) -> None:
    with typing("\r") as asker:
        anna = Session().directory.by_number("101")
        assert asker.person(say("Owner"), anna) == "101"
    with typing(f"\r{CTRL_C}") as asker, pytest.raises(typer.Abort):
        asker.person(say("Owner"))


def test_participants_are_asked_for_until_an_empty_line(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    with typing("бор\rcarol\r\r") as asker:
        assert asker.people() == ("102", "1020")
    said = capsys.readouterr()
    assert "  1. Борис Королёв, 102\n  2. Carol Smith, 1020\n" in said.err
    assert said.out == ""


def test_a_participant_is_taken_back_the_last_one_or_by_name(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    with typing("102\r1020\r104\r-\r-бор\r\r") as asker:
        assert asker.people() == ("1020",)
    said = capsys.readouterr().err
    assert "Иван Петров is taken off the list." in said
    assert "Борис Королёв is taken off the list." in said


def test_nobody_is_in_twice_nor_beside_being_the_owner(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    with typing("101\r102\r102\r\r") as asker:
        assert asker.people(owner=Session().directory.by_number("101")) == ("102",)
    said = capsys.readouterr().err
    assert "Анна Петрова is the owner, and in anyway." in said
    assert "Борис Королёв is on the list already." in said


def test_taking_back_nobody_changes_nothing(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    with typing("-\r102\r-смит\r\r") as asker:
        assert asker.people() == ("102",)
    said = capsys.readouterr().err
    assert "Nobody is on the list yet." in said
    assert "“смит” fits none or several of: Борис Королёв." in said


@pytest.mark.parametrize(
    ("keys", "day"),
    [("\r", "2026-11-30"), ("fri\r", "2026-12-04"), ("завтра\r", "2026-12-01"), ("1.12\r", "2026-12-01")],
)
def test_the_date_is_today_unless_another_is_typed(office: Office, keys: str, day: str) -> None:
    with typing(keys) as asker:
        assert asker.day() == day


def test_late_in_the_evening_the_date_offered_is_tomorrow(office: Office) -> None:
    office.now = moment("2026-11-30 23:40")
    with typing("\r") as asker:
        assert asker.day() == "2026-12-01"


def test_a_wrong_date_is_asked_for_again_with_the_options_message(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    with typing("30.02\r2020-01-01\rtomorrow\r") as asker:
        assert asker.day() == "2026-12-01"
    said = capsys.readouterr().err
    assert "There is no 30.02 in the calendar." in said
    assert "2020-01-01 is past; give today's date or a later one." in said
    assert "Date: Tuesday, 1 December 2026" in said


def test_offered_are_the_next_half_hour_and_one_hour(office: Office) -> None:
    office.now = moment("2026-11-30 12:05")
    with typing("\r\r\r") as asker:
        assert asker.times(None, None, None, "Europe/Moscow") == ("2026-11-30", "12:30", "13:30")
    with typing("fri\r\r\r") as asker:
        assert asker.times(None, None, None, "Europe/Moscow") == ("2026-12-04", "10:00", "11:00")


def test_only_what_was_not_given_is_asked_for(office: Office) -> None:
    with typing("16.30\r") as asker:
        assert asker.times("today", "15:30", None, "Europe/Moscow") == ("today", "15:30", "16:30")


def test_times_that_do_not_go_together_are_asked_for_again(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    with typing("10:00\r11:00\r\r14:00\r15:00\r") as asker:  # it is 12:00
        assert asker.times("today", None, None, "Europe/Moscow") == ("2026-11-30", "14:00", "15:00")
    assert "It is past 11:00 already" in capsys.readouterr().err


def test_a_skipped_time_is_asked_for_again(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    with typing("02:30\r04:00\r\r03:30\r04:00\r") as asker:
        assert asker.times("2027-03-28", None, None, "Europe/Berlin") == ("2027-03-28", "03:30", "04:00")
    assert "There is no 02:30 on 2027-03-28" in " ".join(capsys.readouterr().err.split())


def test_a_greeting_that_will_not_do_is_asked_for_again(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    sound(office.folder / "hello.wav")
    (office.folder / "text.mp3").write_bytes(b"This is no sound." * 2000)
    with typing("hello.ogg\rtext.mp3\rhello.wav\r") as asker:
        assert str(asker.greeting()) == "hello.wav"
    said = capsys.readouterr().err
    assert "There is no file hello.ogg." in said
    assert "text.mp3 can't be played" in said
    assert list((office.folder / "conferences" / "greetings").glob("*.wav")) == []
    with typing("\r") as asker:
        assert asker.greeting() is None


@pytest.mark.parametrize(
    ("keys", "default", "answer"),
    [("\r", True, True), ("\r", False, False), ("да\r", False, True), ("Н\r", True, False), ("y\r", False, True)],
)
def test_yes_and_no_are_said_in_either_language(office: Office, keys: str, default: bool, answer: bool) -> None:
    with typing(keys) as asker:
        assert asker.yes(say("Nobody is on the list yet."), default) is answer


def test_neither_yes_nor_no_is_asked_again(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    with typing("perhaps\rno\r", "ru") as asker:
        assert not asker.yes(say("Nobody is on the list yet."), default=True)
    assert "Ответьте «да» или «нет»." in capsys.readouterr().err


@pytest.mark.parametrize("keys", [CTRL_C, CTRL_D, f"Weekly{CTRL_C}"])
def test_leaving_says_that_nothing_is_changed(office: Office, keys: str, capsys: pytest.CaptureFixture[str]) -> None:
    with typing(keys) as asker, pytest.raises(typer.Abort):
        asker.title()
    assert capsys.readouterr().err == "Nothing is changed.\n"


def test_a_whole_conference_is_asked_for(office: Office) -> None:
    with typing("Weekly\rанн\rбор\r\rиван\rtomorrow\r15:30\r\r\rда\r", "ru") as asker:
        assert asker.conference(Wanted()) == Wanted(
            title="Weekly",
            owner="101",
            joining=("102",),
            deputy="104",
            date="2026-12-01",
            start="15:30",
            end="16:30",
            record=True,
        )


def test_what_was_given_wrong_is_refused_before_anything_is_asked(office: Office) -> None:
    for wanted in (
        Wanted(owner="nobody"),
        Wanted(joining=("101", "nobody")),
        Wanted(deputy="nobody"),
        Wanted(owner="101", deputy="анна"),
        Wanted(date="someday"),
        Wanted(start="15:3"),
        Wanted(zone="Moskau"),
        Wanted(title=" "),
        Wanted(date="2020-01-01"),
    ):
        with typing(CTRL_C) as asker, pytest.raises(RefusedError):
            asker.conference(wanted)


@pytest.mark.parametrize("term", ["dumb", "", "unknown"])
def test_a_terminal_without_a_cursor_is_asked_line_by_line(monkeypatch: pytest.MonkeyPatch, term: str) -> None:
    monkeypatch.setenv("TERM", term)
    assert isinstance(terminal(), PlainLines)


def test_an_end_may_be_typed_as_a_length(office: Office) -> None:
    with typing("3pm\r+90m\r") as asker:
        assert asker.times("tomorrow", None, None, "Europe/Moscow") == ("tomorrow", "15:00", "16:30")
    with typing("23:00\r+2ч\r") as asker:
        assert asker.times("tomorrow", None, None, "Europe/Moscow") == ("tomorrow", "23:00", "01:00")


def test_that_nobody_takes_part_is_shown(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    with typing("102\r-\r\r") as asker:
        assert asker.people() == ()
    assert capsys.readouterr().err.endswith("Participants: —\n")


@pytest.mark.parametrize(
    ("keys", "answer"), [("l\r", True), ("lf\r", True), ("ytn\r", False), ("т\r", False), ("н\r", False)]
)
def test_yes_and_no_are_understood_in_the_other_keyboard_layout(office: Office, keys: str, answer: bool) -> None:
    with typing(keys) as asker:
        assert asker.yes(say("Nobody is on the list yet."), not answer) is answer
