"""Who hears what in the rooms: the sum of a room without oneself.  Arrays in, arrays out.

Sums are wide (int32), limited only after one's own sound is taken out of them: never saturate before subtracting.
Everybody who is silent hears the same, so it is encoded once for each room and codec.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from media.codecs import PCMA, PCMU
from media.limiter import Limiters
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


class Sums:
    """The sum of the frames of each room; ``room`` (n) of each frame is any order of 0 … rooms - 1."""

    def __init__(self, room: Integers, rooms: int) -> None:
        self._rooms = rooms
        self._order = np.argsort(room, kind="stable")
        ascending = room[self._order]
        begins = np.ones(len(room), np.bool_)
        np.not_equal(ascending[1:], ascending[:-1], out=begins[1:])
        self._first = np.flatnonzero(begins)
        self._present = ascending[self._first]

    def of(self, pcm: npt.NDArray[np.int16]) -> npt.NDArray[np.int32]:
        """Frames (n, samples) to sums (rooms, samples)."""
        total = np.zeros((self._rooms, pcm.shape[1]), np.int32)
        if len(self._first):
            total[self._present] = np.add.reduceat(pcm[self._order], self._first, axis=0, dtype=np.int32)
        return total


@dataclass(frozen=True, slots=True)
class Audience:
    """Who hears what, as long as the same legs speak.  All listeners of a room hear the same, so there is one mix for
    each room, and after them one for each who speaks."""

    speaker: npt.NDArray[np.intp]
    room: Integers
    """Of each who speaks."""
    sums: Sums
    leg: npt.NDArray[np.intp]
    """Who hears something,"""
    mix: Integers
    """and what."""


class Rooms:
    """Which leg is in which room, and how loud each of them hears it."""

    def __init__(self, legs: Legs) -> None:
        self._legs = legs
        self.limiters = Limiters(len(legs))
        self.derive()

    def enlarge(self) -> None:
        """The legs have more rows."""
        self.limiters.enlarge(len(self._legs))
        self.derive()

    def clear(self, leg: int) -> None:
        """Another leg is to use the row."""
        self.limiters.clear(leg)

    def derive(self) -> None:
        """The legs have changed: rooms are numbered from 0 anew."""
        legs = self._legs
        members = np.flatnonzero(legs.in_narrow_room())
        rooms, number = np.unique(legs.room[members], return_inverse=True)
        self._count = len(rooms)
        self._room = np.full(len(legs), NO_ROOM, np.int64)
        self._room[members] = number
        self._speaks_in = np.where(legs.speaks(), self._room, NO_ROOM)
        self._laws = np.unique(legs.law[members]).tolist()
        self._audience = self._audience_of(np.zeros(0, np.intp))

    def hear(self, sound: Sound, power: npt.NDArray[np.float64], out: npt.NDArray[np.uint8]) -> None:
        """Write into ``out`` (legs, 160) what the members of rooms hear; where nobody speaks, it stays as it is.

        ``power`` of each frame of ``sound``: no more is looked at of those without any.
        """
        room = self._speaks_in[sound.leg]
        row = np.flatnonzero((room != NO_ROOM) & (power > 0))
        row = row[audible(sound.pcm[row])]
        if not len(row):
            return
        speaker, pcm = sound.leg[row], sound.pcm[row]
        if not np.array_equal(speaker, self._audience.speaker):
            self._audience = self._audience_of(speaker)
        total = self._audience.sums.of(pcm)
        mixes = np.concatenate((total, total[self._audience.room] - pcm))
        self._encode(self.limiters.limit(mixes, self._audience.leg, self._audience.mix), out)

    def _audience_of(self, speaker: npt.NDArray[np.intp]) -> Audience:
        room = self._room[speaker]
        listener = self._listeners(speaker, room)
        return Audience(
            speaker=speaker,
            room=room,
            sums=Sums(room, self._count),
            leg=np.concatenate((listener, speaker)),
            mix=np.concatenate((self._room[listener], self._count + np.arange(len(speaker)))),
        )

    def _listeners(self, speaker: npt.NDArray[np.intp], room: Integers) -> npt.NDArray[np.intp]:
        """Who is silent where somebody speaks."""
        loud = np.zeros(self._count + 1, np.bool_)  # the last is NO_ROOM
        loud[room] = True
        listens = loud[self._room]
        listens[speaker] = False
        return np.flatnonzero(listens)

    def _encode(self, pcm: npt.NDArray[np.int16], out: npt.NDArray[np.uint8]) -> None:
        """Once for each law, however many hear it."""
        leg, mix = self._audience.leg, self._audience.mix
        for law in self._laws:
            octets = LAWS[law].encode(pcm)
            if len(self._laws) == 1:
                out[leg] = octets[mix]
            else:
                mine = self._legs.law[leg] == law
                out[leg[mine]] = octets[mix[mine]]
