"""Automatic gain of those legs that want it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.agc import AutomaticGain

if TYPE_CHECKING:
    from mixer.bridge.legs import Legs
    from mixer.bridge.voices import Voices


class Gain:
    """One row a leg."""

    def __init__(self, legs: Legs) -> None:
        self._legs = legs
        self._gain = AutomaticGain(len(legs))

    def enlarge(self) -> None:
        """The legs have more rows."""
        self._gain.enlarge(len(self._legs))

    def clear(self, row: int) -> None:
        """Another leg is to use the row."""
        self._gain.clear(row)

    def even(self, voices: Voices) -> None:
        """Bring what the legs say, and its power, to one loudness, in place; silence costs nothing.

        The hold music of a leg's own telephone is no measure of its voice.
        """
        legs, leg = self._legs, voices.leg
        row = (legs.automatic_gain[leg] & legs.receiving[leg] & (voices.power > 0)).nonzero()[0]
        if len(row):
            pcm, power = voices.pcm[row], voices.power[row]
            self._gain.even(voices.leg[row], pcm, power)
            voices.pcm[row], voices.power[row] = pcm, power
