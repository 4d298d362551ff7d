"""Several phones of one account, called at once for one leg: the first that answers has it, the others stop ringing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

from mixer.party import LegEvent, NotReached, Rang, Reached
from mixer.rules.call_rules import HangUpReason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mixer.party import Party

MOST_PHONES: Final = 4
"""Of one account: each takes a pair of ports while it rings."""
SLOW_SECONDS: Final = 3.0
"""How long a busy phone waits for the others to ring: those that haven't by then are not there."""
_ABSENT: Final = frozenset({404, 408, 410, 480, 503})
"""What is said for a phone that isn't there, not by who holds it."""


class Board(Protocol):
    """Who keeps the legs."""

    def rename(self, branch: str, leg: str, party: Party) -> None:
        """The branch is the leg from now on."""

    def hang_up(self, leg: str, reason: str) -> None: ...


class Fork:
    """The party of each branch while it rings; ``party`` hears of one leg."""

    def __init__(self, leg: str, party: Party, branches: Iterable[str], board: Board) -> None:
        self.party = party
        self._leg = leg
        self._board = board
        self._left = set(branches)
        self._ringing: set[str] = set()
        self._refusal: NotReached | None = None
        self._waiting: asyncio.TimerHandle | None = None

    @property
    def rings(self) -> bool:
        """Whether any of the phones has said so."""
        return bool(self._ringing)

    def take(self, event: LegEvent) -> None:
        match event:
            case Rang(branch):
                if not self._ringing:
                    self.party.take(Rang(self._leg))
                self._ringing.add(branch)
            case Reached(branch):
                self._left.discard(branch)
                self._board.rename(branch, self._leg, self.party)
                self.drop(HangUpReason.ANSWERED_ELSEWHERE)
                self.party.take(Reached(self._leg))
            case NotReached(branch):
                self._refused(branch, event)
            case _:
                pass  # nothing else is told of a phone that rings

    def drop(self, reason: str) -> None:
        """None of those that are left is to ring any more."""
        if self._waiting is not None:
            self._waiting.cancel()
        left, self._left = self._left, set()
        for branch in sorted(left):
            self._board.hang_up(branch, reason)

    def _refused(self, branch: str, event: NotReached) -> None:
        """Who declines does so for all of their phones (RFC 3261 §16.7); who is busy, unless another one rings."""
        self._left.discard(branch)
        self._ringing.discard(branch)
        answered = event.status not in _ABSENT
        if self._refusal is None or answered:
            self._refusal = event
        if event.status >= 600 or not self._left:
            self._fail(self._refusal)
        elif answered and self._waiting is None:
            loop = asyncio.get_running_loop()
            self._waiting = loop.call_later(SLOW_SECONDS, self._wait_no_longer, self._refusal)

    def _wait_no_longer(self, refusal: NotReached) -> None:
        self._waiting = None
        if not self._ringing:
            self._fail(refusal)

    def _fail(self, told: NotReached) -> None:
        self.drop(HangUpReason.DECLINED_ELSEWHERE if told.status >= 600 else HangUpReason.TAKEN_BACK)
        self._board.hang_up(self._leg, HangUpReason.TAKEN_BACK)  # nothing rings any more: it is forgotten
        self.party.take(NotReached(self._leg, told.status, told.reason))
