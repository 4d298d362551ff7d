"""What becomes of loud voices that all talk at once in one room, through the whole bridge, µ-law in and out.

python -m tests.bench.mix_quality [SECONDS]      # 8
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from media import levels
from media.agc import AutomaticGain
from media.codecs import PCMU
from tests.bench.heard import table
from tests.mixer.mix_measures import distortion, leak, likeness, loud_voices, meet, swing, tones

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TALKERS = (1, 2, 3, 5, 10, 20)
_LOUD = -13.0  # dBov: a voice right at the microphone; a second one makes the sum exceed full scale
_HERTZ = tuple(range(300, 3300, 150))


def evened(dbov: float) -> str:
    """What automatic gain makes of a voice."""
    said = loud_voices(1, 20, dbov=dbov)
    gain, heard = AutomaticGain(1), []
    for at in range(0, said.shape[1], 160):
        frame = said[:, at : at + 160].copy()
        gain.even(np.array([0]), frame, levels.power(frame))
        heard.append(frame)
    after = np.concatenate(heard, axis=1)
    before, early, late = (active(pcm) for pcm in (said[:, 80000:], after[:, 24000:40000], after[:, 80000:]))
    return f"a voice of {before:5.1f} dBov is at {early:5.1f} after 3 s, at {late:5.1f} after 10 s"


def active(pcm: NDArray[np.int16]) -> float:
    """dBov of what is louder than 20 dB below the loudest."""
    power = levels.power(pcm.reshape(-1, 160))
    return float(10 * np.log10(power[power > 0.01 * power.max()].mean()))


def main(seconds: float) -> None:
    began = time.monotonic()
    rows = [("talkers", "own voice   over full scale   distortion   if it were clipped   swing of the loudness")]
    for talkers in _TALKERS:
        meeting = meet(loud_voices(talkers + 1, seconds, dbov=_LOUD))
        meant = meeting.said.sum(axis=0, dtype=np.int64)
        clipped = PCMU.decode(PCMU.encode(np.clip(meant, -32768, 32767).astype(np.int16)))
        heard = meeting.heard[-1]
        over = 20 * np.log10(np.abs(meant).max() / 32768)
        rows.append(
            (
                f"{talkers} and oneself",
                f"{leak(meeting, 0):6.1f} dB   {over:12.1f} dB   {-likeness(heard, meant):7.1f} dB   "
                f"{-likeness(clipped, meant):15.1f} dB   {swing(heard, meant):18.2f} dB",
            )
        )
    meeting = meet(tones(_HERTZ, 4, _LOUD))
    meant = np.clip(meeting.said.sum(axis=0, dtype=np.int64), -32768, 32767).astype(np.int16)
    rows.append(("20 tones, THD + N", f"{distortion(meeting.heard[-1][8000:24000], _HERTZ):.1f} dB"))
    rows.append(("if it were clipped", f"{distortion(PCMU.decode(PCMU.encode(meant))[8000:24000], _HERTZ):.1f} dB"))
    rows += [("automatic gain", evened(dbov)) for dbov in (-40, -35, -30, -26, -20, -15, -10)]
    rows.append(
        ("voices", f"synthetic, {_LOUD:g} dBov each, {seconds:g} s; {time.monotonic() - began:.0f} s to measure")
    )
    print(table(tuple(rows)))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 8.0)
