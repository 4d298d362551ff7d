"""The phones' side of the bridge: what they all say at a tick, and what each hears of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import numpy as np

from media.wire import endpoint_of
from mixer.bridge.protocol import Codec
from mixer.rehearsal.hearing import OTHER, ROOM, SILENCE, Heard
from mixer.rehearsal.phone import PAYLOADS
from mixer.rehearsal.repertoire import GREETING

if TYPE_CHECKING:
    from media.wire import Datagrams
    from mixer.bridge.protocol import Address
    from mixer.rehearsal.hearing import Listener
    from mixer.rehearsal.judge import Judge
    from mixer.rehearsal.phone import Call
    from mixer.rehearsal.repertoire import Repertoire
    from mixer.rehearsal.voices import Voices

_HEADER: Final = 12
_CODECS: Final = {0: Codec.PCMU, 8: Codec.PCMA}
_GIVEN_UP: Final = 36 * 50
"""Ticks: by then a phone that has vanished is hung up."""


class Floor:
    """A wire (:class:`media.wire.Wire`) of the bridge, and its :class:`mixer.rehearsal.bridge.Ears`."""

    def __init__(self, voices: Voices, repertoire: Repertoire, judge: Judge) -> None:
        self._voices = voices
        self._repertoire = repertoire
        self._judge = judge
        self._calls: dict[int, tuple[Call, Listener]] = {}
        """By their endpoints (:func:`media.wire.endpoint_of`)."""
        self._ports: dict[int, int] = {}
        """By descriptors of who opened them."""
        self._bound: dict[int, int] = {}
        """By descriptors of the bridge: the ports of RTP."""
        self._said: dict[int, list[tuple[int, bytes]]] = {}
        """To each port, at this tick: where from, and what."""
        self._sent: list[tuple[Listener, bytes, bool]] = []
        """Packets, and whether something is said beside the room in them: then its voices can't be told apart."""
        self._overlaid: set[int] = set()

    # Places

    def bind(self, descriptor: int, port: int) -> None:
        """The main process's descriptor of a port of the mixer's."""
        self._ports[descriptor] = port

    def opened(self, descriptor: int, former: int) -> None:
        """The bridge's own descriptor of what the main process calls ``former``."""
        self._bound[descriptor] = self._ports[former]

    def enter(self, call: Call, listener: Listener) -> None:
        self._calls[endpoint_of(call.phone.host, call.port)] = call, listener

    def leave(self, call: Call) -> None:
        self._calls.pop(endpoint_of(call.phone.host, call.port), None)

    def overlay(self, phone: Address, *, plays: bool) -> None:
        (self._overlaid.add if plays else self._overlaid.discard)(endpoint_of(phone.host, phone.port))

    # A tick

    def begin(self, tick: int) -> None:
        """What all phones send at this tick."""
        self._said, self._sent = {}, []
        for endpoint, (call, listener) in self._calls.items():
            if not call.phone.away:
                packet = call.packet(tick, self._voices, listener.who)
                self._said.setdefault(call.remote, []).append((endpoint, packet))
            listener.pressing = call.pressing

    def receive(self, fd: int, datagrams: Datagrams, rows: range | None = None) -> int:
        """What has come to this port, into the rows that are free; how many packets that is."""
        coming = self._said.pop(self._bound.get(fd, 0), ())
        free = range(len(datagrams)) if rows is None else rows
        for row, (endpoint, packet) in zip(free, coming, strict=False):
            datagrams.payload[row, : len(packet)] = np.frombuffer(packet, np.uint8)
            datagrams.received[row] = len(packet)
            datagrams.endpoint[row] = endpoint
        return min(len(coming), len(free))

    def send(self, fd: int, datagrams: Datagrams, places: range) -> int:
        """How many of these places of the order are sent: all of them.  What has no sound is heard by nobody."""
        if fd in self._bound:
            lengths = datagrams.length
            rows = datagrams.order[places.start : places.stop]
            for row, endpoint in zip(rows.tolist(), datagrams.endpoint[rows].tolist(), strict=True):
                there = self._calls.get(endpoint)
                if there is not None and not there[0].phone.away and lengths[row] > _HEADER:
                    packet = datagrams.payload[row, : lengths[row]].tobytes()
                    self._sent.append((there[1], packet, endpoint in self._overlaid))
        return len(places)

    def hear(self, tick: int, *, settled: bool) -> None:
        """What was sent since :meth:`begin`; ``settled`` as :meth:`mixer.rehearsal.judge.Judge.hear` has it."""
        heard = [(listener, self._known(packet, overlaid=overlaid)) for listener, packet, overlaid in self._sent]
        self._find_voices(heard, tick)
        self._judge.hear(tick, heard, settled=settled, speaking=self._voices.audible(tick))

    def busy(self, tick: int) -> bool:
        """Keys are pressed, or a phone has vanished and the mixer has to notice."""
        return any(
            call.pressing or (listener.vanished is not None and tick - listener.vanished < _GIVEN_UP)
            for call, listener in self._calls.values()
        )

    def _known(self, packet: bytes, *, overlaid: bool) -> Heard:
        codec, octets = _CODECS[packet[1] & 0x7F], packet[_HEADER:]
        if octets in self._repertoire.silence:
            return Heard(SILENCE, octets, codec)
        if self._repertoire.place(octets) is not None:
            return Heard(GREETING, octets, codec)
        name = self._repertoire.name(octets)
        return Heard(ROOM, octets, codec, None) if name is None and overlaid else Heard(name or OTHER, octets, codec)

    def _find_voices(self, heard: list[tuple[Listener, Heard]], tick: int) -> None:
        """In what is no sound of the mixer's own."""
        places = [place for place, (_, each) in enumerate(heard) if each.kind == OTHER]
        if not places:
            return
        frames = [heard[place][1] for place in places]
        pcm = np.stack([PAYLOADS[each.codec.value].decode(np.frombuffer(each.octets, np.uint8)) for each in frames])
        found = self._voices.heard(pcm, tick) if self._voices.settled(tick) else [None] * len(frames)
        for place, each, voices in zip(places, frames, found, strict=True):
            kind = ROOM if voices is None or voices else OTHER
            heard[place] = heard[place][0], Heard(kind, each.octets, each.codec, voices)


class Place:
    """A port of the mixer's that is no socket (:class:`mixer.bridge.ports.Bound`)."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        return self._descriptor

    def getsockopt(self, level: int, option: int, /) -> int:
        """The size of its buffer: enough for any number of legs."""
        return 1 << 30

    def close(self) -> None:
        os.close(self._descriptor)
