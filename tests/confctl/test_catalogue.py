"""Whatever the program can say, it can say in Russian."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from confctl.russian import NOUNS, SENTENCES
from confctl.words import say

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "confctl").rglob("*.py"))


def said() -> set[str]:
    """The first argument of each ``say`` and ``screen.word`` in the program."""
    texts: set[str] = set()
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in (
                "say",
                "word",
            ):
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    texts.add(first.value)
                else:
                    assert node.func.__class__ is ast.Attribute, f"{source.name}:{node.lineno}: say() of no literal"
    return texts


def test_every_sentence_has_its_translation() -> None:
    assert said() - SENTENCES.keys() == set()


def test_a_translation_fills_the_same_places() -> None:
    for english, russian in SENTENCES.items():
        assert sorted(re.findall(r"\{[\w:.]+\}", english)) == sorted(re.findall(r"\{[\w:.]+\}", russian)), english


def test_no_translation_is_left_of_what_is_said_no_more() -> None:
    program = [*(source for source in SOURCES if source.name != "russian.py"), ROOT / "media" / "files.py"]
    texts = {
        node.value
        for source in program
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
    }
    assert SENTENCES.keys() - texts == set()


def test_nouns_have_three_forms() -> None:
    assert all(len(forms) == 3 for forms in NOUNS.values())


def test_what_fills_a_sentence_is_cleaned_and_may_hold_braces() -> None:
    sentence = say("{key}: {problem}", key="{x}\x1b[2J", problem=say("this must not be empty"))
    assert sentence.in_language("en") == "{x}\\x1b[2J: this must not be empty"
