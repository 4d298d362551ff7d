"""What a leg takes of memory, and that calls leave nothing behind.

    python -m tests.bench.memory [--legs 2000] [--calls 0] [--rate 30]     # 2000 legs in rooms of 20; half a minute
    python -m tests.bench.memory --legs 0 --calls 10000                    # then nine minutes of dial-ins

Resident memory of main process and bridge together.  Of each call its transactions are remembered for 32 s, as RFC 3261
has it; so the calls pause at each point of the curve until all of them are forgotten.  What a process has freed the
system does not get back, as a rule, so what is resident at rest is the most that ever was needed at once.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench.callers import Dialled, Storm
from tests.bench.dial_in_storm import phones_for
from tests.bench.heard import table
from tests.bench.whole_mixer import Cost, Rooms, beginning, whole_mixer
from tests.calls.company import CONFERENCE_NUMBER

ASKED = 60.0
"""Kilobytes a leg."""
POINTS = (1000, 2000, 5000, 10_000, 20_000, 50_000)
"""Calls: after the first of them it should not grow any more."""
REST = 40.0
"""Seconds: the longest call, and the 32 that it is remembered."""
_ROOM = 20
_STAY = 1.0
_SPEAKING = 5.0  # seconds: by then each leg's columns are all in use


@dataclass(frozen=True, slots=True)
class Legs:
    legs: int
    empty: Cost
    """Megabytes before the first call."""
    full: Cost

    @property
    def each(self) -> float:
        """Kilobytes."""
        return (self.full.both - self.empty.both) * 1024 / self.legs


@dataclass(frozen=True, slots=True)
class Calls:
    dialled: list[Dialled]
    """From each point of the curve to the next."""
    curve: dict[int, Cost]
    """Megabytes at rest, after so many calls."""

    @property
    def grown(self) -> float:
        """Megabytes since the first point."""
        first, *_, last = self.curve.values()
        return last.both - first.both


def of_legs(folder: Path, legs: int) -> Legs:
    rooms = Rooms(legs // _ROOM, _ROOM)
    with whole_mixer(folder, rooms) as whole:
        start = beginning(rooms.count)
        codes = whole.plan(rooms, start)
        time.sleep(max(0.0, start - 0.2 - time.time()))
        empty = whole.resident
        whole.wait_until_all_are_in(codes, rooms.size)
        time.sleep(_SPEAKING)
        return Legs(rooms.legs, empty, whole.resident)


def of_calls(folder: Path, calls: int, rate: float) -> Calls:
    rooms = Rooms(1, 3)
    with whole_mixer(folder, rooms, callers=phones_for(rate, _STAY)) as whole:
        codes = whole.plan(rooms, beginning(rooms.count))
        whole.wait_until_all_are_in(codes, rooms.size)
        _, port = whole.mixer.server
        found = Calls([], {})
        placed = 0
        for point in (*(each for each in POINTS if each < calls), calls):
            whole.phones.dial(Storm(port, codes[0], CONFERENCE_NUMBER, rate, point - placed, _STAY))
            time.sleep((point - placed) / rate + REST)
            found.dialled.append(whole.phones.dialled())
            found.curve[point] = whole.resident
            placed = point
        return found


def rows_of_legs(found: Legs) -> tuple[tuple[str, str], ...]:
    return (
        ("legs", f"{found.legs} in rooms of {_ROOM}"),
        ("resident before the first call", found.empty.text("MB", 1)),
        ("resident with all of them", found.full.text("MB", 1)),
        ("a leg", f"{found.each:.1f} KB; asked: {ASKED:g}"),
    )


def rows_of_calls(found: Calls) -> tuple[tuple[str, str], ...]:
    over, placed = sum(each.over for each in found.dialled), sum(each.placed for each in found.dialled)
    failed = ", ".join(f"{count} {why}" for each in found.dialled for why, count in each.failed.items())
    return (
        ("calls", f"{over} of {placed} in good order; failed: {failed or 'none'}"),
        *((f"resident after {calls}", cost.text("MB", 1)) for calls, cost in found.curve.items()),
        ("grown since the first of these", f"{found.grown:.1f} MB; asked: 0"),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="What a leg takes of memory, and what calls leave behind.")
    parser.add_argument("--legs", type=int, default=2000)
    parser.add_argument("--calls", type=int, default=0)
    parser.add_argument("--rate", type=float, default=30, help="calls a second")
    chosen = parser.parse_args()
    good = True
    with tempfile.TemporaryDirectory(prefix="confctl-memory-") as folder:
        if chosen.legs:
            legs = of_legs(Path(folder) / "legs", chosen.legs)
            print(table(rows_of_legs(legs)))
            print(json.dumps(asdict(legs)))
            good = legs.each <= ASKED
        if chosen.calls > POINTS[0]:
            calls = of_calls(Path(folder) / "calls", chosen.calls, chosen.rate)
            print(table(rows_of_calls(calls)))
            print(json.dumps(asdict(calls)))
            good = good and calls.grown <= 0
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
