"""The bare C reflector under the same load as the mixer: what the kernel costs, and so the least that a mixer can.

    python -m tests.bench.reflector [LEGS] [SECONDS]     # 400 10

Compiles :file:`reflector.c` with ``cc``.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.heard import Heard, table
from tests.bench.processes import cpu_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

_SOURCE = Path(__file__).with_name("reflector.c")
_WARM_UP = 3.0
_LEGS_A_SOCKET = 500


@dataclass(frozen=True, slots=True)
class Reflected:
    legs: int
    microseconds: float
    """CPU of the reflector for each leg and tick, kernel included."""
    heard: Heard


def measure(legs: int, seconds: float) -> Reflected:
    """Raises CalledProcessError or FileNotFoundError where no C compiler is."""
    with tempfile.TemporaryDirectory(prefix="confctl-reflector-") as folder:
        program = Path(folder) / "reflector"
        subprocess.run(["cc", "-O2", "-o", str(program), str(_SOURCE)], check=True)
        with _started([str(program), str(-(-legs // _LEGS_A_SOCKET))]) as reflector:
            assert reflector.stdout is not None
            ports = [int(port) for port in reflector.stdout.readline().split()]
            command = [sys.executable, "-m", "tests.bench.bridge_load", "phones", str(legs), str(seconds), "1.0"]
            with _started(command) as phones:
                assert phones.stdin is not None and phones.stdout is not None
                phones.stdout.readline()
                phones.stdin.write(json.dumps([ports[leg % len(ports)] for leg in range(legs)]) + "\n")
                phones.stdin.flush()
                time.sleep(_WARM_UP)
                before, began = cpu_seconds(reflector.pid), time.monotonic()
                time.sleep(seconds - 0.5)
                spent, elapsed = cpu_seconds(reflector.pid) - before, time.monotonic() - began
                heard = Heard.from_json(phones.stdout.readline())
    return Reflected(legs, spent / (elapsed * 50 * legs) * 1e6, heard)


@contextmanager
def _started(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def main() -> None:
    legs, seconds = (int(sys.argv[1]) if sys.argv[1:] else 400), (float(sys.argv[2]) if sys.argv[2:] else 10.0)
    found = measure(legs, seconds)
    rows = (
        ("legs", f"{legs}, for {seconds:g} s"),
        *found.heard.rows,
        ("CPU of the reflector", f"{found.microseconds:.1f} µs per leg and tick"),
    )
    print(table(rows))


if __name__ == "__main__":
    main()
