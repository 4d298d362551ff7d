"""Tables fit the terminal and line up, whatever is in them; what a terminal shows is seen on one (pyte)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyte import Screen, Stream
from rich.cells import cell_len

from confctl.clean import clean
from confctl.terminal.table import Cell, Style, Table, Terminal, Text, cell, unbroken

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADINGS = ("Code", "Date and time", "Title and owner", "Participants", "State")


def conference(code: str, title: str, owner: str = "Anna Petrova", state: str = "planned") -> tuple[Cell, ...]:
    when = f"{unbroken('24 November 2026,')} {unbroken('15:30–16:30')}"
    return cell(code), cell(when), cell(title, owner), cell("2 participants"), cell(state)


CONFERENCES = Table(
    [
        conference("310609", "Weekly meeting", state="running now"),
        conference("976385", "Еженедельное совещание отдела продаж и логистики по итогам квартала"),
        conference("123456", "四半期の売上報告と来年度の予算についての定例会議", "山田太郎"),
        conference("654321", "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamter"),
    ],
    HEADINGS,
)

IN_80 = """\
Code    Date and time      Title and owner           Participants    State
310609  24 November 2026,  Weekly meeting            2 participants  running now
        15:30–16:30        Anna Petrova
976385  24 November 2026,  Еженедельное совещание    2 participants  planned
        15:30–16:30        отдела продаж и
                           логистики по итогам
                           квартала
                           Anna Petrova
123456  24 November 2026,  四半期の売上報告と来年度  2 participants  planned
        15:30–16:30        の予算についての定例会議
                           山田太郎
654321  24 November 2026,  Donaudampfschifffahrtsel  2 participants  planned
        15:30–16:30        ektrizitätenhauptbetrieb
                           swerkbauunterbeamter
                           Anna Petrova
"""
IN_40 = """\
310609
  24 November 2026, 15:30–16:30
  Weekly meeting
  Anna Petrova
  2 participants
  running now

976385
  24 November 2026, 15:30–16:30
  Еженедельное совещание отдела продаж и
  логистики по итогам квартала
  Anna Petrova
  2 participants
  planned

123456
  24 November 2026, 15:30–16:30
  四半期の売上報告と来年度の予算について
  の定例会議
  山田太郎
  2 participants
  planned

654321
  24 November 2026, 15:30–16:30
  Donaudampfschifffahrtselektrizitätenha
  uptbetriebswerkbauunterbeamter
  Anna Petrova
  2 participants
  planned
