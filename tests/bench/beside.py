"""What it costs the bridge that all legs of one room hear a prompt beside it, in each codec.

python -m tests.bench.beside [LEGS]      # 2000
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from mixer.bridge.coders import CODERS
from mixer.bridge.protocol import AddLeg, Address, Codec, JoinRoom, LoadSound, Media, Play
from mixer.bridge.sounds import Recording
from tests.media.tones_and_voices import tone
from tests.mixer.bridge_rig import Rig, rtp

if TYPE_CHECKING:
    from collections.abc import Iterator

_TICKS = 60
_WARM = 20
_SECONDS = 3.0


class Room:
    """One in which the first leg speaks; the sound's encoding and the network are left out of the time."""

    def __init__(self, codec: Codec, legs: int) -> None:
        self._rig, self._legs = Rig(), legs
        self._codec, self._form = codec, CODERS[codec].format
        self._encoder, self._said = CODERS[codec].encoder(), 0
        self._voice = tone(600, 1, -20, self._form.sample_rate).astype(np.int16).reshape(50, -1)
        self._load()
        self._rig.open(0)
        for leg in range(legs):
            address = Address(f"10.0.{leg // 250}.{leg % 250 + 1}", 4000)
            self._rig.obey(AddLeg(leg, 0, Media(address, codec, codec.value, 101), 5000 + leg, "us"))
            self._rig.obey(JoinRoom(leg, 1))

    def _load(self) -> None:
        sound = Recording(lambda rate: tone(1000, _SECONDS, -23, rate).astype(np.int16), tuple(Codec))
        with sound.file as file:
            file.seek(0)
            self._rig.obey(LoadSound(1, sound.frames), self._rig.load(np.fromfile(file, np.uint8)))

    def tell_all(self) -> float:
        """Seconds that the commands take."""
        began = time.perf_counter()
        for leg in range(self._legs):
            self._rig.obey(Play(leg, (1,), leg, room=-9.0))
        return time.perf_counter() - began

    def ticks(self, count: int) -> list[float]:
        """Seconds of each."""
        return list(self._ticks(count))

    def _ticks(self, count: int) -> Iterator[float]:
        for _ in range(count):
            octets = self._encoder.encode(self._voice[self._said % 50]).tobytes()
            timestamp = self._said * (self._form.clock_rate // 50)
            packet = rtp(octets, self._said, payload_type=self._codec.value, timestamp=timestamp)
            self._rig.put(packet, Address("10.0.0.1", 4000))
            self._said += 1
            engine, bridge = self._rig.bridge._engine, self._rig.bridge
            began = time.perf_counter()
            engine.take(bridge._inbound.read(bridge._rtp), self._rig.tick_number)
            engine.play(self._rig.tick_number)
            yield time.perf_counter() - began
            self._rig.tick_number += 1


def main(legs: int) -> None:
    sys.stdout.write(f"{legs} legs in a room, one of them speaks; ms\n")
    sys.stdout.write(f"{'':8}{'tick':>8}{'beside a prompt':>18}{'first of these':>17}{'commands':>11}\n")
    for codec in Codec:
        if codec in CODERS:
            room = Room(codec, legs)
            room.ticks(_WARM)
            without = room.ticks(_TICKS)
            told = room.tell_all()
            beside = room.ticks(_TICKS)
            times = (np.median(without), np.median(beside), beside[0], told)
            tick, after, first, commands = (f"{1000 * seconds:.2f}" for seconds in times)
            sys.stdout.write(f"{codec.name:8}{tick:>8}{after:>18}{first:>17}{commands:>11}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
