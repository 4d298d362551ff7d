"""What the TOML parser (tomli) finds wrong, in words of ours: a sentence can be translated and says what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from confctl.words import Sentence, say

if TYPE_CHECKING:
    from collections.abc import Mapping


def in_our_words(message: str) -> Sentence | str:
    """The message itself, in English, where it is a rare one."""
    if twice := _TWICE.fullmatch(message):
        keys = ".".join(re.findall(r"'([^']*)'", twice[1]))
        return say("“{key}” is there twice; remove one of the two", key=keys)
    return _WORDS.get(message, message)


_TWICE: Final = re.compile(r"(?:Cannot declare|Duplicate inline table key) (.*?)(?: twice)?")
_QUOTE: Final = say("a text lacks its closing quotation mark")
_WORDS: Final[Mapping[str, Sentence]] = {
    "Cannot overwrite a value": say("this key is there already; remove one of the two"),
    "Expected '=' after a key in a key/value pair": say("a key is to be followed by = and its value"),
    "Expected ']' at the end of a table declaration": say("the heading of a table lacks its closing ]"),
    "Expected ']]' at the end of an array declaration": say("the heading of a table lacks its closing ]]"),
    "Expected newline or end of document after a statement": say(
        "after the value stands something that does not belong there; write a text in quotation marks"
    ),
    'Expected "\'"': _QUOTE,
    "Illegal character '\\n'": _QUOTE,
    "Invalid statement": say("this is neither a key with its value nor the heading of a table"),
    "Invalid value": say("no value stands after the =; write a text in quotation marks"),
    "Unclosed array": say("a list lacks a comma or its closing ]"),
    "Unclosed inline table": say("a table lacks a comma or its closing brace"),
    "Unescaped '\\' in a string": say("a backslash in a text is to be written twice"),
    "Unterminated string": _QUOTE,
}
