"""Sounds that legs hear instead of their room: prompts, greeting, music; encoded ahead of time."""

from __future__ import annotations

import mmap
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mixer.bridge.protocol import SOUND_OCTETS, Codec, Play, Played

if TYPE_CHECKING:
    import numpy.typing as npt

    from mixer.bridge.legs import Legs

_AT_ONCE = 10  # ticks: a command that took no longer starts at its first frame all the same
_NOTHING = -1
_FOR_EVER = np.int64(1) << 62


def map_sound(descriptor: int, frames: int) -> npt.NDArray[np.uint8]:
    """The frames [codec, frame, octet] of a pre-encoded file; they are read when they are played.

    Raises ValueError for a file of another size, OSError for one that can't be mapped.
    """
    size = len(Codec) * frames * SOUND_OCTETS
    if frames <= 0 or os.fstat(descriptor).st_size != size:
        raise ValueError(f"{os.fstat(descriptor).st_size} octets where {frames} frames in each codec should be")
    octets = np.frombuffer(mmap.mmap(descriptor, size, prot=mmap.PROT_READ), np.uint8)
    return octets.reshape(len(Codec), frames, SOUND_OCTETS)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in its list of sounds a leg is."""

    sound: int
    began: int
    """The tick of the sound's first frame."""
    ends: int
    """The tick at which another is due."""


class Ears:
    """What plays to which leg."""

    def __init__(self, legs: Legs) -> None:
        self._legs = legs
        self._sounds: dict[int, npt.NDArray[np.uint8]] = {}
        self._plays: dict[int, Play] = {}  # by row
        self._turned: set[int] = set()
        self._sound = np.full(len(legs), _NOTHING, np.int64)
        self._began = np.zeros(len(legs), np.int64)
        self._ends = np.zeros(len(legs), np.int64)

    def enlarge(self) -> None:
        """The legs have more rows."""
        more = len(self._legs) - len(self._sound)
        self._sound = np.r_[self._sound, np.full(more, _NOTHING, np.int64)]
        self._began = np.r_[self._began, np.zeros(more, np.int64)]
        self._ends = np.r_[self._ends, np.zeros(more, np.int64)]

    def load(self, sound: int, frames: npt.NDArray[np.uint8]) -> None:
        self._sounds[sound] = frames

    def drop(self, sound: int, tick: int) -> None:
        """Whoever is hearing it goes on to the next."""
        self._sounds.pop(sound, None)
        for row in np.flatnonzero(self._sound == sound).tolist():
            self._ends[row] = tick

    def play(self, row: int, play: Play, tick: int) -> None:
        """Start, or go on in the middle where ``since`` is long ago."""
        self._turned.add(row)
        since = tick if tick - play.since < _AT_ONCE or play.since == 0 else play.since
        self._plays[row] = Play(play.leg, play.sounds, play.token, play.loop, since)
        self._sound[row] = _NOTHING
        self._ends[row] = tick

    def stop(self, row: int) -> None:
        if self._plays.pop(row, None) is not None:
            self._turned.add(row)
        self._sound[row] = _NOTHING

    def turned(self) -> set[int]:
        """Rows that have begun to hear something else, a sound or none, since this was asked last."""
        turned, self._turned = self._turned, set()
        return turned

    def busy(self) -> npt.NDArray[np.bool_]:
        """Of every row: whether something plays to it."""
        busy = np.zeros(len(self._legs), np.bool_)
        busy[list(self._plays)] = True
        return busy

    def hear(self, tick: int, out: npt.NDArray[np.uint8]) -> list[Played]:
        """Write into ``out`` (legs, 160) what plays; the news of what has ended."""
        if not self._plays:
            return []
        playing = np.fromiter(self._plays, np.intp, len(self._plays))
        played = [event for row in playing[self._ends[playing] <= tick].tolist() if (event := self._next(row, tick))]
        playing = playing[self._sound[playing] != _NOTHING]
        for sound in np.unique(self._sound[playing]).tolist():
            rows = playing[self._sound[playing] == sound]
            frames = self._sounds[sound]
            out[rows] = frames[self._legs.part[rows], (tick - self._began[rows]) % frames.shape[1]]
        return played

    def _next(self, row: int, tick: int) -> Played | None:
        """Find the sound that is due now; None unless all have ended."""
        play = self._plays[row]
        place = self._place(play, tick)
        if place is None:
            self.stop(row)
            return Played(play.leg, play.token)
        self._sound[row], self._began[row], self._ends[row] = place.sound, place.began, place.ends
        return None

    def _place(self, play: Play, tick: int) -> _Place | None:
        """A function of the command and the tick alone; sounds that are not there take no time."""
        known = [sound for sound in play.sounds if sound in self._sounds]
        began = play.since
        for nth, sound in enumerate(known, 1):
            ends = began + self._sounds[sound].shape[1]
            if tick < ends:
                last = play.loop and nth == len(known)
                return _Place(sound, began, int(_FOR_EVER) if last else ends)
            began = ends
        if not (play.loop and known):
            return None
        return _Place(known[-1], began, int(_FOR_EVER))
