"""Guessing codes: each source waits ever longer, over all of its calls, and all strangers share so many guesses.

A code has six digits or more, drawn from a random source: with :data:`OF_NEWCOMERS` and :data:`OF_GUESSERS` wrong
ones an hour, whoever has any number of telephones needs a year on average to guess that of one conference.

- A registered phone is its account, a caller through a trunk the number that the trunk asserts, anybody else a host.
- A trunk is a source besides, with a larger budget: who calls through it without a number shares that.  It waits for
  minutes, never for ever.
- All sources together have a budget that is spent by strangers alone.  Phones of ours, those whom a trunk says to be on
  a conference's list, and those who have got in lately don't need it: what others do never keeps them out.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sip.lockout import Lockout, Patience
from sip.throttle import Buckets, Rate, source_of

if TYPE_CHECKING:
    from collections.abc import Callable

HOUR: Final = 3600.0

OF_A_SOURCE: Final = Patience(free=3, first=10.0, longest=HOUR, forgiven=HOUR / 2)
"""As many wrong codes as one call may have, then 10 s, 20 s, 40 s…: nine in ten minutes at most."""
OF_A_TRUNK: Final = Rate(30 / HOUR, 30)
"""Wrong codes: 60 in an hour at most, then one in two minutes."""
OF_NEWCOMERS: Final = Rate(30 / HOUR, 30)
"""Wrong codes of strangers who have given none within the hour: it takes many hosts to keep a guest out."""
OF_GUESSERS: Final = Rate(20 / HOUR, 20)
"""Of those who have.  Both together: 100 in an hour at most, then one in 72 s."""
ALARM: Final = 20
"""Wrong codes within an hour."""
HELD_SECONDS: Final = 5.0
"""So long the code of somebody who has to wait is held, before it counts as a wrong one."""

_WELCOME: Final = 30 * 24 * HOUR
_REMEMBERED: Final = 4096


@dataclass(frozen=True, slots=True)
class Source:
    """Whose guess it is."""

    host: str
    """Where the call's signalling comes from."""
    trunk: str | None = None
    number: str | None = None
    """A registered phone's account, or the number that the trunk asserts."""

    @property
    def person(self) -> tuple[str, ...] | None:
        """Whom a wrong code is counted against; None where only the trunk is known."""
        if self.trunk is not None:
            return None if self.number is None else ("number", self.trunk, self.number)
        return ("host", source_of(self.host)) if self.number is None else ("account", self.number)


class CodeGuard:
    """``now``: seconds of a clock that is not set."""

    def __init__(self) -> None:
        self._persons: Lockout[tuple[str, ...]] = Lockout(OF_A_SOURCE)
        self._trunks: Buckets[str] = Buckets(OF_A_TRUNK)
        self._newcomers: Buckets[None] = Buckets(OF_NEWCOMERS)
        self._guessers: Buckets[None] = Buckets(OF_GUESSERS)
        self._welcome: OrderedDict[tuple[str, ...], float] = OrderedDict()
        """Who has got in, and until when that counts."""
        self._wrong = 0
        """Codes of this hour, which began with the first of them."""
        self._hour = -HOUR

    def wait(self, source: Source, listed: Callable[[], bool], now: float) -> float:
        """Seconds until a code of this source is looked at; 0 when it is now.

        ``listed``: whether its number is on the list of a conference; asked for only when that matters.
        """
        own = 0.0 if source.person is None else self._persons.wait(source.person, now)
        shared = self._strangers(source, now).wait(None, now)
        if source.trunk is not None:
            shared = max(shared, self._trunks.wait(source.trunk, now))
        return own if own >= shared or self._is_known(source, listed, now) else shared

    def wrong(self, source: Source, listed: Callable[[], bool], now: float) -> int:
        """A code that no conference has.  How many there were within the hour, if that is an alarm, once an hour; else
        0."""
        strangers = self._strangers(source, now)
        if source.person is not None:
            self._persons.fail(source.person, now)
        if not self._is_known(source, listed, now):
            strangers.take(None, now)
            if source.trunk is not None:
                self._trunks.take(source.trunk, now)
        return self._alarm(now)

    def right(self, source: Source, now: float) -> None:
        """A code that a conference has."""
        if source.person is not None:
            self._welcome[source.person] = now + _WELCOME
            self._welcome.move_to_end(source.person)
            if len(self._welcome) > _REMEMBERED:
                self._welcome.popitem(last=False)

    def _strangers(self, source: Source, now: float) -> Buckets[None]:
        """Whose budget a stranger's wrong code is counted in."""
        guessed = source.person is not None and self._persons.failed_within(source.person, HOUR, now)
        return self._guessers if guessed else self._newcomers

    def _is_known(self, source: Source, listed: Callable[[], bool], now: float) -> bool:
        if source.person is None:
            return False
        if source.number is not None and (source.trunk is None or listed()):
            return True
        return self._welcome.get(source.person, now) > now

    def _alarm(self, now: float) -> int:
        if now - self._hour >= HOUR:
            self._wrong, self._hour = 0, now
        self._wrong += 1
        return ALARM if self._wrong == ALARM else 0
