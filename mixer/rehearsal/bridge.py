"""The bridge in this process: ticks of the virtual clock, as many as there is something to be heard.

Between two things that happen nothing changes in what people hear, so most ticks of an hour are left out, as if the
bridge had stalled: it ticks from a moment before whatever happens until a moment after, through every sound that ends
by itself, and a moment each minute.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from media.rtcp import ntp_time
from mixer.bridge.bridge import Bridge
from mixer.bridge.protocol import (
    TICK,
    AddLeg,
    Address,
    AskStatistics,
    CloseSocket,
    Command,
    DropSound,
    Event,
    LoadSound,
    Mute,
    OpenSocket,
    Play,
    Played,
    Ready,
    RemoveLeg,
    StopPlaying,
    WatchForMusic,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.wire import Wire

_LEAD: Final = 10
"""Ticks before whatever happens."""
_SETTLING: Final = 6
"""Of those, the first in which a stream that was interrupted begins again."""
_TAIL: Final = 30
"""Ticks after whatever happens."""
_MUTED: Final = 20 * 50
"""Ticks after somebody is muted: the hold-music guard presumes music then, until it has heard that there is none."""
_LOOK_SECONDS: Final = 60.0
_SOUNDLESS = (AskStatistics, LoadSound, DropSound, OpenSocket, CloseSocket, WatchForMusic)


class Ears(Protocol):
    """The phones' side of the bridge."""

    def opened(self, descriptor: int, former: int) -> None:
        """A socket has this descriptor in the bridge, and another one where it was opened."""

    def overlay(self, phone: Address, *, plays: bool) -> None:
        """Whether something plays to this phone beside its room."""

    def begin(self, tick: int) -> None:
        """The bridge is about to do a tick."""

    def hear(self, tick: int, *, settled: bool) -> None:
        """It has sent what it sends at this tick.  ``settled``: and has done all those before it, for a while."""

    def busy(self, tick: int) -> bool:
        """Whether something goes on that needs every tick."""


class BridgeHere:
    """A :class:`mixer.bridge.client.Link`; to be made in a running loop."""

    silence = 0.0

    def __init__(
        self,
        wire: Wire,
        ears: Ears,
        on_event: Callable[[Event], None],
        wall: Callable[[], float],
        *,
        look: bool,
    ) -> None:
        """``look``: a moment each minute, too."""
        self.ticks = 0
        """That were done."""
        self._bridge = Bridge(wire, seed=1)
        self._ears = ears
        self._on_event = on_event
        self._wall = wall
        self._look = look
        self._loop = asyncio.get_running_loop()
        self._next = 0  # the tick that is to be done next
        self._until = 0  # awake for so long at least
        self._ending: set[int] = set()  # legs to which something plays that ends by itself
        self._phones: dict[int, Address] = {}  # of each leg
        self._timer: asyncio.TimerHandle | None = None
        self._looking: asyncio.TimerHandle | None = None
        self._over = asyncio.Event()

    async def start(self) -> None:
        self._on_event(Ready(os.getpid()))
        if self._look:
            self._looking = self._loop.call_later(_LOOK_SECONDS, self._look_in)

    async def supervised(self) -> None:
        await self._over.wait()

    async def close(self) -> None:
        for timer in (self._timer, self._looking):
            if timer is not None:
                timer.cancel()
        self._over.set()
        self._bridge.close()

    def current_tick(self) -> int:
        return int(self._loop.time() / TICK + 1e-6)

    @property
    def idle(self) -> bool:
        """Whether it has no legs."""
        return self._bridge.idle

    def send(self, command: Command, *descriptors: int) -> None:
        if isinstance(command, Play) and command.since == 0:
            command = replace(command, since=self.current_tick())
        changes = not isinstance(command, _SOUNDLESS)
        if changes:
            self.wake()
        own = [os.dup(descriptor) for descriptor in descriptors]
        if isinstance(command, OpenSocket):
            self._ears.opened(own[0], descriptors[0])
        self._bridge.obey(command, own, self._next, ntp_time(self._wall()))
        self._note(command)
        self._tell()

    def wake(self) -> None:
        """Something is about to happen: what was heard up to now is made up for, what comes from now on is heard."""
        now = self.current_tick()
        if self._timer is None:
            first = max(self._next, now - _LEAD + 1)
            if not self._bridge.idle:
                if first > self._next:
                    self._bridge.lose_time(first - self._next)
                for tick in range(first, now + 1):
                    self._tick(tick, settled=tick - first >= _SETTLING)
            self._next = now + 1
            self._sleep_until_next()
        self._until = max(self._until, now + _TAIL)

    def _note(self, command: Command) -> None:
        match command:
            case AddLeg(leg, _, media):
                self._phones[leg] = media.remote
            case Play(leg, _, _, loop):
                (self._ending.discard if loop else self._ending.add)(leg)
                self._overlay(leg, plays=command.room is not None)
            case StopPlaying(leg):
                self._end(leg)
            case Mute(_, True):
                self._until = self._next + _MUTED
            case RemoveLeg(leg):
                self._end(leg)
                self._phones.pop(leg, None)
            case _:
                pass

    def _end(self, leg: int) -> None:
        self._ending.discard(leg)
        self._overlay(leg, plays=False)

    def _overlay(self, leg: int, *, plays: bool) -> None:
        if (phone := self._phones.get(leg)) is not None:
            self._ears.overlay(phone, plays=plays)

    def _sleep_until_next(self) -> None:
        self._timer = self._loop.call_at(self._next * TICK, self._on_time)

    def _on_time(self) -> None:
        tick = self._next
        self._tick(tick, settled=True)
        self._next += 1
        if tick < self._until or self._ending or self._ears.busy(tick):
            self._sleep_until_next()
        else:
            self._timer = None

    def _look_in(self) -> None:
        self._looking = self._loop.call_later(_LOOK_SECONDS, self._look_in)
        self.wake()

    def _tick(self, tick: int, *, settled: bool) -> None:
        self.ticks += 1
        self._ears.begin(tick)
        self._bridge.tick(tick, self._wall())
        self._tell()
        self._ears.hear(tick, settled=settled)

    def _tell(self) -> None:
        """Later, as another process does: nobody is told anything while it still speaks."""
        for event in self._bridge.events():
            if isinstance(event, Played):
                self._end(event.leg)
                self._until = max(self._until, self._next + _TAIL)
            self._loop.call_soon(self._on_event, event)
