"""What a terminal sends, as names of keys: ECMA-48 sequences, and UTF-8."""

from __future__ import annotations

import re
from typing import Final

READY: Final = "ready"
"""The answer to :data:`ASK_READY`: all that came before it is on the screen."""
ASK_READY: Final = "\x1b[5n"
"""Device status report, ECMA-48 section 8.3.35."""

_SEQUENCE: Final = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|O[ -~])")
_BEGUN: Final = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|O)?")
_NAMES: Final = {
    b"\x1b[A": "up",
    b"\x1b[B": "down",
    b"\x1bOA": "up",
    b"\x1bOB": "down",
    b"\x1b[5~": "page-up",
    b"\x1b[6~": "page-down",
    b"\x1b[H": "home",
    b"\x1bOH": "home",
    b"\x1b[1~": "home",
    b"\x1b[F": "end",
    b"\x1bOF": "end",
    b"\x1b[4~": "end",
    b"\x1b[0n": READY,
}


class Keys:
    def __init__(self) -> None:
        self._rest = b""

    def take(self, octets: bytes) -> list[str]:
        """The keys that are whole by now; what is none of ours is passed over."""
        self._rest += octets
        found = []
        while self._rest and (key := self._next()) is not None:
            if key:
                found.append(key)
        return found

    def rest(self) -> list[str]:
        """Nothing more has come for a moment: an escape that nothing follows is the key itself."""
        alone, self._rest = self._rest == b"\x1b", b""
        return ["esc"] if alone else []

    @property
    def pending(self) -> bool:
        return bool(self._rest)

    def _next(self) -> str | None:
        """None where more has to come; empty for what means nothing."""
        if self._rest[0] == 0x1B:
            return self._sequence()
        length = 1 if self._rest[0] < 0x80 else 2 if self._rest[0] < 0xE0 else 3 if self._rest[0] < 0xF0 else 4
        if len(self._rest) < length:
            return None
        character, self._rest = self._rest[:length], self._rest[length:]
        return character.decode(errors="ignore").lower()

    def _sequence(self) -> str | None:
        if match := _SEQUENCE.match(self._rest):
            self._rest = self._rest[match.end() :]
            return _NAMES.get(match[0], "")
        if _BEGUN.fullmatch(self._rest):
            return None
        self._rest = self._rest[1:]
        return ""
