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
from pesq import pesq

from tests.media.speech import PROMPTS, RATE, in_bursts, ours, pieces, repeated, silence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.media.speech import Lost, Speech

_MOST = 24  # pieces
_SHARES = (0.01, 0.03, 0.05, 0.10, 0.20)


def main(folders: list[str]) -> None:
    speech = pieces([PROMPTS / "en", PROMPTS / "ru", *map(Path, folders)], _MOST)
    rng = np.random.default_rng(1)
    print(f"{len(speech)} pieces of {speech[0].size / RATE:.0f} s; PESQ-NB, in the mean")
    print(f"{'lost':>22}  {'silence':>7}  {'repeated':>8}  {'ours':>5}  better than silence (worst piece)")
    for share in (0.0, *_SHARES):
        _compare(f"{share:.0%} at random", speech, rng.random(speech.shape[:2]) < share)
    for share, frames in ((0.05, 2), (0.05, 3), (0.05, 5)):
        _compare(f"{share:.0%} by {frames * 20} ms", speech, in_bursts(rng, speech.shape[:2], share, frames))


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
        [pesq(RATE, one.ravel(), other.ravel(), "nb") for one, other in zip(clean, heard, strict=True)], np.float64
    )


if __name__ == "__main__":
    main(sys.argv[1:])
