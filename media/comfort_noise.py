"""What is heard while a phone with voice activity detection sends nothing (RFC 3389).

Between two words or sentences its background would come and go with the voice if there was silence instead: it pumps.
So there is soft noise of the level that the phone signals.  But only for seconds: a leg that is silent for long goes
down to true silence, slowly enough not to be noticed.  Then it is no more work for the mix than a muted one, and the
noises of a hundred listeners don't add up to 20 dB more than one's.  The spectrum that a phone may describe is not
followed: at these levels one can't tell.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SECONDS: Final = 5.0
"""After so long there is silence."""
_STEADY = 3.0  # seconds at the level that was signalled
_LOUDEST = 45  # -dBov: a phone may signal anything, up to noise at full scale
_LEVEL = 0x7F  # of the first octet of the payload (RFC 3389 §3.1); its first bit is none of it
_TABLE = 1 << 14
_TILT = 0.6  # of a low-pass of first order at 8 kHz: rooms hum more than they hiss


def amplitude(payload: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Root mean square, in 16-bit samples, that these first octets (k) of payloads ask for."""
    level = np.maximum(payload & _LEVEL, _LOUDEST).astype(np.float32)
    loud: NDArray[np.float32] = np.float32(32768) * 10 ** (-level / 20)
    return np.where(level < _LEVEL, loud, 0).astype(np.float32)


@cache
def _table(rate: int) -> NDArray[np.float32]:
    """Noise whose root mean square is 1, in a circle."""
    white = np.random.default_rng(rate).standard_normal(_TABLE)
    table: NDArray[np.float64] = np.fft.irfft(
        np.fft.rfft(white) / (1 - _TILT * np.exp(-2j * np.pi * np.fft.rfftfreq(_TABLE)))
    )
    table /= np.sqrt(np.mean(table**2))
    return table.astype(np.float32)


class Noise:
    """Noise that is no two legs' the same at the same time, from a table."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._random = np.random.default_rng(rate)

    def frames(self, rms: NDArray[np.float32], paused: NDArray[np.int64], samples: int) -> NDArray[np.float32]:
        """So many ``samples`` for each of ``rms`` (k), after a pause of ``paused`` (k) samples."""
        at = self._random.integers(0, _TABLE - samples, len(rms))
        seconds = (paused[:, None] + np.arange(samples)) / np.float32(self._rate)
        fade = np.clip((np.float32(SECONDS) - seconds) / np.float32(SECONDS - _STEADY), 0, 1)
        noise: NDArray[np.float32] = _table(self._rate)[at[:, None] + np.arange(samples)] * fade * rms[:, None]
        return noise.astype(np.float32)
