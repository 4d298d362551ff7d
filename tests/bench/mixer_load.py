"""The whole mixer under load: ``confctl run`` calls everybody of many conferences at the same moment, and mixes.

    python -m tests.bench.mixer_load [--rooms 10] [--size 20] [--seconds 60]

Prints a table, and the same as one line of JSON.  The phones are one other process (:mod:`tests.bench.load_phones`).
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench.heard import Heard, table
from tests.bench.processes import cpu_seconds
from tests.bench.whole_mixer import Cost, Rooms, beginning, load_average, whole_mixer

_SETTLE = 4.0  # from the last answer to the first measurement: the burst's effects on the jitter buffers are over
_ASIDE = 1.0  # before and after the measurement, when the phones change from Python to C and back
_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Result:
    rooms: Rooms
    seconds: float
    """Of measurement."""
    all_in: float
    """Seconds from the planned start to the last one's being in."""
    burst: Cost
    """CPU seconds from the planned start until then."""
    heard: Heard
    cpu: Cost
    """Microseconds a leg and tick, while everybody talks."""
    idle_resident: Cost
    """Megabytes before the first call."""
    resident: Cost
    """Megabytes at the end."""
    phones_cpu: float
    """Share of a core that the load itself took."""
    load_average: tuple[float, float]
    """Of the last minute, before and after: whatever else the machine did meanwhile is in it."""


def measure(folder: Path, rooms: Rooms, seconds: float, *, quick: bool = False) -> Result:
    """The whole run, in an empty folder; some fifteen seconds longer than the measurement.

    ``quick``: the phones leave more of the machine to the mixer, and take no time of impulses.
    """
    average = load_average()
    with whole_mixer(folder, rooms, quick=quick) as whole:
        phones = whole.phones
        start = beginning(rooms.count)
        codes = whole.plan(rooms, start)
        time.sleep(max(0.0, start - 0.2 - time.time()))
        idle, before = whole.resident, whole.cpu
        all_in = whole.wait_until_all_are_in(codes, rooms.size) - start
        burst = whole.cpu.since(before)
        time.sleep(_SETTLE)
        if quick:
            phones.talk(seconds + 2 * _ASIDE)
            time.sleep(_ASIDE)
        before, phones_before, since = whole.cpu, cpu_seconds(phones.pid), time.monotonic_ns()
        time.sleep(seconds)
        spent, phones_spent, until = whole.cpu.since(before), cpu_seconds(phones.pid), time.monotonic_ns()
        elapsed = (until - since) / _SECOND_NS
        return Result(
            rooms=rooms,
            seconds=seconds,
            all_in=all_in,
            burst=burst,
            heard=phones.heard(since, until),
            cpu=spent.divided_by(elapsed * 50 * rooms.legs / 1e6),
            idle_resident=idle,
            resident=whole.resident,
            phones_cpu=(phones_spent - phones_before) / elapsed,
            load_average=(average, load_average()),
        )


def rows(result: Result) -> tuple[tuple[str, str], ...]:
    rooms = result.rooms
    return (
        ("legs", f"{rooms.legs}: {rooms.count} conferences of {rooms.size}, for {result.seconds:g} s"),
        ("all are in after", f"{result.all_in:.2f} s; CPU {result.burst.text('s', 2)}"),
        *result.heard.rows,
        ("CPU of the phones", f"{result.phones_cpu:.0%} of a core"),
        ("CPU a leg and tick", result.cpu.text("µs", 1)),
        ("resident before the first call", result.idle_resident.text("MB", 0)),
        ("resident at the end", result.resident.text("MB", 0)),
        ("load average before, after", "{:.2f}, {:.2f}".format(*result.load_average)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Load a real mixer with real calls over loopback.")
    parser.add_argument("--rooms", type=int, default=10, help="conferences")
    parser.add_argument("--size", type=int, default=20, help="people in each")
    parser.add_argument("--seconds", type=float, default=60)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="confctl-load-") as folder:
        result = measure(Path(folder), Rooms(chosen.rooms, chosen.size), chosen.seconds)
    print(table(rows(result)))
    print(json.dumps(asdict(result)))


if __name__ == "__main__":
    main()
