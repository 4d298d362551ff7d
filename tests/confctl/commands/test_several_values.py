"""``--with 102 103``: an option takes every word up to the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confctl.commands.several_values import one_each

if TYPE_CHECKING:
    from tests.confctl.office import Office

REPEATABLE = {"--with", "--without"}


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ("123 --with a b c", "123 --with a --with b --with c"),
        ("--with=a b", "--with=a --with b"),
        ("--with a b --without c d --json", "--with a --with b --without c --without d --json"),
        ("--with a --with b c", "--with a --with b --with c"),
        ("--with a --json b", "--with a --json b"),
        ("--title x y", "--title x y"),
        ("--with a -- b --with c", "--with a -- b --with c"),
        ("--with - +7495", "--with - --with +7495"),
        ("--with", "--with"),
    ],
)
def test_each_further_word_has_the_option_again(words: str, read: str) -> None:
    assert one_each(words.split(), REPEATABLE) == read.split()


@settings(deadline=None)
@given(st.lists(st.sampled_from(["--with", "--without", "--title", "--json", "a", "b", "-", "--with=c", "--"])))
def test_no_word_is_lost_and_reading_twice_changes_nothing(words: list[str]) -> None:
    once = one_each(words, REPEATABLE)
    assert [word for word in once if word not in REPEATABLE] == [word for word in words if word not in REPEATABLE]
    assert one_each(once, REPEATABLE) == once


def test_who_is_without_is_not_with(office: Office) -> None:
    code = office.add("--with", "102", "1020", "104")
    changed = office.confctl("edit", code, "--without", "102", "104", "--json").json
    assert changed["participants"] == [{"name": "Carol Smith", "number": "1020"}]


def test_people_without_an_option_are_no_participants(office: Office) -> None:
    said = office.confctl(
        *("add", "Weekly", "102", "--owner", "101", "--date", "today", "--from", "15:30", "--to", "16:30")
    )
    assert said.status == 2 and "102" in said.err


def test_a_code_in_two_groups_may_stand_anywhere_among_the_options(office: Office) -> None:
    code = office.add("--with", "102", "104")
    groups = (code[:3], code[3:])
    assert office.confctl("show", "--json", *groups).json["code"] == code
    assert office.confctl("edit", "--title", "101", *groups, "--json").json["title"] == "101"
    left = office.confctl("edit", "--json", *groups, "--title", "Weekly", "--without", "102", "104").json
    assert (left["title"], left["participants"]) == ("Weekly", [])
    assert office.confctl("edit", "--with", "102", "104", "--", *groups).status == 0
    assert office.confctl("show", *groups, groups[0]).status == 2
    assert office.confctl("delete", "--yes", *groups, "--json").json["deleted"] == code
