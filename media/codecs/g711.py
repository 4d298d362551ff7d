"""ITU-T G.711, µ-law and A-law, as look-up tables: 64 KiB to encode, 256 KiB to decode two samples at once.

Exact to the reference of the ITU (G.191 ``ulaw_compress``, ``alaw_compress`` and their inverses), linear samples being
the 16 bits of it.  Negative samples are taken in one's complement there, so a negative sample on a decision value falls
to the smaller code; Sun's widespread ``g711.c`` differs in just those, by one code, in µ-law.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from media.codecs.format import Format

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SAMPLES: Final = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)  # indexed by their bit patterns
_MAGNITUDES: Final = np.where(_SAMPLES < 0, ~_SAMPLES, _SAMPLES)
_CODES: Final = np.arange(256, dtype=np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class G711:
    """One of the two laws; a :class:`media.codecs.format.Codec` without memory: its own encoder and decoder."""

    format: Format
    silence: int
    """The octet of a sample of zero."""
    _decode: NDArray[np.int16]
    _encode: NDArray[np.uint8]
    _decode_pair: NDArray[np.uint32]
    """Two samples for two octets: half as many look-ups."""

    @property
    def silent_packet(self) -> NDArray[np.uint8]:
        return np.full(self.format.octets, self.silence, np.uint8)

    def encoder(self) -> G711:
        return self

    def copy(self) -> G711:
        return self

    def decoder(self) -> G711:
        return self

    def recover(self, octets: NDArray[np.uint8], samples: int) -> None:
        """Nothing is repeated."""

    def decode(self, octets: NDArray[np.uint8]) -> NDArray[np.int16]:
        """Linear samples of any shape of octets."""
        if octets.ndim and octets.shape[-1] % 2 == 0 and octets.strides[-1] == 1:
            return self._decode_pair.take(octets.view(np.uint16), mode="wrap").view(np.int16)
        return self._decode.take(octets, mode="wrap")

    def encode(self, pcm: NDArray[np.int16]) -> NDArray[np.uint8]:
        """Octets of any shape of linear samples."""
        return self._encode.take(pcm.view(np.uint16), mode="wrap")  # every index is there


def _law(form: Format, silence: int, decoded: NDArray[np.int16], encoded: NDArray[np.uint8]) -> G711:
    pairs = np.arange(65536, dtype=np.uint16).view(np.uint8)
    return G711(form, silence, decoded, encoded, decoded.take(pairs).view(np.uint32))


def _segment(value: NDArray[np.int32]) -> NDArray[np.int32]:
    """The number of the highest bit of values from 1 on."""
    return (np.frexp(value)[1] - 1).astype(np.int32)


def _ulaw_decoded() -> NDArray[np.int16]:
    """G.711 table 2: sign, segment of 3 bits, step of 4; all bits inverted; a bias of 33 in 14 bits."""
    code = ~_CODES & 0xFF
    magnitude = ((((code & 0x0F) << 1) + 33) << ((code & 0x70) >> 4)) - 33
    return np.where(code & 0x80, -magnitude << 2, magnitude << 2).astype(np.int16)


def _ulaw_encoded() -> NDArray[np.uint8]:
    biased = np.minimum((_MAGNITUDES >> 2) + 33, 0x1FFF)
    segment = _segment(biased) - 5
    step = (biased >> (segment + 1)) & 0x0F
    code: NDArray[np.int32] = ~(np.where(_SAMPLES < 0, 0x80, 0) | (segment << 4) | step) & 0xFF
    return code.astype(np.uint8)


def _alaw_decoded() -> NDArray[np.int16]:
    """G.711 table 1: sign (1 is positive), segment, step; every other bit inverted; values amid their interval."""
    code = _CODES ^ 0x55
    segment = (code & 0x70) >> 4
    step = ((code & 0x0F) << 4) + 8
    magnitude = np.where(segment == 0, step, (step + 0x100) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


def _alaw_encoded() -> NDArray[np.uint8]:
    magnitude = _MAGNITUDES >> 4
    segment = np.maximum(_segment(np.maximum(magnitude, 1)) - 3, 0)
    step = (magnitude >> np.maximum(segment - 1, 0)) & 0x0F
    code: NDArray[np.int32] = (np.where(_SAMPLES < 0, 0, 0x80) | (segment << 4) | step) ^ 0x55
    return code.astype(np.uint8)


PCMU: Final = _law(Format("PCMU", 8000, 8000, 0, 160), 0xFF, _ulaw_decoded(), _ulaw_encoded())
PCMA: Final = _law(Format("PCMA", 8000, 8000, 8, 160), 0xD5, _alaw_decoded(), _alaw_encoded())
