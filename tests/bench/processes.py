"""What a process costs, as the kernel counts it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def cpu_seconds(pid: int) -> float:
    """Of all threads so far, to the nanosecond; what ended threads have used is not in it."""
    seconds = 0.0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):
            seconds += int((thread / "schedstat").read_text().split()[0]) / 1e9
    return seconds


def resident_megabytes(pid: int) -> float:
    """Pages shared with others counted whole."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def machine() -> str:
    """Its processor and how many of them."""
    text = Path("/proc/cpuinfo").read_text()
    model = text.partition("model name")[2].partition("\n")[0].lstrip("\t: ") or "unknown processor"
    return f"{os.cpu_count()} × {model}"
