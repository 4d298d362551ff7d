"""What a tick frees is there for the next one."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

_TICKS = """
import resource
import numpy as np
from mixer.bridge.process import keep_memory
keep_memory()
for tick in range(110):
    if tick == 10:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    arrays = [np.ones(1_200_000, np.uint8) for _ in range(6)]
    del arrays
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_the_arrays_of_a_tick_cost_no_page_faults_at_the_next() -> None:
    run = subprocess.run([sys.executable, "-c", _TICKS], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 100  # less than one a tick; without, each page of each array is one
