"""What the running mixer does for ``[retention]``: every day it starts ``confctl prune``."""

from __future__ import annotations

import asyncio
import json
import logging

from confctl.errand import Errand

_log = logging.getLogger(__name__)

FIRST_SECONDS = 60.0
"""After the start, when everybody calls."""
EVERY_SECONDS = 86400.0
"""From one look to the next: ``[retention]`` counts in days, so nothing stays for more than one too long."""
LONGEST_SECONDS = 3600.0
GRACE_SECONDS = 10.0


class Caretaker(Errand):
    def _mistaken(self, again: float) -> None:
        _log.exception("what is too old is not removed, by a mistake in confctl; trying again in %.0f s", again)

    async def _rounds(self) -> None:
        await asyncio.sleep(FIRST_SECONDS)
        while True:
            if self.settings.retention.is_set:
                await self._prune()
            await asyncio.sleep(EVERY_SECONDS)

    async def _prune(self) -> None:
        done = await self._confctl("prune", "--by-mixer", longest=LONGEST_SECONDS, grace=GRACE_SECONDS)
        try:
            report = json.loads(done.said)
            removed, megabytes = int(report["removed"]), report["octets"] / 1e6
        except (ValueError, KeyError, TypeError):
            _log.error("what is too old could not be removed (exit status %s); it is tried again tomorrow", done.status)
        else:
            if removed:
                _log.info("removed as too old: %d, %.1f MB", removed, megabytes)
