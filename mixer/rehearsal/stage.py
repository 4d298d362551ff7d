"""The world of a mixer that is rehearsed: no sockets, no processes, and a clock that jumps to whatever is due."""

from __future__ import annotations

import asyncio
import os
from random import Random
from typing import TYPE_CHECKING

from mixer.bridge.ports import PortPool
from mixer.recording.studio import Studio
from mixer.recording.tape import Tape
from mixer.rehearsal.bridge import BridgeHere
from mixer.rehearsal.floor import Place
from mixer.rehearsal.net import MIXER
from mixer.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mixer.addressing import Resolve
    from mixer.bridge.ports import Bound
    from mixer.bridge.protocol import Event
    from mixer.recording.studio import Send
    from mixer.rehearsal.floor import Floor
    from mixer.rehearsal.net import Net
    from mixer.rules.model import Plan, Recorded
    from mixer.settings import MixerSettings
    from sip.agent import Agent
    from sip.effects import Effect, Peer
    from sip.io.endpoint import Endpoint


class _SilentTape(Tape):
    """Nothing is recorded; everybody is told that it is."""

    _rolls = False

    def roll(self, how: Recorded) -> str | None:
        began, self._rolls = not self._rolls, True
        return "rehearsal" if began else None

    def pause(self) -> None:
        """Nothing runs."""

    def cut(self) -> bool:
        did, self._rolls = self._rolls, False
        return did


class _Studio(Studio):
    def tape(self, plan: Plan, room: int, clock: Callable[[], float], on_lost: Callable[[str, bool], None]) -> Tape:
        return _SilentTape(self, plan, room, clock, on_lost)

    def convert(self) -> None:
        """There is nothing to convert."""


class Stage(World):
    """No sockets, no processes, and a clock that is ahead by as much as it likes.  To be made in a running loop."""

    listens = False

    def __init__(
        self, settings: MixerSettings, begins: float, seed: int, net: Net, floor: Floor, *, look: bool
    ) -> None:
        """``begins``: what the clock on the wall says when the loop's says 0."""
        super().__init__(settings)
        self.random = Random(seed)  # noqa: S311  so that it can be played again; nobody is there to guess anything
        self.link: BridgeHere | None = None
        self._begins = begins
        self._net = net
        self._floor = floor
        self._look = look
        self._loop = asyncio.get_running_loop()

    def wall(self) -> float:
        return self.wall_of(self._loop.time())

    def wall_of(self, moment: float) -> float:
        """Seconds since the epoch, of a moment of the loop's clock."""
        return self._begins + moment

    def moment_of(self, instant: float) -> float:
        """The inverse: when that is on the loop's clock."""
        return instant - self._begins

    def steady(self) -> float:
        return self._loop.time()

    def endpoint(self, agent: Agent, on_effect: Callable[[Effect], None]) -> Endpoint:
        return self._net.endpoint(agent, on_effect)

    def bridge(self, on_event: Callable[[Event], None]) -> BridgeHere:
        self.link = BridgeHere(self._floor, self._floor, on_event, self.wall, look=self._look)
        return self.link

    def ports(self, hosts: Iterable[str], send: Callable[..., None]) -> PortPool:
        return PortPool("{}-{}".format(*self.settings.media_ports), hosts, send, self._bind)

    def studio(self, send: Send) -> Studio:
        return _Studio(self.settings.recording, send)

    def lookup(self, clock: Callable[[], float]) -> Resolve:
        return self._net.lookup

    def address_for(self, peer: Peer) -> tuple[str, int]:
        return MIXER.host, MIXER.port

    def stir(self) -> None:
        """Something is about to happen: as :meth:`mixer.rehearsal.bridge.BridgeHere.wake`."""
        if self.link is not None:
            self.link.wake()

    def tick(self) -> int:
        assert self.link is not None
        return self.link.current_tick()

    def _bind(self, host: str, port: int) -> tuple[Bound, Bound]:
        rtp, rtcp = (Place(os.open(os.devnull, os.O_RDONLY)) for _ in range(2))
        self._floor.bind(rtp.fileno(), port)
        return rtp, rtcp
