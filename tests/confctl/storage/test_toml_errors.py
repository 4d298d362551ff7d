"""What is no TOML is said in words that can be translated."""

from __future__ import annotations

import pytest
import tomli

from confctl.storage.toml_errors import in_our_words
from confctl.words import Sentence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a", "a key is to be followed by = and its value"),
        ("a =", "no value stands after the =; write a text in quotation marks"),
        ("a = Example Ltd", "no value stands after the =; write a text in quotation marks"),
        ("a = 1\na = 2", "this key is there already; remove one of the two"),
        ("[a.b]\n[a.b]", "“a.b” is there twice; remove one of the two"),
        ("a = {b = 1, b = 2}", "“b” is there twice; remove one of the two"),
        ("a = [1 2]", "a list lacks a comma or its closing ]"),
        ("a = {b = 1 c = 2}", "a table lacks a comma or its closing brace"),
        ('a = "x\nb = 1', "a text lacks its closing quotation mark"),
        ("a = 'x", "a text lacks its closing quotation mark"),
        ('a = """x', "a text lacks its closing quotation mark"),
        ("a = 15:30 or so", "after the value stands something that does not belong there"),
        ('a = "C:\\people"', "a backslash in a text is to be written twice"),
        ("[a", "the heading of a table lacks its closing ]"),
        ("[[a]", "the heading of a table lacks its closing ]]"),
        ("= 1", "this is neither a key with its value nor the heading of a table"),
    ],
)
def test_frequent_mistakes_are_said_in_words_of_ours(text: str, said: str) -> None:
    with pytest.raises(tomli.TOMLDecodeError) as error:
        tomli.loads(text)
    ours = in_our_words(error.value.msg)
    assert isinstance(ours, Sentence)
    assert str(ours).startswith(said)


def test_a_rare_one_is_said_as_the_parser_does() -> None:
    assert in_our_words("Found invalid character '\\x01'") == "Found invalid character '\\x01'"
