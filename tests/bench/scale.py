"""What a leg costs a whole mixer, from a hundred legs to thousands, in rooms of any size, beside a bare reflector.

    python -m tests.bench.scale [--quick] [--seconds 8] [--into build/bench]

Everything is on: SIP, rules, jitter buffer, levels, digits, RTCP.  The reflector (:mod:`tests.bench.reflector`) is run
before and after the rooms of each number of legs, since a processor's clock changes from minute to minute; what counts
is the ratio.  Prints a table, and writes it as ``scale.json`` and ``scale.svg``.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import mixer_load, reflector
from tests.bench.picture import Chart, Goal, Line
from tests.bench.processes import machine
from tests.bench.whole_mixer import Rooms, load_average

if TYPE_CHECKING:
    from tests.bench.mixer_load import Result

LEGS, SIZES = (100, 400, 1000, 2000), (3, 20, 0)
QUICK_LEGS, QUICK_SIZES = (100, 400), (20,)
GOALS = (Goal("asked: 2 ×", 2.0, 100, 100), Goal("asked: 1.3 ×", 1.3, 400, 2000))
_REFLECTOR_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Cell:
    legs: int
    size: int
    """People in a room; 0: all in one."""
    reflector: float
    """Microseconds a leg and tick, the mean of before and after."""
    result: Result

    @property
    def times(self) -> float:
        return self.result.cpu.both / self.reflector


@dataclass(frozen=True, slots=True)
class Scale:
    at: str
    machine: str
    cells: tuple[Cell, ...]


def measure(legs: tuple[int, ...], sizes: tuple[int, ...], seconds: float) -> Scale:
    cells: list[Cell] = []
    for count in legs:
        before = reflector.measure(count, _REFLECTOR_SECONDS).microseconds
        results = {size: whole(count, size, seconds) for size in sizes}
        after = reflector.measure(count, _REFLECTOR_SECONDS).microseconds
        cells += [Cell(count, size, (before + after) / 2, result) for size, result in results.items()]
        for cell in cells[-len(sizes) :]:
            print(row(cell), flush=True)
    return Scale(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", machine(), tuple(cells))


def whole(legs: int, size: int, seconds: float) -> Result:
    """As near to so many legs as rooms of that size come."""
    rooms = Rooms(round(legs / size), size) if size else Rooms(1, legs)
    with tempfile.TemporaryDirectory(prefix="confctl-scale-") as folder:
        return mixer_load.measure(Path(folder), rooms, seconds, quick=True)


HEAD = (
    "legs   rooms of   main µs  bridge µs  reflector µs  times  asked  5 ms late  missing  own late p99.9  load\n"
    "----------------------------------------------------------------------------------------------------------"
)


def row(cell: Cell) -> str:
    result, heard = cell.result, cell.result.heard
    asked = next(goal.value for goal in GOALS if goal.since <= cell.legs <= goal.until)
    return (
        f"{cell.legs:<6} {name(cell.size):<9}{result.cpu.main:>9.2f}{result.cpu.bridge:>11.2f}{cell.reflector:>14.2f}"
        f"{cell.times:>7.2f}{asked:>7.1f}{1 - heard.in_time:>11.3%}{heard.missing:>9}{heard.own_late.p99_9:>16.2f}"
        f"{load_average():>6.1f}"
    )


def name(size: int) -> str:
    return f"{size}" if size else "all in one"


def chart(scale: Scale) -> Chart:
    sizes = sorted({cell.size for cell in scale.cells}, key=lambda size: size or 1 << 30)
    lines = []
    for size in sizes:
        points = tuple((cell.legs, cell.times) for cell in scale.cells if cell.size == size)
        lines.append(Line(f"rooms of {size}" if size else "all in one room", points))
    return Chart(
        "CPU of the whole mixer for each leg",
        f"times a reflector in C that only sends back; {scale.machine}, {scale.at}",
        "legs",
        "times the reflector",
        tuple(lines),
        GOALS,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="What a leg costs, from a hundred to thousands.")
    parser.add_argument("--quick", action="store_true", help="100 and 400 legs in rooms of 20")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--into", type=Path, default=Path("build/bench"), help="folder of scale.json and scale.svg")
    chosen = parser.parse_args()
    print(HEAD, flush=True)
    legs, sizes = (QUICK_LEGS, QUICK_SIZES) if chosen.quick else (LEGS, SIZES)
    scale = measure(legs, sizes, chosen.seconds)
    chosen.into.mkdir(parents=True, exist_ok=True)
    (chosen.into / "scale.json").write_text(json.dumps(asdict(scale), indent=1) + "\n")
    (chosen.into / "scale.svg").write_text(str(chart(scale)))
    print(f"{scale.machine}; {scale.at}; {chosen.into / 'scale.svg'}")


if __name__ == "__main__":
    main()
