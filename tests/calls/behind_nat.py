"""Networks that an address translator keeps apart, as at home and in an office: real ones, of namespaces and nftables.

inside (10.77.0.0/24) ── translator ── outside (addresses that are public, though nobody there has them; or the
company's, where the phone inside is in a container or behind a VPN)
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

INSIDE, GATEWAY = "10.77.0.7", "10.77.0.1"
OUTSIDE, PUBLIC = "93.184.216.34", "93.184.216.77"
"""Of who is outside; of the translator, as it is seen there."""
OFFICE, HOST = "192.168.50.34", "192.168.50.77"
"""The same, where the outside is private too."""

_CLONE_NEWNET = 0x40000000  # Linux, sched.h
_OURS = Path("/proc/thread-self/ns/net")
_libc = ctypes.CDLL(None, use_errno=True)


class Place:
    """A network namespace.  A socket, a thread or a process that begins within :meth:`here` stays there."""

    def __init__(self) -> None:
        with _kept():
            if _libc.unshare(_CLONE_NEWNET):
                pytest.skip(f"no network of one's own: {os.strerror(ctypes.get_errno())}")
            self._descriptor = _current()
            run("ip", "link", "set", "lo", "up")

    @property
    def path(self) -> str:
        """Of the namespace, as ``ip`` takes it."""
        return f"/proc/{os.getpid()}/fd/{self._descriptor}"

    @contextmanager
    def here(self) -> Iterator[None]:
        with _kept():
            assert _libc.setns(self._descriptor, _CLONE_NEWNET) == 0
            yield

    def close(self) -> None:
        os.close(self._descriptor)


class Translated:
    """``inside`` and ``outside``, and what lies between."""

    def __init__(self, outside: str, public: str) -> None:
        self._public = public
        self.inside, self.outside, self._between = Place(), Place(), Place()
        for place, name, address, gateway in (
            (self.inside, "in", INSIDE, GATEWAY),
            (self.outside, "out", outside, public),
        ):
            with self._between.here():
                run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", place.path)
                run("ip", "addr", "add", f"{gateway}/24", "dev", name)
                run("ip", "link", "set", name, "up")
            with place.here():
                run("ip", "addr", "add", f"{address}/24", "dev", "eth0")
                run("ip", "link", "set", "eth0", "up")
        with self.inside.here():
            run("ip", "route", "add", "default", "via", GATEWAY)
        with self._between.here():
            run("sysctl", "-qw", "net.ipv4.ip_forward=1")
            run("nft", "add", "table", "ip", "nat")
            run("nft", "add chain ip nat before { type nat hook prerouting priority -100; }")
            run("nft", "add chain ip nat after { type nat hook postrouting priority 100; }")
            # Other ports than inside, as many a router has it: who believes what a phone says, sends to nobody.
            run("nft", "add rule ip nat after oifname out masquerade random")

    def forward(self, ports: str) -> None:
        """What comes from outside to these ports of the translator is for who is inside, and comes from there."""
        with self._between.here():
            run("nft", f"add rule ip nat before iifname out udp dport {ports} dnat to {INSIDE}")
            run("nft", f"insert rule ip nat after oifname out udp sport {ports} snat to {self._public}")

    def forget(self) -> None:
        """The translator forgets who talks to whom: the next packet from inside gets another port."""
        with self._between.here():
            # With its address a masquerade loses what it remembers.  The link stays: one that comes back may be
            # silent for a second, until the kernel has seen its carrier.
            run("ip", "addr", "del", f"{self._public}/24", "dev", "out")
            run("ip", "addr", "add", f"{self._public}/24", "dev", "out")

    def close(self) -> None:
        for place in (self.inside, self.outside, self._between):
            place.close()


@contextmanager
def translated(outside: str = OUTSIDE, public: str = PUBLIC) -> Iterator[Translated]:
    """Skips the test where the machine does not allow it."""
    with ExitStack() as stack:
        network = Translated(outside, public)
        stack.callback(network.close)
        yield network


def run(*command: str) -> None:
    """What the machine does not have or allow, skips the test."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]} on this machine: sh tests/phones/install.sh says what to do")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{' '.join(command)}: {done.stderr.strip()}")


@contextmanager
def _kept() -> Iterator[None]:
    """The thread is in its own network again afterwards; where it may not leave it, it may not enter one either."""
    before, name = _current(), _OURS.readlink()
    try:
        yield
    finally:
        back = 0 if _OURS.readlink() == name else _libc.setns(before, _CLONE_NEWNET)
        os.close(before)
        assert back == 0, "the other tests are to have the machine's network again"


def _current() -> int:
    return os.open(_OURS, os.O_RDONLY)
