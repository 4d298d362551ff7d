"""ITU-T G.722 at 64 kbit/s: 7 kHz wide, which nearly every desk phone of the last fifteen years calls HD.

Two samples an octet, so any payload is sound.  The coder is in C (package g722); 20 ms take it some 20 µs.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import G722 as coder  # noqa: N811  a module, though it shouts
import numpy as np

from media.codecs.format import Format

if TYPE_CHECKING:
    from array import array

    from numpy.typing import NDArray

_BIT_RATE: Final = 64000
_SILENCE: Final = 0xFD
"""The octet that leaves a silent decoder at zero.  What an encoder makes of 20 ms of silence buzzes at -54 dBov when it
is repeated."""
_REMEMBERED: Final = 5  # frames that an encoder can be made alike with; more don't make it more so


class _State(Protocol):
    """What the package's class does; given bytes to encode, it would take each for a sample."""

    def encode(self, pcm: NDArray[np.int16], /) -> bytes: ...

    def decode(self, octets: bytes, /) -> array[int]: ...


class _Encoder:
    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._state: _State = coder.G722(rate, _BIT_RATE)
        self._past: deque[NDArray[np.int16]] = deque(maxlen=_REMEMBERED)

    def encode(self, pcm: NDArray[np.int16]) -> NDArray[np.uint8]:
        frame = np.array(pcm, np.int16)
        self._past.append(frame)
        return np.frombuffer(self._state.encode(frame), np.uint8)

    def copy(self) -> _Encoder:
        """The package can't copy its memory; one that has heard the same for 100 ms is nearly there."""
        other = _Encoder(self._rate)
        for frame in self._past:
            other.encode(frame)
        return other


class _Decoder:
    def __init__(self, rate: int) -> None:
        self._state: _State = coder.G722(rate, _BIT_RATE)

    def decode(self, octets: NDArray[np.uint8]) -> NDArray[np.int16]:
        return np.asarray(self._state.decode(octets.tobytes()), np.int16)

    def recover(self, octets: NDArray[np.uint8], samples: int) -> None:
        """Nothing is repeated."""


@dataclass(frozen=True, slots=True)
class _G722:
    format: Format

    @property
    def silent_packet(self) -> NDArray[np.uint8]:
        return np.full(self.format.octets, _SILENCE, np.uint8)

    def encoder(self) -> _Encoder:
        return _Encoder(self.format.sample_rate)

    def decoder(self) -> _Decoder:
        return _Decoder(self.format.sample_rate)


G722: Final = _G722(Format("G722", 8000, 16000, 9, 160))
"""RTP counts it at 8000 Hz (RFC 3551 §4.5.2): a mistake of the first RFC that has to stay."""
