"""Rooms with a wideband member: what the narrow legs say is summed at 8 kHz, what the wide ones say at 16 kHz.

Of each room N8 is the sum of the narrow voices and W16 that of the wide ones.  A narrow leg hears N8 less its own plus
W16 brought down, a wide one W16 less its own plus N8 brought up.  All of it is linear, so one's own voice cancels to
the last bit, a room costs two resamplings however many are in it, and while no wide leg says anything the narrow ones
hear the very bits that they would hear without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from media.jitter import FRAME
from media.resample import Down, Up
from mixer.bridge.legs import NO_ROOM
from mixer.bridge.mix import AUDIBLE, LAWS, Sums
from mixer.bridge.wide.streams import SAMPLES, Streams

if TYPE_CHECKING:
    import numpy.typing as npt

    from media.limiter import Limiters
    from media.rtp import Integers
    from mixer.bridge.legs import Legs
    from mixer.bridge.voices import Voices

_Sums = tuple["npt.NDArray[np.int32]", "Voices", "Integers"]
"""Of all places; the voices in them, and the place of each."""

NOWHERE: Final = 0
"""The place of legs in no room: silence."""
_AUDIBLE: Final = 4 * AUDIBLE
"""-66 dBov, of a wide voice: the silence of G.722 is not digital, least of all when it begins."""
_TICKS: Final = 50  # a second


class WideRooms:
    """Rooms have places, rows of sums, as long as a wide leg is in them."""

    def __init__(self, legs: Legs, limiters: Limiters) -> None:
        """``limiters`` are :class:`mixer.bridge.mix.Rooms`'s: legs go from its rooms to ours."""
        self._legs = legs
        self._limiters = limiters
        self.streams = Streams(legs)
        self._place_of: dict[int, int] = {}
        self._places = 1
        self._free: list[int] = []
        self._up, self._down = Up(1), Down(1)
        self._sounded = np.zeros(1, np.bool_)  # of each place: whether anybody was heard there at the last tick
        self.derive()

    def derive(self) -> None:
        """The legs have changed, or there are more of them."""
        legs = self._legs
        self._occupy(set(np.unique(legs.room[legs.wide & (legs.room != NO_ROOM)]).tolist()))
        place = np.full(len(legs), NOWHERE, np.int64)
        for room, at in self._place_of.items():
            place[legs.room == room] = at
        self._place = place
        self._speaks = legs.speaks() & (place != NOWHERE)
        self._narrow = np.flatnonzero(~legs.wide & (place != NOWHERE))
        self._narrow_in = place[self._narrow]
        self._wide = np.flatnonzero(legs.wide & legs.sending)
        self._wide_in = place[self._wide]

    def hear(self, narrow: Voices, wide: Voices, deaf: npt.NDArray[np.bool_], out: npt.NDArray[np.uint8]) -> None:
        """Write into ``out`` (legs, 160) what these legs hear live; ``deaf`` ones (legs) hear something else."""
        narrow, wide = narrow.of(self._speaks & ~self._legs.wide, AUDIBLE), wide.of(self._speaks, _AUDIBLE)
        narrow_in, wide_in = self._place[narrow.leg], self._place[wide.leg]
        at_8, at_16 = Sums(narrow_in, self._places).of(narrow.pcm), Sums(wide_in, self._places).of(wide.pcm)
        sounds = np.zeros(self._places, np.bool_)
        sounds[narrow_in] = sounds[wide_in] = True
        place = np.flatnonzero(sounds | self._sounded)  # a frame longer than the voices: the filters remember them
        self._sounded = sounds
        if len(place):
            above, below = self._up.resample(at_8[place], place), self._down.resample(at_16[place], place)
            at_8[place] += np.rint(below).astype(np.int32)
            at_16[place] += np.rint(above).astype(np.int32)
            self._hear_narrow((at_8, narrow, narrow_in), np.isin(self._narrow_in, place), out)
        self._hear_wide((at_16, wide, wide_in), ~deaf[self._wide], out)

    def _occupy(self, rooms: set[int]) -> None:
        """Places for these rooms, and for no others."""
        for room in self._place_of.keys() - rooms:
            place = self._place_of.pop(room)
            self._up.clear(place)
            self._down.clear(place)
            self._sounded[place] = False
            self._free.append(place)
        for room in sorted(rooms - self._place_of.keys()):
            if not self._free:
                self._enlarge()
            self._place_of[room] = self._free.pop()

    def _enlarge(self) -> None:
        self._free = list(range(2 * self._places - 1, self._places - 1, -1))
        self._places *= 2
        self._up.enlarge(self._places)
        self._down.enlarge(self._places)
        self._sounded = np.r_[self._sounded, np.zeros(self._places // 2, np.bool_)]

    def _hear_narrow(
        self,
        room: _Sums,
        hears: npt.NDArray[np.bool_],
        out: npt.NDArray[np.uint8],
    ) -> None:
        """The narrow legs of places in which something sounds."""
        leg, mix = self._narrow[hears], self._narrow_in[hears]
        mixes, mix = _less_own(*room, leg, mix)
        pcm = self._limiters.limit(mixes, leg, mix, FRAME * _TICKS)
        for law in np.unique(self._legs.law[leg]).tolist():
            mine = self._legs.law[leg] == law
            out[leg[mine]] = LAWS[law].encode(pcm)[mix[mine]]

    def _hear_wide(
        self,
        room: _Sums,
        hears: npt.NDArray[np.bool_],
        out: npt.NDArray[np.uint8],
    ) -> None:
        leg, place = self._wide[hears], self._wide_in[hears]
        mixes, mix = _less_own(*room, leg, place)
        pcm = self._limiters.limit(mixes, leg, mix, SAMPLES * _TICKS)
        self.streams.hear(leg, np.where(mix < self._places, place, -1 - leg), mix, pcm, out)


def _less_own(
    total: npt.NDArray[np.int32], said: Voices, said_in: Integers, leg: npt.NDArray[np.intp], mix: Integers
) -> tuple[npt.NDArray[np.int32], Integers]:
    """The sums of all places, then for each voice what is left of the sum without it; and which of them each of
    these legs hears, who hear place ``mix`` unless they speak."""
    mixes = np.concatenate((total, total[said_in] - said.pcm))
    mix = mix.copy()
    at = np.searchsorted(leg, said.leg)
    hears = at < len(leg)
    hears[hears] = leg[at[hears]] == said.leg[hears]
    mix[at[hears]] = len(total) + np.flatnonzero(hears)
    return mixes, mix
