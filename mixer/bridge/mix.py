"""Who hears what in the rooms: the sum of a room without oneself.  Arrays in, arrays out.

Sums are wide (int32), limited only after one's own sound is taken out of them: never saturate before subtracting.
Everybody who is silent hears the same, so it is encoded once for each room and codec.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from media.codecs import PCMA, PCMU
from media.jitter import FRAME
from media.limiter import Limiters
from mixer.bridge.legs import NO_ROOM

if TYPE_CHECKING:
    import numpy.typing as npt

    from media.codecs.g711 import G711
    from media.jitter import Sound
    from media.rtp import Integers
    from mixer.bridge.legs import Legs

LAWS = (PCMU, PCMA)
"""By law, as :attr:`mixer.bridge.legs.Legs.law` and the halves of a sound have it."""
SILENCE = np.array([law.silence for law in LAWS], np.uint8)
PAYLOAD_TYPES = np.array([law.format.payload_type for law in LAWS], np.int64)

_NONE = -1
_SILENT = np.zeros((1, FRAME), np.int32)
AUDIBLE = 64 / 2**30
"""Frames whose mean square is not above this are digital silence: the smallest values of A-law are 8 and -8."""


class Sums:
    """The sum of the frames of each room; ``room`` (n) of each frame is any order of 0 … rooms - 1.

    ``np.add.reduceat`` takes several times as long: either all rooms get their first frame at once, then the second …,
    or each room all of its frames, whatever is fewer additions.
    """

    order: npt.NDArray[np.intp]
    """Of the frames, for :meth:`of_ordered`: first come those that begin a sum."""
    rooms: Integers
    """In which there are frames, those with the most first."""
    place: Integers
    """Of the room of each ordered frame among :attr:`rooms`."""

    def __init__(self, room: Integers, rooms: int) -> None:
        self._rooms = rooms
        count = np.bincount(room, minlength=rooms)
        self.rooms = np.argsort(-count, kind="stable")[: np.count_nonzero(count)]
        count = count[self.rooms]
        place = np.zeros(rooms, np.intp)
        place[self.rooms] = np.arange(len(self.rooms))
        by_room = np.argsort(place[room], kind="stable")
        nth = np.arange(len(room)) - np.repeat(np.cumsum(count) - count, count)  # of its room
        self._side_by_side = int(count.max(initial=0)) <= len(self.rooms)
        self.order = by_room[np.argsort(nth, kind="stable")] if self._side_by_side else by_room
        self.place = place[room[self.order]]
        sizes = np.bincount(nth) if self._side_by_side else count
        ends = np.cumsum(sizes).tolist()
        self._pieces = [slice(end - size, end) for end, size in zip(ends, sizes.tolist(), strict=True)]

    def of(self, pcm: npt.NDArray[np.int16]) -> npt.NDArray[np.int32]:
        """Frames (n, samples) to sums (rooms, samples)."""
        total = np.zeros((self._rooms, pcm.shape[1]), np.int32)
        if len(pcm):
            total[self.rooms] = self.of_ordered(pcm[self.order])
        return total

    def of_ordered(self, pcm: npt.NDArray[np.int16]) -> npt.NDArray[np.int32]:
        """The same of frames in our order, one at least, to sums in the order of :attr:`rooms`."""
        if not self._side_by_side:
            return np.stack([np.add.reduce(pcm[piece], axis=0, dtype=np.int32) for piece in self._pieces])
        first, *others = self._pieces
        total = pcm[first].astype(np.int32)
        for piece in others:
            part = total[: piece.stop - piece.start]
            part += pcm[piece]
        return total


@dataclass(frozen=True, slots=True)
class Audience:
    """Who hears what, as long as the same legs speak.  All listeners of a room hear the same, so there is one mix for
    each room in which somebody speaks, and after them one for each who speaks."""

    key: bytes
    """Who speaks."""
    sums: Sums
    leg: npt.NDArray[np.intp]
    """Who hears something,"""
    mix: Integers
    """and what."""
    heard: list[tuple[G711, npt.NDArray[np.intp] | slice, Integers]]
    """The same by law; where all have the same law, of every row: -1, the mix behind all others, is silence."""
    of_all: bool
    """Whether they are all."""


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
        self._least = np.where(legs.speaks() & (self._room != NO_ROOM), AUDIBLE, np.inf)  # power to be heard with
        laws = np.unique(legs.law[legs.number >= 0]).tolist()
        self._only = LAWS[laws[0]] if len(laws) == 1 and not legs.wide.any() else None
        self._audience = self._audience_of(np.zeros(0, np.intp))

    def hear(
        self,
        sound: Sound,
        power: npt.NDArray[np.float64],
        silence: npt.NDArray[np.uint8],
        out: npt.NDArray[np.uint8],
    ) -> None:
        """Write into ``out`` (legs, 160) what the members of rooms hear; for the others, and where nobody speaks,
        ``silence`` (legs, 1 or 160).

        ``power`` of each frame of ``sound``: those without any are not looked at.
        """
        row = (power > self._least.take(sound.leg)).nonzero()[0]
        if not len(row):
            out[:] = silence
            return
        speaker, audience = sound.leg.take(row), self._audience
        if speaker.tobytes() != audience.key:
            audience = self._audience = self._audience_of(speaker)
        pcm = sound.pcm.take(row.take(audience.sums.order), axis=0)
        total = audience.sums.of_ordered(pcm)
        mixes = np.concatenate((total, total.take(audience.sums.place, axis=0) - pcm, _SILENT))
        limited = self.limiters.limit(mixes, audience.leg, audience.mix)
        if not audience.of_all:
            out[:] = silence
        for law, leg, mix in audience.heard:  # encoded once for each law, however many hear it
            out[leg] = law.encode(limited).take(mix, axis=0, mode="wrap")

    def _audience_of(self, speaker: npt.NDArray[np.intp]) -> Audience:
        sums = Sums(self._room[speaker], self._count)
        mix_of_room = np.full(self._count + 1, _NONE, np.int64)  # the last is NO_ROOM's
        mix_of_room[sums.rooms] = np.arange(len(sums.rooms))
        mix_of = mix_of_room[self._room]
        mix_of[speaker[sums.order]] = len(sums.rooms) + np.arange(len(speaker))
        leg = np.flatnonzero(mix_of != _NONE)
        mix, law = mix_of[leg], self._legs.law[leg]
        by_law = [(LAWS[one], leg[law == one], mix[law == one]) for one in np.unique(law).tolist()]
        return Audience(
            key=speaker.tobytes(),
            sums=sums,
            leg=leg,
            mix=mix,
            heard=by_law if self._only is None else [(self._only, slice(None), mix_of)],
            of_all=self._only is not None,
        )
