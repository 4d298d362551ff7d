"""A network of this thread's own, and of the processes and threads that it starts: nobody else's packets are in it."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLONE_NEWNET = 0x40000000  # Linux, sched.h


class Link:
    """Its loopback, over which everybody there speaks to everybody."""

    @contextmanager
    def slow(self, kilobits: int) -> Iterator[None]:
        """So many a second, and 50 ms of patience: of what comes faster, the rest is dropped."""
        limit = ("tbf", "rate", f"{kilobits}kbit", "burst", "3000", "latency", "50ms")
        self._run("tc", "qdisc", "add", "dev", "lo", "root", *limit)
        yield
        self._run("tc", "qdisc", "del", "dev", "lo", "root")

    def up(self) -> None:
        self._run("ip", "link", "set", "lo", "up", "mtu", "1500")

    def down(self) -> None:
        self._run("ip", "link", "set", "lo", "down")

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"{' '.join(command)}: {done.stderr.strip()}")


@contextmanager
def own_network() -> Iterator[Link]:
    """Skips the test where the machine does not allow it."""
    if missing := [tool for tool in ("ip", "tc") if shutil.which(tool) is None]:
        pytest.skip(f"no {missing[0]} on this machine: iproute2")
    libc = ctypes.CDLL(None, use_errno=True)
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        if libc.unshare(_CLONE_NEWNET):
            pytest.skip(f"no network of one's own: {os.strerror(ctypes.get_errno())}")
        link = Link()
        link.up()
        yield link
    finally:
        back = libc.setns(before, _CLONE_NEWNET)
        os.close(before)
        assert back == 0, "the other tests are to have the machine's network again"
