"""Sounds that legs hear instead of their room, or beside it: prompts, greeting, music; encoded ahead of time."""

from __future__ import annotations

import mmap
import os
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mixer.bridge.mix import LAWS
from mixer.bridge.protocol import SOUND_OCTETS, Codec, Play, Played

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from mixer.bridge.legs import Legs

_AT_ONCE = 10  # ticks: a command that took no longer starts at its first frame all the same
_NOTHING = -1
_FOR_EVER = np.int64(1) << 62
_ODD = (np.arange(SOUND_OCTETS // 8, dtype=np.uint64) * np.uint64(2) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
"""A multiplier for each eight octets: Knuth's, and odd ones of it."""


def beside_room(
    room: npt.NDArray[np.int16],
    factor: npt.NDArray[np.float32],
    sound: npt.NDArray[np.int16] | npt.NDArray[np.float32],
) -> npt.NDArray[np.int16]:
    """A room at another volume, and a sound: what is too loud is cut off, since the sounds leave room enough."""
    mixed: npt.NDArray[np.int16] = np.clip(np.rint(room * factor + sound), -32768, 32767).astype(np.int16)
    return mixed


def _alike(
    packets: npt.NDArray[np.uint8], facts: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Of packets (n, 160) with facts (k, n) of each, the first of those that are alike, and which of them each is."""
    mark = (packets.view(np.uint64) * _ODD).sum(axis=1, dtype=np.uint64)
    for fact in facts:
        mark = mark * _ODD[0] + fact.astype(np.uint64)
    _, first, same = np.unique(mark, return_index=True, return_inverse=True)
    if np.array_equal(packets, packets[first][same]) and np.array_equal(facts, facts[:, first][:, same]):
        return first, same
    return np.arange(len(packets)), np.arange(len(packets))  # two that differ have one mark, once in many years


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


class Overlays(NamedTuple):
    """What is heard at a tick beside the room; who hears the same beside it has the same number."""

    of: npt.NDArray[np.int64]
    """Of every row; -1: nothing."""
    pcm: dict[int, npt.NDArray[np.int16]]
    """Frames (160) by number."""
    room: dict[int, npt.NDArray[np.float32]]
    """How loud the room is meanwhile, a factor (160) by number."""


class Ears:
    """What plays to which leg."""

    def __init__(self, legs: Legs) -> None:
        self._legs = legs
        self._sounds: dict[int, npt.NDArray[np.uint8]] = {}
        self._plays: dict[int, Play] = {}  # by row
        self._turned: set[int] = set()
        self._beside: dict[tuple[tuple[int, ...], int, float], int] = {}  # what plays beside rooms, and its number
        self._numbers = count()
        self._overlay = np.full(len(legs), _NOTHING, np.int64)
        self._sound = np.full(len(legs), _NOTHING, np.int64)
        self._began = np.zeros(len(legs), np.int64)
        self._ends = np.zeros(len(legs), np.int64)

    def enlarge(self) -> None:
        """The legs have more rows."""
        more = len(self._legs) - len(self._sound)
        self._sound = np.r_[self._sound, np.full(more, _NOTHING, np.int64)]
        self._began = np.r_[self._began, np.zeros(more, np.int64)]
        self._ends = np.r_[self._ends, np.zeros(more, np.int64)]
        self._overlay = np.r_[self._overlay, np.full(more, _NOTHING, np.int64)]

    def load(self, sound: int, frames: npt.NDArray[np.uint8]) -> None:
        self._sounds[sound] = frames

    def drop(self, sound: int, tick: int) -> None:
        """Whoever is hearing it goes on to the next."""
        self._sounds.pop(sound, None)
        for row in np.flatnonzero(self._sound == sound).tolist():
            self._ends[row] = tick

    def play(self, row: int, play: Play, tick: int) -> None:
        """Start, or go on in the middle where ``since`` is long ago."""
        self.stop(row)
        if play.room is None:
            self._turned.add(row)
        else:
            key = play.sounds, play.since, 10 ** (play.room / 20)
            self._overlay[row] = self._beside.setdefault(key, next(self._numbers))
        since = tick if tick - play.since < _AT_ONCE or play.since == 0 else play.since
        self._plays[row] = replace(play, since=since)
        self._ends[row] = tick

    def stop(self, row: int) -> None:
        play = self._plays.pop(row, None)
        if play is not None and play.room is None:
            self._turned.add(row)
        self._sound[row] = self._overlay[row] = _NOTHING

    def turned(self) -> set[int]:
        """Rows that have begun to hear something else, a sound or none, since this was asked last."""
        turned, self._turned = self._turned, set()
        return turned

    def busy(self) -> npt.NDArray[np.bool_]:
        """Of every row: whether something plays to it instead of its room."""
        busy = np.zeros(len(self._legs), np.bool_)
        busy[list(self._plays)] = True
        if self._beside:
            busy &= self._overlay == _NOTHING
        return busy

    def go_on(self, tick: int) -> list[Played]:
        """To what is due at this tick; the news of what has ended."""
        if not self._plays and not self._beside:
            return []
        playing = np.fromiter(self._plays, np.intp, len(self._plays))
        played = [event for row in playing[self._ends[playing] <= tick].tolist() if (event := self._next(row, tick))]
        if self._beside:
            heard = set(self._overlay.tolist())
            self._beside = {key: number for key, number in self._beside.items() if number in heard}
        return played

    def overlays(self, tick: int) -> Overlays | None:
        """For wide legs, whose packets can't be changed once they are encoded; None: there is nothing."""
        if not self._beside:
            return None
        pcm, room = {}, {}
        for number in self._beside.values():
            row = int(np.argmax(self._overlay == number))
            room[number] = self._room(row, tick)
            frames = self._sounds[int(self._sound[row])]
            law = 0 if frames[0, 0].any() else 1  # a law that no leg may have is not there
            pcm[number] = LAWS[law].decode(frames[law, (tick - self._began[row]) % frames.shape[1]])
        return Overlays(self._overlay, pcm, room)

    def hear(self, tick: int, out: npt.NDArray[np.uint8]) -> None:
        """Write into ``out`` (legs, 160) what plays."""
        if not self._plays:
            return
        playing = np.fromiter(self._plays, np.intp, len(self._plays))
        if self._beside:
            beside = self._overlay[playing] != _NOTHING
            self._add(playing[beside & ~self._legs.wide[playing]], tick, out)
            playing = playing[~beside]
        for rows, frames in self._by_sound(playing):
            out[rows] = frames[self._legs.part[rows], (tick - self._began[rows]) % frames.shape[1]]

    def _add(self, playing: npt.NDArray[np.intp], tick: int, out: npt.NDArray[np.uint8]) -> None:
        """To what these legs, which have G.711, hear of their rooms; nearly all of a room hear the same."""
        for rows, frames in self._by_sound(playing):
            at = (tick - self._began[rows]) % frames.shape[1]
            for law, codec in enumerate(LAWS):
                of_law = self._legs.law[rows] == law
                some, packets = rows[of_law], out[rows[of_law]]
                first, same = _alike(packets, np.stack((self._overlay[some], at[of_law])))
                room = np.array([self._room(row, tick) for row in some[first].tolist()], np.float32)
                sound = codec.decode(frames[law, at[of_law][first]])
                mixed = codec.encode(beside_room(codec.decode(packets[first]), room.reshape(-1, SOUND_OCTETS), sound))
                out[some] = mixed[same]

    def _room(self, row: int, tick: int) -> npt.NDArray[np.float32]:
        """How loud the room is in each sample of this frame.

        It gives way within the first frame and comes back within the last: a step would be heard as a click.
        """
        play = self._plays[row]
        beside = 1.0 if play.room is None else 10 ** (play.room / 20)
        first, last = tick == play.since, tick == self._ends[row] - 1 and self._sound[row] == play.sounds[-1]
        begins, ends = 1.0 if first else beside, 1.0 if last else beside
        return np.linspace(begins, ends, SOUND_OCTETS, dtype=np.float32)

    def _by_sound(self, playing: npt.NDArray[np.intp]) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.uint8]]]:
        for sound in np.unique(self._sound[playing]).tolist():
            yield playing[self._sound[playing] == sound], self._sounds[sound]

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
