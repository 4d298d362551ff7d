"""What the mixer's threads need of memory, they share."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

_THREADS = """
import ctypes
import threading
from confctl import run
{first}
kept, all_there = [], threading.Barrier(9)
def work():
    kept.append(bytearray(50_000))  # too large for Python's own allocator, too small for a mapping
    all_there.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
all_there.wait()
ctypes.CDLL(None).malloc_stats()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_the_mixers_threads_have_two_heaps_among_them() -> None:
    assert heaps("") > 2, "left to itself"
    assert heaps("run.share_memory()") == 2


def heaps(first: str) -> int:
    """That eight threads have made, and the one that there is."""
    script = _THREADS.format(first=first)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stderr.count("\nArena ") + done.stderr.startswith("Arena ")
