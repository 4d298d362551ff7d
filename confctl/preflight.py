"""What the running mixer does some minutes before each start: it starts ``confctl check CODE``, and logs what is wrong.

The check asks phones, trunks and the mail server, and decodes sounds: a process of its own, with less right to the
machine, waits for all that.  It writes to the sysadmin itself.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from typing import TYPE_CHECKING

from confctl.checked import as_planned
from confctl.errand import Errand

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from confctl.settings import Settings
    from mixer.rules.model import Plan

_log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
LONGEST = 120.0
"""Seconds for one conference."""
GRACE = 5.0
LATEST = 60.0
"""Seconds before a start: then nobody has the time to mend anything, and calls come first."""


class Preflight(Errand):
    """``plans``: the conferences of the book, as the mixer knows them."""

    def __init__(
        self, settings: Settings, plans: Callable[[], Sequence[Plan]], clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(settings)
        self._plans = plans
        self._clock = clock
        self._seen: dict[str, str] = {}
        """By code, what was checked of those that begin soon."""

    @property
    def idle(self) -> bool:
        """Whether there is nothing to check now."""
        return not self._due()

    def _mistaken(self, again: float) -> None:
        _log.exception("conferences are not checked ahead, by a mistake in confctl; trying again in %.0f s", again)

    async def _rounds(self) -> None:
        while True:
            for plan in self._due():
                await self._check(plan)
                self._seen[plan.code] = as_planned(plan)
            await asyncio.sleep(LOOK_SECONDS)

    def _due(self) -> list[Plan]:
        """Those that begin soon, and were not checked as they are now; the next first."""
        now, ahead = self._clock(), 60.0 * self.settings.check.minutes
        soon = [plan for plan in self._plans() if LATEST < plan.start - now <= ahead]
        self._seen = {plan.code: self._seen[plan.code] for plan in soon if plan.code in self._seen}
        unseen = [plan for plan in soon if self._seen.get(plan.code) != as_planned(plan)]
        return sorted(unseen, key=lambda plan: (plan.start, plan.code))

    async def _check(self, plan: Plan) -> None:
        done = await self._confctl("check", plan.code, "--by-mixer", longest=LONGEST, grace=GRACE)
        try:
            report = json.loads(done.said)
            for each in report["wrong"]:
                _log.warning("check before “%s”: %s: %s", plan.title, each["what"], each["detail"])
            if report["looked"] and not report["wrong"]:
                _log.info("check before “%s”: nothing is wrong", plan.title)
        except (ValueError, KeyError, TypeError):
            _log.error("“%s” could not be checked before its start (exit status %s)", plan.title, done.status)
