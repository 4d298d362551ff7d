"""Where packets of another encoder follow upon those of one: from a room to a sound, from a sound to a room.

A decoder of Opus takes that after one packet of silence.  That of G.722 does not: its predictor stands as the packets
before have left it, and what another encoder says, from the memory of another sound, comes out at up to thirty times
its loudness.  So for a while such a leg gets the new packets decoded and encoded again, by an encoder that has heard
what the phone has heard.  In the end, when that has come to the same memory as the one behind the packets, they are
sent as they are.

What a phone has heard of a bridge before this one is not known.  Whatever its decoder remembers, the packets of silence
leave next to nothing of it; then the sound fades in, so that the rest dies away unheard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from media.codecs import G722
from media.jitter import FRAME
from mixer.bridge.legs import PARTS
from mixer.bridge.protocol import Codec
from mixer.bridge.wide.streams import QUIET, SAMPLES

if TYPE_CHECKING:
    import numpy.typing as npt

    from mixer.bridge.legs import Legs

_REMEMBERED: Final = 8  # packets of each leg: what a predictor is made alike with
_AT_ONCE: Final = 25
"""Begin in a tick, and others in the next ones: each takes some 150 µs then, and 20 later."""
_LEAST: Final = 10  # frames of one; from then on it ends in a pause,
_MOST: Final = 250  # or after five seconds
_HUSHED: Final = 3
"""Packets of silence: after one, at most a twelfth of what a decoder made is left; after two, what follows under a fade
is as loud as it is, and not up to full scale."""
_FADE: Final = np.linspace(0, 1, 5 * SAMPLES, endpoint=False).reshape(5, SAMPLES)
"""By frame, of one that begins after them."""


class _Splice:
    """Of one leg."""

    def __init__(self, before: npt.NDArray[np.uint8], *, fades: bool) -> None:
        """``before``: the packets that the phone had, the last ones."""
        self.frames = 0
        self._fade = _FADE if fades else _FADE[:0]
        self._decoder, self._encoder = G722.decoder(), G722.encoder()
        heard = G722.decoder()
        for packet in before:
            self._encoder.encode(heard.decode(packet))

    def through(self, packet: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """The packet to send instead of this one."""
        pcm = self._decoder.decode(packet)
        if self.frames < len(self._fade):
            pcm = np.rint(pcm * self._fade[self.frames]).astype(np.int16)
        self.frames += 1
        self.over = self.frames >= _MOST or (self.frames >= _LEAST and max(int(pcm.max()), ~int(pcm.min())) < QUIET)
        return self._encoder.encode(pcm)


class Splices:
    """Columns with a row for each leg; only those with G.722 are of interest.  Legs that have heard the same and hear
    the same share a splice."""

    def __init__(self, legs: Legs) -> None:
        self._legs = legs
        self._number = np.zeros(0, np.int64)
        self._past = np.zeros((_REMEMBERED, 0, FRAME), np.uint8)
        self._known = np.zeros(0, np.int64)  # how many of them there are, of each leg
        self._at = 0  # which of them is the oldest
        self._legs_of: dict[_Splice, list[int]] = {}
        self._rows = np.zeros(0, np.intp)
        self._due: set[int] = set()  # who is to have one: comes back from a pause, as from hold, or waits
        self._hushed: dict[int, int] = {}  # who is to be sent silence first, and how many packets of it
        self._fading: set[int] = set()  # whose next one fades in
        self.derive()

    def derive(self) -> None:
        """The legs have changed, or there are more of them."""
        legs = self._legs
        if (more := len(legs) - len(self._known)) > 0:
            self._past = np.concatenate((self._past, np.zeros((_REMEMBERED, more, FRAME), np.uint8)), axis=1)
            self._known = np.r_[self._known, np.zeros(more, np.int64)]
            self._number = np.r_[self._number, np.full(more, -1)]
        mine = legs.wide & (legs.part == PARTS[Codec.G722])
        number = np.where(mine, legs.number, -1)
        others = self._number != number
        self._number = number
        self._known[others] = 0
        self._leave(set(np.flatnonzero(others).tolist()))
        for row in np.flatnonzero(others).tolist():
            self._hushed.pop(row, None)
            self._fading.discard(row)
        for row in np.flatnonzero(others & mine & legs.taken_over).tolist():
            self._hushed[row] = _HUSHED
        rows = np.flatnonzero(mine & legs.sending)
        self._due |= set(rows.tolist()) - set(self._rows.tolist())
        self._rows = rows

    def smooth(self, turned: set[int], out: npt.NDArray[np.uint8]) -> None:
        """The packets (legs, 160) of a tick, changed in place for legs that hear of another encoder now, ``turned``,
        or have done so not long ago."""
        if self._hushed:
            turned = turned - self._hushed.keys()
            self._hush(out)
        if self._due:
            turned, self._due = turned | self._due, set()
        if self._legs_of:
            turned = turned | self._parted(out)
            self._leave(turned)
        if turned:
            self._begin(turned, out)
        for splice, legs in tuple(self._legs_of.items()):
            out[legs] = splice.through(out[legs[0]])
            if splice.over:
                del self._legs_of[splice]
        self._past[self._at, self._rows] = out[self._rows]
        self._at = (self._at + 1) % _REMEMBERED
        self._known[self._rows] = np.minimum(self._known[self._rows] + 1, _REMEMBERED)

    def _hush(self, out: npt.NDArray[np.uint8]) -> None:
        """Silence for those whose decoders have heard another bridge, and who are sent anything."""
        rows = [row for row in self._hushed if self._legs.sending[row]]
        for row in rows:
            self._hushed[row] -= 1
            if self._hushed[row] < 0:
                del self._hushed[row]
                self._past[:, row] = G722.silent_packet
                self._known[row] = _REMEMBERED
                self._fading.add(row)
                self._due.add(row)
        hushed = [row for row in rows if row in self._hushed]
        out[hushed] = G722.silent_packet
        self._due.difference_update(hushed)

    def _parted(self, out: npt.NDArray[np.uint8]) -> set[int]:
        """Legs that hear something else than the others of their splice from now on."""
        return {
            leg
            for legs in self._legs_of.values()
            if len(legs) > 1
            for leg, same in zip(legs, (out[legs] == out[legs[0]]).all(axis=1).tolist(), strict=True)
            if not same
        }

    def _begin(self, turned: set[int], out: npt.NDArray[np.uint8]) -> None:
        order = (self._at + np.arange(_REMEMBERED)) % _REMEMBERED
        alike: dict[bytes, list[int]] = {}
        for leg in sorted(turned):
            if self._known[leg] == _REMEMBERED:
                alike.setdefault(self._past[order, leg].tobytes() + out[leg].tobytes(), []).append(leg)
        for nth, legs in enumerate(alike.values()):
            if nth < _AT_ONCE:
                fades = not self._fading.isdisjoint(legs)
                self._fading.difference_update(legs)
                self._legs_of[_Splice(self._past[order, legs[0]], fades=fades)] = legs
            else:  # their last packet once more is as loud as that was, whatever comes now
                self._due.update(legs)
                out[legs] = self._past[order[-1], legs]

    def _leave(self, gone: set[int]) -> None:
        for splice, legs in tuple(self._legs_of.items()):
            if gone.isdisjoint(legs):
                continue
            self._legs_of[splice] = stay = [leg for leg in legs if leg not in gone]
            if not stay:
                del self._legs_of[splice]
