"""All lines of a switchboard, and what others ask of them; nothing is changed by that."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from mixer.line import Line

if TYPE_CHECKING:
    from mixer.fork import Fork
    from mixer.party import Party

ARRIVED: Final = "in-"
"""What the names of legs that called us begin with."""


class Lines:
    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._by_name: dict[str, Line] = {}
        self._by_call: dict[str, Line] = {}
        self._by_number: dict[int, Line] = {}
        self._forks: dict[str, Fork] = {}
        """Legs that ring at several phones; each of those has a line of its own."""

    @property
    def legs(self) -> tuple[str, ...]:
        return tuple(self._by_name)

    def party(self, leg: str) -> Party | None:
        line = self._by_name.get(leg)
        return line.party if line else None

    def caller(self, leg: str) -> str | None:
        """Whom a leg belongs to, as far as that is known."""
        line = self._by_name.get(leg)
        return line.person if line else None

    def number(self, leg: str) -> int | None:
        """What the bridge calls the leg."""
        line = self._by_name.get(leg)
        return line.number if line else None

    def leg_of(self, call: str) -> str | None:
        """The agent's name for a call, as ours."""
        line = self._by_call.get(call)
        return line.name if line else None

    def call_of(self, leg: str) -> str:
        """Empty where there is none, yet or any more."""
        line = self._by_name.get(leg)
        return line.call if line else ""

    def source(self, leg: str) -> str:
        """The host that the phone signals from."""
        line = self._by_name.get(leg)
        return line.source if line else ""

    def rings(self, leg: str) -> bool:
        """Whether the phone that we call has said that it rings."""
        if fork := self._forks.get(leg):
            return fork.rings
        line = self._by_name.get(leg)
        return line is not None and line.rang

    def dialled(self, leg: str) -> bool:
        """Whether we called them."""
        return not leg.startswith(ARRIVED)

    def on_hold(self, leg: str) -> bool:
        """Whether the phone has said that it doesn't listen."""
        line = self._by_name.get(leg)
        return line is not None and line.media is not None and not line.media.sending

    def encrypted(self, leg: str) -> bool:
        """Whether its sound is, both ways."""
        line = self._by_name.get(leg)
        return line is not None and line.media is not None and line.media.encryption is not None

    def _line(self, name: str, person: str | None, party: Party) -> Line:
        line = Line(name, next(self._numbers), person, party)
        self._by_name[name] = self._by_number[line.number] = line
        return line
