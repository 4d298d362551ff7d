"""A tone through the bridge for an hour of virtual time, from phones whose clocks are right and off by 200 ppm.

    python -m tests.bench.tone [MINUTES]

How far the tone's phase and loudness in each 10 ms are from those in the 10 ms before says whether there was a step.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from media.codecs import PCMU
from tests.mixer.bridge_rig import Rig, rtp

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RATE, _FRAME, _TICK = 8000, 160, 0.02
_HEADER = 12
_WINDOW = 80
_AMPLITUDE = 8000
_LATE = 0.0199  # seconds after a tick at which the first packet comes: so a slow clock misses the next one soon


@dataclass(frozen=True)
class Heard:
    """What another phone hears, from the third frame on, and what the jitter buffer did for it."""

    sound: NDArray[np.int16]
    concealed: int
    """Frames with something made up."""
    cuts: int
    delay: float
    """Seconds that are held in the end."""


def main(minutes: float) -> None:
    print(f"{minutes:g} minutes of a tone")
    print(f"{'':19}  {'made up':>7}  {'cut':>3}  {'phase within':>12}  {'loudness within':>15}  held, ms")
    for frequency, ppm in ((1000, 0), (1000, 200), (1000, -200), (440, 0), (440, 200), (440, -200)):
        began = perf_counter()
        heard = listen(frequency, minutes=minutes, ppm=ppm)
        phase, loudness = steps(heard.sound, frequency)
        print(
            f"{frequency:5} Hz, {ppm:+5} ppm  {heard.concealed:7}  {heard.cuts:3}  {phase:8.2f} deg  "
            f"{loudness:11.3f} dB  {1000 * heard.delay:8.0f}  ({perf_counter() - began:.0f} s)",
            flush=True,
        )


def listen(frequency: float, *, minutes: float, ppm: float = 0.0) -> Heard:
    """To a phone with this tone, whose clock is slow by so much."""
    rig = Rig()
    phone, listener = rig.add(1), rig.add(2)
    sent, out = 0, []
    for tick in range(round(minutes * 60 / _TICK)):
        while sent * _TICK * (1 + ppm * 1e-6) + _LATE <= tick * _TICK:
            rig.put(rtp(_packet(frequency, sent), sent), phone)
            sent += 1
        out.append(rig.tick()[listener].octets[_HEADER:])
    buffer = rig.bridge._engine.receiver.buffer
    return Heard(
        PCMU.decode(np.frombuffer(b"".join(out[3:]), np.uint8)),
        int(buffer.concealment.concealed.sum()),
        int(buffer.cuts.sum()),
        float(buffer.delay().max()),
    )


def steps(sound: NDArray[np.int16], frequency: float) -> tuple[float, float]:
    """The largest of phase, in degrees, and of loudness, in dB, from any 10 ms to the next."""
    turn = np.exp(-2j * np.pi * frequency / _RATE * np.arange(_WINDOW)) * np.hanning(_WINDOW)
    heard = sound[: len(sound) // _WINDOW * _WINDOW].reshape(-1, _WINDOW) @ turn
    step = heard[1:] / heard[:-1] * np.exp(-2j * np.pi * frequency / _RATE * _WINDOW)
    return float(np.degrees(np.abs(np.angle(step))).max()), float(np.abs(20 * np.log10(np.abs(step))).max())


def _packet(frequency: float, number: int) -> bytes:
    n = number * _FRAME + np.arange(_FRAME)
    return PCMU.encode(np.rint(_AMPLITUDE * np.sin(2 * np.pi * frequency / _RATE * n)).astype(np.int16)).tobytes()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
