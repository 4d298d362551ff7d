"""Music, told from speech and noise by its sound alone: whose telephone plays hold music into a conference?

Music holds its notes: the lines of its spectrum stay where they are from one tenth of a second to the next, give way to
others, and come back, for a piece keeps to its scale.  A voice glides: its harmonics are elsewhere 80 ms later.  Noise
has no lines; a machine's hum has lines that never give way.  So, three times a second, two windows of 80 ms that follow
upon each other are compared, both without what is usual for that leg: what they have in common is what is new and holds
still.  And what is usual is compared with what is there now: what comes back.  The lesser of the two is the evidence,
added up as in a CUSUM test (E. S. Page, Continuous inspection schemes, Biometrika 41, 1954); the idea of looking for
lines that hold still is that of Seyerlehner et al., Automatic music detection in television productions, DAFx-07.

A machine that runs faster and slower, a motor or a fan, is the one other thing whose lines give way and come back.  But
they all move at once, by the same factor: on a logarithmic scale its spectrum is that of the look before, moved a
little.  Notes that follow upon each other are no such move, so whoever glides in most looks of late plays no music.

The tones of a telephone network (busy, dial, ring-back, a modem) are one line or two: they count as music too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from media import levels

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUIETEST: Final = 10 ** (-55 / 10)
"""The least power of a frame that is looked at (as of :func:`media.levels.power`): -55 dBov."""
CYCLE: Final = 16
"""Ticks between two looks at a leg."""

_FRAME: Final = 160  # samples of 20 ms at 8 kHz, at which all is looked at
_WINDOW: Final = 4 * _FRAME
_TICKS: Final = 2 * _WINDOW // _FRAME  # that a look takes in
_BLOCK: Final = 512  # rows that are looked at in the same tick: a look has its price, whoever is looked at
_GROUPS: Final = 4  # of blocks, each with ticks of its own
_BAND: Final = (16, 272)  # bins of 12.5 Hz: 200 to 3400 Hz
_AROUND: Final = 10  # bins on either side that a line is held against
_STEP: Final = CYCLE // _GROUPS
_PARTS: Final = 8  # parts of the band whose levels are followed

_USUAL: Final = 0.05  # the share of the latest look in what is usual: seven seconds of sound
_MACHINE: Final = 1.8  # dB: whose parts of the band change by less from window to window is a machine
_PLACE: Final = 0.012  # the natural logarithm of the step from place to place on a logarithmic scale of the band
_GLIDE: Final = 8  # places, 10 %: by how much a machine's lines have moved from look to look, at the most
_OF_LATE: Final = 0.03  # the share of the latest look in how often a leg glides: eleven seconds of sound
_GLIDING: Final = 0.5  # of the looks
_PURE: Final = 0.2  # the squares of a spectrum's powers: of one line half the square of their sum, of two a quarter
_STEADY: Final = 0.98  # how alike two windows of a tone are
_NOTHING_ELSE: Final = 0.01  # of its power
_FAINT: Final = 1e-3  # the power of a band with -79 dBov in it; direct current leaves less there, by rounding

# Evidence, per look; a leg plays music from ENOUGH on, and until nothing is left of it.
ENOUGH: Final = 5.0
_LEAST: Final = 0.2  # what speaks neither for music nor against it
_MOST_FOR, _MOST_AGAINST = 0.2, 0.3  # so it takes eight seconds at least
_TONE: Final = np.float32(0.4)  # which is heard in few looks: it comes and goes
_PAUSE: Final = -0.05  # a look that falls into a short pause: speech has many
_PAUSE_IN_TALK: Final = -0.2  # the same where what was heard last was no music: somebody talks after it
_PATIENCE: Final = 16  # looks: a silence of five seconds may be between two tracks, or two rings
_FADING: Final = -ENOUGH / 32  # then the evidence is gone within ten

_HANN: Final = ((0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)) / 32768).astype(np.float32)
_NOBODY: Final = np.zeros(0, np.intp)
_COLUMNS: Final = ("music", "evidence", "_before", "_glides", "_change", "_looks", "_silent", "_talked")
_PLACES: Final = _BAND[0] * np.exp(np.arange(0, np.log((_BAND[1] - 1) / _BAND[0]), _PLACE)) - _BAND[0]
_BELOW: Final = _PLACES.astype(np.intp)
_BEYOND: Final = (_PLACES - _BELOW).astype(np.float32)
_TINY, _HALF = np.float32(1e-9), np.float32(0.5)


class MusicDetection:
    """Columns with one row a leg.  Each tick, :meth:`hear` whoever is to be looked at, then :meth:`look`."""

    def __init__(self, rows: int) -> None:
        self.music = np.zeros(rows, np.bool_)
        """(rows,): what is known of each leg."""
        self.evidence = np.zeros(rows, np.float32)
        """0 to :data:`ENOUGH`."""
        self._frames = np.zeros((rows, _TICKS, _FRAME), np.int16)  # of the last ticks, in a circle
        self._loud = np.zeros((_TICKS, rows), np.bool_)  # in which of them there was one
        self._usual = np.zeros((rows, _BAND[1] - _BAND[0]), np.float32)
        self._before = np.zeros((rows, len(_PLACES)), np.float32)  # lines of the last look, less their mean
        self._glides = np.zeros(rows, np.float32)  # in what part of the last looks
        self._change = np.zeros(rows, np.float32)  # dB from window to window in the parts of the band, on average
        self._looks = np.zeros(rows, np.int32)  # that found sound throughout
        self._silent = np.zeros(rows, np.int32)  # looks in a row that found nothing
        self._talked = np.zeros(rows, np.bool_)  # whether the last look that found sound throughout spoke against music
        self._listens = np.zeros(CYCLE, np.bool_)  # in which ticks of a cycle
        for group in range(min(_GROUPS, -(-rows // _BLOCK))):
            self._listens[(group * _STEP - np.arange(_TICKS)) % CYCLE] = True

    def __len__(self) -> int:
        return len(self.music)

    def enlarge(self, rows: int) -> None:
        """More rows, after those that are."""
        fresh, old = MusicDetection(rows), len(self)
        for column in (*_COLUMNS, "_frames", "_usual"):
            getattr(fresh, column)[:old] = getattr(self, column)
        fresh._loud[:, :old] = self._loud
        vars(self).update(vars(fresh))

    def forget(self, leg: int) -> None:
        """Another leg is to use the row."""
        for column in _COLUMNS:
            getattr(self, column)[leg] = 0
        self._loud[:, leg] = False

    def presume(self, leg: int) -> None:
        """It plays music, as far as one knows."""
        self.music[leg], self.evidence[leg] = True, ENOUGH

    def acquit(self, legs: NDArray[np.intp]) -> None:
        """They play no music; whatever spoke for it counts no more."""
        self.music[legs], self.evidence[legs] = False, 0

    def power(self, legs: NDArray[np.intp]) -> NDArray[np.float64]:
        """How loud each was of late, as :func:`media.levels.power` has it."""
        return levels.power(self._frames[legs].reshape(len(legs), -1))

    def listens(self, tick: int) -> bool:
        """Whether anything of this tick is to be heard: of small numbers of legs, half of all ticks is enough."""
        return bool(self._listens[tick % CYCLE])

    def hear(self, leg: NDArray[np.intp], pcm: NDArray[np.int16], tick: int) -> None:
        """Frames of a tick, (n, 160) of 8 kHz or (n, 320) of 16 kHz, each louder than :data:`QUIETEST`."""
        if pcm.shape[1] == 2 * _FRAME:
            # A mean of two is filter enough here: what it lets fold back holds still, or not, as it did before.
            pcm = pcm.reshape(len(pcm), _FRAME, 2).mean(axis=2).astype(np.int16)
        self._frames[leg, tick % _TICKS] = pcm
        self._loud[tick % _TICKS, leg] = True

    def look(self, watched: NDArray[np.bool_], tick: int) -> NDArray[np.intp]:
        """After all of a tick was heard: rows where :attr:`music` has changed.  Others than ``watched`` (rows,) stay as
        they are."""
        changed = _NOBODY
        if tick % _STEP == 0:
            group = tick // _STEP % _GROUPS
            blocks = range(group * _BLOCK, len(self), _GROUPS * _BLOCK)
            legs = [np.flatnonzero(watched[first : first + _BLOCK]) + first for first in blocks]
            changed = self._weigh(np.concatenate(legs), tick) if legs else _NOBODY
        if self.listens(tick + 1):
            self._loud[(tick + 1) % _TICKS] = False
        return changed

    def _weigh(self, leg: NDArray[np.intp], tick: int) -> NDArray[np.intp]:
        """Add what this look says of these legs."""
        loud = self._loud[:, leg]
        some, throughout = loud.any(axis=0), loud.all(axis=0)
        self._silent[leg] = np.where(some, 0, self._silent[leg] + 1)
        pause = np.where(self.music[leg] & self._talked[leg], np.float32(_PAUSE_IN_TALK), np.float32(_PAUSE))
        says = np.where(some, pause, np.where(self._silent[leg] > _PATIENCE, np.float32(_FADING), 0))
        if throughout.any():
            order = np.arange(tick + 1, tick + 1 + _TICKS) % _TICKS
            says[throughout] = self._compare(leg[throughout], order)
            self._talked[leg[throughout]] = says[throughout] < 0
        evidence = np.clip(self.evidence[leg] + says, 0, ENOUGH)
        self.evidence[leg] = evidence
        changed = leg[np.where(self.music[leg], evidence <= 0, evidence >= ENOUGH)]
        self.music[changed] ^= True
        return changed

    def _compare(self, leg: NDArray[np.intp], order: NDArray[np.intp]) -> NDArray[np.float32]:
        """What the last two windows of each leg say, (n,)."""
        windows = self._frames[leg[:, None], order].reshape(2 * len(leg), _WINDOW) * _HANN
        spectrum = np.fft.rfft(windows)
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
        lines = _lines(power)
        before, now = lines[::2], lines[1::2]
        both = (before + now) * _HALF
        usual = np.where(self._looks[leg, None] > 0, self._usual[leg], both)
        holds, returns = _alike(before - usual, now - usual), _alike(both, usual)
        self._looks[leg] += 1
        share = np.maximum(_USUAL, 1 / self._looks[leg]).astype(np.float32)
        self._usual[leg] = usual + share[:, None] * (both - usual)
        band = power[:, _BAND[0] : _BAND[1]]
        self._change[leg] += share * (_change(band) - self._change[leg])
        evidence = np.minimum(holds, returns)
        evidence[(self._change[leg] < _MACHINE) | (self._glide(leg, both) > _GLIDING)] = 0
        says: NDArray[np.float32] = np.clip(evidence - _LEAST, -_MOST_AGAINST, _MOST_FOR)
        says[_tone(band)] = _TONE
        return says

    def _glide(self, leg: NDArray[np.intp], lines: NDArray[np.float32]) -> NDArray[np.float32]:
        """In what part of their last looks, this one among them, these legs' spectra have moved as a whole."""
        now = lines[:, _BELOW] * (1 - _BEYOND) + lines[:, _BELOW + 1] * _BEYOND
        now -= now.mean(axis=1, keepdims=True)
        moved = sliding_window_view(self._before[leg], len(_PLACES) - 2 * _GLIDE, axis=1)
        likeness = np.einsum("ijk,ik->ij", moved, now[:, _GLIDE:-_GLIDE])
        self._before[leg] = now
        glides = likeness.max(axis=1) > np.maximum(likeness[:, _GLIDE], 0)
        self._glides[leg] += np.float32(_OF_LATE) * (glides - self._glides[leg])
        part: NDArray[np.float32] = self._glides[leg]
        return part


