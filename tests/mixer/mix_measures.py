"""What a mix does to voices: how much of one's own is in it, how like the sum it is, how its loudness swings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from media.codecs import PCMU
from tests.media.tones_and_voices import tone, voice
from tests.mixer.bridge_rig import Rig

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Pcm = NDArray[np.int16]
    Real = NDArray[np.float64]

FRAME = 160
_DELAYS = 12  # frames: the longest way through a bridge that is looked for
_SETTLED = 10  # frames: before them the streams begin


@dataclass(frozen=True)
class Meeting:
    """Phones that all talk, and one that listens."""

    said: NDArray[np.int16]
    """(talkers, samples), as decoded."""
    heard: NDArray[np.int16]
    """(talkers + 1, samples): what each was sent at the moment at which the samples were due, the listener last."""


def loud_voices(count: int, seconds: float, *, dbov: float = -13.0, seed: int = 1) -> NDArray[np.int16]:
    """Never quite silent: who is, is no talker at that moment."""
    random = np.random.default_rng(seed)
    level = 10 ** ((dbov + 22) / 20)
    each = [
        level * voice(seconds, random, highest=150) + random.normal(0, 30, round(8000 * seconds)) for _ in range(count)
    ]
    return np.clip(np.stack(each), -32768, 32767).astype(np.int16)


def meet(said: NDArray[np.int16]) -> Meeting:
    """All of them at once in a room of a bridge, µ-law."""
    rig = Rig()
    legs = [rig.add(leg) for leg in range(1, len(said) + 2)]
    sent = []
    for at in range(0, said.shape[1] // FRAME * FRAME, FRAME):
        packets = rig.tick(dict(zip(legs, said[:, at : at + FRAME], strict=False)))
        sent.append(np.stack([packets[leg].sound for leg in legs]))
    heard = np.concatenate(sent, axis=1)
    decoded = PCMU.decode(PCMU.encode(np.ascontiguousarray(said)))
    delay = FRAME * _delay(decoded.sum(axis=0, dtype=np.int64), heard[-1])
    begin = FRAME * _SETTLED
    return Meeting(decoded[:, begin : heard.shape[1] - delay], heard[:, begin + delay :])


def leak(meeting: Meeting, talker: int) -> float:
    """One's own voice in what one hears, in dB below what the others' are heard at: by least squares, all voices fitted
    at once, one's own also a frame earlier and a frame later.  How the limiter turned each 20 ms down is taken for
    known: else what it did to the others' voices would be explained by one's own."""
    own = meeting.said[talker].astype(np.float64)
    others = np.delete(meeting.said, talker, axis=0).astype(np.float64)
    size = len(own) // FRAME * FRAME
    heard, meant = meeting.heard[talker, :size].astype(np.float64), others[:, :size].sum(axis=0)
    by_frame = heard.reshape(-1, FRAME), meant.reshape(-1, FRAME)
    gain = (by_frame[0] * by_frame[1]).sum(axis=1) / np.maximum((by_frame[1] ** 2).sum(axis=1), 1)
    voices = np.stack([*others, own, np.roll(own, FRAME), np.roll(own, -FRAME)], axis=1)[:size]
    weights = np.linalg.lstsq(voices * np.repeat(gain, FRAME)[:, None], heard, rcond=None)[0]
    return float(20 * np.log10(np.abs(weights[len(others) :]).max() / np.abs(weights[: len(others)]).mean()))


def likeness(heard: NDArray[np.int16], meant: NDArray[np.int64]) -> float:
    """Signal to distortion in dB, with the loudness of each 20 ms set free."""
    size = len(meant) // FRAME * FRAME
    a, b = (pcm[:size].astype(np.float64).reshape(-1, FRAME) for pcm in (heard, meant))
    scale = (a * b).sum(axis=1, keepdims=True) / np.maximum((b * b).sum(axis=1, keepdims=True), 1)
    return float(10 * np.log10(((scale * b) ** 2).sum() / ((a - scale * b) ** 2).sum()))


def swing(heard: NDArray[np.int16], meant: NDArray[np.int64]) -> float:
    """How the loudness of what is heard swings about its average over a second: what is heard as pumping.  The standard
    deviation in dB of the gain of each 20 ms in which anything is said."""
    size = len(meant) // FRAME * FRAME
    a, b = (pcm[:size].astype(np.float64).reshape(-1, FRAME) for pcm in (heard, meant))
    loud = (b * b).mean(axis=1) > 10**-4 * 2**30
    gains = (a * b).sum(axis=1)[loud] / (b * b).sum(axis=1)[loud]
    decibels = 20 * np.log10(np.maximum(gains, 1e-6))
    slowly = np.convolve(decibels, np.ones(50) / 50, "same")
    return float((decibels - slowly)[25:-25].std())


def distortion(heard: NDArray[np.int16], hertz: Sequence[int]) -> float:
    """All that is not these tones, in dB below them; of a whole number of seconds."""
    sound = heard.astype(np.float64)
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    seconds = len(sound) // 8000
    kept = sum(spectrum[one * seconds - 4 : one * seconds + 5].sum() for one in hertz)
    return float(10 * np.log10((spectrum.sum() - kept) / kept))


def tones(hertz: Sequence[int], seconds: float, dbov: float) -> NDArray[np.int16]:
    """One of each talker."""
    return np.stack([tone(one, seconds, dbov) for one in hertz]).astype(np.int16)


def _delay(meant: NDArray[np.int64], heard: NDArray[np.int16]) -> int:
    """In frames."""
    size = len(meant) - _DELAYS * FRAME
    fits = [float((meant[:size] * heard[n * FRAME : n * FRAME + size].astype(np.int64)).sum()) for n in range(_DELAYS)]
    return int(np.argmax(fits))
