"""Questions on a real pseudo-terminal: the command itself, key by key."""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.confctl.pseudo_terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.confctl.office import Office

DOWN, UP, CTRL_C, CTRL_D, CLEAR = "\x1b[B", "\x1b[A", "\x03", "\x04", "\x15"


@contextmanager
def at_the_terminal(
    office: Office, *words: str, columns: int = 80, term: str = "xterm-256color", no_color: str = ""
) -> Iterator[Terminal]:
    """The program itself, on a terminal, in the company's folder."""
    surroundings = {
        "PATH": os.environ["PATH"],
        "HOME": str(office.folder),
        "TERM": term,
        "NO_COLOR": no_color,
        "LC_ALL": "C.UTF-8",
    }
    with Terminal([sys.executable, "-m", "confctl", *words], office.folder, surroundings, columns) as terminal:
        yield terminal


FUTURE = ("--date", "2099-11-30", "--from", "15:30", "--to", "16:30")


def test_on_a_terminal_the_owner_is_picked_by_typing_three_letters(office: Office) -> None:
    with at_the_terminal(office, "add", "Weekly", *FUTURE) as screen:
        screen.wait_for("Owner:")
        screen.type("бор")
        screen.wait_for("Борис Королёв  102")  # the menu
        screen.type("\r")
        screen.wait_for("Owner: Борис Королёв, 102")
        screen.wait_for("Participant 1:")
        screen.type("\r")
        screen.wait_for("Greeting")
        screen.type("\r")
        screen.wait_for("Record it? [y/N]")
        screen.type("\r")
        screen.wait_for("Plan it? [Y/n]")
        screen.type("\r")
        screen.wait_for("is planned")
        assert screen.status() == 0
    (conference,) = office.confctl("list", "--json").conferences()
    assert conference["owner"] == {"name": "Борис Королёв", "number": "102"}


def test_somebody_is_chosen_from_the_menu_with_the_arrows(office: Office) -> None:
    with at_the_terminal(office, "add", "Weekly", *FUTURE) as screen:
        screen.wait_for("Owner:")
        screen.type("петр")
        screen.wait_for("Иван Петров")
        screen.type(DOWN)
        screen.wait_for("Owner: Анна Петрова")
        screen.type(DOWN)
        screen.wait_for("Owner: Иван Петров")
        screen.type("\r")
        screen.wait_for("Owner: Иван Петров, 104")


@pytest.mark.parametrize("keys", [CTRL_C, CTRL_D])
def test_leaving_changes_nothing_and_exits_130(office: Office, keys: str) -> None:
    with at_the_terminal(office, "add", "Weekly", *FUTURE) as screen:
        screen.wait_for("Owner:")
        screen.type("101\r")
        screen.wait_for("Participant 1:")
        screen.type(keys)
        screen.wait_for("Nothing is changed.")
        assert screen.status() == 130
    assert office.confctl("list", "--json").conferences() == []


def test_in_a_narrow_russian_terminal_everything_is_asked_and_fits(office: Office) -> None:
    with at_the_terminal(office, "--lang", "ru", "add", columns=40) as screen:
        for question, keys in (
            ("Название:", "Планёрка\r"),
            ("Владелец:", "анна\r"),
            ("Участник 1:", "бор\r"),
            ("Участник 2:", "\r"),
            ("Заместитель [—]:", "\r"),
            ("Дата [", "30.11.2099\r"),
            ("Начало (Europe/Moscow) [10:00]:", "15.30\r"),
            ("Окончание (Europe/Moscow) [16:30]:", "\r"),
            ("Приветствие (", "\r"),
            ("[д/Н]", "\r"),
        ):
            screen.wait_for(question)
            screen.type(keys)
        shown = screen.wait_for("[Д/н]")
        assert "Дата: понедельник, 30 ноября 2099" in shown
        screen.type("да\r")
        assert screen.status() == 0
    assert len(office.confctl("list", "--json").conferences()) == 1


def test_a_dumb_terminal_is_asked_in_plain_lines_with_numbered_matches(office: Office) -> None:
    with at_the_terminal(office, "add", "Weekly", *FUTURE, term="dumb") as screen:
        screen.wait_for("Owner:")
        screen.type("петр\r")
        shown = screen.wait_for("Which one:")
        assert "  1. Анна Петрова, 101\n  2. Иван Петров, 104" in shown
        screen.type("3\r")
        screen.wait_for("Write a number from 1 to 2.")
        screen.type("2\r")
        screen.wait_for("Owner: Иван Петров, 104")
        screen.wait_for("Participant 1:")  # the next question: between two of them nobody is asked anything
        screen.type(CTRL_C)
        screen.wait_for("Nothing is changed.")
        assert screen.status() == 130
        assert b"\x1b" not in screen.received


