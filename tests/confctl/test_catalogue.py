"""Whatever the program can say, it can say in Russian."""

from __future__ import annotations

import ast
import re
from gettext import GNUTranslations
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po

from confctl.locale import update
from confctl.words import count, plural, say

if TYPE_CHECKING:
    from pathlib import Path

    from confctl.locale.update import Key

SOURCES = sorted((update.ROOT / "confctl").rglob("*.py"))
SAID = update.said()
RUSSIAN = update.translations("ru")


def test_the_template_has_all_that_the_program_says() -> None:
    with update.TEMPLATE.open("rb") as stream:
        template = {update.key_of(message) for message in read_po(stream) if message.id}
    assert template == SAID.keys(), "run “make catalogues”"


def test_every_sentence_has_its_translation() -> None:
    assert SAID.keys() - RUSSIAN.keys() == set()


def test_no_translation_is_left_of_what_is_said_no_more() -> None:
    assert RUSSIAN.keys() - SAID.keys() == set(), "run “make catalogues”"


def test_a_translation_fills_the_same_places() -> None:
    for english, russian in RUSSIAN.items():
        for text in [russian] if isinstance(russian, str) else russian:
            assert places(text) == places(english if isinstance(english, str) else english[1]), english


def places(text: str) -> list[str]:
    return sorted(re.findall(r"\{[\w:.]+\}|%\S*?[a-z]", text))


def test_the_compiled_catalogue_is_the_one_that_can_be_read() -> None:
    with update.po("ru").with_suffix(".mo").open("rb") as stream:
        compiled = GNUTranslations(stream)
    for english, russian in RUSSIAN.items():
        if isinstance(english, str):
            assert compiled.gettext(english) == russian
        else:
            assert [compiled.ngettext(*english, n) for n in (1, 2, 5)] == list(russian)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.relative_to(update.ROOT)))
def test_nothing_is_said_that_no_catalogue_could_have(source: Path) -> None:
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say":
            assert isinstance(node.args[0], ast.Constant), f"{source.name}:{node.lineno}"


@pytest.mark.parametrize(
    ("n", "russian"),
    [(0, "0 участников"), (1, "1 участник"), (3, "3 участника"), (11, "11 участников"), (21, "21 участник")],
)
def test_counts_have_the_forms_of_their_language(n: int, russian: str) -> None:
    assert plural(n, "{n} participant", "{n} participants", "ru") == russian
    assert count(1, "{n} participant", "{n} participants").in_language("en") == "1 participant"
    assert count(0, "{n} participant", "{n} participants").in_language("en") == "0 participants"


def test_what_fills_a_sentence_is_cleaned_and_may_hold_braces() -> None:
    sentence = say("{key}: {problem}", key="{x}\x1b[2J", problem=say("this must not be empty"))
    assert sentence.in_language("en") == "{x}\\x1b[2J: this must not be empty"


def test_only_what_is_new_is_left_for_the_translator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update, "FOLDER", tmp_path)
    monkeypatch.setattr(update, "TEMPLATE", tmp_path / "confctl.pot")
    monkeypatch.setattr(update, "said", lambda: dict.fromkeys(FIRST, "a.py"))
    update.update()
    update.merge({"One": "Один", "{n} day | {n} days": "{n} день | {n} дня | {n} дней"})
    monkeypatch.setattr(update, "said", lambda: dict.fromkeys(("One", "New"), "a.py"))
    update.update()
    assert update.translations("ru") == {"One": "Один"}
    assert {update.key_of(message) for message in update.read("ru") if message.id} == {"One", "New"}


def test_an_example_may_have_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update, "FOLDER", tmp_path)
    monkeypatch.setattr(update, "said", lambda: dict.fromkeys(("confctl people export | sort | less",), "a.py"))
    update.merge({"confctl people export | sort | less": "confctl people export | sort | more"})
    assert update.translations("ru") == {"confctl people export | sort | less": "confctl people export | sort | more"}


FIRST: tuple[Key, ...] = ("One", ("{n} day", "{n} days"))
