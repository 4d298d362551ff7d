"""Speech that has lost packets, and ways to hear it nevertheless."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile
import soxr

from media.codecs import PCMU
from media.jitter import FRAME, JitterBuffer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Speech = NDArray[np.int16]
    """(pieces, frames, 160)"""
    Lost = NDArray[np.bool_]
    """(pieces, frames)"""

RATE = 8000
PROMPTS = Path(__file__).parents[2] / "media" / "sounds"
_FRAMES = 400  # 8 s
_FADE = np.linspace(1, 0, 3 * FRAME, endpoint=False).reshape(3, FRAME)


def silence(speech: Speech, lost: Lost) -> Speech:
    return np.where(lost[:, :, None], 0, speech)


def repeated(speech: Speech, lost: Lost) -> Speech:
    """The last frame that came again, fading within three."""
    heard = speech.copy()
    for piece in range(len(speech)):
        gap, last = 0, np.zeros(FRAME, np.int16)
        for n in range(speech.shape[1]):
            if lost[piece, n]:
                heard[piece, n] = last * _FADE[gap] if gap < len(_FADE) else 0
                gap += 1
            else:
                gap, last = 0, speech[piece, n]
    return heard


def ours(speech: Speech, lost: Lost) -> Speech:
    """Each piece is a leg."""
    buffer, frames = JitterBuffer(len(speech)), speech.shape[1]
    heard = np.zeros((len(speech), frames + 1, FRAME), np.int16)
    for n in range(frames + 1):
        if n < frames:
            leg = np.flatnonzero(~lost[:, n])
            first = np.full(len(leg), n == 0)
            buffer.put(leg, np.full(len(leg), n * FRAME), speech[leg, n], fresh=~first, restart=first)
        sound = buffer.play()
        heard[sound.leg, n] = sound.pcm
    return heard[:, 1:]


def in_bursts(rng: np.random.Generator, shape: tuple[int, ...], share: float, frames: int) -> Lost:
    begins = rng.random(shape) < share / frames
    lost = begins.copy()
    for later in range(1, frames):
        lost[:, later:] |= begins[:, :-later]
    return lost


def pieces(folders: list[Path], most: int) -> Speech:
    """Of eight seconds.  A folder's in turn, so that all voices are among the first ones."""
    voices = [list(_of(folder)) for folder in folders]
    turns = [voice[n] for n in range(most) for voice in voices if n < len(voice)]
    return np.stack(turns[:most])


def _of(folder: Path) -> Iterator[Speech]:
    files = sorted(path for path in folder.rglob("*") if path.suffix in _READERS)
    joined = np.zeros(0, np.int16)
    for path in files:
        joined = np.concatenate((joined, _READERS[path.suffix](path)))
        if len(joined) >= _FRAMES * FRAME:
            yield PCMU.decode(PCMU.encode(joined[: _FRAMES * FRAME])).reshape(_FRAMES, FRAME)
            joined = np.zeros(0, np.int16)


def _sound(path: Path) -> NDArray[np.int16]:
    pcm, rate = soundfile.read(path, dtype="int16")
    return pcm if rate == RATE else soxr.resample(pcm, rate, RATE)


def _ulaw(path: Path) -> NDArray[np.int16]:
    return PCMU.decode(np.fromfile(path, np.uint8))


_READERS: dict[str, Callable[[Path], NDArray[np.int16]]] = {".wav": _sound, ".flac": _sound, ".ulaw": _ulaw}
