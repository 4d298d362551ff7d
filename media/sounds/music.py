"""Hold music: slow arpeggios under a sparse melody, in F major; 24 bars, composed and synthesised here.

It is written for the telephone.  All that matters lies between 200 and 3000 Hz, the bass speaks through its overtones,
it never stops for long, and nobody will tire of a tune that hardly is one.  It is rendered on a circle: what sounds
past the end sounds at the beginning, the reverberation too, so the loop has no seam.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from media.sounds.levelling import amplified, level

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

LEVEL: Final = -24.0
"""dBov; a little below the prompts, for it goes on for minutes."""
BAR: Final = 3.36
"""Seconds; four beats of 71 a minute, and a whole number of ticks of 20 ms."""

# The bass, then four voices that each go the shortest way to the next chord.  A bar is one chord, or two halves.
CHORDS: Final = (
    "F2 A3 C4 E4 G4",  # Fmaj9
    "D3 A3 C4 F4 A4",  # Dm7
    "Bb2 A3 D4 F4 A4",  # Bbmaj7
    "C3 Bb3 D4 F4 G4",  # C9sus
    "A2 A3 C4 E4 G4",  # Am7
    "D3 A3 C4 D4 F4",  # Dm7
    "G2 G3 Bb3 D4 F4",  # Gm7
    "C3 G3 Bb3 D4 F4 | C3 G3 Bb3 C4 E4",  # C9sus, C7
    "Bb2 F3 A3 D4 F4",  # Bbmaj7
    "A2 G3 A3 C4 E4",  # Am7
    "G2 F3 Bb3 D4 F4",  # Gm7
    "F2 F3 A3 C4 E4",  # Fmaj7
    "Bb2 F3 A3 C4 D4",  # Bbmaj9
    "A2 E3 G3 C4 E4 | D3 F#3 A3 C4 D4",  # Am7, D7: on the way to
    "G2 G3 Bb3 D4 F4",  # Gm7
    "C3 G3 Bb3 D4 F4 | C3 G3 Bb3 C4 E4",  # C9sus, C7
    "F2 A3 C4 E4 G4",  # Fmaj9
    "D3 A3 C4 F4 A4",  # Dm7
    "Bb2 A3 D4 F4 A4",  # Bbmaj7
    "Bb2 Bb3 Db4 F4 G4",  # Bbm6, the only shadow
    "A2 A3 C4 F4 A4",  # F/A
    "D3 A3 C4 E4 G4",  # Dm11
    "G2 Bb3 D4 F4 A4",  # Gm9
    "C3 Bb3 D4 F4 G4 | C3 Bb3 C4 E4 G4",  # C9sus, C7, and back to the beginning
)

# Bar by bar; each note with its beats.
MELODY: Final = (
    "C5:3 D5:1",
    "F5:2 E5:1 D5:1",
    "D5:3 C5:1",
    "D5:4",
    "E5:3 D5:1",
    "C5:2 D5:2",
    "Bb4:2 D5:2",
    "D5:2 C5:2",
    "F5:3 E5:1",
    "E5:2 C5:2",
    "D5:3 C5:1",
    "C5:2 A4:2",
    "D5:2 F5:2",
    "G5:2 F#5:2",
    "G5:3 F5:1",
    "D5:2 E5:2",
    "G5:3 A5:1",
    "A5:2 G5:1 F5:1",
    "F5:3 D5:1",
    "Db5:4",
    "C5:4",
    "E5:2 D5:2",
    "D5:2 C5:2",
    "D5:2 C5:2",
)

# The order in which the voices of a half bar are plucked, from the lowest (0): four quavers.
_RISING, _FALLING = ((0, 1, 2, 3), (0, 2, 1, 3)), ((2, 1, 2, 3), (3, 2, 1, 2), (1, 3, 2, 1))

_SEED: Final = 1  # the hand's unevenness is the same at each run
_LATE, _UNEVEN = 0.007, 0.8  # its standard deviations: seconds, dB
_HIGHEST_PARTIAL: Final = 3300.0  # Hz: a telephone's band ends at 3400
_DEGREES: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS: Final = {"": 0, "#": 1, "b": -1}


@dataclass(frozen=True, slots=True)
class Note:
    start: float
    """Seconds from the beginning of the loop."""
    seconds: float
    hertz: float
    gain: float = 1.0


def hertz(name: str) -> float:
    """Of a note such as ``Bb3``; A4 is 440."""
    midi = 12 * (int(name[-1]) + 1) + _DEGREES[name[0]] + _ACCIDENTALS[name[1:-1]]
    return float(440 * 2 ** ((midi - 69) / 12))


def rendered(rate: int) -> NDArray[np.float64]:
    """The loop, float samples, ±1 at full scale."""
    circle = _Circle(rate, round(len(CHORDS) * BAR * rate))
    hand = _Hand()
    for start, seconds, bass, voices in _halves():
        circle.add(_pluck(hand.play(note), rate) for note in _arpeggio(start, seconds, voices, hand))
        circle.add([_bass(Note(start, seconds, bass, 0.5), rate)])
        circle.add(_pad(Note(start, seconds, voice, 0.045), rate) for voice in voices)
    circle.add(_piano(hand.play(note), rate) for note in _melody())
    sound = _telephone_band(_reverberant(circle.sound, rate), rate)
    return amplified(sound, LEVEL - level(sound))


# The score


def _halves() -> Iterable[tuple[float, float, float, list[float]]]:
    """Start and length in seconds of each half bar, its bass, its voices from the lowest."""
    for bar, chords in enumerate(CHORDS):
        halves = (chords.split(" | ") * 2)[:2]
        for half, chord in enumerate(halves):
            bass, *voices = map(hertz, chord.split())
            yield (bar + half / 2) * BAR, BAR / 2, bass, voices


def _arpeggio(start: float, seconds: float, voices: list[float], hand: _Hand) -> Iterable[Note]:
    """Quavers; upwards in the first half of a bar, freely in the second."""
    orders = _RISING if round(start / seconds) % 2 == 0 else _FALLING
    for quaver, voice in enumerate(hand.choose(orders)):
        accent = 0.46 if quaver == 0 else 0.36
        yield Note(start + quaver * seconds / 4, seconds, voices[voice], accent)


def _melody() -> Iterable[Note]:
    for bar, notes in enumerate(MELODY):
        start = bar * BAR
        for name, _, beats in (note.partition(":") for note in notes.split()):
            seconds = int(beats) * BAR / 4
            yield Note(start, seconds, hertz(name), 0.6)
            start += seconds


class _Hand:
    """A player: not quite in time, not quite even, not always in the same order."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(_SEED)

    def play(self, note: Note) -> Note:
        late, uneven = self._random.normal(0, (_LATE, _UNEVEN))
        return Note(note.start + float(late), note.seconds, note.hertz, note.gain * float(10 ** (uneven / 20)))

    def choose(self, orders: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
        return orders[int(self._random.integers(len(orders)))]


# The instruments: each gives a start in seconds and samples from there on

_Sounding = tuple[float, "NDArray[np.float64]"]


def _pluck(note: Note, rate: int) -> _Sounding:
    """A soft string: overtones that fade the faster the higher they are."""
    time = np.arange(round((note.seconds + 0.4) * rate)) / rate
    sound = np.zeros(len(time))
    for partial in range(1, _partials(note.hertz, 7)):
        decay = 0.8 * (262 / note.hertz) ** 0.5 / (1 + 0.6 * (partial - 1))
        sound += partial**-1.2 * np.exp(-time / decay) * np.sin(2 * np.pi * partial * note.hertz * time)
    return note.start, note.gain * sound * _envelope(time, 0.008, note.seconds, 0.4)


def _piano(note: Note, rate: int) -> _Sounding:
    """An electric piano: frequency modulation that mellows, and a slow tremolo."""
    time = np.arange(round((note.seconds + 0.6) * rate)) / rate
    index = 0.35 + 1.1 * np.exp(-time / 0.45)
    phase = 2 * np.pi * note.hertz * time
    tremolo = 1 - 0.06 * (1 - np.cos(2 * np.pi * 4.3 * time))
    sound = np.exp(-time / 2.2) * np.sin(phase + index * np.sin(phase)) * tremolo
    return note.start, note.gain * sound * _envelope(time, 0.012, note.seconds, 0.6)


def _bass(note: Note, rate: int) -> _Sounding:
    """Overtones as strong as the fundamental, which telephones leave out and ears add again."""
    time = np.arange(round((note.seconds + 0.3) * rate)) / rate
    sound = np.zeros(len(time))
    for partial, strength in enumerate((0.6, 0.5, 0.3, 0.12), start=1):
        sound += strength * np.exp(-time * partial / 2.6) * np.sin(2 * np.pi * partial * note.hertz * time)
    return note.start, note.gain * sound * _envelope(time, 0.02, note.seconds, 0.3)


def _pad(note: Note, rate: int) -> _Sounding:
    """Two strings not quite in tune, that swell, and fade into the next chord."""
    time = np.arange(round((note.seconds + 0.7) * rate)) / rate
    sound = np.zeros(len(time))
    for partial in range(1, _partials(note.hertz, 5)):
        for detuned in (0.9988, 1.0012):
            sound += partial**-1.2 * np.sin(2 * np.pi * partial * detuned * note.hertz * time)
    return note.start, note.gain * sound * _envelope(time, 0.5, note.seconds, 0.7)


def _partials(fundamental: float, most: int) -> int:
    return min(most, int(_HIGHEST_PARTIAL / fundamental)) + 1


def _envelope(time: NDArray[np.float64], attack: float, hold: float, release: float) -> NDArray[np.float64]:
    """Rises in ``attack`` seconds, falls in ``release`` seconds after ``hold``; both raised cosines."""
    shape = np.minimum(np.clip(time / attack, 0, 1), np.clip((hold + release - time) / release, 0, 1))
    curve: NDArray[np.float64] = 0.5 - 0.5 * np.cos(np.pi * shape)
    return curve


# The circle


class _Circle:
    """Samples whose end is their beginning."""

    def __init__(self, rate: int, size: int) -> None:
        self.sound = np.zeros(size)
        self._rate = rate

    def add(self, sounding: Iterable[_Sounding]) -> None:
        for start, sound in sounding:
            where = (round(start * self._rate) + np.arange(len(sound))) % len(self.sound)
            self.sound[where] += sound


def _reverberant(sound: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """In a small, soft hall: decaying noise, convolved on the circle, 13 dB below the sound itself."""
    time = np.arange(round(1.6 * rate)) / rate
    noise = np.random.default_rng(_SEED).normal(size=len(time)) * np.exp(-time / 0.28)
    noise[: round(0.018 * rate)] = 0
    room = np.fft.rfft(noise, len(sound)) * _fall(len(sound), rate, 1200, 2800)
    echo = np.fft.irfft(np.fft.rfft(sound) * room, len(sound))
    return sound + amplified(echo, level(sound) - level(echo) - 13)


def _telephone_band(sound: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """Without what a telephone would cut off anyway, and would only cost loudness."""
    rise = 1 - _fall(len(sound), rate, 90, 220)
    return np.fft.irfft(np.fft.rfft(sound) * rise * _fall(len(sound), rate, 2600, 3800), len(sound))


def _fall(size: int, rate: int, start: float, end: float) -> NDArray[np.float64]:
    """What to multiply a spectrum with: 1 up to ``start`` Hz, 0 from ``end`` Hz."""
    frequency = np.fft.rfftfreq(size, 1 / rate)
    curve: NDArray[np.float64] = 0.5 + 0.5 * np.cos(np.pi * np.clip((frequency - start) / (end - start), 0, 1))
    return curve
