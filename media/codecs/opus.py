"""Opus (RFC 6716) for RTP (RFC 7587), by libopus: constant 48 kbit/s, wide-band voice, with forward error correction.

Constant, so that all packets are as long; without DTX, since every listener gets a packet a tick anyway.  libopus
resamples within: we give it 16 kHz, and only the RTP clock is 48 kHz.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from media.codecs.format import Format, MalformedSound
from media.codecs.libopus import Libopus, ffi

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAYLOAD_TYPE: Final = 111
"""Dynamic; the one that most others use."""
COMPLEXITY: Final = 2
"""Of 0 to 10.  Bits are cheaper than work: 48 kbit/s at 2 sound better than 32 at 5, lost packets or none, and take two
thirds of the time (``python -m tests.bench.codecs``).  At less, error correction spoils the voice of a telephone, which
has nothing above 4 kHz: PESQ-NB 2.8 instead of 4.0."""

_BIT_RATE: Final = 48000
_EXPECTED_LOSS: Final = 5  # per cent; it decides how much of a packet repeats the one before
_LONGEST_MS: Final = 60
_VOIP: Final = 2048

# opus_defines.h: requests of opus_encoder_ctl
_SET_BITRATE: Final = 4002
_SET_VBR: Final = 4006
_SET_COMPLEXITY: Final = 4010
_SET_INBAND_FEC: Final = 4012
_SET_PACKET_LOSS_PERC: Final = 4014
_SET_DTX: Final = 4016


class _Encoder:
    def __init__(self, opus: Opus) -> None:
        libopus, form = opus.libopus, opus.format
        self._opus = opus
        self._encode = libopus.calls.opus_encode
        self._form = form
        failed = ffi.new("int *")
        state = libopus.calls.opus_encoder_create(form.sample_rate, 1, _VOIP, failed)
        if failed[0]:
            raise MemoryError("libopus has no memory for an encoder")
        self._state = ffi.gc(state, libopus.calls.opus_encoder_destroy)
        settings = {
            _SET_BITRATE: _BIT_RATE,
            _SET_VBR: 0,
            _SET_COMPLEXITY: opus.complexity,
            _SET_INBAND_FEC: 1,
            _SET_PACKET_LOSS_PERC: _EXPECTED_LOSS,
            _SET_DTX: 0,
        }
        for request, value in settings.items():
            libopus.calls.opus_encoder_ctl(self._state, request, ffi.cast("int", value))

    def copy(self) -> _Encoder:
        """An encoder is one piece of memory without addresses in it (opus.h, "Opus Encoder")."""
        other = _Encoder(self._opus)
        ffi.memmove(other._state, self._state, self._opus.libopus.calls.opus_encoder_get_size(1))
        return other

    def encode(self, pcm: NDArray[np.int16]) -> NDArray[np.uint8]:
        octets = np.empty(self._form.octets, np.uint8)
        source = ffi.from_buffer("int16_t[]", np.ascontiguousarray(pcm, np.int16))
        length = self._encode(self._state, source, len(pcm), ffi.from_buffer("unsigned char[]", octets), len(octets))
        if length != len(octets):
            raise ValueError(f"{len(pcm)} samples are not the {self._form.samples} of a packet (libopus: {length})")
        return octets


class _Decoder:
    def __init__(self, libopus: Libopus, form: Format) -> None:
        self._decode = libopus.calls.opus_decode
        self._longest = form.sample_rate * _LONGEST_MS // 1000
        failed = ffi.new("int *")
        state = libopus.calls.opus_decoder_create(form.sample_rate, 1, failed)
        if failed[0]:
            raise MemoryError("libopus has no memory for a decoder")
        self._state = ffi.gc(state, libopus.calls.opus_decoder_destroy)

    def decode(self, octets: NDArray[np.uint8]) -> NDArray[np.int16]:
        return self._sound(octets, self._longest, lost=False)

    def recover(self, octets: NDArray[np.uint8], samples: int) -> NDArray[np.int16]:
        """What the payload doesn't repeat, libopus conceals."""
        return self._sound(octets, samples, lost=True)

    def _sound(self, octets: NDArray[np.uint8], samples: int, *, lost: bool) -> NDArray[np.int16]:
        if not len(octets):  # libopus would conceal 60 ms
            raise MalformedSound("an empty payload")
        pcm = np.empty(samples, np.int16)
        data = ffi.from_buffer("unsigned char[]", np.ascontiguousarray(octets))
        count = self._decode(self._state, data, len(octets), ffi.from_buffer("int16_t[]", pcm), samples, lost)
        if count < 0:
            raise MalformedSound(f"libopus calls it error {count}")
        return pcm[:count]


OPUS_FORMAT: Final = Format("opus", 48000, 16000, PAYLOAD_TYPE, _BIT_RATE // 8 // 50)


@dataclass(frozen=True, slots=True)
class Opus:
    """A :class:`media.codecs.format.Codec`."""

    libopus: Libopus
    format: Format = OPUS_FORMAT
    complexity: int = COMPLEXITY

    @property
    def silent_packet(self) -> NDArray[np.uint8]:
        return self.encoder().encode(np.zeros(self.format.samples, np.int16))

    def encoder(self) -> _Encoder:
        return _Encoder(self)

    def decoder(self) -> _Decoder:
        return _Decoder(self.libopus, self.format)
