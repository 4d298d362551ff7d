"""What the recorders of the rooms are given: the sum of each room, and each leg by itself where that is wanted.

All of it at 16 kHz, whatever the legs have.  Nothing here waits: what a recorder does not take at once is lost to it,
and it knows by the number of the next tick.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from media.limiter import limit, untouched
from media.resample import Up
from mixer.bridge.mix import AUDIBLE, Sums
from mixer.recording import frames

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from mixer.bridge.legs import Legs
    from mixer.bridge.protocol import StartTape
    from mixer.bridge.voices import Voices

_NO_TAPE = -1
_NO_TRACK = -1
_RATE = 16000


@dataclass(frozen=True, slots=True)
class _Tape:
    row: int
    """Of the columns that have one row a tape."""
    started: StartTape
    descriptor: int


class Tapes:
    """Which rooms are recorded; false while none is."""

    def __init__(self, legs: Legs) -> None:
        self.dropped = 0
        """Ticks that a recorder was too slow to take."""
        self._legs = legs
        self._tapes: dict[int, _Tape] = {}  # by room
        self._limited = untouched(0)  # one row a tape, as the next
        self._rising = Up(0)
        self._leg_rising = Up(0)  # one row a leg
        self._tracked = np.zeros(0, np.int64)  # what the main process calls the leg of a row that has a track
        self._has_track = np.zeros(0, np.bool_)
        self._rang = np.zeros(0, np.bool_)  # which of these rows were heard at the last tick
        self._tape_of = np.zeros(0, np.int64)  # of each leg that is to be heard

    def __bool__(self) -> bool:
        return bool(self._tapes)

    def start(self, command: StartTape, descriptor: int) -> None:
        """The descriptor is ours from now on."""
        self.stop(command.room)
        taken = {tape.row for tape in self._tapes.values()}
        row = next(row for row in range(len(taken) + 1) if row not in taken)
        if row == len(self._limited):
            self._limited = np.concatenate((self._limited, untouched(1)))
            self._rising.enlarge(row + 1)
        self._limited[row] = untouched(1)
        self._rising.clear(row)
        self._tapes[command.room] = _Tape(row, command, descriptor)
        self._legs.changed = True

    def stop(self, room: int) -> None:
        """Nothing happens where the room is not recorded."""
        tape = self._tapes.pop(room, None)
        if tape is not None:
            os.close(tape.descriptor)
            self._legs.changed = True

    def close(self) -> None:
        """Give the descriptors back."""
        for room in tuple(self._tapes):
            self.stop(room)

    def derive(self) -> None:
        """The legs or the tapes have changed."""
        legs = self._legs
        known, self._tracked = self._tracked, np.full(len(legs), _NO_TRACK, np.int64)
        if not self._tapes:
            return
        self._tape_of = np.full(len(legs), _NO_TAPE, np.int64)
        for room, tape in self._tapes.items():
            leg = np.flatnonzero(legs.speaks() & (legs.room == room))
            self._tape_of[leg] = tape.row
            if tape.started.tracks:
                self._tracked[leg] = legs.number[leg]
        self._has_track = self._tracked != _NO_TRACK
        self._rang = np.r_[self._rang, np.zeros(len(legs) - len(self._rang), np.bool_)]
        self._leg_rising.enlarge(len(legs))
        for row in np.flatnonzero(self._tracked[: len(known)] != known).tolist():
            self._leg_rising.clear(row)  # what it remembers is another leg's, or from long ago

    def write(self, narrow: Voices, wide: Voices | None, tick: int) -> None:
        """One tick of every room that is recorded."""
        on_tape, tapes = self._tape_of != _NO_TAPE, len(self._limited)
        narrow = narrow.of(on_tape, AUDIBLE)
        total = Sums(self._tape_of[narrow.leg], tapes).of(narrow.pcm)
        total = np.rint(self._rising.resample(total, np.arange(tapes))).astype(np.int32)
        if wide is not None:
            wide = wide.of(on_tape, AUDIBLE)
            total += Sums(self._tape_of[wide.leg], tapes).of(wide.pcm)
        mixes, self._limited = limit(total, self._limited, _RATE)
        sounds: list[list[bytes]] = [[] for _ in mixes]
        for row in np.flatnonzero(mixes.any(axis=1)).tolist():
            sounds[row].append(frames.label(frames.MIX) + _as_octets(mixes[row]))
        if len(leg := self._ringing(narrow, wide)):
            for row, labelled in self._tracks(leg, narrow, wide):
                sounds[row].append(labelled)
        for room, tape in tuple(self._tapes.items()):
            if not self._put(tape, tick, sounds[tape.row]):
                self.stop(room)

    def _tracks(self, leg: npt.NDArray[np.intp], narrow: Voices, wide: Voices | None) -> Iterator[tuple[int, bytes]]:
        """Of each of these legs that is heard, or was just now: its tape's row, and its frame."""
        total = np.zeros((len(leg), narrow.pcm.shape[1]), np.int16)
        mine = np.isin(narrow.leg, leg)
        total[np.searchsorted(leg, narrow.leg[mine])] = narrow.pcm[mine]
        raised = np.clip(np.rint(self._leg_rising.resample(total, leg)), -32768, 32767).astype(np.int16)
        if wide is not None:
            mine = np.isin(wide.leg, leg)
            raised[np.searchsorted(leg, wide.leg[mine])] = wide.pcm[mine]
        for row in np.flatnonzero(raised.any(axis=1)).tolist():
            label = frames.label(int(self._tracked[leg[row]]))
            yield int(self._tape_of[leg[row]]), label + _as_octets(raised[row])

    def _ringing(self, narrow: Voices, wide: Voices | None) -> npt.NDArray[np.intp]:
        """The rows with a track that are heard, or were at the last tick: of the others, the filter holds nothing."""
        rings = np.zeros(len(self._tracked), np.bool_)
        for voices in (narrow, wide):
            if voices is not None:
                rings[voices.leg] = True
        rang, self._rang = self._rang, rings
        return np.flatnonzero((rings | rang) & self._has_track)

    def _put(self, tape: _Tape, tick: int, sounds: list[bytes]) -> bool:
        """Whether the recorder is still there."""
        head = frames.head(tape.started.take, tick)
        try:
            for first in range(0, max(1, len(sounds)), frames.MOST):
                os.write(tape.descriptor, head + b"".join(sounds[first : first + frames.MOST]))
        except BlockingIOError:
            self.dropped += 1
        except OSError:  # it is dead, and the main process knows
            return False
        return True


def _as_octets(pcm: npt.NDArray[np.int16]) -> bytes:
    return pcm.astype("<i2", copy=False).tobytes()
