"""What the running mixer does for mail: it starts ``confctl mail flush`` whenever there may be something to send.

TLS, letters and calendars are for a process of their own, with less right to the machine: nothing that a mail server
does, or does not do, is felt in a call.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from confctl import errand
from confctl.mail.outbox import Outbox
from mixer.programme import BookError

if TYPE_CHECKING:
    from collections.abc import Callable

    from confctl.settings import Settings

_log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
LONGEST_ROUND = 900.0
"""Seconds; then the round is asked to end after the mail that it is at."""
LAST_MAIL = 620.0
"""Seconds that it has for it: a server may take ten minutes for one (RFC 5321 §4.5.3.2.6)."""


@dataclass(frozen=True, slots=True)
class _Round:
    """What the last one left."""

    at: float
    """When it began; the clock is earlier only if it has been set back since."""
    book: object
    """The book's stamp before it."""
    outbox: int
    next: float | None


class Postman(errand.Errand):
    def __init__(
        self,
        settings: Settings,
        book_stamp: Callable[[], object],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``book_stamp`` differs from an earlier one if the book or the directory changed; may raise BookError."""
        super().__init__(settings)
        self._book_stamp = book_stamp
        self._clock = clock
        self._outbox = Outbox(settings.paths.outbox)
        self._last: _Round | None = None

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do now."""
        return self._last is not None and not self._is_due()

    def _mistaken(self, again: float) -> None:
        _log.exception("mails are not sent, by a mistake in confctl; trying again in %.0f s", again)

    async def _rounds(self) -> None:
        while True:
            if self._is_due():
                self._last = await self._round()
            await asyncio.sleep(LOOK_SECONDS)  # commands and editors change files, and tell nobody

    def _is_due(self) -> bool:
        last = self._last
        if last is None or (last.next is not None and not last.at <= self._clock() < last.next):
            return True
        return last.outbox != self._outbox.stamp() or last.book != self._stamp_of_book()

    def _stamp_of_book(self) -> object:
        """A book that can't be looked at has not changed: the conductor says what is the matter with it."""
        try:
            return self._book_stamp()
        except BookError:
            return self._last and self._last.book

    async def _round(self) -> _Round:
        began, book = self._clock(), self._stamp_of_book()
        done = await self._confctl("mail", "flush", "--by-mixer", longest=LONGEST_ROUND, grace=LAST_MAIL)
        try:
            report = json.loads(done.said)
            if sent := report["sent"]:
                _log.info("mails sent: %d", sent)
            return _Round(began, book, report["stamp"], report["next"])
        except (ValueError, KeyError, TypeError):
            _log.error("sending mails failed (exit status %s); it is tried again later", done.status)
            return _Round(began, book, self._outbox.stamp(), self._clock() + errand.AFTER_A_MISTAKE)
