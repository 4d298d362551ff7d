"""Keys that phones send as tones in their sound (ITU-T Q.23, received as Q.24 says), for all legs at once.

Pieces of 10 ms, the second of each loud frame, are compared with the eight frequencies in one matrix product.  Where
the strongest of the low and the strongest of the high ones might be all there is, the two are fitted to both pieces of
the frame by least squares: their *share* is how much of its energy they make up.  From three quarters on a piece is
*pure*, and a voice hardly ever is (``tests.bench.talk_off`` counts how often).  So the share is all guards in one:
whatever else is in the sound, a voice's second harmonics among it, counts against the tones.

A press begins with the third pure piece in a row of the same key, if both tones turn from piece to piece as those
within 2.1 % of the nominal frequencies do: so 40 ms of tone always make one, less than 24 ms never do.  It ends when it
is not heard in three pieces in a row: an interruption of 20 ms is none, a pause of 40 ms is one.

Frames of a press are made silent to its very end, and so is the frame in which it begins, as soon as one piece has a
share that no voice had in hours, or two in a row are pure: what others can hear of a key is what there is of it in the
piece before, at most 10 ms, or 20 of tones that are noisy or off their frequencies.
"""

from __future__ import annotations

import cmath
import itertools
import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

LOW: Final = (697.0, 770.0, 852.0, 941.0)
HIGH: Final = (1209.0, 1336.0, 1477.0, 1633.0)
"""Hertz."""
KEYS: Final = "123A456B789C*0#D"
"""A row for each low frequency, in it a key for each high one."""

LEAST: Final = 10**-3.7
"""The power of the softest tone, 1 being that of a square wave at full scale: -37 dBov, which is -31 dBm0.  Q.24 wants
-25 (AT&T) to -29 dBm0 (Australia) to be taken."""
TOLERANCE: Final = 0.021
"""Of the frequency: 1.5 % must be taken (NTT: 1.8 %), 3.5 % must not be."""
TWIST: Final = 10**1.0
"""How much louder one tone may be than the other: 8 dB where the low one is, 4 where the high one is (AT&T) must be
taken; a line adds to it."""

_PIECE = 0.01  # seconds
_IN_A_ROW = 3  # pieces that make a press, or end it
_PROMISING = 0.55  # the least share of the two strongest tones, each for itself, that is worth the fit
_PURE = 0.75  # the least share in one piece: tones 1.5 % off fill 0.85 of it, noise 15 dB below takes 0.03 away
_CERTAIN = 0.9  # the share that makes a frame silent at once
_PURE_ON_AVERAGE = 0.86  # of the pieces that make a press, allowing for their distance from the nominal frequencies
_STILL_THERE = 0.25  # of the power of a press: less is a pause
_FULL_SCALE = 2.0**30


@dataclass(frozen=True, slots=True)
class _Piece:
    """10 ms of one leg, and the two tones that fit them best: their amplitudes, in the middle of the piece."""

    key: int
    """Index into :data:`KEYS`."""
    low: complex
    high: complex
    share: float
    pure: bool

    @property
    def power(self) -> float:
        return abs(self.low) ** 2 + abs(self.high) ** 2


@dataclass(slots=True)
class _Run:
    """Pieces of one key in a row."""

    pieces: deque[_Piece]
    pressed: bool = False
    absent: int = 0
    """Pieces since the press was heard last."""

    @classmethod
    def of(cls, piece: _Piece | None) -> _Run | None:
        return cls(deque([piece], _IN_A_ROW)) if piece is not None and piece.pure else None

    @property
    def key(self) -> int:
        return self.pieces[-1].key

    def after(self, piece: _Piece | None) -> _Run | None:
        """What has become of it with the next piece; None: nothing is left of it."""
        if piece is not None and piece.key == self.key and self._goes_on_in(piece):
            self.pieces.append(piece)
            self.absent = 0
            return self
        self.absent += 1
        return self if self.pressed and self.absent < _IN_A_ROW else _Run.of(piece)

    def is_no_voice(self) -> bool:
        return len(self.pieces) > 1 or self.pieces[-1].share >= _CERTAIN

    def makes_a_press(self) -> bool:
        """Whether it is long and steady enough; never twice."""
        if self.pressed or len(self.pieces) < _IN_A_ROW:
            return False
        row, column = divmod(self.key, len(HIGH))
        low = _offset(LOW[row], [piece.low for piece in self.pieces])
        high = _offset(HIGH[column], [piece.high for piece in self.pieces])
        self.pressed = low is not None and high is not None and self._share(low, high) >= _PURE_ON_AVERAGE
        return self.pressed

    def _goes_on_in(self, piece: _Piece) -> bool:
        return piece.power >= _STILL_THERE * self.pieces[-1].power if self.pressed else piece.pure

    def _share(self, low: float, high: float) -> float:
        """The average share that tones so many hertz from the nominal ones have: off them, a fit explains less."""
        whole = [
            abs(piece.low) ** 2 / _explained(low) + abs(piece.high) ** 2 / _explained(high) for piece in self.pieces
        ]
        return sum(piece.share * all_ / piece.power for piece, all_ in zip(self.pieces, whole, strict=True)) / _IN_A_ROW


def _offset(hertz: float, amplitudes: Sequence[complex]) -> float | None:
    """How far from ``hertz`` a tone is, by how its phase turns; None if that is too far at any time."""
    nominal = cmath.exp(-2j * math.pi * hertz * _PIECE)
    turns = [cmath.phase(after * before.conjugate() * nominal) for before, after in itertools.pairwise(amplitudes)]
    offsets = [turn / (2 * math.pi * _PIECE) for turn in turns]
    if max(map(abs, offsets)) > TOLERANCE * hertz:
        return None
    return sum(offsets) / len(offsets)