def _lines(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far each bin of the band stands out among those around it: 1 is as they are, 21 all that there is."""
    low, high = _BAND
    sums = power[:, low - _AROUND - 1 : high + _AROUND].cumsum(axis=1, dtype=np.float64)
    wide = 2 * _AROUND + 1
    around = (sums[:, wide:] - sums[:, :-wide]).astype(np.float32)
    lines: NDArray[np.float32] = power[:, low:high] * np.float32(wide) / (around + _TINY)
    return lines


def _alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Correlation, row by row."""
    one = one - one.mean(axis=1, keepdims=True)
    other = other - other.mean(axis=1, keepdims=True)
    correlation: NDArray[np.float32] = _product(one, other) / np.sqrt(
        _product(one, one) * _product(other, other) + _TINY
    )
    return correlation


def _product(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    product: NDArray[np.float32] = np.einsum("ij,ij->i", one, other)
    return product


def _change(band: NDArray[np.float32]) -> NDArray[np.float32]:
    """By how many dB the parts of the band differ from window to window, on average."""
    parts = 10 * np.log10(band.reshape(len(band), _PARTS, -1).sum(axis=2) + _TINY)
    change: NDArray[np.float32] = np.abs(parts[1::2] - parts[::2]).mean(axis=1)
    return change


def _tone(band: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether both windows are the same one line or two, and nothing else."""
    before, now = band[::2], band[1::2]
    squares, whole = _product(now, now), now.sum(axis=1)
    pure = (whole >= _FAINT) & (squares >= _PURE * whole**2)
    steady = _product(before, now) >= _STEADY * np.sqrt(squares * _product(before, before))
    tone: NDArray[np.bool_] = pure & steady
    tone[tone] = _rest(now[tone]) <= _NOTHING_ELSE
    return tone


def _rest(band: NDArray[np.float32]) -> NDArray[np.float32]:
    """The share of the power that is left without the two strongest lines."""
    left = band.copy()
    row = np.arange(len(band))[:, None]
    for _ in range(2):
        line = left.argmax(axis=1)[:, None] + np.arange(-2, 3)
        left[row, line.clip(0, band.shape[1] - 1)] = 0
    rest: NDArray[np.float32] = left.sum(axis=1) / band.sum(axis=1)
    return rest
