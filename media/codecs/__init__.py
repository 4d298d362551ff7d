"""The codecs of the wire."""

from __future__ import annotations

from typing import Final

from media.codecs.format import Codec, Format
from media.codecs.g711 import PCMA, PCMU

CODECS: Final[tuple[Codec, ...]] = (PCMU, PCMA)
"""All of them, the preferred first."""

__all__ = ["CODECS", "PCMA", "PCMU", "Codec", "Format"]
