"""What some wide legs hear otherwise than their room: at a volume of their own, or with a sound beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from media.resample import Up
from mixer.bridge.ears import beside_room

if TYPE_CHECKING:
    import numpy.typing as npt

    from media.rtp import Integers
    from mixer.bridge.ears import Overlays
    from mixer.bridge.volumes import Volumes

_NOBODY: Final = -1
_ROW: Final = np.zeros(1, np.intp)
_BESIDE: Final = 1 << 20
"""Added to a place once for each sound: who hears the same sound beside the same room shares an encoder."""


class Apart(NamedTuple):
    """A mix a row, which come behind those of the rooms."""

    mix: Integers
    """Of the rooms, that it is made of;"""
    overlay: Integers
    """the number of the sound beside it, or -1;"""
    leg: Integers
    """whose volume it has, or -1."""


def arranged(
    leg: Integers, mix: Integers, source: Integers, overlay: Integers, louder: npt.NDArray[np.bool_], first: int
) -> tuple[Apart, Integers, Integers]:
    """The mixes apart, which come behind ``first`` others, for listeners (n) who hear ``mix`` of ``source`` else; which
    mix each hears then, and whose sound (:data:`mixer.bridge.wide.streams.Key`) that is."""
    heard, whose = mix.copy(), source.copy()
    found: dict[tuple[int, int, int], int] = {}
    for at in np.flatnonzero(louder | (overlay != _NOBODY)).tolist():
        number, alone = int(overlay[at]), int(leg[at]) if louder[at] else _NOBODY
        heard[at] = first + found.setdefault((int(mix[at]), number, alone), len(found))
        if alone != _NOBODY:
            whose[at] = -1 - alone
        elif source[at] >= 0:
            whose[at] = source[at] + (number + 1) * _BESIDE
    rows = np.array(list(found), np.int64).reshape(-1, 3)
    return Apart(*rows.T), heard, whose


class Overlaid:
    """Brings what is heard beside rooms to the rate of wide legs."""

    def __init__(self, volumes: Volumes) -> None:
        self._volumes = volumes
        self._up: dict[int, Up] = {}

    def of(self, apart: Apart, pcm: npt.NDArray[np.int16], overlays: Overlays | None) -> npt.NDArray[np.int16]:
        """The frames (k, 320) of the mixes apart, out of those of the rooms."""
        own = pcm[apart.mix]
        if overlays is not None:
            self._up = {number: self._up.get(number) or Up(1) for number in overlays.pcm}
            for number, sound in overlays.pcm.items():
                wide, rows = self._up[number].resample(sound[None], _ROW)[0], apart.overlay == number
                own[rows] = beside_room(own[rows], overlays.room[number].repeat(2), wide)
        louder = np.flatnonzero(apart.leg != _NOBODY)
        if len(louder):
            own[louder] = self._volumes.heard(apart.leg[louder], own[louder])
        return own
