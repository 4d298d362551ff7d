"""What an encrypted leg costs beside a plain one: ``python -m tests.bench.encrypted`` (some 10 s).

CPU of a whole tick for each leg, of rooms of ten in which one speaks: taking in, mixing, sealing, sending on
the loopback; only receiving is left out.  All kinds in turn, in the same run.  Garbage is what comes from the address
of an encrypted phone, sealed by nobody.
"""

from __future__ import annotations

import os
import socket
import time
from typing import TYPE_CHECKING

import numpy as np

from media.codecs import PCMU
from media.srtp import TAGS, Sealing
from media.wire import endpoint_of, open_wire, tagged
from mixer.bridge.engine import Engine
from mixer.bridge.inbound import WIDTH, Arrived
from mixer.bridge.protocol import AddLeg, Address, Codec, Encryption, Key, Media
from tests.mixer.bridge_rig import level, rtp

if TYPE_CHECKING:
    from collections.abc import Callable

LEGS, ROOM, TICKS, ROUNDS = 200, 10, 60, 5
KEY_OCTETS = {"AEAD_AES_256_GCM": 44, "AEAD_AES_128_GCM": 28}
GARBAGE = "garbage"


def host(leg: int) -> str:
    return f"127.1.{leg >> 8}.{leg & 255}"


def keys(leg: int, suite: str) -> Encryption:
    octets = KEY_OCTETS.get(suite, 30)
    ours, theirs = (Key(suite, bytes([kind]) + leg.to_bytes(2, "big") + bytes(octets - 3)) for kind in (1, 2))
    return Encryption(ours, theirs, -64, -64)


def cost(suite: str | None, port: int, descriptor: int, *, garbage: bool = False) -> float:
    """Microseconds of CPU a leg and tick."""
    engine, wire = Engine(), open_wire()
    seals: list[Callable[[bytes, int], bytes | None]] = []
    for leg in range(LEGS):
        encryption = None if suite is None else keys(leg, suite)
        media = Media(Address(host(leg), port), Codec.PCMU, 0, 101, encryption=encryption)
        row = engine.add(AddLeg(leg, 0, media, 1000 + leg, ""), 0)
        engine.legs.room[row] = leg // ROOM
        if encryption is None:
            seals.append(lambda packet, _: packet)
        else:
            seals.append(Sealing(encryption.theirs.suite, encryption.theirs.octets, leg + 1).seal)
    said = [PCMU.encode(level(8000)).tobytes(), PCMU.encode(np.zeros(160, np.int16)).tobytes()]
    source = np.array([endpoint_of(host(leg), port) for leg in range(LEGS)], np.uint64)
    took = []
    for tick in range(1, TICKS + 1):
        octets, lengths = np.zeros((LEGS, WIDTH), np.uint8), np.zeros(LEGS, np.uint32)
        for leg in range(LEGS):
            plain = rtp(said[leg % ROOM != 0], tick, ssrc=leg + 1)
            packet = os.urandom(len(plain) + 10) if garbage else seals[leg](plain, tick)
            assert packet is not None
            octets[leg, : len(packet)] = np.frombuffer(packet, np.uint8)
            lengths[leg] = len(packet)
        arrived = Arrived(octets, lengths, tagged(source, np.zeros(LEGS, np.uint16)))
        began = time.process_time()
        engine.take(arrived, tick)
        engine.play(tick)
        engine.outbound.send(wire, {0: descriptor})
        took.append(time.process_time() - began)
    return 1e6 * float(np.median(took[TICKS // 2 :])) / LEGS


def main() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sends,
    ):
        sink.bind(("", 0))
        port, descriptor = sink.getsockname()[1], sends.fileno()
        found: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            for suite in (None, *TAGS):
                found.setdefault(suite or "plain", []).append(cost(suite, port, descriptor))
            found.setdefault(GARBAGE, []).append(cost("AES_CM_128_HMAC_SHA1_80", port, descriptor, garbage=True))
    plain = min(found["plain"])
    print(f"{f'{LEGS} legs, PCMU':<28}{'µs of CPU':>10}{'to plain':>10}")
    for kind, costs in found.items():
        print(f"{kind:<28}{min(costs):>10.1f}{min(costs) / plain:>9.1f}x")


if __name__ == "__main__":
    main()
