"""The codecs of the wire, by payload type and by name."""

from __future__ import annotations

from typing import Final

from media.codecs.format import Codec, Format
from media.codecs.g711 import PCMA, PCMU

CODECS: Final[tuple[Codec, ...]] = (PCMU, PCMA)
"""All of them, the preferred first."""

BY_PAYLOAD_TYPE: Final[dict[int, Codec]] = {codec.format.payload_type: codec for codec in CODECS}
BY_ENCODING: Final[dict[str, Codec]] = {codec.format.encoding: codec for codec in CODECS}
"""Keys in capitals; SDP compares encoding names without regard to case (RFC 4566 §6)."""

__all__ = ["BY_ENCODING", "BY_PAYLOAD_TYPE", "CODECS", "PCMA", "PCMU", "Codec", "Format"]
