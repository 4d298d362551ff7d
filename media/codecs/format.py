"""What a codec is called on the wire, and what it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PTIME: Final = 20
"""Milliseconds of the packets that we send; those that come may be shorter or longer."""


class MalformedSound(Exception):
    """A payload that its codec can make no sound of."""


@dataclass(frozen=True, slots=True)
class Format:
    """An encoding as RTP and SDP name it (RFC 3551)."""

    encoding: str
    clock_rate: int
    """Of the RTP timestamp, in hertz.  Not always the sample rate: G.722 has 8000 here for historical reasons."""
    sample_rate: int
    """Of the sound that is encoded and decoded, in hertz."""
    payload_type: int
    """The static one of RFC 3551 table 4; for Opus, which has none, the one that we offer."""
    octets: int
    """Of each packet that we send, always as many: so payloads are rows of an array."""

    @property
    def samples(self) -> int:
        """Of each packet that we send."""
        return self.sample_rate * PTIME // 1000


class Encoder(Protocol):
    """One direction of one stream, with the memory that the codec has of it."""

    def encode(self, pcm: NDArray[np.int16]) -> NDArray[np.uint8]:
        """``Format.samples`` linear samples as ``Format.octets`` octets."""

    def copy(self) -> Encoder:
        """Another one that goes on as this one would: whose memory is the same, or nearly so."""


class Decoder(Protocol):
    """The other direction.  Packets are to come in order; the codec's memory bridges what is missing as it can."""

    def decode(self, octets: NDArray[np.uint8]) -> NDArray[np.int16]:
        """The samples of one payload of 2.5 to 60 ms.  Raises :class:`MalformedSound`; the next may be good again."""

    def recover(self, octets: NDArray[np.uint8], samples: int) -> NDArray[np.int16] | None:
        """The lost ``samples`` before this payload, out of what it repeats of them; to be asked before it is decoded.

        A whole number of 2.5 ms.  None if the codec repeats nothing.  Raises :class:`MalformedSound`.
        """


class Codec(Protocol):
    @property
    def format(self) -> Format: ...

    @property
    def silent_packet(self) -> NDArray[np.uint8]:
        """What may be sent again and again where nothing is to be heard: silence stays silence."""

    def encoder(self) -> Encoder: ...

    def decoder(self) -> Decoder: ...
