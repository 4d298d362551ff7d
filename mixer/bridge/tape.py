"""What the recorders of the rooms are given: the sum of each room, and each leg by itself where that is wanted.

Nothing here waits: what a recorder does not take at once is lost to it, and it knows by the number of the next tick.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from media.limiter import limit
from mixer.bridge.legs import NO_ROOM
from mixer.bridge.mix import Sums, audible
from mixer.recording import frames

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from media.jitter import Sound
    from mixer.bridge.legs import Legs
    from mixer.bridge.protocol import StartTape


@dataclass(frozen=True, slots=True)
class _Tape:
    started: StartTape
    descriptor: int


class Tapes:
    """Which rooms are recorded; false while none is."""

    def __init__(self, legs: Legs) -> None:
        self.dropped = 0
        """Datagrams that a recorder was too slow to take."""
        self._legs = legs
        self._tapes: list[_Tape] = []
        self._gain = np.zeros(0, np.float32)  # of the limiter, for each tape
        self._tape_of = np.zeros(0, np.int64)  # for each leg that is to be heard

    def __bool__(self) -> bool:
        return bool(self._tapes)

    def start(self, command: StartTape, descriptor: int) -> None:
        """The descriptor is ours from now on."""
        self.stop(command.room)
        self._tapes.append(_Tape(command, descriptor))
        self._gain = np.append(self._gain, np.float32(1))
        self.derive()

    def stop(self, room: int) -> None:
        """Nothing happens where the room is not recorded."""
        for number, tape in enumerate(self._tapes):
            if tape.started.room == room:
                os.close(tape.descriptor)
                del self._tapes[number]
                self._gain = np.delete(self._gain, number)
                self.derive()
                return

    def close(self) -> None:
        """Give the descriptors back."""
        for tape in self._tapes:
            os.close(tape.descriptor)
        self._tapes.clear()

    def derive(self) -> None:
        """The legs have changed."""
        self._tape_of = np.full(len(self._legs), NO_ROOM, np.int64)
        speaks = self._legs.speaks()
        for number, tape in enumerate(self._tapes):
            self._tape_of[speaks & (self._legs.room == tape.started.room)] = number

    def write(self, sound: Sound, power: npt.NDArray[np.float64], tick: int) -> None:
        """One tick of every room that is recorded."""
        tape_of = self._tape_of[sound.leg]
        row = np.flatnonzero((tape_of != NO_ROOM) & (power > 0))
        row = row[audible(sound.pcm[row])]
        tape_of, pcm = tape_of[row], sound.pcm[row]
        mixes, self._gain = limit(Sums(tape_of, len(self._tapes)).of(pcm), self._gain)
        leg = self._legs.number[sound.leg[row]]
        gone = [
            tape.started.room
            for number, tape in enumerate(self._tapes)
            if not self._put(tape, tick, mixes[number], leg[tape_of == number], pcm[tape_of == number])
        ]
        for room in gone:
            self.stop(room)

    def _put(
        self,
        tape: _Tape,
        tick: int,
        mix: npt.NDArray[np.int16],
        leg: npt.NDArray[np.int64],
        pcm: npt.NDArray[np.int16],
    ) -> bool:
        """Whether the recorder is still there."""
        sounds = [frames.label(frames.MIX) + _wide(mix)] if mix.any() else []
        if tape.started.tracks:
            sounds += [frames.label(one) + _wide(row) for one, row in zip(leg.tolist(), pcm, strict=True)]
        head = frames.head(tape.started.take, tick)
        try:
            for part in _parts(sounds):
                os.write(tape.descriptor, head + part)
        except BlockingIOError:
            self.dropped += 1
        except OSError:  # it is dead, and the main process knows
            return False
        return True


def _parts(sounds: list[bytes]) -> Iterator[bytes]:
    """What goes into one datagram each: at least one, if only for its head."""
    for first in range(0, max(1, len(sounds)), frames.MOST):
        yield b"".join(sounds[first : first + frames.MOST])


def _wide(pcm: npt.NDArray[np.int16]) -> bytes:
    return np.repeat(pcm, 2).tobytes()
