"""What the running mixer does for the company's own recordings: when one changes, it has its copies made anew.

Decoding is for a process of its own; the mixer only looks at the names of a few files.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING

from confctl import own_prompts
from confctl.errand import Errand

if TYPE_CHECKING:
    from confctl.own_prompts import Stamp
    from confctl.settings import Settings
    from media.prompts import Prompts

_log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
"""Also how long a file must have stayed as it is: it may still be being copied."""
LONGEST = 600.0
GRACE = 5.0


class PromptKeeper(Errand):
    def __init__(self, settings: Settings, prompts: Prompts) -> None:
        super().__init__(settings)
        self._prompts = prompts
        self._told: set[tuple[str, str]] = set()

    def _mistaken(self, again: float) -> None:
        _log.exception("own recordings are not looked at, by a mistake in confctl; trying again in %.0f s", again)

    async def _rounds(self) -> None:
        done: dict[str, Stamp] | None = None
        seen: dict[str, Stamp] | None = None
        while True:
            now = await asyncio.to_thread(own_prompts.stamp, self.settings)
            if now != done and now == seen:
                if now or done:
                    await self._bring_up_to_date()
                done = now
            seen = now
            await asyncio.sleep(LOOK_SECONDS)

    async def _bring_up_to_date(self) -> None:
        outcome = await self._confctl("prompts", "prepare", longest=LONGEST, grace=GRACE)
        try:
            told = json.loads(outcome.said)
            used, unused = int(told["used"]), {(str(each["file"]), str(each["problem"])) for each in told["unused"]}
        except (ValueError, KeyError, TypeError):
            _log.error("own recordings could not be read (exit status %s); ours are heard", outcome.status)
            return
        for file, problem in sorted(unused - self._told):
            _log.warning("own recording %s is not used, and ours is heard: %s", file, problem)
        self._told = unused
        await asyncio.to_thread(self._prompts.look)
        _log.info("own recordings in place of ours: %d", used)
