"""Whether the clock can be believed by whoever removes what is old: a clock that is a year ahead makes all of it old.

Each look leaves a mark: what the clock showed, and how long the machine had run then.  A clock that has moved on by
another time than the machine has run has jumped, and so may one that shows weeks more than when the machine was on
last.  Whether it is right before or after that nobody knows but a person, who gets a day to look at it; a clock that
NTP keeps needs none.  The mixer's very first look has nothing to hold against the clock, and gives that day too.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from confctl import check_clock
from confctl.storage.files import write_whole

if TYPE_CHECKING:
    from confctl.settings import Settings

JUMP: Final = 6 * 3600.0
"""Seconds; less is no matter where days are counted."""
ABSENCE: Final = 30 * 86400.0
"""Seconds for which a machine may have been off, so far as it is known."""
GRACE: Final = 86400.0
"""Seconds for a person to look."""


@dataclass(frozen=True, slots=True)
class Mark:
    wall: float
    """Seconds since the epoch."""
    boot: str
    """Which run of the machine it was."""
    ran: float
    """For how many seconds the machine had run, asleep or not."""
    doubted_until: float = 0.0
    """By the clock after its jump."""
    first: bool = False
    """Whether it is doubted because nobody has looked at it before."""

    @classmethod
    def parse(cls, text: str) -> Mark | None:
        """None for what is none."""
        try:
            fields = json.loads(text)
        except (ValueError, RecursionError):
            return None
        match fields:
            case {
                "wall": float() as wall,
                "boot": str() as boot,
                "ran": float() as ran,
                "doubted_until": float() as until,
            }:
                return cls(wall, boot, ran, until, fields.get("first") is True)
        return None

    def jump(self, now: float, boot: str, ran: float) -> float:
        """By how many seconds the clock has jumped since; 0 if it has not."""
        if boot == self.boot:
            jumped = (now - self.wall) - (ran - self.ran)
            return jumped if abs(jumped) > JUMP else 0.0
        return now - self.wall if not -JUMP <= now - self.wall <= ABSENCE else 0.0


@dataclass(frozen=True, slots=True)
class Doubt:
    until: float
    """By the clock; it is not to be believed before."""
    first: bool
    """Nobody has looked at it before; else it has jumped."""


def doubt(settings: Settings, now: float, *, keep: bool, seen: bool) -> Doubt | None:
    """None where the clock is to be believed.

    ``keep``: leaves a mark for the next look.  ``seen``: a person has the clock before them, who may be the first.
    """
    file = settings.paths.state / "clock"
    before, boot, ran = _read(file), _boot(), machine_has_run()
    first = before is None and not seen
    jumped = before is not None and before.jump(now, boot, ran) != 0.0
    if first or jumped:
        until = now + GRACE
    else:
        until = min(before.doubted_until, now + GRACE) if before else 0.0
        first = before is not None and before.first
    if check_clock.in_step():
        until = 0.0
    if keep:
        with suppress(OSError):  # the next look knows less
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(file, json.dumps(asdict(Mark(now, boot, ran, until, first))) + "\n")
    return Doubt(until, first) if now < until else None


def machine_has_run() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:  # a machine that doesn't tell
        return ""


def _read(file: Path) -> Mark | None:
    try:
        return Mark.parse(file.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None
