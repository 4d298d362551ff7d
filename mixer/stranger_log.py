"""What strangers do that nobody of ours does: a line of the log for each, which a packet filter may act upon.

    2026-11-23 04:32:10+03:00 WARNING stranger 192.0.2.7: wrong password for “101”

The word “stranger” and the host behind it are the same in every language (``examples/fail2ban``).  So many lines a
second, of one host and of all: a flood of messages is none of the log, and a phone of ours that errs still less.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from mixer.call_log import of_call
from mixer.phrases import Number, Phrase
from sip.effects import Flood, WrongPassword
from sip.throttle import Buckets, Rate

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)

OF_A_HOST: Final = Rate(1, 10)
IN_ALL: Final = Rate(10, 20)
AT_HOME: Final = Rate(1 / 60, 3)
"""Lines a second, and at once.  At home, where phones of ours are, nobody counts them: a phone with a mistyped password
comes back for ever."""
LONGEST: Final = 40
"""Letters of what a stranger has said, in a line."""


class StrangerLog:
    """``is_ours``: whether phones of ours are at a host: what somebody else does there is told in other words."""

    def __init__(self, is_ours: Callable[[str], bool], clock: Callable[[], float]) -> None:
        self._is_ours = is_ours
        self._clock = clock
        self._hosts: Buckets[str] = Buckets(OF_A_HOST)
        self._home: Buckets[str] = Buckets(AT_HOME)
        self._all: Buckets[None] = Buckets(IN_ALL)
        self.count = 0
        """Of what they did, told or not."""

    def told(self, effect: WrongPassword | Flood) -> None:
        """What the agent has seen of them."""
        match effect:
            case WrongPassword(source, user):
                self.tell(source.host, Phrase("wrong password for “%(user)s”", {"user": Number(quoted(user))}))
            case Flood(None):
                _log.warning(
                    "strangers send more than is read of them; phones and trunks of ours are not held up by that"
                )
            case Flood(str(host)):
                self.tell(host, Phrase("sends more than is read of it"))

    def tell(self, host: str, what: Phrase, leg: str | None = None) -> None:
        """``leg``: of the call in which it is done."""
        self.count += 1
        now, is_ours = self._clock(), self._is_ours(host)
        if (self._home if is_ours else self._hosts).take(host, now) and self._all.take(None, now):
            if is_ours:
                _log.warning("%s, where phones of ours are, has a stranger: %s", host, what, extra=of_call(leg))
            else:
                _log.warning("stranger %s: %s", host, what, extra=of_call(leg))


def quoted(text: str) -> str:
    """What a stranger has said, cut short."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
