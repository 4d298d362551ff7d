"""How long the commands of the desk take on a large book, as ratios to ``python -c "import typer, rich"``.

    python -m tests.bench.desk [--rounds 15] [--past 10000] [--current 200] [--people 1000]

Each round starts the yardstick and each command once, one after the other, so that what else the machine does falls on
all of them alike.  Prints a table.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from confctl import settings
from confctl.book.conference_file import Entry
from confctl.book.conference_text import with_end, write
from mixer.rules.model import Person, Plan
from tests.confctl.office import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
YARDSTICK = "python -c 'import typer, rich'"
DAY = 86400.0


def company(folder: Path, past: int, current: int, people: int) -> str:
    """Fills a folder with a company that has a history; the code of one of its planned conferences."""
    (folder / "confctl.toml").write_text(SETTINGS, encoding="utf-8")
    staff = [Person(f"Сотрудник Номер {number}", (str(1000 + number),), password="x") for number in range(people)]
    (folder / "people.toml").write_text(
        "\n".join(f'[[person]]\nname = "{p.name}"\nnumbers = ["{p.number}"]\npassword = "x"\n' for p in staff),
        encoding="utf-8",
    )
    book = settings.load(folder / "confctl.toml").paths.conferences
    book.mkdir()
    now = time.time()
    for number in range(current):
        entry = _entry(100000 + number, staff, now + DAY / 4 * (number + 1))
        (book / f"{entry.plan.code}.toml").write_text(write(entry), encoding="utf-8")
    for number in range(past):
        start = now - DAY / 4 * (number + 1)
        entry = _entry(200000 + number, staff, start)
        month = book / "past" / f"{datetime.fromtimestamp(start, UTC):%Y/%m}"
        month.mkdir(parents=True, exist_ok=True)
        text = with_end(write(entry), start + 3600, "last-left")
        (month / f"{entry.plan.code}.toml").write_text(text, encoding="utf-8")
    (book / "codes").write_text(
        "".join(f"{100000 + n} {10000000 + n}\n" for n in range(current))
        + "".join(f"{200000 + n} {20000000 + n}\n" for n in range(past)),
        encoding="utf-8",
    )
    return "100000"


def _entry(code: int, staff: Sequence[Person], start: float) -> Entry:
    owner, *others = (staff[(code * 7 + n) % len(staff)] for n in range(9))
    start = start // 60 * 60
    plan = Plan(
        str(code), str(code * 100), f"Планёрка {code}", owner, tuple(others), start, start + 3600, "Europe/Moscow"
    )
    return Entry(plan, start - DAY)


def seconds(command: Sequence[str], folder: Path) -> float:
    """Wall-clock time of one run, from start to end."""
    began = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - began


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for option, default in (("--rounds", 15), ("--past", 10_000), ("--current", 200), ("--people", 1000)):
        asked.add_argument(option, type=int, default=default)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        code = company(folder, given.past, given.current, given.people)
        confctl = (sys.executable, "-m", "confctl")
        commands: dict[str, tuple[str, ...]] = {
            YARDSTICK: (sys.executable, "-c", "import typer, rich"),
            "list": (*confctl, "list"),
            "list --json": (*confctl, "list", "--json"),
            "list --past": (*confctl, "list", "--past"),
            "list --past --year 2026": (*confctl, "list", "--past", "--year", "2026"),
            f"show {code}": (*confctl, "show", code),
            "people find 1500": (*confctl, "people", "find", "1500"),
            "--help": (*confctl, "--help"),
        }
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(given.rounds):
            for name, command in commands.items():
                taken[name].append(seconds(command, folder))
    print(f"{given.current} current and {given.past} past conferences, {given.people} people; median of {given.rounds}")
    yardstick = statistics.median(taken[YARDSTICK])
    for name, times in taken.items():
        middle = statistics.median(times)
        print(f"{name:32} {middle * 1000:6.0f} ms  {middle / yardstick:5.2f} times")


if __name__ == "__main__":
    main()
