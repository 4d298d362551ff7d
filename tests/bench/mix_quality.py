"""What becomes of loud voices that all talk at once in one room, through the whole bridge, µ-law in and out.

python -m tests.bench.mix_quality [SECONDS]      # 8
"""

from __future__ import annotations

import sys
import time

import numpy as np

from media.codecs import PCMU
from tests.bench.heard import table
from tests.mixer.mix_measures import distortion, leak, likeness, loud_voices, meet, swing, tones

_TALKERS = (1, 2, 3, 5, 10, 20)
_LOUD = -13.0  # dBov: a voice right at the microphone; a second one makes the sum exceed full scale
_HERTZ = tuple(range(300, 3300, 150))


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
    rows.append(
        ("voices", f"synthetic, {_LOUD:g} dBov each, {seconds:g} s; {time.monotonic() - began:.0f} s to measure")
    )
    print(table(tuple(rows)))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 8.0)
