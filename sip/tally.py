"""How many SIP messages have come and gone, by method and status.

>>> tally = Tally()
>>> tally.came(b"REGISTER sip:conf.example SIP/2.0\\r\\n")
>>> tally.went(b"SIP/2.0 200 OK\\r\\n")
>>> tally.received, tally.sent
(Counter({'REGISTER': 1}), Counter({'200': 1}))
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from sip.origin import ALLOW
from sip.reasons import REASONS

_STATUSES: Final = {str(status).encode(): str(status) for status in REASONS}
_METHODS: Final = {method.encode(): method for method in (*ALLOW.split(", "), "MESSAGE", "PUBLISH")}
_LONGEST: Final = max(map(len, _METHODS))


class Tally:
    """What it has no name for is ``other``: whoever sends anything makes it no longer."""

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()

    def came(self, data: bytes) -> None:
        self.received[_kind(data)] += 1

    def went(self, data: bytes) -> None:
        self.sent[_kind(data)] += 1


def _kind(data: bytes) -> str:
    if data.startswith(b"SIP/2.0 "):
        return _STATUSES.get(data[8:11], "other")
    return _METHODS.get(data[: max(0, data.find(b" ", 0, _LONGEST + 1))], "other")
