"""Why an address could not be reached, as :mod:`sip` words it, in the reader's language."""

from __future__ import annotations

import re
from typing import Final

from confctl.problems import in_words
from confctl.words import Sentence, say


def told(reason: str) -> Sentence | str:
    """What a phone or a provider has answered stays as it was sent."""
    for pattern, sentence in _WORDS:
        if found := pattern.fullmatch(reason):
            return Sentence(sentence.text, found.groupdict())
    return in_words(reason)


_WORDS: Final = (
    (re.compile(r"the name (?P<host>\S+) has no address"), say("the name {host} has no address", host="")),
    (re.compile(r"no name server answers for (?P<host>\S+)"), say("no name server answers for {host}", host="")),
    (re.compile(r"no answer"), say("no answer")),
)
