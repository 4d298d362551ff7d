"""Who hears what in the rooms: the sum of a room without oneself.  Arrays in, arrays out.

Sums are wide (int32), limited only after one's own sound is taken out of them: never saturate before subtracting.
Everybody who is silent hears the same, so it is encoded once for each room and codec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from media.codecs import PCMA, PCMU
from media.jitter import FRAME
from media.limiter import limit
from mixer.bridge.legs import NO_ROOM

if TYPE_CHECKING:
    import numpy.typing as npt

    from media.jitter import Sound
    from media.rtp import Integers
    from mixer.bridge.legs import Legs

LAWS = (PCMU, PCMA)
"""By law, as :attr:`mixer.bridge.legs.Legs.law` and the halves of a sound have it."""
SILENCE = np.array([law.silence for law in LAWS], np.uint8)
PAYLOAD_TYPES = np.array([law.format.payload_type for law in LAWS], np.int64)

_DIGITAL_SILENCE = 8  # A-law has no zero: its smallest values are 8 and -8


def audible(pcm: npt.NDArray[np.int16]) -> npt.NDArray[np.bool_]:
    """Which frames (n, 160) are more than digital silence."""
    loud: npt.NDArray[np.bool_] = (pcm.max(axis=1) > _DIGITAL_SILENCE) | (pcm.min(axis=1) < -_DIGITAL_SILENCE)
    return loud


def room_sums(pcm: npt.NDArray[np.int16], room: Integers, rooms: int) -> npt.NDArray[np.int32]:
    """The sum of the frames (n, 160) of each room (rooms, 160); ``room`` (n) is any order of 0 … rooms - 1."""
    total = np.zeros((rooms, FRAME), np.int32)
    if len(room):
        order = np.argsort(room, kind="stable")
        present, first = np.unique(room[order], return_index=True)
        total[present] = np.add.reduceat(pcm[order], first, axis=0, dtype=np.int32)
    return total


class Rooms:
    """Which leg is in which room, and how loud each of them hears it."""

    def __init__(self, legs: Legs) -> None:
        self._legs = legs
        self._gain = np.ones(len(legs), np.float32)  # of the limiter, for each leg that hears
        self.derive()

    def enlarge(self) -> None:
        """The legs have more rows."""
        self._gain = np.r_[self._gain, np.ones(len(self._legs) - len(self._gain), np.float32)]
        self.derive()

    def clear(self, leg: int) -> None:
        """Another leg is to use the row."""
        self._gain[leg] = 1

    def derive(self) -> None:
        """The legs have changed: rooms are numbered from 0 anew."""
        self._members = np.flatnonzero(self._legs.room != NO_ROOM)
        rooms, number = np.unique(self._legs.room[self._members], return_inverse=True)
        self._count = len(rooms)
        self._room = np.full(len(self._legs), NO_ROOM, np.int64)
        self._room[self._members] = number

    def hear(self, sound: Sound, out: npt.NDArray[np.uint8]) -> None:
        """Write into ``out`` (legs, 160) what the members of rooms hear; where nobody speaks, it stays as it is."""
        legs, members = self._legs, self._members
        heard = (self._room[sound.leg] != NO_ROOM) & legs.receiving[sound.leg] & ~legs.muted[sound.leg]
        row = np.flatnonzero(heard)
        row = row[audible(sound.pcm[row])]
        if not len(row):
            return
        speaker, pcm = sound.leg[row], sound.pcm[row]
        room = self._room[speaker]
        total = room_sums(pcm, room, self._count)

        loud = np.zeros(self._count, np.bool_)
        loud[room] = True
        silent = np.ones(len(legs), np.bool_)
        silent[speaker] = False
        listener = members[silent[members] & loud[self._room[members]]]
        self._to_listeners(listener, total, out)
        own, self._gain[speaker] = limit(total[room] - pcm, self._gain[speaker])
        for law, codec in enumerate(LAWS):
            mine = legs.law[speaker] == law
            if mine.any():
                out[speaker[mine]] = codec.encode(own[mine])

    def _to_listeners(
        self, listener: npt.NDArray[np.intp], total: npt.NDArray[np.int32], out: npt.NDArray[np.uint8]
    ) -> None:
        """All of one room hear the same, at the gain of the one among them who hears it softest."""
        if not len(listener):
            return
        room = self._room[listener]
        gain = np.ones(self._count, np.float32)
        np.minimum.at(gain, room, self._gain[listener])
        shared, gain = limit(total, gain)
        self._gain[listener] = gain[room]
        for law, codec in enumerate(LAWS):
            mine = self._legs.law[listener] == law
            if mine.any():
                out[listener[mine]] = codec.encode(shared)[room[mine]]
