"""Wrong usage says what may be meant and where the right usage is; ``confctl help`` is what people try first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.confctl.office import Office


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["add", "Weekly", "--owner"], "confctl add"),
        (["add", "--bogus"], "confctl add"),
        (["people", "import"], "confctl people import"),
        (["people", "bogus"], "confctl people"),
        (["bogus"], "confctl"),
        (["help", "bogus"], "confctl"),
        (["--config"], "confctl"),
    ],
)
def test_wrong_usage_names_the_help_of_its_own_command(office: Office, words: list[str], command: str) -> None:
    said = office.confctl(*words)
    assert said.status == 2
    assert said.err.endswith(f" See “{command} --help”.\n")


@pytest.mark.parametrize(
    ("tried", "meant"),
    [
        ("cancel", "delete"),
        ("rm", "delete"),
        ("remove", "delete"),
        ("new", "add"),
        ("create", "add"),
        ("change", "edit"),
        ("modify", "edit"),
        ("ls", "list"),
        ("start", "run"),
        ("serve", "run"),
        ("lsit", "list"),
        ("people rm", "remove"),
        ("people ls", "list"),
        ("people delete", "remove"),
        ("add --start", "--from"),
        ("list --yaer", "--year"),
    ],
)
def test_words_that_other_programs_have_are_understood(office: Office, tried: str, meant: str) -> None:
    assert f"is {meant} meant?" in office.confctl(*tried.split(), "1").err.replace("“", "").replace("”", "")


def test_what_is_near_to_nothing_is_told_no_option(office: Office) -> None:
    assert office.confctl("list", "--owner", "x").err == (
        "confctl: There is no option --owner. See “confctl list --help”.\n"
    )


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["show"], "КОД"),
        (["people", "find"], "ТЕКСТ"),
        (["people", "add"], "ИМЯ, НОМЕР"),
        (["people", "add", "Ольга"], "НОМЕР"),
        (["add", "--owner", "101"], "НАЗВАНИЕ, --date, --from, --to"),
    ],
)
def test_what_is_missing_is_called_as_the_help_calls_it(office: Office, words: list[str], named: str) -> None:
    assert office.confctl("--lang", "ru", *words).err.startswith(f"confctl: Не указано: {named}. Подробнее: ")


@pytest.mark.parametrize("words", [[], ["add"], ["people"], ["people", "add"]])
def test_help_is_a_word_too(office: Office, words: list[str]) -> None:
    assert office.confctl("help", *words) == office.confctl(*words, "--help")


def test_the_help_says_where_the_settings_are_looked_for(office: Office) -> None:
    said = office.confctl("--help").out
    for place in ("CONFCTL_CONFIG", "~/.config/confctl/confctl.toml", "/etc/confctl/confctl.toml"):
        assert place in said
