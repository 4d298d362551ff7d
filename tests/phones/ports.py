"""Ports for tests, that no other test takes at the same time, in this process or another.

Asking the kernel for port 0 and closing the socket hands the same port out twice now and then.  Here a process locks
a block of ports by a file, which the kernel unlocks when the process ends however it ends, and hands out each port of
it once.  The blocks lie below the range from which Linux draws the ports of outgoing connections.
"""

from __future__ import annotations

import fcntl
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import TextIOWrapper

BLOCK = 400
LOWEST, HIGHEST = 10_000, 32_400

_locks: list[TextIOWrapper] = []
"""Open for as long as this process lives: closing one would give its block away."""
_blocks: list[range] = []
"""Locked by this process, the one used last at the end."""
_ENOUGH = 8
"""Blocks of one process; then it begins again with its first, whose ports the tests before are done with."""
_free: Iterator[int] = iter(())


def take(count: int = 1) -> int:
    """The first of ``count`` ports in a row, even-numbered, each free for UDP and TCP on 127.0.0.1."""
    global _free
    if count > BLOCK // 2:
        raise ValueError(f"{count} ports in a row: a block has {BLOCK}")
    row: list[int] = []
    while True:
        port = next(_free, None)
        if port is None:
            _free, row = iter(_lock_block()), []
        elif not _is_free(port):
            row = []
        elif row or port % 2 == 0:
            row.append(port)
        if len(row) == count:
            return row[0]


def is_bound(port: int) -> bool:
    """Whether some process has it, as the kernel lists it: trying to bind it could be in that process's way."""
    tables = (Path("/proc/thread-self/net") / name for name in ("udp", "udp6", "tcp", "tcp6"))
    lines = [line for table in tables if table.exists() for line in table.read_text().splitlines()[1:]]
    return any(line.split()[1].endswith(f":{port:04X}") for line in lines)


def address(host: str, port: int) -> str:
    """As in a URI."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _lock_block() -> range:
    if len(_blocks) >= _ENOUGH:
        _blocks.append(_blocks.pop(0))
        return _blocks[-1]
    folder = Path(tempfile.gettempdir()) / "confctl-test-ports"
    folder.mkdir(exist_ok=True)
    for first in range(LOWEST, HIGHEST, BLOCK):
        lock = (folder / str(first)).open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        _locks.append(lock)
        _blocks.append(range(first, first + BLOCK))
        return _blocks[-1]
    raise RuntimeError(f"no free block of ports: close other test runs, or delete {folder}")


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
