"""Voices that can be told apart in any mix of them: two tones each, and some noise, a frame at a time.

The tones are multiples of 50 Hz, so that a frame of 20 ms holds whole periods of all of them: none leaks into another.
One is below 1600 Hz, one above 1650, so that no two are the key of a telephone.  The noise makes the pair no tone of
the network, and that it never changes makes it no music: the hold-music guard takes it for a machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from media.codecs import PCMA, PCMU
from mixer.bridge.protocol import Codec

if TYPE_CHECKING:
    from numpy.typing import NDArray

LAWS: Final = {Codec.PCMU: PCMU, Codec.PCMA: PCMA}
LEAST: Final = 250.0
"""Amplitude of each of the two tones with which a voice counts as heard."""

_RATE, _FRAME, _STEP = 8000, 160, 50
_AMPLITUDE, _NOISE = 800.0, 120.0
_LOW: Final = range(300, 1600, _STEP)
_HIGH: Final = range(1700, 3350, _STEP)
_HELD_LOW, _HELD_HIGH = 250, 3350  # of what a phone plays while it holds
_FRAMES: Final = 50  # that are repeated
TURN: Final = 10
"""Ticks for which those speak whose tones are all different, when there are more people than such tones."""
SETTLED: Final = 7
"""Ticks from the beginning of a turn to where nothing of the one before is heard any more."""
MOST: Final = len(_LOW)
HOLD_MUSIC: Final = -1
"""Instead of somebody's number: what phones play while they hold."""


class Voices:
    """Of ``count`` people, by their numbers 0 … count - 1."""

    def __init__(self, count: int) -> None:
        self.turns = max(1, -(-count // MOST))
        self._count = count
        self._spoken: dict[tuple[int, Codec], NDArray[np.uint8]] = {}

    def turn_of(self, who: int) -> int:
        return who // MOST

    def speaking(self, tick: int) -> int:
        """Whose turn it is."""
        return tick // TURN % self.turns

    def settled(self, tick: int) -> bool:
        return self.turns == 1 or tick % TURN >= SETTLED

    def audible(self, tick: int) -> range:
        """Whose voices can be told at a tick."""
        first = self.speaking(tick) * MOST
        return range(first, min(first + MOST, self._count)) if self.settled(tick) else range(0)

    def says(self, who: int, codec: Codec, tick: int) -> NDArray[np.uint8]:
        """The octets of a frame; :data:`HOLD_MUSIC` speaks always."""
        law = LAWS[codec]
        if who != HOLD_MUSIC and self.turn_of(who) != self.speaking(tick):
            return law.silent_packet
        spoken = self._spoken.get((who, codec))
        if spoken is None:
            spoken = self._spoken[who, codec] = law.encode(self._frames(who))
        frame: NDArray[np.uint8] = spoken[tick % _FRAMES]
        return frame

    def heard(self, pcm: NDArray[np.int16], tick: int) -> list[frozenset[int]]:
        """Who is in each of these frames (n, 160) of a tick that is settled."""
        loud = np.abs(np.fft.rfft(pcm)) >= LEAST * _FRAME / 2  # a bin for each multiple of 50 Hz
        low, high = loud[:, [hertz // _STEP for hertz in _LOW]], loud[:, [hertz // _STEP for hertz in _HIGH]]
        there = self.audible(tick)
        first = there.start
        places = np.array([self._high(who) for who in there], np.intp)
        both = low[:, : len(there)] & high[:, places]
        held = loud[:, _HELD_LOW // _STEP] & loud[:, _HELD_HIGH // _STEP]
        return [
            frozenset(int(who) for who in first + np.flatnonzero(row)).union((HOLD_MUSIC,) if holds else ())
            for row, holds in zip(both, held.tolist(), strict=True)
        ]

    def _high(self, who: int) -> int:
        return (who % MOST + who // MOST) % len(_HIGH)

    def _frames(self, who: int) -> NDArray[np.int16]:
        low, high = (_HELD_LOW, _HELD_HIGH) if who == HOLD_MUSIC else (_LOW[who % MOST], _HIGH[self._high(who)])
        time = np.arange(_FRAMES * _FRAME) / _RATE
        noise = np.random.default_rng(who + 1).normal(0, _NOISE, len(time))
        sound = _AMPLITUDE * (np.sin(2 * np.pi * low * time) + np.sin(2 * np.pi * high * time)) + noise
        return np.rint(sound).astype(np.int16).reshape(_FRAMES, _FRAME)
