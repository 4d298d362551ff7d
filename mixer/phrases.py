"""What the mixer says in its log, as English texts with places: whoever writes the log may put them into a language."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


_URI: Final = re.compile(r"(sips?:|tel:)?([^@]*)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Number:
    """Somebody's telephone number or account: whoever writes the log may leave out most of it."""

    text: str

    def __str__(self) -> str:
        return self.text


def masked(number: str) -> str:
    """``…99`` of ``+74955550199``, ``…1`` of ``101``, ``sip:…99@example.com`` of a URI; names have no digits, and
    are as they are."""
    found = _URI.fullmatch(number)
    assert found is not None  # it fits any text
    scheme, user, host = found.groups(default="")
    digits = "".join(filter(str.isdigit, user))
    return f"{scheme}…{digits[-2 if len(digits) > 3 else -1 :]}{host}" if digits else number


@dataclass(frozen=True, slots=True)
class Phrase:
    """``text`` has places like ``%(who)s``; a value may be a phrase itself."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    def of(self, **values: object) -> Phrase:
        """The phrase with its places filled."""
        return Phrase(self.text, values)

    def __str__(self) -> str:
        return self.text % self.values
