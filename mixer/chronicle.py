"""What happens in conferences, written down: in the log, in the journal, and told to whoever follows it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mixer.call_log import of_call
from mixer.journal import Journal, JournalError
from mixer.narration import narrate

if TYPE_CHECKING:
    from collections.abc import Callable

    from mixer.model import Plan
    from mixer.records import Record

_log = logging.getLogger(__name__)


class Chronicle:
    """``plan_of`` is the conference of a code.  A journal that can't be written is told once, and again when it can:
    the calls go on."""

    def __init__(self, journal: Journal, plan_of: Callable[[str], Plan | None]) -> None:
        self._journal = journal
        self._plan_of = plan_of
        self._journal_fails = False
        self.on_record: list[Callable[[str | None, Record], None]] = []
        """Each is told the records as they are written, and of which conference."""

    def write(self, code: str | None, *records: Record, told: bool = False) -> None:
        """``told``: the log has it already, in other words."""
        plan = None if code is None else self._plan_of(code)
        for record in () if told else records:
            _log.info("%s", narrate(plan, record), extra=of_call(record.leg, plan))
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

    def past(self, plan: Plan) -> list[Record]:
        """What has been written of it so far."""
        try:
            return self._journal.read(plan.code)
        except OSError as error:
            _log.error("%s: %s; “%s” is opened as if it were new", error.filename, error.strerror, plan.title)
            return []
