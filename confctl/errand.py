"""What the mixer has done beside its calls: now and then it starts a command of ours, in a process of its own."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from confctl import child

if TYPE_CHECKING:
    from confctl.settings import Settings

_log = logging.getLogger(__name__)

AFTER_A_MISTAKE = 300.0
"""Seconds until it is tried again, if something went wrong as it never should."""


class Errand(ABC):
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        """May be replaced by newer ones."""
        self._work: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._work = asyncio.create_task(self._again_and_again())

    async def stop(self) -> None:
        if self._work is not None:
            self._work.cancel()
            await asyncio.wait({self._work})

    async def _again_and_again(self) -> None:
        while True:
            try:
                await self._rounds()
            except Exception:  # noqa: BLE001  a mistake of ours costs some minutes of one errand, and no call
                self._mistaken(AFTER_A_MISTAKE)
                await asyncio.sleep(AFTER_A_MISTAKE)

    @abstractmethod
    async def _rounds(self) -> None:
        """For ever."""

    @abstractmethod
    def _mistaken(self, again: float) -> None:
        """Logs the exception: what is not done, and is tried again in so many seconds."""

    async def _confctl(self, *words: str, longest: float, grace: float) -> child.Outcome:
        """As :func:`confctl.child.confctl`; what it complains of is logged, and why where it can't be started."""
        try:
            outcome = await child.confctl(self.settings, *words, longest=longest, grace=grace)
        except OSError as error:  # no process can be started
            outcome = child.Outcome(None, "", str(error))
        for line in outcome.complaints.splitlines():
            _log.warning("%s", line.removeprefix("confctl: "))
        return outcome
