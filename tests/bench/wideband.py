"""Wide legs in the bridge: ``python -m tests.bench.wideband`` (extra ``bench``; some 30 s).

First what is heard where encoders are shared: PESQ-WB (ITU-T P.862.2) of speech that a listener hears who speaks over
it now and then, and so is moved from the encoder of all to one of its own and back; beside that of one who is never
moved.  Then of speech that comes with losses, repaired by what packets repeat and by concealment.  Last, what a tick
takes, sockets left out: CPU of the whole tick for each leg, of rooms of ten.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from pesq import pesq

from media import rtp
from media.codecs import CODECS
from media.reception import Reception
from media.wire import endpoint_of, tagged
from mixer.bridge.engine import Engine
from mixer.bridge.inbound import WIDTH, Arrived
from mixer.bridge.legs import Legs
from mixer.bridge.protocol import AddLeg, Address, Codec, Media
from mixer.bridge.wide.receiver import WideReceiver
from mixer.bridge.wide.streams import Streams
from tests.bench.codecs import speech
from tests.mixer.bridge_rig import rtp as rtp_packet

if TYPE_CHECKING:
    from media.codecs import Codec as Coder

CODERS = {Codec[codec.format.encoding.upper()]: codec for codec in CODECS}
WIDE = [codec for codec in (Codec.G722, Codec.OPUS) if codec in CODERS]
SPEAKS, PAUSES = 10, 50  # frames
LOSSES = (0, 0.01, 0.05, 0.1, 0.2)
ROOM = 10
TICKS = 60


def heard(codec: Codec, said: np.ndarray, *, speaks: bool) -> np.ndarray:
    """What one of two listeners hears, who now and then speaks (of which it hears nothing, but the other does)."""
    legs = Legs(2)
    rows = np.sort([legs.add(add(leg, codec), 0) for leg in (0, 1)])
    streams, decoder, out = Streams(legs), CODERS[codec].decoder(), np.zeros((2, 160), np.uint8)
    sound = []
    for n, frame in enumerate(said):
        now = speaks and n % (SPEAKS + PAUSES) < SPEAKS
        whole = frame.astype(int) + now * said[(n + 217) % len(said)]
        pcm = np.stack([np.clip(whole, -32768, 32767).astype(np.int16), frame])
        streams.hear(rows, np.array([-1 - rows[0] if now else 0, 0]), np.array([int(now), 0]), pcm, out)
        sound.append(decoder.decode(out[rows[0], : CODERS[codec].format.octets]))
    return np.concatenate(sound)


def received(codec: Codec, said: np.ndarray, share: float) -> np.ndarray:
    """What the rooms get of it when a part of the packets is lost, at random."""
    legs = Legs(1)
    row = np.array([legs.add(add(0, codec), 0)])
    receiver, lost = WideReceiver(legs, Reception(1)), np.random.default_rng(1).random(len(said)) < share
    sound = []
    for tick, payload in enumerate(encoded(CODERS[codec], said)):
        if not lost[tick]:
            arrived = at_tick(codec, [payload], tick)
            packets = rtp.parse(arrived.octets, arrived.length.astype(np.int64))
            receiver.take(row, packets, arrived.octets, tick)
        due = receiver.play()
        sound.append(due.pcm[0] if len(due.leg) else np.zeros(said.shape[1], np.int16))
    return np.concatenate(sound)


def add(leg: int, codec: Codec) -> AddLeg:
    return AddLeg(leg, 0, Media(Address(f"10.0.{leg >> 8}.{leg & 255}", 4000), codec, codec.value, 101), leg, "")


def cost(codec: Codec, legs: int, speakers: int) -> float:
    """Microseconds of CPU a leg and tick; of each room, so many speak."""
    engine = Engine()
    for leg in range(legs):
        row = engine.add(add(leg, codec), 0)
        engine.legs.room[row] = leg // ROOM
    coder = CODERS[codec]
    said = speech(coder.format.sample_rate)[100 : 100 + TICKS]
    payloads = [encoded(coder, said), encoded(coder, np.zeros_like(said))]
    took = []
    for tick in range(TICKS):
        arrived = at_tick(codec, [payloads[leg % ROOM >= speakers][tick] for leg in range(legs)], tick)
        began = time.process_time()
        engine.take(arrived, tick)
        engine.play(tick)
        took.append(time.process_time() - began)
    return 1e6 * float(np.median(took[TICKS // 2 :])) / legs


def encoded(coder: Coder, said: np.ndarray) -> list[bytes]:
    encoder = coder.encoder()
    return [encoder.encode(frame).tobytes() for frame in said]


def at_tick(codec: Codec, payloads: list[bytes], tick: int) -> Arrived:
    """A packet of each leg."""
    octets, source = np.zeros((len(payloads), WIDTH), np.uint8), []
    timestamp = tick * CODERS[codec].format.clock_rate // 50
    for leg, payload in enumerate(payloads):
        packet = rtp_packet(payload, tick, payload_type=codec.value, ssrc=leg + 1, timestamp=timestamp)
        octets[leg, : len(packet)] = np.frombuffer(packet, np.uint8)
        source.append(endpoint_of(add(leg, codec).media.remote.host, 4000))
    length = np.full(len(payloads), len(packet), np.uint32)
    return Arrived(octets, length, tagged(np.array(source, np.uint64), np.zeros(len(payloads), np.uint16)))


def main() -> None:
    said = speech(16000)
    print(f"{'PESQ-WB of what is heard':<28}{'never moved':>14}{'moved':>8}")
    for codec in WIDE:
        scores = [pesq(16000, said.ravel(), heard(codec, said, speaks=speaks), "wb") for speaks in (False, True)]
        print(f"{codec.name:<28}{scores[0]:>14.2f}{scores[1]:>8.2f}")
    print(f"\n{'PESQ-WB of what comes':<28}" + "".join(f"{f'{share:.0%} lost':>14}" for share in LOSSES))
    for codec in WIDE:
        scores = [pesq(16000, said.ravel(), received(codec, said, share), "wb") for share in LOSSES]
        print(f"{codec.name:<28}" + "".join(f"{score:>14.2f}" for score in scores))
    print(f"\n{'µs of CPU a leg and tick':<28}{'1 of 10 speaks':>16}{'3':>8}{'all':>8}")
    for codec, legs in ((Codec.PCMU, 100), (Codec.G722, 100), (Codec.OPUS, 50)):
        if codec in CODERS:
            costs = [cost(codec, legs, speakers) for speakers in (1, 3, ROOM)]
            print(f"{f'{legs} legs, {codec.name}':<28}{costs[0]:>16.0f}{costs[1]:>8.0f}{costs[2]:>8.0f}")


if __name__ == "__main__":
    main()
