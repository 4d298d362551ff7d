"""What the running mixer does for ``[retention]``: every day it starts ``confctl prune``."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING

from confctl import child

if TYPE_CHECKING:
    from confctl.settings import Settings

_log = logging.getLogger(__name__)

FIRST_SECONDS = 60.0
"""After the start, when everybody calls."""
EVERY_SECONDS = 86400.0
LONGEST_SECONDS = 3600.0
GRACE_SECONDS = 10.0


class Caretaker:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        """May be replaced by newer ones."""
        self._work: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._work = asyncio.create_task(self._days())

    async def stop(self) -> None:
        if self._work is not None:
            self._work.cancel()
            await asyncio.wait({self._work})

    async def _days(self) -> None:
        await asyncio.sleep(FIRST_SECONDS)
        while True:
            if self.settings.retention.is_set:
                await self._prune()
            await asyncio.sleep(EVERY_SECONDS)

    async def _prune(self) -> None:
        words = ("prune", "--by-mixer")
        try:
            done = await child.confctl(self.settings, *words, longest=LONGEST_SECONDS, grace=GRACE_SECONDS)
        except OSError as error:  # no process can be started
            done = child.Outcome(None, "", str(error))
        for line in done.complaints.splitlines():
            _log.warning("%s", line.removeprefix("confctl: "))
        try:
            report = json.loads(done.said)
            removed, megabytes = int(report["removed"]), report["octets"] / 1e6
        except (ValueError, KeyError, TypeError):
            _log.error("what is too old could not be removed (exit status %s); it is tried again tomorrow", done.status)
        else:
            if removed:
                _log.info("removed as too old: %d, %.1f MB", removed, megabytes)
