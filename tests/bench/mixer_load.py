"""The whole mixer under load: ``confctl run`` calls everybody of many conferences at the same moment, and mixes.

    python -m tests.bench.mixer_load [--rooms 10] [--size 20] [--seconds 60]

Prints a table, and the same as one line of JSON.  The phones are one other process (:mod:`tests.bench.load_phones`).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from confctl import settings
from confctl.book.book import Book
from confctl.book.conference_file import Draft
from confctl.people.directory import Directory
from tests.bench.heard import Heard, table
from tests.bench.load_phones import FIRST_NUMBER
from tests.bench.processes import cpu_seconds, resident_megabytes
from tests.bench.rtp_phones import HOST
from tests.calls.company import Company

if TYPE_CHECKING:
    from types import TracebackType

    from tests.calls.mixer_process import MixerProcess

_AHEAD = 3.0  # seconds from the planning to the start, which the mixer needs to see the book
_AHEAD_A_ROOM = 0.05  # a disk that is slow to confirm takes so long to keep a conference
_PATIENCE = 60.0
_SETTLE = 5.0  # from the last answer to the first measurement: the burst's effects on the jitter buffers are over
_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Load:
    rooms: int
    size: int
    """People in each."""
    seconds: float
    """Of measurement."""

    @property
    def legs(self) -> int:
        return self.rooms * self.size


@dataclass(frozen=True, slots=True)
class Cost:
    """Of the main process, and of the bridge."""

    main: float
    bridge: float

    @property
    def both(self) -> float:
        return self.main + self.bridge

    def since(self, before: Cost) -> Cost:
        return Cost(self.main - before.main, self.bridge - before.bridge)

    def divided_by(self, number: float) -> Cost:
        return Cost(self.main / number, self.bridge / number)


@dataclass(frozen=True, slots=True)
class Result:
    load: Load
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


class LoadPhones:
    """The process of the phones."""

    def __init__(self, load: Load) -> None:
        command = [sys.executable, "-m", "tests.bench.load_phones", str(load.rooms), str(load.size)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self._process.pid
        self.sip_port = int(self._line())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def heard(self, since: int, until: int) -> Heard:
        """What they heard in a stretch of time, nanoseconds of the monotonic clock."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{since} {until}\n")
        self._process.stdin.flush()
        return Heard.from_json(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def measure(folder: Path, load: Load) -> Result:
    """The whole run, in an empty folder; some fifteen seconds longer than the measurement."""
    average = os.getloadavg()[0]
    company = Company(folder, people=0)
    with LoadPhones(load) as phones:
        numbers = [str(FIRST_NUMBER + index) for index in range(load.legs)]
        for number in numbers:
            company.add_fixed(number, f"sip:{number}@{HOST}:{phones.sip_port}")
        with company.mixer as mixer:
            start = time.time() + _AHEAD + load.rooms * _AHEAD_A_ROOM
            codes = plan(mixer.config, numbers, load, start)
            time.sleep(start - 0.2 - time.time())
            idle, before = resident(mixer), cpu(mixer)
            all_in = wait_until_all_are_in(mixer, codes, load.size) - start
            burst = cpu(mixer).since(before)
            time.sleep(_SETTLE)
            before, phones_before, since = cpu(mixer), cpu_seconds(phones.pid), time.monotonic_ns()
            time.sleep(load.seconds)
            spent, phones_spent, until = cpu(mixer).since(before), cpu_seconds(phones.pid), time.monotonic_ns()
            heard = phones.heard(since, until)
            elapsed = (until - since) / _SECOND_NS
            return Result(
                load=load,
                all_in=all_in,
                burst=burst,
                heard=heard,
                cpu=spent.divided_by(elapsed * 50 * load.legs / 1e6),
                idle_resident=idle,
                resident=resident(mixer),
                phones_cpu=(phones_spent - phones_before) / elapsed,
                load_average=(average, os.getloadavg()[0]),
            )


def plan(config: Path, numbers: list[str], load: Load, start: float) -> list[str]:
    """Conferences of so many people each, all from the same moment on; their codes."""
    chosen = settings.load(config)
    directory = Directory.load(chosen.paths.people, trunk=False)
    book = Book(chosen.paths.conferences, directory)
    people = [person for number in numbers if (person := directory.by_number(number))]
    assert len(people) == load.legs, directory.problems
    codes = []
    for first in range(0, load.legs, load.size):
        owner, *others = people[first : first + load.size]
        draft = Draft(f"Room {first // load.size + 1}", owner, tuple(others), start, start + 3600, "UTC")
        codes.append(book.add(draft, time.time()).plan.code)
    return codes


def wait_until_all_are_in(mixer: MixerProcess, codes: list[str], size: int) -> float:
    """The moment at which the last one joined, as the journals have it."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        joined = [record.at for code in codes for record in mixer.journal(code) if record.kind == "joined"]
        if len(joined) == len(codes) * size:
            return max(joined)
        assert time.monotonic() < deadline, f"{len(joined)} of {len(codes) * size} are in; {mixer.words}"
        time.sleep(0.25)  # seldom: this process shares the machine with what it measures


def cpu(mixer: MixerProcess) -> Cost:
    """Seconds so far."""
    (bridge,) = mixer.bridge_pids
    return Cost(cpu_seconds(mixer.pid), cpu_seconds(bridge))


def resident(mixer: MixerProcess) -> Cost:
    """Megabytes now."""
    (bridge,) = mixer.bridge_pids
    return Cost(resident_megabytes(mixer.pid), resident_megabytes(bridge))


def rows(result: Result) -> tuple[tuple[str, str], ...]:
    load = result.load
    return (
        ("legs", f"{load.legs}: {load.rooms} conferences of {load.size}, for {load.seconds:g} s"),
        ("all are in after", f"{result.all_in:.2f} s; CPU {in_both(result.burst, 's', 2)}"),
        *result.heard.rows,
        ("CPU of the phones", f"{result.phones_cpu:.0%} of a core"),
        ("CPU a leg and tick", in_both(result.cpu, "µs", 1)),
        ("resident before the first call", in_both(result.idle_resident, "MB", 0)),
        ("resident at the end", in_both(result.resident, "MB", 0)),
        ("load average before, after", "{:.2f}, {:.2f}".format(*result.load_average)),
    )


def in_both(cost: Cost, unit: str, digits: int) -> str:
    main, bridge, both = (f"{value:.{digits}f}" for value in (cost.main, cost.bridge, cost.both))
    return f"{both} {unit} (main {main}, bridge {bridge})"


def main() -> None:
    parser = argparse.ArgumentParser(description="Load a real mixer with real calls over loopback.")
    parser.add_argument("--rooms", type=int, default=10, help="conferences")
    parser.add_argument("--size", type=int, default=20, help="people in each")
    parser.add_argument("--seconds", type=float, default=60)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="confctl-load-") as folder:
        result = measure(Path(folder), Load(chosen.rooms, chosen.size, chosen.seconds))
    print(table(rows(result)))
    print(json.dumps(asdict(result)))


if __name__ == "__main__":
    main()
