"""What was heard: tones, music, speech, silence, delay.  Arrays in, numbers out; int16, mono, at 8 kHz.

What reaches a phone went through G.711, a jitter buffer, and on pyVoIP's side through 8 bits and a clock of its own,
so nothing is compared sample by sample: tones by their level in short frames, music and speech by correlation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.phones.sounds import RATE, Pcm, load

Levels = NDArray[np.float64]
Intervals = list[tuple[float, float]]
"""(start, end) in seconds, in order, apart from each other."""

MUSIC = Path(__file__).parents[2] / "media" / "sounds" / "music.flac"
QUIETEST = -120.0
"""dB; what stands for no signal at all."""

_FRAME, _HOP = 800, 400
"""100 ms, every 50 ms: a Hann window of 100 ms tells tones 40 Hz apart, and a lost packet spoils two frames only."""


def tone_levels(pcm: Pcm, hz: float, rate: int = RATE) -> Levels:
    """The level of a tone in each frame, dB against a full-scale sine; float64 [frames], 50 ms apart."""
    length, hop = _FRAME * rate // RATE, _HOP * rate // RATE
    if pcm.size < length:
        return np.empty(0)
    window = np.hanning(length)
    wave = np.exp(-2j * np.pi * hz * np.arange(length) / rate) * window
    frames = np.lib.stride_tricks.sliding_window_view(pcm, length)[::hop]
    amplitude: Levels = 2 * np.abs(frames @ wave) / window.sum() / 32768
    levels: Levels = np.maximum(20 * np.log10(np.maximum(amplitude, 1e-9)), QUIETEST)
    return levels


def tone_level(pcm: Pcm, hz: float, rate: int = RATE) -> float:
    """The usual level (median of the frames): right in spite of an edge or a lost packet."""
    levels = tone_levels(pcm, hz, rate)
    return float(np.median(levels)) if levels.size else QUIETEST


def tone_peak(pcm: Pcm, hz: float) -> float:
    """The loudest frame: for a tone that must not be heard, not even for a moment."""
    return float(tone_levels(pcm, hz).max(initial=QUIETEST))


def tone_intervals(pcm: Pcm, hz: float, above: float = -40.0) -> Intervals:
    """Where a tone is heard."""
    return _intervals(tone_levels(pcm, hz) > above, _HOP / RATE, _FRAME / RATE)


def silences(pcm: Pcm, below: float = -60.0, at_least: float = 0.1) -> Intervals:
    """Where every 20 ms are quieter than ``below`` (dB against a full-scale square), for ``at_least`` seconds."""
    count = pcm.size // 160
    power = (pcm[: count * 160].reshape(count, 160).astype(np.float64) ** 2).mean(axis=1)
    quiet = 10 * np.log10(np.maximum(power, 1e-3) / 32768**2) < below
    return [(start, end) for start, end in _intervals(quiet, 0.02, 0.02) if end - start >= at_least - 1e-9]


def click_times(pcm: Pcm, above: int = 6000) -> list[float]:
    """When each impulse of :func:`tests.phones.sounds.clicks` begins, in seconds."""
    loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) > above)
    if not loud.size:
        return []
    first = np.concatenate(([True], np.diff(loud) > RATE // 20))
    return [float(sample) / RATE for sample in loud[first]]


@dataclass(frozen=True, slots=True)
class Match:
    """How a reference was found in what was heard."""

    share: float
    """Of the reference's loud windows, those found where the others say they belong: 0 to 1."""
    start: float
    """Seconds into what was heard at which the reference begins; may be negative when only its end was heard."""


