"""What a running mixer holds of the machine, looked at again and again, and whether that levels off."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.bench.processes import cpu_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FOLDERS: Final = ("conferences", "journal", "outbox", "recordings", "state")


@dataclass(frozen=True, slots=True)
class Process:
    rss: float
    """Megabytes; pages shared with others counted whole."""
    uss: float
    """Megabytes that are its own."""
    descriptors: int
    threads: int
    cpu: float
    """Seconds so far."""


@dataclass(frozen=True, slots=True)
class Sample:
    at: float
    """Seconds since the beginning of the run."""
    processes: Mapping[str, Process]
    """``main``, ``bridge``, ``reserve``."""
    children: int
    """Of main, all together."""
    zombies: int
    files: Mapping[str, tuple[int, int]]
    """By folder: how many, and their octets."""


def look(began: float, main: int, folder: Path) -> Sample:
    children = _children(main)
    bridges = [child for child in children if "mixer.bridge.process" in _command(child)]
    named = {"main": main, **dict(zip(("bridge", "reserve"), bridges, strict=False))}
    found = {}
    for name, pid in named.items():
        with suppress(FileNotFoundError, ProcessLookupError):
            found[name] = _process(pid)
    zombies = sum(_state(child) == "Z" for child in children)
    files = {name: _files(folder / name) for name in FOLDERS}
    return Sample(round(time.monotonic() - began, 1), found, len(children), zombies, files)


def grown(values: Sequence[float]) -> float:
    """By how much the least of the last quarter is above the most of the second: 0 for what has levelled off.

    What begins is in the first quarter; what only comes and goes has its lows in the last one too.
    """
    quarter = len(values) // 4
    if not quarter:
        return 0.0
    return max(0.0, min(values[-quarter:]) - max(values[quarter : 2 * quarter]))


def _process(pid: int) -> Process:
    status = Path(f"/proc/{pid}/status").read_text()
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    own = sum(_kilobytes(rollup, name) for name in ("Private_Clean:", "Private_Dirty:"))
    return Process(
        round(_kilobytes(status, "VmRSS:") / 1024, 1),
        round(own / 1024, 1),
        sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()),
        _kilobytes(status, "Threads:"),
        round(cpu_seconds(pid), 2),
    )


def _kilobytes(text: str, name: str) -> int:
    return int(text.partition(name)[2].split(maxsplit=1)[0])


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):
                found += map(int, (task / "children").read_text().split())
    return sorted(found)


def _command(pid: int) -> str:
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


def _state(pid: int) -> str:
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return ""


def _files(folder: Path) -> tuple[int, int]:
    count = octets = 0
    for file in folder.rglob("*"):
        with suppress(OSError):
            if file.is_file():
                count, octets = count + 1, octets + file.stat().st_size
    return count, octets
