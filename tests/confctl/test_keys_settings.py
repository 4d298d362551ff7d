"""``[keys]`` and ``[announcements]``: what is left out has its default, and no key means two things."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confctl.settings import load
from mixer.key_table import DEFAULT_KEYS, OWNERS, KeyAction, KeyTable
from mixer.rules.announcements import Announcements
from tests.confctl.office import SETTINGS
from tests.confctl.test_settings import loaded, problems

if TYPE_CHECKING:
    from pathlib import Path

    from tests.confctl.office import Office


def test_without_the_tables_all_keys_and_announcements_are_on(tmp_path: Path) -> None:
    settings = loaded(tmp_path, SETTINGS)
    assert settings.keys == KeyTable("*", DEFAULT_KEYS)
    assert settings.announcements == Announcements(20, True, True, True, True, True, True, True, True, True)


def test_keys_can_be_changed_and_switched_off(tmp_path: Path) -> None:
    settings = loaded(tmp_path, SETTINGS + '[keys]\nmenu = "#"\nmute = "*6"\nleave = ""\nkick_last = ""\n')
    assert settings.keys.menu == "#"
    assert settings.keys.actions(owner=False)[KeyAction.MUTE] == "*6"
    assert not {KeyAction.LEAVE, KeyAction.KICK_LAST} & settings.keys.actions(owner=True).keys()


def test_announcements_can_be_switched_off_one_by_one(tmp_path: Path) -> None:
    settings = loaded(tmp_path, SETTINGS + "[announcements]\ntones = 0\nfirst = false\n")
    assert (settings.announcements.tones, settings.announcements.first) == (0, False)
    assert settings.announcements.owner_left


def test_without_the_menu_s_key_there_are_no_keys_at_all(tmp_path: Path) -> None:
    settings = loaded(tmp_path, SETTINGS + '[keys]\nmenu = ""\n')
    assert settings.keys.actions(owner=True) == {}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('menu = "**"', "“**” is not one of the keys 0 to 9, * and #"),
        ('menu = "A"', "“A” is not one of the keys 0 to 9, * and #"),
        ('lock = "2222"', "“2222” is not one to three of the keys 0 to 9, * and #"),
        ('lock = "2a"', "“2a” is not one to three of the keys 0 to 9, * and #"),
        ('leave = "*0"', "“*0” begins with the key that leaves the menu"),
        ('leave = "1"', "“1” can't be told from mute = “1”"),
        ('lock = "1"', "“1” can't be told from mute = “1”"),
        ('lock = "2"', "“2” can't be told from mute_others = “21”"),
        ('mute = "26"', "keys.mute: “26” can't be told from extend = “26”"),
    ],
)
def test_what_would_never_be_understood_is_named(tmp_path: Path, line: str, problem: str) -> None:
    (found, *_) = problems(tmp_path, f"{SETTINGS}[keys]\n{line}\n")
    assert problem in found
    assert re.match(r"confctl\.toml:\d+: ", found)


def test_an_unknown_action_is_named_with_the_nearest(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, SETTINGS + '[keys]\nlisten_loder = "6"\n')
    assert "is “listen_louder” meant?" in found


@settings(deadline=None)
@given(st.permutations(sorted(KeyAction)))
def test_in_the_defaults_no_key_is_the_beginning_of_another(order: list[KeyAction]) -> None:
    pressed = [DEFAULT_KEYS[action] for action in order]
    assert not any(one.startswith(other) for one in pressed for other in pressed if one is not other)
    assert OWNERS < DEFAULT_KEYS.keys() == set(KeyAction)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_what_init_offers_is_what_holds_anyway(office: Office, language: str) -> None:
    office.confctl("--lang", language, "init", "new")
    file = office.folder / "new" / "confctl.toml"
    offered = load(file)
    text = file.read_text(encoding="utf-8")
    for table in ("keys", "announcements"):
        block = re.search(rf"# \[{table}\].*?\n\n", text, re.DOTALL)
        assert block
        text = text.replace(block[0], re.sub("^# ", "", block[0], flags=re.MULTILINE))
    file.write_text(text, encoding="utf-8")
    assert (load(file).keys, load(file).announcements) == (offered.keys, offered.announcements)
