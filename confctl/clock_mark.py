"""Whether the clock can be believed by whoever removes what is old: a clock that is a year ahead makes all of it old.

Each look leaves a mark: what the clock showed, and how long the machine had run then.  A clock that has moved on by
another time than the machine has run has jumped, and so may one that shows weeks more than when the machine was on
last.  Whether it is right before or after that nobody knows but a person, who gets a day to look at it; a clock that
NTP keeps needs none.
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
                return cls(wall, boot, ran, until)
        return None

    def jump(self, now: float, boot: str, ran: float) -> float:
        """By how many seconds the clock has jumped since; 0 if it has not."""
        if boot == self.boot:
            jumped = (now - self.wall) - (ran - self.ran)
            return jumped if abs(jumped) > JUMP else 0.0
        return now - self.wall if not -JUMP <= now - self.wall <= ABSENCE else 0.0


def doubted_until(settings: Settings, now: float, *, keep: bool) -> float | None:
    """Until when the clock is not to be believed, which is after ``now``; None where it is to be.

    ``keep``: leaves a mark for the next look.
    """
    file = settings.paths.state / "clock"
    before, boot, ran = _read(file), _boot(), machine_has_run()
    jumped = 0.0 if before is None else before.jump(now, boot, ran)
    until = now + GRACE if jumped else min(before.doubted_until, now + GRACE) if before else 0.0
    if check_clock.in_step():
        until = 0.0
    if keep:
        with suppress(OSError):  # the next look knows less
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(file, json.dumps(asdict(Mark(now, boot, ran, until))) + "\n")
    return until if now < until else None


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
