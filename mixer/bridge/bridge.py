"""The bridge itself: sockets, commands and ticks around the :class:`Engine`.  No clock and no process here."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import numpy as np

from media.rtcp import RtcpError, ntp_time
from media.wire import Datagrams
from mixer.bridge.ears import map_sound
from mixer.bridge.engine import Engine
from mixer.bridge.inbound import Inbound
from mixer.bridge.keepalive import KeepAlive
from mixer.bridge.legs import NO_ROOM
from mixer.bridge.protocol import (
    AddLeg,
    AskStatistics,
    ChangeMedia,
    CloseSocket,
    Command,
    DropSound,
    Event,
    JoinRoom,
    LoadSound,
    Mute,
    OpenSocket,
    Play,
    Quit,
    RemoveLeg,
    SetVolume,
    StartTape,
    StopPlaying,
    StopTape,
    WatchForMusic,
    WatchLevels,
)
from mixer.bridge.reports import Report, Reports
from mixer.bridge.statistics import MOST, Statistics

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from media.wire import Wire

_log = logging.getLogger(__name__)

_RTCP_EVERY = 5  # ticks between two looks at the RTCP sockets,
_REPORTS_EVERY = 10  # and at the reports that are due: the more at once, the less each costs
_RTCP_WIDTH = 1024
_RTCP_BATCH = 64
_STALE_BATCHES = 8

_OfLeg = ChangeMedia | JoinRoom | Play | StopPlaying | Mute | SetVolume | RemoveLeg


class Bridge:
    """``wire`` carries the datagrams of file descriptors; descriptors that come with commands belong to the bridge."""

    def __init__(self, wire: Wire, seed: int) -> None:
        self.over = False
        """After :class:`Quit`."""
        self.late_ticks = 0
        """Counted by who has a clock."""
        self._ticks = 0
        self._wire = wire
        self._rtp: dict[int, int] = {}  # descriptors by socket number
        self._rtcp: dict[int, int] = {}
        self._ipv6: set[int] = set()  # the sockets that speak it
        self._stale: set[int] = set()  # sockets in which waits what is older than a tick
        self._events: list[Event] = []
        self._engine = Engine()
        self._reports = Reports(
            self._engine.legs, self._engine.outbound, self._engine.receiver, self._engine.encrypted, seed
        )
        self._keep_alive = KeepAlive(self._engine.legs)
        self._inbound = Inbound(wire, self._ipv6, self._engine.legs.hosts)
        self._rtcp_in = Datagrams(_RTCP_BATCH, _RTCP_WIDTH)
        self._rtcp_out = Datagrams(1, _RTCP_WIDTH)

    def events(self) -> list[Event]:
        """What has happened since the last call."""
        events, self._events = self._events, []
        return events

    @property
    def idle(self) -> bool:
        """Whether there is nobody to tick for."""
        return not self._engine.legs.any()

    def tick(self, tick: int, wall: float) -> None:
        """20 ms of everything.  ``tick`` is the number of this one, ``wall`` the seconds since 1970 for RTCP."""
        self._ticks += 1
        if not self._engine.legs.any():
            self._stale.update(self._rtp)  # nobody is to be heard: what comes meanwhile can wait, and will be too old
            return
        if self._stale:
            self._catch_up(tick)
        self._events += self._engine.take(self._inbound.read(self._rtp), tick)
        self._events += self._engine.play(tick)
        self._engine.outbound.send(self._wire, self._rtp)
        if tick % _RTCP_EVERY == 0:
            self._read_rtcp(tick, ntp_time(wall))
        if tick % _REPORTS_EVERY == 0:
            for report in self._reports.due(tick, ntp_time(wall)):
                self._send(report)
            self._keep_alive.send(self._wire, self._rtp)

    def lose_time(self, ticks: int) -> None:
        """So many ticks were not done, and are not going to be."""
        self._engine.lose_time(ticks)
        self._stale.update(self._rtp)

    def obey(self, command: Command, descriptors: Sequence[int], tick: int, ntp: int) -> None:
        """Carry out one command.  One about a leg or sound that is not there is no error: it crossed with its end."""
        match command:
            case OpenSocket():
                self._open(command, descriptors)
            case CloseSocket():
                self._close(command.socket)
            case LoadSound():
                self._load(command, descriptors)
            case DropSound():
                self._engine.ears.drop(command.sound, tick)
            case StartTape():
                (descriptor,) = descriptors
                self._engine.tapes.start(command, descriptor)
            case StopTape():
                self._engine.tapes.stop(command.room)
            case WatchForMusic():
                self._engine.watch_for_music()
            case WatchLevels(on):
                self._engine.watch_levels(on)
            case AddLeg():
                self._add(command, tick)
            case AskStatistics():
                self._events += self._statistics(command.token)
            case Quit():
                for row in self._engine.legs.rows():
                    self._send(self._reports.bye(row, tick, ntp))
                self.over = True
            case _:
                if (there := self._engine.legs.row(command.leg)) is not None:
                    self._change(there, command, tick, ntp)

    def close(self) -> None:
        """Give the descriptors back."""
        for descriptor in (*self._rtp.values(), *self._rtcp.values()):
            os.close(descriptor)
        self._rtp.clear()
        self._rtcp.clear()
        self._engine.tapes.close()

    def _change(self, row: int, command: _OfLeg, tick: int, ntp: int) -> None:
        """One of the commands about a leg that is there."""
        engine, legs = self._engine, self._engine.legs
        match command:
            case ChangeMedia():
                try:
                    legs.set_media(row, command.media, tick)
                    engine.encrypted.set(row, command.media, tick)
                except OSError as error:
                    _log.warning("leg %d keeps its address: %s is none: %s", command.leg, command.media.remote, error)
            case JoinRoom():
                legs.room[row] = NO_ROOM if command.room is None else command.room
                legs.changed = True
            case Play():
                engine.ears.play(row, command, tick)
            case StopPlaying():
                engine.ears.stop(row)
            case Mute():
                engine.mute(row, command.muted, tick)
            case SetVolume():
                legs.listening[row], legs.talking[row] = 10 ** (command.listening / 20), 10 ** (command.talking / 20)
                legs.changed = True
            case RemoveLeg():
                self._send(self._reports.bye(row, tick, ntp))
                engine.remove(command.leg)

    def _open(self, command: OpenSocket, descriptors: Sequence[int]) -> None:
        socket = command.socket
        self._close(socket)
        self._rtp[socket], self._rtcp[socket] = descriptors
        (self._ipv6.add if command.ipv6 else self._ipv6.discard)(socket)
        self._inbound.reserve(len(self._rtp))
        self._stale.add(socket)  # a bridge before this one may have left something in it

    def _close(self, socket: int) -> None:
        """Nothing happens where there is none."""
        if socket in self._rtp:
            os.close(self._rtp.pop(socket))
            os.close(self._rtcp.pop(socket))
            self._stale.discard(socket)

    def _load(self, command: LoadSound, descriptors: Sequence[int]) -> None:
        (descriptor,) = descriptors
        try:
            self._engine.ears.load(command.sound, map_sound(descriptor, command.frames))
        except (OSError, ValueError) as error:
            _log.warning("sound %d stays silent: %s", command.sound, error)
        finally:
            os.close(descriptor)

    def _add(self, command: AddLeg, tick: int) -> None:
        legs = self._engine.legs
        if legs.row(command.leg) is not None:
            return
        rows = len(legs)
        try:
            row = self._engine.add(command, tick)
        except OSError as error:
            _log.warning("leg %d stays silent: %s is no address: %s", command.leg, command.media.remote, error)
            return
        if len(legs) != rows:
            self._reports.enlarge()
        self._reports.start(row, tick)

    def _statistics(self, token: int) -> Iterator[Statistics]:
        engine = self._engine
        rows = np.array(engine.legs.rows(), np.intp)
        for first in range(0, max(1, len(rows)), MOST):
            some = rows[first : first + MOST]
            table = engine.statistics(some)
            self._reports.tell(table, some)
            yield Statistics(
                token=token,
                ticks=self._ticks,
                late_ticks=self.late_ticks,
                strangers=engine.strangers,
                malformed=engine.malformed,
                unauthentic=engine.encrypted.unauthentic,
                octets=table.tobytes(),
                more=first + MOST < len(rows),
            )

    def _catch_up(self, tick: int) -> None:
        """Digits and counts of what waited still matter; its sound is too old to be heard."""
        stale = {socket: self._rtp[socket] for socket in self._stale}
        for _ in range(_STALE_BATCHES):
            arrived = self._inbound.read(stale)
            if not len(arrived):
                break
            self._events += self._engine.take(arrived, tick)
        self._engine.restart(stale)
        self._stale.clear()

    def _send(self, report: Report) -> None:
        if report.socket not in self._rtcp or not report.octets:
            return
        octets = np.frombuffer(report.octets, np.uint8)
        self._rtcp_out.payload[0, : len(octets)] = octets
        self._rtcp_out.resize(0, len(octets))
        self._rtcp_out.put_address(0, report.host, report.port)
        self._wire.send(self._rtcp[report.socket], self._rtcp_out, range(1))

    def _read_rtcp(self, tick: int, ntp: int) -> None:
        datagrams, reported_at = self._rtcp_in, self._engine.legs.reported_at
        for socket, descriptor in self._rtcp.items():
            if socket in self._ipv6:
                datagrams.expect_ipv6(range(len(datagrams)))
            count = self._wire.receive(descriptor, datagrams)
            if count and socket in self._ipv6:
                datagrams.number_hosts(range(count), self._engine.legs.hosts)
            for row in range(count):
                octets = datagrams.payload[row, : min(int(datagrams.received[row]), _RTCP_WIDTH)].tobytes()
                try:
                    reported_at[self._reports.take(socket, int(datagrams.host[row]), octets, tick, ntp)] = tick
                except RtcpError:
                    self._engine.malformed += 1
