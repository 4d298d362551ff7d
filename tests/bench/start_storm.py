"""A large conference begins while others talk: how soon all are in, and what the others hear of it.

    python -m tests.bench.start_storm [--people 1000] [--others 200]

Asked: 1000 people called, answered and in within 10 s of the hour; the 200 others, in rooms of 20, go on undisturbed:
no packet missing, none more than 20 ms after it was due.  The book grows and is read anew meanwhile.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench.heard import Heard, table
from tests.bench.whole_mixer import Cost, Rooms, beginning, load_average, whole_mixer

WITHIN = 10.0
LONGEST_WAIT = 40.0
"""Milliseconds: a packet every 20, and a phone's jitter buffer holds 20 more."""
_QUIET, _AFTER = 4.0, 2.0  # seconds of the others alone, to compare with; and after the last is in


@dataclass(frozen=True, slots=True)
class Started:
    people: int
    others: int
    all_in: float
    """Seconds from the planned start to the last one's being in."""
    cpu: Cost
    """Seconds of CPU from the planned start until then."""
    alone: Heard
    """By the others, before."""
    meanwhile: Heard
    """By the others, from the planned start on."""
    load_average: float


def measure(folder: Path, people: int, others: int) -> Started:
    rooms, large = Rooms(others // 20, 20), Rooms(1, people)
    with whole_mixer(folder, rooms, large) as whole:
        codes = whole.plan(rooms, beginning(rooms.count))
        whole.wait_until_all_are_in(codes, rooms.size)
        time.sleep(1)
        began, since = time.monotonic_ns(), time.time()
        start = since + _QUIET
        code = whole.plan(large, start, first=rooms.legs)
        time.sleep(max(0.0, start - time.time()))
        before, on_the_hour = whole.cpu, began + round((start - since) * 1e9)
        all_in = whole.wait_until_all_are_in(code, people) - start
        cpu = whole.cpu.since(before)
        time.sleep(_AFTER)
        return Started(
            people=people,
            others=rooms.legs,
            all_in=all_in,
            cpu=cpu,
            alone=whole.phones.heard(began, on_the_hour, 0, rooms.legs),
            meanwhile=whole.phones.heard(on_the_hour, time.monotonic_ns(), 0, rooms.legs),
            load_average=load_average(),
        )


def rows(found: Started) -> tuple[tuple[str, str], ...]:
    before, then = found.alone, found.meanwhile
    waits = f"{then.longest_wait:.2f} ms; asked: {LONGEST_WAIT:g}; before: {before.longest_wait:.2f}"
    return (
        ("people", f"{found.people} of one conference, while {found.others} others talk"),
        ("all are in after", f"{found.all_in:.2f} s; asked: {WITHIN:g}; CPU {found.cpu.text('s', 2)}"),
        ("the others' packets", f"{then.missing} missing, {then.in_time:.3%} within 5 ms; asked: 0"),
        ("their longest wait for one", waits),
        ("late, ms", f"{then.late}; before: {before.late}"),
        ("the phones were late, ms", str(then.own_late)),
        ("load average", f"{found.load_average:.2f}"),
    )


def good(found: Started) -> bool:
    heard = found.meanwhile
    return found.all_in <= WITHIN and not heard.missing and heard.longest_wait <= LONGEST_WAIT


def main() -> int:
    parser = argparse.ArgumentParser(description="Let a large conference begin while others talk.")
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--others", type=int, default=200)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="confctl-start-") as folder:
        found = measure(Path(folder), chosen.people, chosen.others)
    print(table(rows(found)))
    print(json.dumps(asdict(found)))
    return 0 if good(found) else 1


if __name__ == "__main__":
    sys.exit(main())
