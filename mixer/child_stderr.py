"""What a process that we have started complains of on its stderr: lines of our log, in its form."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

_log = logging.getLogger(__name__)


async def overhear(stream: asyncio.StreamReader, speaker: str) -> None:
    """Until it is closed."""
    while True:
        try:
            line = await stream.readline()
        except ValueError:  # longer than any line of ours: that is dropped
            continue
        if not line:
            return
        if words := line.decode(errors="replace").strip():
            _log.warning("%s: %s", speaker, words)
