"""How a codec is called where people read it: in the log, in `status`, `watch`, `check` and the report alike."""

from __future__ import annotations

from typing import Final

_WRITTEN: Final = {"G722": "G.722", "OPUS": "Opus"}
"""Where they are written otherwise than in SDP (RFC 3551, RFC 7587)."""


def spelled(name: str) -> str:
    """``PCMU``, ``PCMA``, ``G.722``, ``Opus``.  ``name`` is as in :class:`mixer.bridge.protocol.Codec`, SDP or the
    settings; one that is not ours stays as it is."""
    return _WRITTEN.get(name.upper(), name)
