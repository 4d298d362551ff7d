"""Legs: each one a SIP call and a stream of sound, joined here.

Above it there are only leg names, people, sounds and rooms; below it the agent knows calls, the bridge numbers, and
:mod:`mixer.media_paths` how sound travels.  What a leg tells goes to its :class:`mixer.party.Party`.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING
from urllib.parse import unquote

from media.dtmf import DtmfMode, digit_of_info
from mixer.bridge import protocol
from mixer.bridge.ports import PortsExhausted
from mixer.call_log import CallLog
from mixer.code_guard import Source
from mixer.dialler import Dialler
from mixer.fork import Fork
from mixer.lines import ARRIVED, Lines
from mixer.party import (
    Arrived,
    Finished,
    LegEvent,
    Party,
    PlaysMusic,
    Pressed,
    Rang,
    Reached,
    Settled,
)
from mixer.replacement import Replacement
from mixer.rules.call_rules import NO_SOUND, HangUpReason
from sip import effects
from sip.errors import RemoteError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from random import Random

    from mixer.addressing import Directory, Resolve
    from mixer.bridge.client import Link
    from mixer.keepsakes import Keepsakes
    from mixer.line import Line, MediaPath
    from mixer.media_paths import MediaPaths
    from mixer.rules.model import Person
    from mixer.settings import MixerSettings
    from mixer.trunks import Trunks
    from sip.agent import Agent

_ELSEWHERE = frozenset(
    {HangUpReason.ANSWERED_ELSEWHERE, HangUpReason.DECLINED_ELSEWHERE, HangUpReason.JOINED_ELSEWHERE}
)
"""The phones that were called in vain are told by the cause 200 (RFC 3326 §2), so that they list no missed call."""
LOST_SECONDS = 30
"""A phone that sends neither sound nor RTCP for so long is gone (not while on hold)."""


class Switchboard(Lines):
    """``flush`` sends what a command left in the agent; ``arrived`` is told of calls that nobody has yet.  ``ours`` are
    the hosts that mean us, in lower case."""

    def __init__(
        self,
        settings: MixerSettings,
        agent: Agent,
        bridge: Link,
        paths: MediaPaths,
        *,
        keepsakes: Keepsakes,
        trunks: Trunks,
        directory: Directory,
        ours: Collection[str],
        lookup: Resolve,
        flush: Callable[[], None],
        random: Random,
        clock: Callable[[], float],
    ) -> None:
        super().__init__(agent, paths, trunks, keepsakes, CallLog(clock, directory.by_number), flush)
        self._settings = settings
        self._bridge = bridge
        self._clock = clock
        self._arrivals = itertools.count(1)
        self._tokens = itertools.count(1)
        self.run = f"{random.getrandbits(32):08x}"
        """In the name of each leg, so that it is another than any of an earlier run."""
        self._dialler = Dialler(
            settings,
            agent,
            paths,
            trunks,
            board=self,
            directory=directory,
            ours=ours,
            lookup=lookup,
            flush=flush,
            clock=clock,
        )
        self.replacement = Replacement(self, self._dialler, agent, paths, trunks, flush, clock)
        self.arrived: Callable[[Arrived], None] = lambda _: None
        self.replacing: Callable[[effects.Incoming], None] = self._arrive
        """Is told of calls that ask to take the place of another."""

    # Commands

    def change(self, settings: MixerSettings) -> None:
        """For calls from now on."""
        self._settings = self._dialler.settings = settings

    def hand_over(self, leg: str, party: Party) -> None:
        if fork := self._forks.get(leg):
            fork.party = party
        elif line := self.find(leg):
            line.party = party

    def dial(self, leg: str, person: Person, party: Party, address: int = 0) -> None:
        """Calls a person at this one of their :func:`mixer.rules.addresses.addresses`, at all phones of an account;
        :class:`Reached` or :class:`NotReached` follows, never at once."""
        phones = self._dialler.phones(person, address)
        if len(phones) < 2:
            self._dialler.dial(self._add(leg, person.number, party), person, address)
            return
        branches = [f"{leg}/{number}" for number in range(len(phones))]
        fork = self._forks[leg] = Fork(leg, party, branches, self)
        for branch, phone in zip(branches, phones, strict=True):
            self._dialler.dial(self._add(branch, person.number, fork), person, address, phone)

    def answer(self, leg: str, party: Party) -> None:
        """Takes an arrived call; :class:`Settled` follows."""
        line = self.find(leg)
        if line is None or line.incoming is None:
            return
        line.party = party
        self.log.taken(line)
        self._agent.ring(line.call, self._clock())
        self._accept(line, line.incoming)
        self._flush()

    def refuse(self, leg: str, status: int, reason: str) -> None:
        if line := self.find(leg):
            self._agent.reject(line.call, status, self._clock(), reason)
            self.forget(line, reason, status)
            self._flush()

    def hang_up(self, leg: str, reason: str) -> None:
        """Hangs up, or takes back what still rings.  The leg tells nothing more; unknown legs are gone already."""
        if fork := self._forks.pop(leg, None):
            fork.drop(reason)
        elif line := self.find(leg):
            self._drop(line, reason)

    def _drop(self, line: Line, reason: str) -> None:
        """We hang up."""
        if line.call:
            why = ("Call completed elsewhere", 200) if reason in _ELSEWHERE else (reason, None)
            self._agent.hang_up(line.call, self._clock(), *why)
        self.forget(line, reason)
        self._flush()

    def play(self, leg: str, sounds: tuple[int, ...], *, loop: bool = False, room: float | None = None) -> int:
        """Instead of the room, or beside it, the room so many dB louder than else; :class:`Finished` with the token
        follows, unless it loops, is replaced or stopped."""
        token = next(self._tokens)
        if line := self.find(leg):
            self._bridge.send(protocol.Play(line.number, sounds, token, loop, room=room))
        return token

    def stop_playing(self, leg: str) -> None:
        if line := self.find(leg):
            self._bridge.send(protocol.StopPlaying(line.number))

    def join(self, leg: str, room: int | None) -> None:
        if line := self.find(leg):
            self._bridge.send(protocol.JoinRoom(line.number, room))

    def mute(self, leg: str, muted: bool) -> None:
        """A muted leg hears, and isn't heard."""
        if line := self.find(leg):
            self._bridge.send(protocol.Mute(line.number, muted))

    def turn(self, leg: str, listening: float, talking: float) -> None:
        """How loud it hears, and is heard, from now on: dB."""
        if line := self.find(leg):
            self._bridge.send(protocol.SetVolume(line.number, listening, talking))

    # Calls that we place

    def _ring(self, line: Line) -> None:
        """Told once, however often the phone says so."""
        if not line.rang:
            line.rang = True
            line.party.take(Rang(line.name))

    def _reached(self, line: Line, path: MediaPath, event: effects.Answered) -> None:
        line.quiet()
        line.source = event.peer.host
        try:
            self._paths.accept(line, path, event.sdp)
        except RemoteError as error:
            self._agent.hang_up(line.call, self._clock(), error.reason, error.status)
            self.failed(line, error.status, error.reason)
        else:
            self.remember(line)
            self.log.answered(line)
            line.party.take(Reached(line.name))

    # Calls that come to us

    def _arrive(self, event: effects.Incoming) -> None:
        caller = self.caller_of(event)
        line = self._add(f"{ARRIVED}{self.run}-{next(self._arrivals)}", caller, _Nobody())
        line.call, line.source, line.incoming, line.trunk = event.call, event.source.host, event, event.trunk
        self._trunks.enter(event.trunk)
        self._by_call[event.call] = line
        self.log.begun(line)
        source = Source(event.source.host, event.trunk, caller)
        called, label = unquote(event.target.user or ""), unquote(event.caller.uri.user or "")
        if called in self._by_call:  # our Contact in another call, dialled anew: it leads to the door, and not further
            called = self._settings.conference_number
        self.arrived(Arrived(line.name, called, caller, label, source))

    def caller_of(self, event: effects.Incoming) -> str | None:
        """The number of who calls, proven or trusted."""
        return event.account or self._trunks.caller(event.trunk, event.asserted)

    def _accept(self, line: Line, event: effects.Incoming) -> None:
        """200 with our answer, or with our offer to a phone that made none."""
        try:
            if event.offer is None:
                sdp = self._paths.offer(line, event.source, self._paths.policies(event.source, event.trunk)[0])
            else:
                sdp = self._paths.answer(line, event.source, event.offer, event.trunk)
        except RemoteError as error:
            self._turn_away(line, error.status, error.reason)
        except PortsExhausted:
            self._turn_away(line, 503, "Service Unavailable")
        else:
            self._agent.accept(line.call, sdp, self._clock())

    def _turn_away(self, line: Line, status: int, reason: str) -> None:
        self._agent.reject(line.call, status, self._clock(), reason)
        self.lose(line, reason, status=status)

    def _confirm(self, line: Line, path: MediaPath, sdp: bytes | None) -> None:
        """The ACK of a call that we answered, or of a re-INVITE; with the answer where the offer was ours."""
        try:
            if sdp is not None:
                self._paths.accept(line, path, sdp)
        except RemoteError as error:
            self._agent.hang_up(line.call, self._clock(), error.reason, error.status)
            self.lose(line, error.reason)
            return
        if line.media is not None and line.incoming is not None:
            line.incoming = None
            self._paths.confirm(line)
            self.remember(line)
            self.log.answered(line)
            line.party.take(Settled(line.name))

    # In a call

    def _changed(self, line: Line, path: MediaPath, event: effects.Changed) -> None:
        """The answer to an offer of ours inside a call."""
        try:
            self._paths.accept(line, path, event.sdp, event.offer)
        except RemoteError as error:
            self._agent.hang_up(line.call, self._clock(), error.reason, error.status)
            self.lose(line, error.reason)

    def _reoffer(self, line: Line, path: MediaPath, event: effects.Offered) -> None:
        """Hold, resume, another codec, another address; what can't be had leaves the call as it is."""
        line.source = event.source.host
        try:
            sdp = self._paths.renew(line, path, event.sdp)
        except RemoteError as error:
            self._agent.reject(line.call, error.status, self._clock(), error.reason)
        else:
            self._agent.accept(line.call, sdp, self._clock())

    # What the agent and the bridge tell

    def signalled(self, effect: effects.Effect) -> None:
        """An effect of the agent that is about a call; others are not for us."""
        if isinstance(effect, effects.Incoming):
            self._arrive(effect) if effect.replaces is None else self.replacing(effect)
            return
        line = self._by_call.get(getattr(effect, "call", ""))
        if line is None:  # a call that we have given up
            return
        match effect:
            case effects.Ringing():
                self._ring(line)
            case effects.Answered() if line.path:
                self._reached(line, line.path, effect)
            case effects.Refused(_, status, reason):
                if not self._dialler.goes_on(line, effect):
                    self.failed(line, status, "redirected" if 300 <= status < 400 else reason)
            case effects.Confirmed(_, sdp) if line.path:
                self._confirm(line, line.path, sdp)
            case effects.Offered() if line.path:
                self._reoffer(line, line.path, effect)
            case effects.Changed() if line.path:
                self._changed(line, line.path, effect)
            case effects.Ended(_, reason):
                self.lose(line, reason)
            case effects.Information(_, content_type, body):
                if digit := digit_of_info(content_type, body):
                    self._press(line, digit, DtmfMode.INFO)
            case _:
                pass

    def sounded(self, event: protocol.Event) -> None:
        """What the bridge tells of a leg."""
        match event:
            case protocol.Digit(number, digit, mode):
                if line := self._by_number.get(number):
                    self._press(line, digit, mode)
            case protocol.Played(number, token):
                if line := self._by_number.get(number):
                    line.party.take(Finished(line.name, token))
            case protocol.Music(number, playing):
                if line := self._by_number.get(number):
                    line.party.take(PlaysMusic(line.name, playing))
            case protocol.Unheard(number, seconds):
                if seconds >= LOST_SECONDS and (line := self._by_number.get(number)):
                    reason = f"{NO_SOUND} for {seconds} seconds"
                    self._agent.hang_up(line.call, self._clock(), reason)
                    self.lose(line, reason, lost=True)
            case _:
                pass

    def _press(self, line: Line, digit: str, mode: DtmfMode) -> None:
        if line.keys.press(digit, mode, self._clock()):
            line.party.take(Pressed(line.name, digit))


class _Nobody:
    """The party of a call that has just arrived."""

    def take(self, event: LegEvent) -> None:
        pass
