"""One rule for every string that others wrote and that goes to a terminal, a log or a mail header."""

from __future__ import annotations

import re

DANGEROUS = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL and C1: escape sequences, carriage returns that rewrite a line
    "\u2028\u2029"  # line and paragraph separators
    "\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069"  # marks that turn the direction of what follows
    "\ufeff\ud800-\udfff"  # byte order marks, and surrogates, which no terminal can be sent
    "]"
)


def clean(text: str) -> str:
    """``text`` on one line, with characters that act on a terminal made visible: an escape is shown as ``\\x1b``.

    Letters of every script, emoji and their joiners stay as they are.
    """
    return DANGEROUS.sub(_visible, text)


def _visible(match: re.Match[str]) -> str:
    character = match.group()
    if character in "\t\n\r":
        return " "
    return character.encode("unicode_escape").decode("ascii")
