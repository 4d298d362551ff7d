"""Processes for the bridge: the one that is to work, and one in reserve that takes its place when it dies.

To start one takes a third of a second on an idle machine, most of it NumPy's, and several times as long on a busy one.
One in reserve has all that behind it, libopus loaded too, and waits for its first datagram; so a bridge that dies costs
the calls hardly more than the time in which it is noticed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from select import POLLIN, poll
from typing import TYPE_CHECKING

from mixer.bridge.channel import pair
from mixer.child_stderr import overhear

if TYPE_CHECKING:
    import socket


@dataclass(frozen=True, slots=True)
class Started:
    process: asyncio.subprocess.Process
    end: socket.socket
    """Ours of the channel: the process says that it has loaded everything, works from the first datagram on, and ends
    when this is closed."""
    heard: asyncio.Task[None]
    """What it complains of goes to our log."""

    async def ended(self, seconds: float) -> int:
        """Its exit status.  It is killed only if it lives on for so long: asyncio loses the status of a child that is
        killed as it dies."""
        try:
            status = await asyncio.wait_for(self.process.wait(), seconds)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            status = await self.process.wait()
        await self.heard
        return status


async def start() -> Started:
    """Raises OSError when the machine has no room for another process."""
    with ExitStack() as stack:
        ours, theirs = pair()
        stack.enter_context(ours)
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "mixer.bridge.process",
                str(theirs.fileno()),
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            )
        stack.pop_all()
        assert process.stderr is not None
        return Started(process, ours, asyncio.create_task(overhear(process.stderr, "bridge")))


class Reserve:
    """At most one process."""

    def __init__(self) -> None:
        self._started: Started | None = None

    @property
    def ready(self) -> bool:
        """Whether there is one that has loaded everything."""
        if self._started is None or self._started.process.returncode is not None:
            return False
        said = poll()
        said.register(self._started.end, POLLIN)
        return bool(said.poll(0))

    async def prepare(self) -> None:
        """Have one from now on, if the machine has room.  One that dies is not replaced before it was needed."""
        if self._started is None:
            with contextlib.suppress(OSError):  # then whoever needs it, says so
                self._started = await start()

    async def take(self) -> Started:
        """The one in reserve, which is none any more, or else a new one.  Raises as :func:`start`."""
        started, self._started = self._started, None
        if started is not None and started.process.returncode is None:
            return started
        if started is not None:
            started.end.close()
        return await start()

    async def close(self, seconds: float) -> None:
        """End it, within so many seconds."""
        started, self._started = self._started, None
        if started is not None:
            started.end.close()
            await started.ended(seconds)
