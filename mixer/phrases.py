"""What the mixer says in its log, as English texts with places: whoever writes the log may put them into a language."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Number:
    """Somebody's telephone number or account: whoever writes the log may leave out most of it."""

    text: str

    def __str__(self) -> str:
        return self.text


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
