"""What encodes and decodes each codec that a leg may have: those of them that this machine has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.codecs import CODECS
from mixer.bridge.protocol import Codec

if TYPE_CHECKING:
    from media.codecs import Codec as Coder

CODERS: Final[dict[Codec, Coder]] = {Codec[coder.format.encoding.upper()]: coder for coder in CODECS}
