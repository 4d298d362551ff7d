"""How speech with lost packets sounds: PESQ (ITU-T P.862, narrowband) of silence, of the last frame again, and of ours.

    python -m tests.bench.concealment [FOLDER]...

The prompts beside the program are the speech, and whatever .wav, .flac or .ulaw files there are in the folders named,
joined to pieces of eight seconds, at most 24 of them.  All lose the same share, each at other places.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile
from pesq import pesq

from media.codecs import PCMU
from media.jitter import FRAME, JitterBuffer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Speech = NDArray[np.int16]
    """(pieces, frames, 160)"""
    Lost = NDArray[np.bool_]
    """(pieces, frames)"""

_RATE = 8000
_FRAMES = 400  # 8 s
_MOST = 24  # pieces
_PROMPTS = Path(__file__).parents[2] / "media" / "sounds"
_SHARES = (0.01, 0.03, 0.05, 0.10, 0.20)
_FADE = np.linspace(1, 0, 3 * FRAME, endpoint=False).reshape(3, FRAME)


def main(folders: list[str]) -> None:
    speech = _pieces([_PROMPTS / "en", _PROMPTS / "ru", *map(Path, folders)])
    rng = np.random.default_rng(1)
    print(f"{len(speech)} pieces of {_FRAMES * FRAME / _RATE:.0f} s; PESQ-NB, in the mean")
    print(f"{'lost':>22}  {'silence':>7}  {'repeated':>8}  {'ours':>5}  better than silence (worst piece)")
    for share in (0.0, *_SHARES):
        _compare(f"{share:.0%} at random", speech, rng.random(speech.shape[:2]) < share)
    for share, frames in ((0.05, 2), (0.05, 3), (0.05, 5)):
        _compare(f"{share:.0%} by {frames * 20} ms", speech, _in_bursts(rng, speech.shape[:2], share, frames))


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


def _compare(name: str, speech: Speech, lost: Lost) -> None:
    lost[:, :10] = False
    scores = {way: _pesq(speech, way(speech, lost)) for way in (silence, repeated, ours)}
    better = scores[ours] - scores[silence]
    means = [float(scores[way].mean()) for way in (silence, repeated, ours)]
    print(
        f"{name:>22}  {means[0]:7.2f}  {means[1]:8.2f}  {means[2]:5.2f}  {better.mean():+.2f} ({better.min():+.2f})",
        flush=True,
    )


def _pesq(clean: Speech, heard: Speech) -> NDArray[np.float64]:
    return np.array(
        [pesq(_RATE, one.ravel(), other.ravel(), "nb") for one, other in zip(clean, heard, strict=True)], np.float64
    )


def _in_bursts(rng: np.random.Generator, shape: tuple[int, ...], share: float, frames: int) -> Lost:
    begins = rng.random(shape) < share / frames
    lost = begins.copy()
    for later in range(1, frames):
        lost[:, later:] |= begins[:, :-later]
    return lost


def _pieces(folders: list[Path]) -> Speech:
    """A folder's files in turn, so that all voices are among the first pieces."""
    pieces = [list(_of(folder)) for folder in folders]
    turns = [voice[n] for n in range(_MOST) for voice in pieces if n < len(voice)]
    return np.stack(turns[:_MOST])


def _of(folder: Path) -> Iterator[Speech]:
    files = sorted(path for path in folder.rglob("*") if path.suffix in _READERS)
    joined = np.zeros(0, np.int16)
    for path in files:
        joined = np.concatenate((joined, _READERS[path.suffix](path)))
        if len(joined) >= _FRAMES * FRAME:
            yield PCMU.decode(PCMU.encode(joined[: _FRAMES * FRAME])).reshape(_FRAMES, FRAME)
            joined = np.zeros(0, np.int16)


def _sound(path: Path) -> NDArray[np.int16]:
    import soxr

    pcm, rate = soundfile.read(path, dtype="int16")
    return pcm if rate == _RATE else soxr.resample(pcm, rate, _RATE)


def _ulaw(path: Path) -> NDArray[np.int16]:
    return PCMU.decode(np.fromfile(path, np.uint8))


_READERS: dict[str, Callable[[Path], NDArray[np.int16]]] = {".wav": _sound, ".flac": _sound, ".ulaw": _ulaw}


if __name__ == "__main__":
    main(sys.argv[1:])
