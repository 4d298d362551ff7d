"""What a codec is called on the wire, and what it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Format:
    """An encoding as RTP and SDP name it (RFC 3551)."""

    encoding: str
    clock_rate: int
    """Of the RTP timestamp, in hertz.  Not always the sample rate: G.722 has 8000 here for historical reasons."""
    sample_rate: int
    """Of the sound, in hertz."""
    payload_type: int
    """The static one of RFC 3551 table 4."""


class Codec(Protocol):
    """Sound to octets and back, whole batches at a time, without state between two frames."""

    @property
    def format(self) -> Format: ...

    @property
    def silence(self) -> int:
        """The octet of a sample of zero."""

    def decode(self, octets: NDArray[np.uint8]) -> NDArray[np.int16]:
        """Linear samples of any shape of octets."""

    def encode(self, pcm: NDArray[np.int16]) -> NDArray[np.uint8]:
        """Octets of any shape of linear samples."""
