"""Our own changes to a session, one at a time; where both sides want one at once, ours waits (RFC 3261 §14.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sip.message import retry_after

if TYPE_CHECKING:
    import random

    from sip.message import Response

MAX_TRIES: Final = 6
"""Of one change that the other side puts off."""
LONGEST_PAUSE: Final = 10.0
"""Seconds: the longest Retry-After that RFC 3261 §14.2 knows."""


@dataclass(slots=True)
class Change:
    method: str
    """INVITE or UPDATE."""
    offer: bytes | None
    """None in an UPDATE that only refreshes the session."""
    refresh: bool
    """Whether it asks for nothing but that the session goes on: nobody has to be told what became of it."""
    tries: int = 0


class Changing:
    """At most one change is under way, and one waits."""

    __slots__ = ("_again_at", "_placed", "_random", "_waiting", "current")

    def __init__(self, random: random.Random, *, placed: bool) -> None:
        """``placed``: whether the Call-ID is ours."""
        self.current: Change | None = None
        """Under way."""
        self._waiting: Change | None = None
        self._again_at: float | None = None
        self._random = random
        self._placed = placed

    @property
    def free(self) -> bool:
        return self.current is None and self._waiting is None

    def want(self, change: Change, now: float) -> None:
        """As soon as possible, in place of what waits."""
        self._waiting, self._again_at = change, now

    def take(self, now: float, *, busy: bool) -> Change | None:
        """The change whose time it is, under way from now on.  ``busy``: theirs is not over yet, so it waits."""
        change = self._waiting
        if change is None or self.current is not None or self._again_at is None or now < self._again_at:
            return None
        if busy:
            self._again_at = now + self._pause()
            return None
        self._waiting = self._again_at = None
        change.tries += 1
        self.current = change
        return change

    def put_off(self, response: Response, now: float) -> bool:
        """Whether the change under way is only put off by ``response``; else it has come to nothing."""
        pause = self._pause_after(response)
        return pause is not None and self.again(now + pause)

    def again(self, at: float) -> bool:
        """Try what is under way once more, unless that has been tried often enough."""
        change = self.current
        if change is None or change.tries >= MAX_TRIES:
            return False
        self.current = None
        self._waiting, self._again_at = self._waiting or change, at
        return True

    def done(self) -> Change | None:
        """What was under way, and is no more."""
        change, self.current = self.current, None
        return change

    def refreshed(self) -> None:
        """By the other side: a refresh of ours that waits is not needed any more."""
        if self._waiting is not None and self._waiting.refresh:
            self._waiting = self._again_at = None

    def deadline(self) -> float | None:
        return self._again_at if self.current is None else None

    def _pause(self) -> float:
        """§14.1, in steps of 10 ms: the one who owns the Call-ID waits longer, so that they do not meet again."""
        steps = self._random.randint(210, 400) if self._placed else self._random.randint(0, 200)
        return steps / 100

    def _pause_after(self, response: Response) -> float | None:
        """How long to wait before the next try; None: it is refused for good."""
        if response.status == 491:
            return self._pause()
        later = retry_after(response) if response.status == 500 else None
        return None if later is None else min(later, LONGEST_PAUSE)
