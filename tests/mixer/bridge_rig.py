"""A bridge without process, sockets or time: phones put packets in, ticks are numbers, what goes out is looked at."""

from __future__ import annotations

import os
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from media.codecs import PCMA, PCMU
from mixer.bridge import sounds
from mixer.bridge.bridge import Bridge
from mixer.bridge.ears import map_sound
from mixer.bridge.protocol import (
    AddLeg,
    Address,
    AskStatistics,
    Codec,
    Command,
    Event,
    JoinRoom,
    Media,
    OpenSocket,
)
from mixer.bridge.statistics import Statistics

if TYPE_CHECKING:
    from media.wire import Datagrams

LAW = {Codec.PCMU: PCMU, Codec.PCMA: PCMA}


@dataclass(frozen=True)
class Packet:
    """What a phone was sent."""

    octets: bytes

    @property
    def marker(self) -> bool:
        return self.octets[1] >= 0x80

    @property
    def payload_type(self) -> int:
        return self.octets[1] & 0x7F

    @property
    def sequence(self) -> int:
        return int.from_bytes(self.octets[2:4], "big")

    @property
    def timestamp(self) -> int:
        return int.from_bytes(self.octets[4:8], "big")

    @property
    def ssrc(self) -> int:
        return int.from_bytes(self.octets[8:12], "big")

    @property
    def sound(self) -> np.ndarray:
        law = PCMA if self.payload_type == 8 else PCMU
        return law.decode(np.frombuffer(self.octets[12:], np.uint8))


class Wires:
    """A :class:`media.wire.Wire` of lists."""

    def __init__(self) -> None:
        self.coming: dict[int, list[tuple[bytes, Address]]] = {}
        self.sent: list[tuple[int, bytes, Address]] = []

    def receive(self, fd: int, datagrams: Datagrams, rows: range | None = None) -> int:
        waiting, free = self.coming.get(fd, []), range(len(datagrams)) if rows is None else rows
        batch, self.coming[fd] = waiting[: len(free)], waiting[len(free) :]
        for row, (octets, source) in zip(free, batch, strict=False):
            part = octets[: datagrams.width]
            datagrams.payload[row, : len(part)] = np.frombuffer(part, np.uint8)
            datagrams.received[row] = len(octets)
            datagrams.put_address(row, source.host, source.port)
        return len(batch)

    def send(self, fd: int, datagrams: Datagrams, places: range) -> int:
        for row in datagrams.order[places.start : places.stop].tolist():
            octets = datagrams.payload[row, : datagrams.length[row]].tobytes()
            self.sent.append((fd, octets, Address(*datagrams.address_at(row))))
        return len(places)


@dataclass
class Rig:
    """``tick()`` and ``packets`` of what that tick sent, by leg's address."""

    tick_number: int = 1_000_000
    wires: Wires = field(default_factory=Wires)
    events: list[Event] = field(default_factory=list)
    packets: dict[Address, list[Packet]] = field(default_factory=dict)
    rtcp: list[tuple[bytes, Address]] = field(default_factory=list)
    descriptors: dict[int, tuple[int, int]] = field(default_factory=dict)
    sequence: int = 0
    automatic_gain: bool = False
    """Of the legs that are added."""

    def __post_init__(self) -> None:
        self.bridge = Bridge(self.wires, seed=1)
        weakref.finalize(self, self.bridge.close)  # thousands of rigs in a run, and a selector bears 1024 descriptors

    def obey(self, command: Command, *descriptors: int) -> None:
        self.bridge.obey(command, descriptors, self.tick_number, 0)

    def open(self, socket: int, *, ipv6: bool = False) -> None:
        pair = os.open(os.devnull, os.O_RDONLY), os.open(os.devnull, os.O_RDONLY)
        self.descriptors[socket] = pair
        self.obey(OpenSocket(socket, ipv6), *pair)

    def add(self, leg: int, room: int | None = 1, *, socket: int = 0, **media: object) -> Address:
        """A leg whose phone is at 10.0.0.(leg):4000, in a room."""
        if socket not in self.descriptors:
            self.open(socket)
        address = Address(f"10.0.0.{leg}", 4000)
        given = {"remote": address, "codec": Codec.PCMU, "event_payload_type": 101, **media}
        given.setdefault("payload_type", given["codec"].value)
        self.obey(AddLeg(leg, socket, Media(**given), 5000 + leg, "us", self.automatic_gain))
        if room is not None:
            self.obey(JoinRoom(leg, room))
        return address

    def put(self, octets: bytes, source: Address, socket: int = 0) -> None:
        self.wires.coming.setdefault(self.descriptors[socket][0], []).append((octets, source))

    def put_rtcp(self, octets: bytes, source: Address, socket: int = 0) -> None:
        self.wires.coming.setdefault(self.descriptors[socket][1], []).append((octets, source))

    def tick(self, said: dict[Address, np.ndarray] | None = None, codec: Codec = Codec.PCMU) -> dict[Address, Packet]:
        """One tick; what each phone says meanwhile comes in before.  What this tick sends, by address."""
        for source, pcm in (said or {}).items():
            self.put(rtp(LAW[codec].encode(pcm).tobytes(), self.sequence, payload_type=codec.value), source)
        self.sequence += 1
        self.wires.sent.clear()
        self.bridge.tick(self.tick_number, 0)
        self.tick_number += 1
        self.events += self.bridge.events()
        rtp_descriptors = {pair[0] for pair in self.descriptors.values()}
        self.rtcp += [(octets, to) for fd, octets, to in self.wires.sent if fd not in rtp_descriptors]
        return {to: Packet(octets) for fd, octets, to in self.wires.sent if fd in rtp_descriptors}

    def ticks(self, count: int, said: dict[Address, np.ndarray] | None = None) -> dict[Address, Packet]:
        """What the last of them sent."""
        for _ in range(count):
            last = self.tick(said)
        return last

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    def statistics(self, token: int = 1) -> Statistics:
        self.obey(AskStatistics(token))
        self.events += self.bridge.events()
        *_, told = (event for event in self.events if isinstance(event, Statistics))
        return told

    def load(self, frames: np.ndarray) -> int:
        """A descriptor of a sound file."""
        descriptor = os.memfd_create("sound")
        os.write(descriptor, frames.tobytes())
        return descriptor


def rtp(payload: bytes, sequence: int, *, payload_type: int = 0, ssrc: int = 7, timestamp: int | None = None) -> bytes:
    when = sequence * 160 if timestamp is None else timestamp
    return (
        bytes((0x80, payload_type))
        + (sequence % 2**16).to_bytes(2, "big")
        + (when % 2**32).to_bytes(4, "big")
        + ssrc.to_bytes(4, "big")
        + payload
    )


def level(value: int) -> np.ndarray:
    """A frame of a square wave: 20 samples up, 20 down."""
    return np.tile(np.repeat(np.array([value, -value], np.int16), 20), 4)


def through(pcm: np.ndarray, codec: Codec = Codec.PCMU) -> np.ndarray:
    """What is left of it on the way through the codec."""
    return LAW[codec].decode(LAW[codec].encode(pcm))


def encoded(pcm: np.ndarray) -> np.ndarray:
    """A sound at 8 kHz, for legs with G.711."""
    with sounds.Recording(lambda _: pcm, tuple(LAW)).file as file:
        return np.array(map_sound(file.fileno(), -(-len(pcm) // 160)))


__all__ = ["Packet", "Rig", "encoded", "level", "rtp", "through"]