def _explained(offset: float) -> float:
    """The part of a tone's energy that a fit ``offset`` hertz beside it explains."""
    return float(np.sinc(offset * _PIECE)) ** 2


class InBand:
    """Of frames of 20 ms, at ``rate`` samples a second."""

    def __init__(self, rate: int = 8000) -> None:
        samples = round(rate * _PIECE)
        time = (np.arange(samples) - (samples - 1) / 2) / rate
        angle = 2 * np.pi * np.outer(time, LOW + HIGH)
        basis = np.hstack((np.cos(angle), np.sin(angle)))
        self._basis = basis.astype(np.float32)
        self._solve = np.stack([_inverse_gram(basis, key) for key in range(len(KEYS))])
        self._samples = samples
        self._runs: dict[int, _Run] = {}

    def forget(self, leg: int) -> None:
        """The leg is gone; its number may be given to another."""
        self._runs.pop(leg, None)

    def take(self, leg: NDArray[np.intp], pcm: NDArray[np.int16], power: NDArray[np.float64]) -> list[tuple[int, str]]:
        """The due frames (k, samples) of these legs, none twice, and their power; (leg, key) of each press that begins.

        Frames that hold tones are made silent in place, in ``pcm`` and in ``power``.
        """
        rows = (power >= LEAST).nonzero()[0]
        if len(rows):
            promising = self._promising(pcm.take(rows, axis=0))
            if self._runs:
                promising |= np.isin(leg[rows], list(self._runs))
            rows = rows[promising]
        if not (self._runs or len(rows)):
            return []
        frames: dict[int, Sequence[_Piece | None]] = dict.fromkeys(self._runs, (None, None))
        if len(rows):
            frames.update(zip(leg[rows].tolist(), self._fitted(pcm[rows]), strict=True))
        silent, pressed = [], []
        for number, pieces in frames.items():
            key, holds = self._hear(number, pieces)
            if holds:
                silent.append(number)
            if key is not None:
                pressed.append((number, KEYS[key]))
        held = np.isin(leg, silent)
        pcm[held] = 0
        power[held] = 0
        return pressed

    def _hear(self, leg: int, pieces: Sequence[_Piece | None]) -> tuple[int | None, bool]:
        """One frame of one leg: the key that a press begins with it, and whether the frame holds tones."""
        run, key = self._runs.get(leg), None
        holds = run is not None and run.pressed
        for piece in pieces:
            run = _Run.of(piece) if run is None else run.after(piece)
            if run is not None and run.is_no_voice():
                holds = True
            if run is not None and run.makes_a_press():
                key = run.key
        if run is None:
            self._runs.pop(leg, None)
        else:
            self._runs[leg] = run
        return key, holds

    def _promising(self, pcm: NDArray[np.int16]) -> NDArray[np.bool_]:
        """Which frames (k, samples) may hold tones, by their second pieces: of 40 ms of tone, one is whole."""
        energy, products = self._compared(pcm[:, self._samples :])
        strongest = np.maximum.reduce(_strengths(products).reshape(-1, 2, 4), axis=2)
        promising: NDArray[np.bool_] = strongest[:, 0] + strongest[:, 1] >= _PROMISING * self._samples / 2 * energy
        return promising

    def _compared(self, pcm: NDArray[np.int16]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The energies of pieces (n, samples), and their products (n, 16) with cosines, then sines."""
        sound = pcm.astype(np.float32)
        return np.vecdot(sound, sound), sound @ self._basis

    def _fitted(self, pcm: NDArray[np.int16]) -> Iterator[tuple[_Piece, _Piece]]:
        """The least-squares fit of the strongest low and the strongest high tone to both pieces of frames."""
        energy, products = self._compared(pcm.reshape(2 * len(pcm), self._samples))
        strengths = _strengths(products)
        low, high = strengths[:, :4].argmax(axis=1), strengths[:, 4:].argmax(axis=1)
        key = 4 * low + high
        of_these = np.stack((low, low + 8, high + 4, high + 12), axis=1)
        right = np.take_along_axis(products, of_these, axis=1).astype(np.float64)
        weights = np.einsum("nij,nj->ni", self._solve[key], right)
        share = (weights * right).sum(axis=1) / np.maximum(energy, 1)
        power = np.square(weights) / (2 * _FULL_SCALE)
        of_low, of_high = power[:, 0] + power[:, 1], power[:, 2] + power[:, 3]
        pure = (share >= _PURE) & (np.minimum(of_low, of_high) >= LEAST)
        pure &= (of_high <= TWIST * of_low) & (of_low <= TWIST * of_high)
        amplitudes = weights[:, ::2] - 1j * weights[:, 1::2]
        pieces = map(_Piece, key.tolist(), *amplitudes.T.tolist(), share.tolist(), pure.tolist())
        return zip(pieces, pieces, strict=True)


def _strengths(products: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of the eight tones (n, 8), each for itself."""
    squares = products * products
    strengths: NDArray[np.float32] = squares[:, :8] + squares[:, 8:]
    return strengths


def _inverse_gram(basis: NDArray[np.float64], key: int) -> NDArray[np.float64]:
    """What makes of products with cosine and sine of a key's two tones the weights of the least-squares fit."""
    low, high = divmod(key, 4)
    four = basis[:, [low, low + 8, high + 4, high + 12]]
    return np.linalg.inv(four.T @ four).astype(np.float64)