def find(pcm: Pcm, reference: Pcm, alike: float = 0.35) -> Match:
    """Where ``reference``, a prompt or a voice, is in what was heard.

    Each loud half second of the reference looks for its best place; those that agree within 100 ms count.  Two
    sounds that are only similar here and there do not agree on a place.  ``alike`` is the least correlation of a
    window: a voice among two others of the same level still has 0.5.
    """
    window = RATE // 2
    heard, sought = _whitened(pcm), _whitened(reference)
    starts = [s for s in range(0, sought.size - window + 1, window // 2) if _loud(reference[s : s + window])]
    if not starts or heard.size < window:
        return Match(0.0, 0.0)
    hearing = _Searched(heard, window)
    places: list[int] = []
    for start in starts:
        place, likeness = hearing.best(sought[start : start + window])
        if likeness >= alike:
            places.append(place - start)
    if not places:
        return Match(0.0, 0.0)
    offsets = np.array(places)
    votes = (np.abs(offsets[:, None] - offsets[None, :]) <= RATE // 10).sum(axis=1)
    return Match(float(votes.max()) / len(starts), float(np.median(offsets[np.argmax(votes)])) / RATE)


def hears(pcm: Pcm, reference: Pcm, share: float = 0.5) -> bool:
    """Whether at least ``share`` of a prompt, greeting or voice was heard."""
    return find(pcm, reference).share >= share


@cache
def hold_music(path: Path = MUSIC) -> Pcm:
    """The product's hold music as a phone hears it, and its first second again: it is played in a loop."""
    music = load(path)
    return np.concatenate((music, music[:RATE]))


def hears_music(pcm: Pcm, music: Pcm | None = None, alike: float = 0.7) -> Intervals:
    """Where the hold music is heard, by half seconds; a talk over it or a tone as loud as it ends an interval.

    ``alike`` is high because music is heard alone, and because one note of a chord is a little like the chord.
    """
    window = RATE // 2
    if pcm.size < window:
        return []
    playing = _Searched(_whitened(hold_music() if music is None else music), window)
    heard = _whitened(pcm)
    found: list[bool] = []
    expected: int | None = None
    for start in range(0, heard.size - window + 1, window):
        piece = heard[start : start + window]
        if not _loud(pcm[start : start + window]):
            found.append(False)
            continue
        place, likeness = playing.near(piece, expected) if expected is not None else (0, 0.0)
        if likeness < alike:  # the first, or it jumped: a loop, another leg, a lost packet
            place, likeness = playing.best(piece)
        found.append(likeness >= alike)
        expected = place + window if found[-1] else None
    return _intervals(np.array(found, dtype=bool), 0.5, 0.5)


def seconds_of(intervals: Intervals) -> float:
    return sum(end - start for start, end in intervals)


class _Searched:
    """A long sound, prepared for many searches of a piece in it by normalised cross-correlation."""

    def __init__(self, sound: Levels, window: int) -> None:
        self._sound, self._window = sound, window
        self._length = 1 << (sound.size + window - 1).bit_length()
        self._spectrum = np.fft.rfft(sound, self._length)
        squares = np.concatenate(([0.0], np.cumsum(sound**2)))
        energy = squares[window:] - squares[:-window]
        # Places without sound match nothing: their tiny energy would otherwise make anything a perfect match.
        self._norm = np.sqrt(np.maximum(energy, max(energy.max(initial=0.0) * 1e-4, 1.0)))

    def best(self, piece: Levels) -> tuple[int, float]:
        """Where in the sound a piece of ``window`` samples fits best, and its correlation there, 0 to 1."""
        products = np.fft.irfft(self._spectrum * np.conj(np.fft.rfft(piece, self._length)), self._length)
        return self._peak(products[: self._norm.size], piece, 0)

    def near(self, piece: Levels, place: int, by: int = 80) -> tuple[int, float]:
        """The same within ``by`` samples of a place: cheap, for a sound that goes on."""
        first = max(0, place - by)
        part = self._sound[first : place + by + self._window]
        if part.size < self._window:
            return place, 0.0
        return self._peak(np.correlate(part, piece, "valid"), piece, first)

    def _peak(self, products: Levels, piece: Levels, first: int) -> tuple[int, float]:
        own = max(float(np.sqrt((piece**2).sum())), 1.0)
        likeness = products / self._norm[first : first + products.size] / own
        place = int(np.argmax(likeness))
        return first + place, float(likeness[place])


def _whitened(pcm: Pcm) -> Levels:
    """Without what all speech and music share, strong low frequencies: correlation then shows one sharp peak."""
    samples = pcm.astype(np.float64)
    return np.concatenate((samples[:1], samples[1:] - 0.9 * samples[:-1]))


def _loud(pcm: Pcm, above: float = -50.0) -> bool:
    power = float((pcm.astype(np.float64) ** 2).mean())
    return bool(10 * np.log10(max(power, 1e-3) / 32768**2) > above)


def _intervals(is_so: NDArray[np.bool_], hop: float, length: float) -> Intervals:
    """Runs of windows as seconds: window i covers [i * hop, i * hop + length)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_so, [False])).astype(np.int8)))
    return [(float(a) * hop, float(b - 1) * hop + length) for a, b in zip(edges[::2], edges[1::2], strict=True)]
