"""What happens in conferences, written down: in the log, in the journal, and told to whoever follows it."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

from mixer.call_log import of_call
from mixer.journal import Journal, JournalError
from mixer.narration import narrate
from mixer.portions import Portions
from mixer.rules.resumption import IMMATERIAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from mixer.rules.model import Plan
    from mixer.rules.records import Record

_log = logging.getLogger(__name__)

_AT_ONCE = 500
"""Records, of which each takes some four microseconds to read."""


def _tell(plan: Plan | None, record: Record) -> None:
    _log.info("%s", narrate(plan, record), extra=of_call(record.leg, plan))


class Chronicle:
    """``plan_of`` is the conference of a code.  A journal that can't be written is told once, and again when it can:
    the calls go on."""

    def __init__(self, journal: Journal, plan_of: Callable[[str], Plan | None]) -> None:
        self._journal = journal
        self._plan_of = plan_of
        self._journal_fails = False
        self._lines = Portions()
        self.on_record: list[Callable[[str | None, Record], None]] = []
        """Each is told the records as they are written, and of which conference."""

    def write(self, code: str | None, *records: Record, told: bool = False) -> None:
        """``told``: the log has it already, in other words."""
        if not told and _log.isEnabledFor(logging.INFO):
            plan = None if code is None else self._plan_of(code)
            self._lines.do(partial(_tell, plan, record) for record in records)
        self.keep(code, *records)
        for each in self.on_record:
            for record in records:
                each(code, record)

    def keep(self, code: str | None, *records: Record) -> None:
        """For the journal alone."""
        self._guard(lambda: self._journal.write(code, *records))

    def beat(self, now: float) -> None:
        """A sign of life: see :meth:`mixer.journal.Journal.beat`."""
        self._guard(lambda: self._journal.beat(now))

    def _guard(self, write: Callable[[], None]) -> None:
        try:
            write()
        except JournalError as error:
            if not self._journal_fails:
                _log.error("%s; calls go on without it", error)
            self._journal_fails = True
        else:
            if self._journal_fails:
                _log.warning("the journal can be written again")
            self._journal_fails = False

    async def past(self, plan: Plan) -> list[Record]:
        """What has been written of it so far, as far as resumption asks, and the last; some at a time: of a journal of
        a million records it takes seconds, in which calls go on."""
        kept: list[Record] = []
        last: Record | None = None
        try:
            for number, last in enumerate(self._journal.one_by_one(plan.code), 1):
                if last.kind not in IMMATERIAL:
                    kept.append(last)
                if number % _AT_ONCE == 0:
                    await asyncio.sleep(0)
        except OSError as error:
            _log.error("%s: %s; “%s” is opened as if it were new", error.filename, error.strerror, plan.title)
            return []
        return [*kept, last] if last is not None and last.kind in IMMATERIAL else kept
