"""The hold-music guard: tells whose sound in a room is music, while it lasts and when it has ended.

A telephone system that puts a call on hold without a word of signalling plays its music into the conference.  What
becomes of such a leg, the main process decides; here it is only listened to, muted or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from media.music_detection import ENOUGH, QUIETEST, MusicDetection
from mixer.bridge.legs import NO_ROOM
from mixer.bridge.protocol import TICK, Music

if TYPE_CHECKING:
    import numpy.typing as npt

    from mixer.bridge.legs import Legs

_AGAIN = round(30 / TICK)  # ticks
_LOOK = round(1 / TICK)
_ABOUT, _STILL = 0.5, 0.5  # of the evidence that is enough


class Guard:
    """Columns with one row a leg.  Only who is in a room is listened to: whoever waits hears music of ours, and their
    telephone may give it back."""

    def __init__(self, legs: Legs) -> None:
        self._legs = legs
        self._detection = MusicDetection(len(legs))
        self._told_at = np.zeros(len(legs), np.int64)
        self.derive()

    def enlarge(self) -> None:
        """The legs have more rows."""
        self._detection.enlarge(len(self._legs))
        self._told_at = np.r_[self._told_at, np.zeros(len(self._legs) - len(self._told_at), np.int64)]
        self.derive()

    def clear(self, row: int) -> None:
        """Another leg is to use the row."""
        self._detection.forget(row)
        self._told_at[row] = 0

    def derive(self) -> None:
        """The legs have changed."""
        self._watched = self._legs.receiving & (self._legs.room != NO_ROOM)

    def expect(self, row: int, tick: int) -> None:
        """The leg is muted: tell when its music has ended, also if it was a bridge before this one that heard it."""
        if not self._detection.music[row]:
            self._detection.presume(row)
            self._told_at[row] = tick

    def hear(
        self, leg: npt.NDArray[np.intp], pcm: npt.NDArray[np.int16], power: npt.NDArray[np.float64], tick: int
    ) -> None:
        """Frames of this tick, at 8 or 16 kHz, and how loud each is."""
        if self._detection.listens(tick):
            loud = (power >= QUIETEST).nonzero()[0]
            if len(loud):
                self._detection.hear(leg[loud], pcm[loud], tick)

    def tell(self, tick: int) -> list[Music]:
        """What is new, after all of this tick was heard."""
        changed = self._detection.look(self._watched, tick)
        begun = self._detection.music[changed].tolist()
        told = [row for row, began in zip(changed.tolist(), begun, strict=True) if not began or self._is_own(row)]
        if tick % _LOOK == 0:
            told += self._lasting(tick)
        self._told_at[told] = tick
        return [Music(int(self._legs.number[row]), bool(self._detection.music[row])) for row in told]

    def _lasting(self, tick: int) -> list[int]:
        """Whose music still plays, and was told of long ago."""
        detection = self._detection
        plays = detection.music & self._watched & (detection.evidence >= _STILL * ENOUGH)
        rows: list[int] = np.flatnonzero(plays & (self._told_at <= tick - _AGAIN)).tolist()
        return rows

    def _is_own(self, row: int) -> bool:
        """Whether the music that was just found is the leg's own: a telephone without a headset gives that of another
        back.

        Of those in the same room that are about to be found out, the loudest is; for the others it begins anew.
        """
        detection, legs = self._detection, self._legs
        if not detection.music[row]:
            return False  # it was taken for an echo just now
        alike = (legs.room == legs.room[row]) & self._watched & (detection.evidence >= _ABOUT * ENOUGH)
        suspects = np.flatnonzero(alike & (~legs.muted | (legs.number == legs.number[row])))
        loudest = int(suspects[detection.power(suspects).argmax()])
        detection.acquit(suspects[suspects != loudest])
        return loudest == row
