"""Phones of every codec at the rig's bridge: each says what it is told, frame by frame, and keeps what it hears."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mixer.bridge.coders import CODERS
from mixer.bridge.protocol import Address, Codec
from tests.mixer.bridge_rig import Rig, rtp

WIDE = [codec for codec in (Codec.G722, Codec.OPUS) if codec in CODERS]


@dataclass
class Phone:
    rig: Rig
    number: int
    codec: Codec
    room: int | None = 1
    sequence: int = 0
    timestamp: int = 0
    heard: list[np.ndarray] = field(default_factory=list)
    marked: list[bool] = field(default_factory=list)
    octets: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.turn_to(self.codec)
        self.address: Address = self.rig.add(self.number, self.room, codec=self.codec)

    def turn_to(self, codec: Codec) -> None:
        """Send this, and expect it."""
        self.codec, self.coder, self.form = codec, CODERS[codec], CODERS[codec].format
        self.encoder, self.decoder = self.coder.encoder(), self.coder.decoder()

    def packet(self, pcm: np.ndarray) -> bytes:
        """The next one, which has not been sent."""
        octets = rtp(
            self.encoder.encode(pcm).tobytes(),
            self.sequence,
            payload_type=self.codec.value,
            ssrc=self.number,
            timestamp=self.timestamp,
        )
        self.sequence += 1
        self.timestamp += self.form.clock_rate // 50
        return octets

    def say(self, pcm: np.ndarray | None) -> None:
        if pcm is not None:
            self.rig.put(self.packet(pcm), self.address)

    def hear(self, packet: bytes) -> None:
        self.octets.append(packet)
        self.heard.append(self.decoder.decode(np.frombuffer(packet[12:], np.uint8)))

    @property
    def sound(self) -> np.ndarray:
        return np.concatenate(self.heard).astype(float)


def converse(rig: Rig, phones: list[Phone], said: dict[int, np.ndarray], ticks: int, first: int = 0) -> None:
    """So many ticks, in which phone n says ``said[n]`` (frames) from frame ``first`` on; the others send silence."""
    for tick in range(first, first + ticks):
        for phone in phones:
            frames = said.get(phone.number)
            phone.say(np.zeros(phone.form.samples, np.int16) if frames is None else frames[tick % len(frames)])
        sent = rig.tick()
        for phone in phones:
            if phone.address in sent:
                phone.hear(sent[phone.address].octets)


def tone(phone: Phone, hertz: float, amplitude: float = 8000, frames: int = 50) -> np.ndarray:
    """A second at the phone's rate; whole periods, so that it can be said again and again."""
    at = np.arange(frames * phone.form.samples) / phone.form.sample_rate
    return np.rint(amplitude * np.sin(2 * np.pi * hertz * at)).astype(np.int16).reshape(frames, -1)


def amplitude(sound: np.ndarray, rate: int, hertz: float) -> float:
    """Of a tone within the sound."""
    at = np.arange(len(sound)) / rate
    window = np.hanning(len(sound))
    return float(2 * abs(np.sum(sound * window * np.exp(-2j * np.pi * hertz * at))) / np.sum(window))


def decibels(part: float, whole: float) -> float:
    return 20 * np.log10(max(part, 1e-9) / whole)