def test_without_colour_none_is_used_and_no_background_ever(office: Office) -> None:
    for no_color in ("1", ""):
        with at_the_terminal(office, "add", "Weekly", *FUTURE, no_color=no_color) as screen:
            screen.wait_for("Owner:")
            screen.type("петр")
            screen.wait_for("Иван Петров")
            screen.type(DOWN)
            screen.wait_for("Owner: Анна Петрова")
            styles = {part for style in re.findall(rb"\x1b\[([\d;]*)m", screen.received) for part in style.split(b";")}
            assert styles <= {b"", b"0", b"1", b"7"}  # plain, bold, reverse: readable on light and on dark


def test_where_stdout_goes_elsewhere_the_questions_stay_on_the_terminal(office: Office) -> None:
    command = f"exec '{sys.executable}' -m confctl add Weekly {' '.join(FUTURE)} > out"
    with Terminal(["sh", "-c", command], office.folder, {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8"}) as screen:
        for question, keys in (
            ("Owner:", "101\r"),
            ("Participant 1:", "\r"),
            ("Greeting", "\r"),
            ("[y/N]", "\r"),
            ("[Y/n]", "\r"),
        ):
            screen.wait_for(question)
            screen.type(keys)
        assert screen.status() == 0
    out = (office.folder / "out").read_text(encoding="utf-8")
    assert "is planned" in out
    assert "Owner:" not in out


def test_after_a_mistake_the_line_is_empty_and_the_last_complaint_alone_stands(office: Office) -> None:
    with at_the_terminal(
        office, "add", "Weekly", "--owner", "101", "--with", "102", "--deputy", "102", columns=50
    ) as screen:
        screen.wait_for("Date [")
        screen.type("30.02\r")
        screen.wait_for("There is no 30.02 in the calendar.\nDate [")
        screen.type("some day or other, as soon as may be\r")
        shown = screen.wait_for("“some day or other")
        screen.wait_for("Date [")
        assert "There is no 30.02" not in shown
        screen.type("30.11.2099\r")
        shown = screen.wait_for("Start (")
        assert "some day" not in shown
        assert shown.startswith("Date: Monday, 30 November 2099\nStart (Europe/Moscow) [10:00]:")


def test_what_would_not_do_is_brought_back_with_the_up_key(office: Office) -> None:
    with at_the_terminal(office, "add", "Weekly", "--owner", "101", "--with", "102", "--deputy", "102") as screen:
        screen.wait_for("Date [")
        screen.type("30.02\r")
        screen.wait_for("in the calendar.\nDate [")
        screen.type(UP)
        screen.wait_for("]: 30.02")


def test_where_nobody_can_answer_nothing_is_asked(office: Office) -> None:
    said = office.confctl("add", "Weekly", *FUTURE)
    assert (said.status, said.out) == (2, "")
    assert "--owner" in said.err
    said = office.confctl("people", "add", "Dmitri Orlov")
    assert (said.status, said.out) == (2, "")
    assert said.err == "confctl: Missing: NUMBER. See “confctl people add --help”.\n"


def test_somebody_new_is_asked_for_by_name_number_and_how_to_call(office: Office) -> None:
    """After a mistake the question stands below it again: only then are keys read."""
    with at_the_terminal(office, "people", "add") as screen:
        for question, keys in (
            ("Name:", "Дмитрий Орлов\r"),
            ("Numbers (", "101\r"),
            ("is the number of Анна Петрова already.\nNumbers (", f"{CLEAR}105 106 8 495 123-45-68\r"),
            ("Mail address", "dmitri\r"),
            ("write for example: anna@example.com\nMail address", f"{CLEAR}\r"),
            ("How to call [1]:", "3\r"),
            ("Write a number from 1 to 2.\nHow to call", f"{CLEAR}2\r"),
            ("SIP address:", "orlov@198.51.100.7\r"),
        ):
            screen.wait_for(question)
            screen.type(keys)
        screen.wait_for("Дмитрий Орлов is added, numbers 105, 106, 84951234568.")
        assert screen.status() == 0
    found = office.confctl("people", "find", "орлов", "--json").out
    assert '"84951234568"' in found
    assert '"sip:orlov@198.51.100.7"' in found


def test_of_somebody_new_only_what_was_not_given_is_asked_for(office: Office) -> None:
    with at_the_terminal(office, "people", "add", "Dmitri Orlov", "--account") as screen:
        screen.wait_for("Numbers (")
        screen.type("105\r")
        screen.wait_for("Mail address")
        screen.type("\r")
        screen.wait_for("with this password:")
        assert screen.status() == 0
