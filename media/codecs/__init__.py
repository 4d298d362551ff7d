"""The codecs of the wire: one registry, whatever of them this machine has."""

from __future__ import annotations

from typing import Final

from media.codecs.format import Codec, Decoder, Encoder, Format, MalformedSound
from media.codecs.g711 import PCMA, PCMU
from media.codecs.g722 import G722
from media.codecs.libopus import OpusMissing, find
from media.codecs.opus import Opus


def _opus() -> tuple[Codec | None, str | None]:
    try:
        return Opus(find()), None
    except OpusMissing as error:
        return None, str(error)


OPUS, _opus_missing = _opus()
"""None where there is no libopus."""

CODECS: Final[tuple[Codec, ...]] = (*(() if OPUS is None else (OPUS,)), G722, PCMU, PCMA)
"""All of them, the best sound first."""


def opus_missing() -> str | None:
    """Why :data:`CODECS` has no Opus: the file that should be libopus and can't be loaded.  None when it has."""
    return _opus_missing


__all__ = [
    "CODECS",
    "G722",
    "OPUS",
    "PCMA",
    "PCMU",
    "Codec",
    "Decoder",
    "Encoder",
    "Format",
    "MalformedSound",
    "opus_missing",
]
