"""Rooms with a wideband member: what the narrow legs say is summed at 8 kHz, what the wide ones say at 16 kHz.

Of each room N8 is the sum of the narrow voices and W16 that of the wide ones.  A narrow leg hears N8 less its own plus
W16 brought down, a wide one W16 less its own plus N8 brought up.  All of it is linear, so one's own voice cancels to
the last bit, a room costs two resamplings however many are in it, and while no wide leg says anything the narrow ones
hear the very bits that they would hear without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from media.jitter import FRAME
from media.resample import Down, Up
from mixer.bridge.legs import NO_ROOM
from mixer.bridge.mix import AUDIBLE, LAWS, Sums
from mixer.bridge.wide.apart import Apart, Overlaid, arranged
from mixer.bridge.wide.streams import SAMPLES, Streams

if TYPE_CHECKING:
    import numpy.typing as npt

    from media.limiter import Limiters
    from media.rtp import Integers
    from mixer.bridge.ears import Overlays
    from mixer.bridge.legs import Legs
    from mixer.bridge.voices import Voices
    from mixer.bridge.volumes import Volumes

NOWHERE: Final = 0
"""The place of legs in no room: silence."""
_AUDIBLE: Final = 4 * AUDIBLE
"""-66 dBov, of a wide voice: the silence of G.722 is not digital, least of all when it begins."""
_TICKS: Final = 50  # a second


@dataclass(frozen=True, slots=True)
class _Audience:
    """Who hears what, as long as the same legs speak and listen: the sums of all places come first among the mixes, at
    either rate, and after them one for each who speaks."""

    narrow: npt.NDArray[np.intp]
    wide: npt.NDArray[np.intp]
    """Who speaks."""
    narrow_in: Integers
    wide_in: Integers
    """Where."""
    at_8: Sums
    at_16: Sums
    sounds: npt.NDArray[np.bool_]
    """Of each place, whether anybody speaks there."""
    narrow_mix: Integers
    """What each narrow leg of our rooms hears."""
    hears: npt.NDArray[np.bool_]
    """Which of the wide legs hear live,"""
    leg: npt.NDArray[np.intp]
    mix: Integers
    """what each of these hears before their volume,"""
    source: Integers
    """whose sound that is: :data:`mixer.bridge.wide.streams.Key`,"""
    overlay: Integers
    """the number of the sound beside the room, of each wide leg,"""
    apart: Apart
    """mixes for those of them who hear another one than their room does,"""
    heard: Integers
    """and what each hears in the end."""

    def is_of(
        self,
        narrow: npt.NDArray[np.intp],
        wide: npt.NDArray[np.intp],
        hears: npt.NDArray[np.bool_],
        overlay: Integers,
    ) -> bool:
        return (
            np.array_equal(narrow, self.narrow)
            and np.array_equal(wide, self.wide)
            and np.array_equal(hears, self.hears)
            and np.array_equal(overlay, self.overlay)
        )


class WideRooms:
    """Rooms have places, rows of sums, as long as a wide leg is in them."""

    def __init__(self, legs: Legs, limiters: Limiters, volumes: Volumes) -> None:
        """``limiters`` are :class:`mixer.bridge.mix.Rooms`'s: legs go from its rooms to ours."""
        self._legs = legs
        self._limiters = limiters
        self._overlaid = Overlaid(volumes)
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
        speaks = legs.speaks() & (place != NOWHERE)
        self._narrow_speak, self._wide_speak = speaks & ~legs.wide, speaks & legs.wide
        self._narrow = np.flatnonzero(~legs.wide & (place != NOWHERE))
        self._wide = np.flatnonzero(legs.wide & legs.sending)
        self._nothing = np.full(len(self._wide), -1, np.int64)
        nobody = np.zeros(0, np.intp)
        self._audience = self._audience_of(nobody, nobody, np.zeros(len(self._wide), np.bool_), self._nothing)

    def hear(
        self,
        narrow: Voices,
        wide: Voices,
        deaf: npt.NDArray[np.bool_],
        overlays: Overlays | None,
        out: npt.NDArray[np.uint8],
    ) -> None:
        """Write into ``out`` (legs, 160) what these legs hear live; ``deaf`` ones (legs) hear something else.

        ``overlays`` are heard by wide legs; to narrow ones they are added later.
        """
        narrow, wide = narrow.of(self._narrow_speak, AUDIBLE), wide.of(self._wide_speak, _AUDIBLE)
        hears = ~deaf[self._wide]
        overlay = self._nothing if overlays is None else overlays.of[self._wide]
        if not self._audience.is_of(narrow.leg, wide.leg, hears, overlay):
            self._audience = self._audience_of(narrow.leg, wide.leg, hears, overlay)
        audience = self._audience
        at_8, at_16 = audience.at_8.of(narrow.pcm), audience.at_16.of(wide.pcm)
        sounds = audience.sounds | self._sounded  # a frame longer than the voices: the filters remember them
        self._sounded = audience.sounds
        place = sounds.nonzero()[0]
        if len(place):
            above, below = self._up.resample(at_8[place], place), self._down.resample(at_16[place], place)
            at_8[place] += np.rint(below).astype(np.int32)
            at_16[place] += np.rint(above).astype(np.int32)
            self._hear_narrow(at_8, narrow.pcm, sounds, out)
        mixes = np.concatenate((at_16, at_16[audience.wide_in] - wide.pcm))
        pcm = self._limiters.limit(mixes, audience.leg, audience.mix, SAMPLES * _TICKS)
        if len(audience.apart.mix):
            pcm = np.concatenate((pcm, self._overlaid.of(audience.apart, pcm, overlays)))
        self.streams.hear(audience.leg, audience.source, audience.heard, pcm, out)

    def _hear_narrow(
        self,
        total: npt.NDArray[np.int32],
        said: npt.NDArray[np.int16],
        sounds: npt.NDArray[np.bool_],
        out: npt.NDArray[np.uint8],
    ) -> None:
        """The narrow legs of places in which something sounds."""
        hears = sounds[self._place[self._narrow]]
        leg, mix = self._narrow[hears], self._audience.narrow_mix[hears]
        if not len(leg):
            return
        mixes = np.concatenate((total, total[self._audience.narrow_in] - said))
        pcm = self._limiters.limit(mixes, leg, mix, FRAME * _TICKS)
        law = self._legs.law[leg]
        for one in np.unique(law).tolist():
            out[leg[law == one]] = LAWS[one].encode(pcm)[mix[law == one]]

    def _audience_of(
        self,
        narrow: npt.NDArray[np.intp],
        wide: npt.NDArray[np.intp],
        hears: npt.NDArray[np.bool_],
        overlay: Integers,
    ) -> _Audience:
        mix = self._place.copy()
        for speaker in (narrow, wide):  # who hears their place without themselves, at the rate that is theirs
            mix[speaker] = self._places + np.arange(len(speaker))
        narrow_in, wide_in, leg = self._place[narrow], self._place[wide], self._wide[hears]
        sounds = np.zeros(self._places, np.bool_)
        sounds[narrow_in] = sounds[wide_in] = True
        source = np.where(mix[leg] < self._places, self._place[leg], -1 - leg)
        louder, first = self._legs.listening[leg] != 1, self._places + len(wide)
        apart, heard, source = arranged(leg, mix[leg], source, overlay[hears], louder, first)
        return _Audience(
            narrow=narrow,
            wide=wide,
            narrow_in=narrow_in,
            wide_in=wide_in,
            at_8=Sums(narrow_in, self._places),
            at_16=Sums(wide_in, self._places),
            sounds=sounds,
            narrow_mix=mix[self._narrow],
            hears=hears,
            leg=leg,
            mix=mix[leg],
            source=source,
            overlay=overlay.copy(),
            apart=apart,
            heard=heard,
        )

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
