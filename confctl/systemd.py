"""What the service manager that has started us is told: sd_notify(3), sd_watchdog_enabled(3).

Datagrams of ``VARIABLE=VALUE`` lines to the Unix socket that ``NOTIFY_SOCKET`` names; nothing where there is none.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

STATUS_SECONDS: Final = 2.0
"""How often it is looked whether STATUS has changed."""
_KEPT: Final = 16
"""Datagrams that wait while the manager has no room for them."""


class ServiceManager:
    def __init__(self, address: str | None, watchdog: float | None) -> None:
        """``address``: of its socket, as NOTIFY_SOCKET has it.  ``watchdog``: seconds within which it wants each sign
        of life."""
        self._address = "\0" + address[1:] if address and address.startswith("@") else address
        self._watchdog = watchdog
        self._waiting: deque[bytes] = deque(maxlen=_KEPT)
        self._status = ""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) if address else None
        if self._socket is not None:
            self._socket.setblocking(False)

    @classmethod
    def of(cls, environ: MutableMapping[str, str]) -> ServiceManager:
        """Takes its variables away: the processes that we start must not speak for us."""
        address = environ.pop("NOTIFY_SOCKET", None)
        useconds, whose = environ.pop("WATCHDOG_USEC", ""), environ.pop("WATCHDOG_PID", "")
        ours = useconds.isdecimal() and int(useconds) > 0 and whose in ("", str(os.getpid()))
        usable = address if address and address[0] in "/@" else None
        return cls(usable, int(useconds) / 1e6 if ours and usable else None)

    def ready(self) -> None:
        self._tell("READY=1")

    def reloading(self) -> None:
        """:meth:`ready` follows."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        self._tell("STOPPING=1")

    async def attend(self, silence: Callable[[], float], status: Callable[[], str]) -> None:
        """To be cancelled.  ``silence``: for how many seconds no sound has ticked: the watchdog is fed by that tick, so
        what it costs us to be here proves nothing.  ``status``: one line for whoever asks the manager how we are."""
        if self._socket is None:
            return
        async with asyncio.TaskGroup() as parts:
            parts.create_task(self._describe(status))
            if self._watchdog is not None:
                parts.create_task(self._beat(silence, self._watchdog / 2))

    async def _beat(self, silence: Callable[[], float], period: float) -> None:
        while True:
            if silence() < period:
                self._tell("WATCHDOG=1")
            await asyncio.sleep(period)

    async def _describe(self, status: Callable[[], str]) -> None:
        while True:
            if (told := status()) != self._status:
                self._status = told
                self._tell(f"STATUS={told}")
            self._flush()
            await asyncio.sleep(STATUS_SECONDS)

    def _tell(self, *lines: str) -> None:
        self._waiting.append("\n".join(lines).encode(errors="replace"))
        self._flush()

    def _flush(self) -> None:
        """A manager that doesn't read now is asked later; one that is gone is none."""
        while self._socket is not None and self._address is not None and self._waiting:
            try:
                self._socket.sendto(self._waiting[0], self._address)
            except BlockingIOError:
                return
            except OSError:
                pass
            self._waiting.popleft()

    def close(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.close()
