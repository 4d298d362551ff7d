"""The mixer's main process put together: the agent and its sockets, the bridge, the conductor, the control socket."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from mixer.acting import Acting
from mixer.bridge.protocol import WatchForMusic
from mixer.bridge.sounds import Sounds
from mixer.conductor import Conductor
from mixer.console import Console
from mixer.control_server import ControlServer
from mixer.encryption import Policies
from mixer.figures import Figures, gather
from mixer.focus import Focus
from mixer.keepsakes import Keepsakes
from mixer.media_paths import MediaPaths
from mixer.minutes import Minutes
from mixer.negotiation import codecs_of
from mixer.observations import Observations
from mixer.own_addresses import OwnAddresses
from mixer.playing import Playing
from mixer.registrations import Registrations
from mixer.request_words import RequestWords
from mixer.roll_call import RollCall
from mixer.sound_library import SoundLibrary
from mixer.spectators import Spectators
from mixer.stranger_log import StrangerLog
from mixer.switchboard import Switchboard
from mixer.traffic import Traffic
from mixer.transfers import Transfers
from mixer.trunks import Trunks
from mixer.world import World
from sip import effects
from sip.agent import Agent
from sip.settings import AgentSettings, TrunkSettings
from sip.trace import Trace
from sip.uri import Uri, comparable

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.prompts import Prompts
    from mixer.addressing import Directory
    from mixer.bridge.protocol import Event
    from mixer.journal import Journal
    from mixer.party import LegEvent
    from mixer.programme import Book
    from mixer.running import Running
    from mixer.settings import MixerSettings
    from sip.registrar import Accounts

_log = logging.getLogger(__name__)

USER_AGENT = "confctl"
PARTING_SECONDS = 2.0
"""How long a mixer that stops waits for the answers to its BYEs."""


class Mixer:
    def __init__(
        self,
        settings: MixerSettings,
        *,
        book: Book,
        accounts: Accounts,
        directory: Directory,
        language_of: Callable[[str | None], str],
        journal: Journal,
        prompts: Prompts,
        world: World | None = None,
    ) -> None:
        """``world``: another than the real one."""
        self._settings = settings
        self._world = world = world or World(settings)
        self._addresses = OwnAddresses(settings, world.address_for)

        # Signalling
        agent_settings = _agent_settings(settings, self._addresses)
        self._agent = agent = Agent(agent_settings, accounts, world.random)
        self._endpoint = world.endpoint(agent, self._signalled)
        self._endpoint.trace = trace = Trace(settings.trace_octets) if settings.trace_octets else None
        flush, now = self._endpoint.flush, self._endpoint.now
        ours = agent_settings.aliases | {comparable(settings.domain)}
        lookup = world.lookup(now)
        self._trunks = Trunks(settings.trunks, lookup, self._trunk_resolved, now, self._endpoint.why_not)
        self._keepsakes = Keepsakes(settings.state)
        self._registrations = Registrations(agent.registrar, self._keepsakes, now)
        self._strangers = StrangerLog(self._registrations.knows, now)

        # Sound
        self._bridge = world.bridge(self._sounded)
        self._ports = world.ports(self._addresses.for_sound(), self._bridge.send)
        self._traffic = Traffic()
        self._studio = world.studio(self._bridge.send)
        library = SoundLibrary(prompts, Sounds(self._bridge.send, codecs_of(settings.codecs)))
        paths = MediaPaths(
            settings,
            self._bridge,
            self._ports,
            lambda peer: self._addresses.seen_by(peer)[0],
            world.random,
            Policies(settings, self._reached_at),
        )

        # Calls and conferences
        self._switchboard = Switchboard(
            settings,
            agent,
            self._bridge,
            paths,
            keepsakes=self._keepsakes,
            trunks=self._trunks,
            directory=directory,
            ours=ours,
            lookup=lookup,
            flush=flush,
            random=world.random,
            clock=now,
        )
        self._observations = Observations(self._bridge.send, self._switchboard.sounding, now)
        self._conductor = Conductor(
            settings,
            book,
            journal,
            self._switchboard,
            library,
            language_of=language_of,
            by_number=directory.by_number,
            studio=self._studio,
            strangers=self._strangers,
            clock=world.wall,
            steady=world.steady,
        )
        self._programme, chronicle = self._conductor.programme, self._conductor.chronicle
        self._minutes = Minutes(self._observations.of, self._switchboard.on_hold, chronicle.write, chronicle.keep)
        self._focus = Focus(settings.domain, agent, self._switchboard, flush, world.random, now)
        self._transfers = Transfers(
            settings, agent, self._switchboard, self._focus, directory=directory, ours=ours, flush=flush, clock=now
        )

        # Who looks and asks
        self._spectators = Spectators(self._programme.runs, self._programme.open, self._switchboard, self._observations)
        self._roll_call = RollCall(settings, agent, lookup, flush, now)
        words = RequestWords(self._programme, self._switchboard.caller, directory.look_up, settings.may_call)
        self._playing = Playing(words, library)
        self._console = Console(
            agent=agent,
            endpoint=self._endpoint,
            trunks=self._trunks,
            conductor=self._conductor,
            trace=trace,
            roll_call=self._roll_call,
            spectators=self._spectators,
            acting=Acting(self._programme, words),
            playing=self._playing,
        )
        self._control = ControlServer(
            settings.socket or settings.state / "confctl.sock",
            self._console.answers,
            self._console.streams,
            settings.control_group,
            takes_files={"play"},
        )

        self._stack = AsyncExitStack()
        self._introduce()

    def _introduce(self) -> None:
        """Who tells whom what."""
        self._switchboard.arrived = self._conductor.arrived
        self._switchboard.replacing = self._transfers.replacing
        self._switchboard.gone = self._observations.end
        self._switchboard.log.measured = self._observations.of
        self._observations.on_speaking.append(lambda leg, on: self._minutes.hear(leg, on, self._world.wall()))
        self._conductor.watch = self._watch
        self._conductor.on_poll = self._minutes.tick
        self._conductor.on_open.append(self._spectators.open)
        self._conductor.chronicle.on_record.append(self._spectators.take)
        self._conductor.chronicle.on_record.append(self._playing.hear)

    async def start(self) -> None:
        """Raises OSError when a port is in use, BridgeError when the bridge does not start."""
        try:
            await self._enter()
        except BaseException:
            await self._stack.aclose()
            raise
        _log.info("listening on %s", ", ".join(map(str, self._endpoint.addresses)))

    async def run(self) -> None:
        """What goes on by itself between :meth:`start` and :meth:`stop`; to be cancelled.

        Ends only by a mistake of ours, which it raises: a mixer that calls nobody any more must not go on.
        """
        async with asyncio.TaskGroup() as parts:
            parts.create_task(self._conductor.run())
            parts.create_task(self._bridge.supervised())
            parts.create_task(self._trunks.run())
            parts.create_task(self._observations.run())

    async def _enter(self) -> None:
        """The endpoint comes last: whoever is heard finds everything in its place, and no call of ours is taken for one
        that a crash left open."""
        self._stack.callback(self._ports.close)
        self._stack.push_async_callback(self._studio.close)  # after the bridge: until then it holds what it writes to
        self._stack.push_async_callback(self._bridge.close)
        if self._settings.hold_music_guard:
            self._bridge.send(WatchForMusic())
        await self._bridge.start()
        if self._world.listens:
            await self._control.start()
            self._stack.push_async_callback(self._control.close)
        await self._stack.enter_async_context(self._endpoint)
        self._studio.convert()
        self._registrations.load()
        self._part_from_open_calls()
        self._agent.register_trunks(self._endpoint.now())
        self._endpoint.flush()

    def _part_from_open_calls(self) -> None:
        """The phones that a crash left in a call are told that it is over, before they are called back."""
        for dialog in self._keepsakes.take_open_calls():
            try:
                self._agent.farewell(dialog, self._endpoint.now())
            except ValueError as error:
                _log.warning("a call of the former mixer can't be ended: %s", error)

    async def stop(self) -> None:
        """BYE to every leg; the conferences go on with the next mixer."""
        self._agent.draining = True
        self._minutes.close(self._programme.conferences, self._world.wall())
        self._conductor.stop()
        self._agent.unregister_trunks(self._endpoint.now())
        self._endpoint.flush()
        self._registrations.keep()
        deadline = self._endpoint.now() + PARTING_SECONDS
        while self._agent.unanswered and self._endpoint.now() < deadline:  # noqa: ASYNC110  a core has no events
            await asyncio.sleep(0.02)
        await self._stack.aclose()

    @property
    def idle(self) -> bool:
        return self._conductor.idle and not self._studio.busy

    def change(self, settings: MixerSettings) -> None:
        """From now on; where we listen and ports must be as they were, and of trunks what is said to them."""
        self._settings = self._addresses.settings = self._transfers.settings = settings
        self._trunks.change(settings.trunks)
        self._studio.change(settings.recording)
        self._conductor.change(settings)
        self._switchboard.change(settings)

    @property
    def silence(self) -> float:
        """Seconds since sound has ticked last: :attr:`mixer.bridge.client.BridgeClient.silence`."""
        return self._bridge.silence

    @property
    def load(self) -> tuple[int, int]:
        """Conferences that run, and people in them."""
        return self._programme.load

    @property
    def figures(self) -> Figures:
        """What can be counted, as it is now."""
        return gather(
            agent=self._agent,
            endpoint=self._endpoint,
            switchboard=self._switchboard,
            load=self._programme.load,
            trunks=self._trunks,
            traffic=self._traffic,
            strangers=self._strangers,
            silence=self._bridge.silence,
        )

    # What the agent and the bridge tell

    def _signalled(self, effect: effects.Effect) -> None:
        match effect:
            case effects.Bindings(account, _, arrived):
                self._registrations.keep_soon()
                if arrived:
                    self._conductor.registered(account)
            case effects.WrongPassword() | effects.Flood():
                self._strangers.told(effect)
            case effects.Trunk() | effects.TrunkAlive():
                self._trunks.told(effect)
            case effects.Inquired():
                self._roll_call.told(effect)
            case _:
                if not self._transfers.signalled(effect):
                    self._switchboard.signalled(effect)
                    self._focus.signalled(effect)

    def _sounded(self, event: Event) -> None:
        self._observations.hear(event)
        self._traffic.hear(event)
        self._switchboard.sounded(event)

    def _watch(self, running: Running, event: LegEvent | None) -> None:
        self._focus.watch(running, event)
        self._transfers.watch(running, event)

    def _trunk_resolved(self, name: str, peers: tuple[effects.Peer, ...]) -> None:
        self._agent.trunk_resolved(name, peers, self._endpoint.now())
        self._endpoint.flush()

    def _reached_at(self, peer: effects.Peer) -> tuple[str, int]:
        """The listener that this peer writes to, or would write to if it had not been we who began."""
        at = self._endpoint.listener_of(peer)
        return self._world.address_for(peer) if at is None else (at.host, at.port)


def _agent_settings(settings: MixerSettings, addresses: OwnAddresses) -> AgentSettings:
    return AgentSettings(
        domain=settings.domain,
        aliases=addresses.names(),
        local=addresses.seen_by,
        user_agent=USER_AGENT,
        digests=settings.digests,
        trunks=tuple(
            TrunkSettings(
                t.name, Uri.parse(t.uri), t.username, t.password, t.register, t.trust_caller_id, t.options_seconds
            )
            for t in settings.trunks
        ),
    )
