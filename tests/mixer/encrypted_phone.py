"""A phone that speaks SRTP by libsrtp alone, for the rig of a bridge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from pylibsrtp import Policy, Session

from mixer.bridge.protocol import Codec, Encryption, Key
from tests.mixer.bridge_rig import LAW, Packet, Rig, level, rtp

if TYPE_CHECKING:
    from mixer.bridge.protocol import Address

LOUD, SOFT = level(8000), level(1000)
PROFILES = {
    "AES_CM_128_HMAC_SHA1_80": (Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 30),
    "AES_CM_128_HMAC_SHA1_32": (Policy.SRTP_PROFILE_AES128_CM_SHA1_32, 30),
    "AEAD_AES_256_GCM": (Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 44),
    "AEAD_AES_128_GCM": (Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 28),
}


def key(fill: int, suite: str = "AES_CM_128_HMAC_SHA1_80") -> Key:
    return Key(suite, bytes([fill]) * PROFILES[suite][1])


def session(used: Key, direction: int) -> Session:
    return Session(Policy(used.octets, direction, srtp_profile=PROFILES[used.suite][0]))


@dataclass
class EncryptedPhone:
    rig: Rig
    leg: int
    suite: str = "AES_CM_128_HMAC_SHA1_80"
    sequence: int = 1000
    since: int = 1_000_000 - 64
    """Of our stream: see Encryption."""
    ssrc: int = 7
    unreadable: int = 0
    """Packets that libsrtp would not open."""
    address: Address = field(init=False)

    def __post_init__(self) -> None:
        self.ours, self.theirs = key(1, self.suite), key(2 + self.leg, self.suite)
        self.hears = session(self.ours, Policy.SSRC_ANY_INBOUND)
        self.speaks = session(self.theirs, Policy.SSRC_ANY_OUTBOUND)

    @property
    def encryption(self) -> Encryption:
        return Encryption(self.ours, self.theirs, self.since, self.since)

    def joins(self, room: int | None = 1, **media: object) -> None:
        self.address = self.rig.add(self.leg, room, encryption=self.encryption, **media)

    def packet(self, pcm: np.ndarray, codec: Codec = Codec.PCMU) -> bytes:
        payload = LAW[codec].encode(pcm).tobytes()
        plain = rtp(payload, self.sequence, payload_type=codec.value, ssrc=self.ssrc)
        self.sequence += 1
        return self.speaks.protect(plain)

    def says(self, pcm: np.ndarray, codec: Codec = Codec.PCMU) -> bytes:
        """From where it is; the packet."""
        packet = self.packet(pcm, codec)
        self.rig.put(packet, self.address)
        return packet

    def talks(self, ticks: int = 10) -> None:
        for _ in range(ticks):
            self.says(LOUD)
            self.opened(self.rig.tick())

    def opened(self, sent: dict[Address, Packet]) -> Packet:
        """What it was sent at a tick."""
        return Packet(self.hears.unprotect(sent[self.address].octets))


def meeting() -> tuple[Rig, EncryptedPhone, Address]:
    """In one room with a leg that is not encrypted."""
    rig = Rig()
    phone = EncryptedPhone(rig, 2)
    phone.joins()
    return rig, phone, rig.add(1)


def heard_by(rig: Rig, plain: Address) -> int:
    """The loudest sample that a leg that is not encrypted is sent at this tick."""
    return int(np.abs(rig.tick()[plain].sound).max())
