"""All that a mixer has to do with the world around it: sockets, processes, clocks, chance.

A rehearsal (:mod:`mixer.rehearsal`) puts another one in its place, and nothing else of the mixer is different then.
"""

from __future__ import annotations

import time
from random import Random, SystemRandom
from typing import TYPE_CHECKING

from mixer.bridge.client import BridgeClient
from mixer.bridge.ports import PortPool
from mixer.recording.studio import Studio
from sip.io.addresses import LocalAddresses
from sip.io.endpoint import Endpoint
from sip.io.records import Records
from sip.io.resolver import Resolver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mixer.addressing import Resolve
    from mixer.bridge.client import Link
    from mixer.bridge.protocol import Event
    from mixer.recording.studio import Send
    from mixer.settings import MixerSettings
    from sip.agent import Agent
    from sip.effects import Effect, Peer


class World:
    """The real one."""

    listens = True
    """Whether commands reach the mixer, by its control socket."""

    def __init__(self, settings: MixerSettings) -> None:
        self.settings = settings
        self.random: Random = SystemRandom()
        self._addresses = LocalAddresses(settings.listeners)

    def wall(self) -> float:
        """Seconds since the epoch, by a clock that may be set."""
        return time.time()

    def steady(self) -> float:
        """Seconds of a clock that is never set."""
        return time.monotonic()

    def endpoint(self, agent: Agent, on_effect: Callable[[Effect], None]) -> Endpoint:
        return Endpoint(agent, self.settings.listeners, on_effect, self.settings.tls)

    def bridge(self, on_event: Callable[[Event], None]) -> Link:
        return BridgeClient(on_event)

    def ports(self, hosts: Iterable[str], send: Callable[..., None]) -> PortPool:
        return PortPool("{}-{}".format(*self.settings.media_ports), hosts, send)

    def studio(self, send: Send) -> Studio:
        return Studio(self.settings.recording, send)

    def lookup(self, clock: Callable[[], float]) -> Resolve:
        """Where URIs lead."""
        spoken = ((at.transport, 6 if ":" in at.host else 4) for at in self.settings.listeners)
        return Resolver(Records(clock), spoken, self.random).targets

    def address_for(self, peer: Peer) -> tuple[str, int]:
        """Our address and port, as a peer inside sees them."""
        return self._addresses(peer)