"""


def plain(table: Table, width: int) -> str:
    return "".join(f"{line}\n" for line in table.lines(Terminal(width, colours=False, moves=False)))


def test_in_80_columns_dates_and_titles_are_folded_between_words() -> None:
    assert plain(CONFERENCES, 80) == IN_80


def test_in_200_columns_each_conference_has_two_lines_and_its_title_is_whole() -> None:
    lines = plain(CONFERENCES, 200).split("\n")
    assert len(lines) == 1 + 2 * len(CONFERENCES.rows) + 1
    assert lines[3].split("  ")[:3] == [
        "976385",
        "24 November 2026, 15:30–16:30",
        "Еженедельное совещание отдела продаж и логистики по итогам квартала",
    ]


def test_in_40_columns_the_cells_stand_below_one_another() -> None:
    assert plain(CONFERENCES, 40) == IN_40


def test_in_a_pipe_nothing_is_folded_and_nothing_is_coloured() -> None:
    table = Table([(cell("x " * 500, style=Style.GOOD), cell("end"))], ("First", "Second"))
    lines = table.lines()
    assert len(lines) == 2
    assert lines[1] == "x " * 500 + "  end"


def test_in_a_pipe_one_long_title_does_not_pad_the_lines_of_the_others() -> None:
    table = Table([(cell("x" * 300), cell("planned")), (cell("Weekly"), cell("planned")), (cell("y" * 59), cell("z"))])
    assert table.lines() == ["x" * 300 + "  planned", "Weekly" + " " * 56 + "planned", "y" * 59 + "   z"]


def test_a_word_that_is_too_long_is_broken_at_its_hyphens_first() -> None:
    table = Table([(cell("Анна-Мария Смирнова-Преображенская 2026-11-30 04:32"), cell("x" * 20))])
    assert [line.partition("  ")[0] for line in plain(table, 42).split("\n")] == [
        "Анна-Мария Смирнова-",
        "Преображенская",
        "2026-11-30 04:32",
        "",
    ]


def test_an_address_is_broken_before_its_at_sign() -> None:
    assert plain(Table([(cell("or call sip:813136@conf.example.com"),)]), 25) == (
        "or call sip:813136\n@conf.example.com\n"
    )


def test_below_one_another_only_the_first_line_of_a_row_stands_at_the_edge() -> None:
    table = Table([(cell("Kenji", "en"), cell("x" * 30), cell("y" * 30)), (cell("Anna"), cell("x"), cell("y"))])
    assert plain(table, 35) == f"Kenji\n  en\n  {'x' * 30}\n  {'y' * 30}\n\nAnna\n  x\n  y\n"


def test_a_mark_at_the_end_of_a_word_is_never_alone_on_a_line() -> None:
    assert plain(Table([(cell("Verkehrsministerium?"),)]), 19) == "Verkehrsministeriu\nm?\n"


def test_names_with_their_values_stand_below_one_another_without_gaps() -> None:
    table = Table([(cell("A heading"), cell("value" * 3)), (cell("Another"), cell("value" * 3))])
    assert plain(table, 17) == "A heading\n  valuevaluevalue\nAnother\n  valuevaluevalue\n"


def test_where_there_is_room_there_are_more_columns() -> None:
    table = Table([(cell("a" * 50, "b" * 50),)], wide=Table([(cell("a" * 50), cell("b" * 50))]))
    assert plain(table, 101) == f"{'a' * 50}\n{'b' * 50}\n"
    one_line = f"{'a' * 50}  {'b' * 50}"
    assert plain(table, 102) == f"{one_line}\n"
    assert table.lines() == [one_line]
    longer = Table([(cell("a"),)], wide=Table([(cell("a" * 80), cell("b " * 40))]))
    assert plain(longer, 109) == "a\n"
    assert plain(longer, 110).startswith("a" * 80)


def test_below_one_another_a_bare_number_has_its_heading() -> None:
    table = Table([(cell("2026-11-30"), cell("x" * 21), cell("0"))], ("Since", "To", "Attempts"))
    assert plain(table, 25) == f"2026-11-30\n  {'x' * 21}\n  Attempts: 0\n"


def test_a_date_is_never_broken_where_there_is_room_for_it() -> None:
    lines = plain(CONFERENCES, 70).split("\n")
    assert sum("24 November 2026," in line for line in lines) == 4
    assert sum("15:30–16:30" in line for line in lines) == 4


def test_colours_are_the_terminals_own_and_end_with_the_cell() -> None:
    table = Table([(cell("running now", style=Style.GOOD), cell("planned"))])
    assert table.lines(Terminal(80)) == ["\x1b[1;32mrunning now\x1b[m  planned"]
    assert table.lines(Terminal(80, colours=False)) == ["running now  planned"]


def test_a_heading_goes_over_all_columns() -> None:
    table = Table([Text("November 2026", Style.BOLD), (cell("1"), cell("Weekly"))])
    assert table.lines() == ["November 2026", "1  Weekly"]
    assert table.lines(Terminal(80)) == ["\x1b[1mNovember 2026\x1b[m", "1  Weekly"]


def test_characters_that_act_on_a_terminal_are_shown() -> None:
    (line,) = Table([(cell("a\x1b[2Jb\u202ec\r\nd"), cell("e"))]).lines(Terminal(80))
    assert line == "a\\x1b[2Jb\\u202ec  d  e"


@pytest.mark.parametrize("text", ["👨‍👩‍👧‍👦 family", "🇷🇺🇩🇪", "❤️ 1️⃣", "שלום", "क्षत्रिय", "ไทย", "e\u0301", "日本"])
def test_the_next_column_stands_where_it_should_however_the_terminal_counts(text: str) -> None:
    seen = on_a_terminal(Table([(cell(text), cell("|")), (cell("x" * 30), cell("|"))]), 80)
    assert [row.index("|") for row in seen] == [32, 32]


def on_a_terminal(table: Table, width: int) -> list[list[str]]:
    """The characters in each cell of the screen."""
    lines = table.lines(Terminal(width, colours=False))
    screen = Screen(width, len(lines) + 1)
    Stream(screen).feed("\r\n".join(lines))
    return [[screen.buffer[y][x].data for x in range(width)] for y in range(len(lines))]


anything = st.text(max_size=60)
words = st.lists(st.text("abcde Жяё 日本語 👩‍🚀🇩🇪é̃\u0300\u200d\ufe0f\x1b\n", max_size=30), min_size=1, max_size=3)
rows = st.integers(1, 5).flatmap(
    lambda columns: st.lists(
        st.lists(words | st.lists(anything, min_size=1, max_size=2), min_size=columns, max_size=columns),
        min_size=1,
        max_size=4,
    )
)


def table_of(texts: Sequence[Sequence[Sequence[str]]]) -> Table:
    return Table([tuple(cell(*lines) for lines in row) for row in texts])


@settings(max_examples=150, deadline=None)
@given(rows, st.integers(20, 120))
def test_no_line_is_wider_than_the_terminal_and_nothing_acts_on_it(texts: list[list[list[str]]], width: int) -> None:
    for line in table_of(texts).lines(Terminal(width, moves=False)):
        shown = re.sub(r"\x1b\[[0-9;]*m", "", line)
        assert shown == clean(shown)
        assert sum(map(cell_len, re.split("(  +)", shown))) <= width


@settings(max_examples=150, deadline=None)
@given(rows, st.integers(20, 120) | st.none())
def test_all_that_can_be_seen_is_there(texts: list[list[list[str]]], width: int | None) -> None:
    terminal = None if width is None else Terminal(width, colours=False, moves=False)
    shown = "".join(table_of(texts).lines(terminal))
    wanted = "".join(clean(line) for row in texts for lines in row for line in lines)
    assert sorted(visible(shown)) == sorted(visible(wanted))


def visible(text: str) -> str:
    return "".join(character for character in text if character not in " \u00a0")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text("ab Ж日👩‍🚀🇩🇪e\u0301\u0300\ufe0f", max_size=40), min_size=1, max_size=5), st.integers(30, 120))
def test_columns_of_all_rows_start_in_the_same_cell(titles: list[str], width: int) -> None:
    table = Table([(cell("1"), cell(title), cell("|"), cell("]")) for title in titles], ("", "", "|", "]"))
    seen = [row for row in on_a_terminal(table, width) if "|" in row]
    assert len(seen) == len(titles) + 1
    assert len({(row.index("|"), row.index("]")) for row in seen}) == 1
