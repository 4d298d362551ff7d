"""The main process's side of the bridge: starts it, talks to it, starts another when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from mixer.bridge import clock
from mixer.bridge.channel import HEARTBEAT, Channel
from mixer.bridge.protocol import Command, Event, Play, Quit, Ready
from mixer.bridge.reserve import Reserve
from mixer.bridge.standing import Standing

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

_log = logging.getLogger(__name__)

_LOOK = 0.25  # seconds between two looks at whether it ticks
_SILENT_LOOKS = 4  # without a heartbeat between them; we count looks, not seconds, for it may be us who slept
_STARTING_LOOKS = 60  # the same, until it is ready
_START_SECONDS = 15.0
_QUIT_SECONDS = 1.0
_EXIT_SECONDS = 0.5  # from the end of its channel to the end of the process
_LONGEST_PAUSE = 2.0
_COMMANDS_KEPT = 1_000_000
_EVENTS_AT_ONCE = 20  # a call that ends costs some 0.5 ms, and two thousand may be lost in one tick


class BridgeError(Exception):
    """The bridge does not start."""


class Link(Protocol):
    """What the mixer needs of a bridge, wherever that runs."""

    async def start(self) -> None:
        """Raises :class:`BridgeError`."""

    async def supervised(self) -> None:
        """Until :meth:`close`."""

    def send(self, command: Command, *descriptors: int) -> None: ...

    def current_tick(self) -> int: ...

    @property
    def silence(self) -> float:
        """Seconds since it has told that it ticks, or waits for legs."""

    async def close(self) -> None: ...


class BridgeClient:
    """``on_event`` is called for each event, in the event loop; :class:`Ready` comes again with each new bridge."""

    def __init__(self, on_event: Callable[[Event], None], settled: float = 5.0) -> None:
        """``settled``: seconds of life after which a death is no failure to start, and the next process is prepared."""
        self._on_event = on_event
        self._settled = settled
        self._standing = Standing()
        self._reserve = Reserve()
        self._channel: Channel[Command, Event] | None = None
        self._descriptor = -1
        self._gone = asyncio.Event()
        self._ready = asyncio.Event()
        self._looks = 0  # since the last sign of life
        self._ticked = time.monotonic()  # when a bridge that works gave one
        self._supervisor: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the process and wait until it ticks.  Raises :class:`BridgeError` when it does not."""
        self._supervisor = asyncio.create_task(self._supervise())
        try:
            await asyncio.wait_for(self._ready.wait(), _START_SECONDS)
        except TimeoutError:
            await self.close()
            raise BridgeError(f"the bridge process does not start within {_START_SECONDS:.0f} s") from None

    async def supervised(self) -> None:
        """Until :meth:`close`, or until a mistake of ours ends the supervision: then raises it."""
        if self._supervisor is not None:
            await asyncio.shield(self._supervisor)

    def send(self, command: Command, *descriptors: int) -> None:
        """Give a command.  Descriptors are duplicated: the caller may close its own.

        While there is no bridge, the next one is told what still matters of it.
        """
        if isinstance(command, Play) and command.since == 0:
            command = replace(command, since=self.current_tick())
        self._standing.note(command, *descriptors)
        if self._channel is not None:
            self._channel.send(command, *descriptors)
            self._write_later()

    @property
    def has_reserve(self) -> bool:
        """Whether another process is ready to take over at once."""
        return self._reserve.ready

    @property
    def silence(self) -> float:
        """Seconds since a bridge has told that it ticks, or waits for legs; it does so five times a second."""
        return time.monotonic() - self._ticked

    def current_tick(self) -> int:
        """The tick that has begun last, in the bridge as here."""
        return clock.current_tick()

    async def close(self) -> None:
        """End the process; RTCP BYE to all that are still there."""
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is None:
            return
        if self._channel is not None and self._ready.is_set():
            self._channel.send(Quit())
            self._write_later()
            await asyncio.wait([supervisor], timeout=_QUIT_SECONDS)
        supervisor.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await supervisor
        await self._reserve.close(_EXIT_SECONDS)
        self._standing.close()

    async def _supervise(self) -> None:
        """One bridge after another."""
        pause = 0.0
        while True:
            began = time.monotonic()
            try:
                started = await self._reserve.take()
            except OSError as error:
                _log.error("no bridge process can be started: %s; trying again in %.0f s", error, _LONGEST_PAUSE)
                await asyncio.sleep(_LONGEST_PAUSE)
                continue
            self._connect(started.end)
            try:
                await self._watch(began)
            finally:
                self._disconnect()
                status = await started.ended(_EXIT_SECONDS if self._gone.is_set() else 0)
            if self._supervisor is None:
                return
            settled = time.monotonic() - began > self._settled
            pause = 0.0 if settled else min(_LONGEST_PAUSE, max(0.1, 2 * pause))
            if settled and self._reserve.ready:
                _log.warning("the bridge process is gone (status %d); the one in reserve takes its place", status)
                continue
            _log.warning("the bridge process is gone (status %d); starting another in %.1f s", status, pause)
            await asyncio.sleep(pause)

    def _connect(self, end: socket.socket) -> None:
        """Set a process to work, and tell it everything that stands."""
        self._gone.clear()
        self._ready.clear()
        self._looks = 0
        self._descriptor = end.fileno()
        self._channel = Channel(end, _COMMANDS_KEPT)
        self._channel.send_octets(HEARTBEAT)
        for command, descriptors in self._standing.replay(self.current_tick()):
            self._channel.send(command, *descriptors)
        asyncio.get_running_loop().add_reader(self._descriptor, self._readable)
        self._write_later()

    async def _watch(self, began: float) -> None:
        """Until the bridge is gone, or does not tick any more."""
        while self._looks <= (_SILENT_LOOKS if self._ready.is_set() else _STARTING_LOOKS):
            self._looks += 1
            if self._ready.is_set() and time.monotonic() - began > self._settled:
                await self._reserve.prepare()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), _LOOK)
                return
        _log.warning("the bridge process does not tick: it is killed")

    def _disconnect(self) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._descriptor)
        loop.remove_writer(self._descriptor)
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def _readable(self) -> None:
        """Some of what waits: we are called again for the rest, after what else is to be done."""
        for _ in range(_EVENTS_AT_ONCE):
            if self._channel is None or (message := self._channel.receive()) is None:
                break
            self._looks = 0
            event, _ = message
            if not isinstance(event, bytes):
                self._standing.hear(event)
                if isinstance(event, Ready):
                    self._ready.set()
                self._on_event(event)
            if self._ready.is_set():
                self._ticked = time.monotonic()
        if self._channel is not None and self._channel.closed:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            self._gone.set()

    def _write_later(self) -> None:
        if self._channel is not None and self._channel.waiting:
            asyncio.get_running_loop().add_writer(self._descriptor, self._writable)

    def _writable(self) -> None:
        if self._channel is not None:
            self._channel.flush()
            if not self._channel.waiting:
                asyncio.get_running_loop().remove_writer(self._descriptor)
