"""Sends what waits in the outbox: in order for each person, with growing pauses, for two days, never twice.

A mail that waits keeps that person's later ones behind it, and nobody else's.  A mail is gone from the outbox once the
server has taken it, and no sooner; what a kill in that very moment means is said in :mod:`confctl.mail.smtp`.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from confctl.mail.notices import bring_up_to_date_locked
from confctl.mail.outbox import Envelope, Mail, Outbox, Tries
from confctl.mail.smtp import (
    Connection,
    DeferredByServer,
    LineLost,
    Patience,
    RefusedByServer,
    ServerFault,
    WornOut,
)
from confctl.words import Sentence, say

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from confctl.book.book import Book
    from confctl.people.directory import Directory
    from confctl.settings import Settings

PAUSES = (60.0, 120.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0)
"""Seconds after the first attempt, the second, …; the last goes on."""
GIVEN_UP_AFTER = 2 * 86400.0
"""Seconds from the first attempt (RFC 5321 §4.5.4.1 wants four to five days; a conference is over by then)."""
KEPT = 30 * 86400.0
"""Seconds for which a mail that was given up can be looked at."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    to: str
    subject: str
    reason: Sentence


@dataclass(slots=True)
class Report:
    """What came of it."""

    sent: int = 0
    given_up: list[GivenUp] = field(default_factory=list)
    fault: Sentence | None = None
    """What was wrong with the server, for which all wait."""
    waiting: int = 0
    unsettled: bool = False
    """Whether something was changed by hand so recently that it is told later."""
    next: float | None = None
    """When there is something to do again, if nothing changes; seconds since the epoch."""
    damaged: list[Path] = field(default_factory=list)
    """As :attr:`confctl.mail.notices.Queued.damaged`."""
    stamp: int = 0
    """:meth:`Outbox.stamp` when this was true."""


@dataclass(frozen=True, slots=True)
class Haste:
    """What may be sent now."""

    regardless: bool = False
    """Of the pauses."""
    rested: float = 0.0
    """Seconds for which a file of the book must have been left alone, before what it says is told."""
    patience: Patience = field(default_factory=Patience)


@dataclass
class Sender:
    """The caller holds :meth:`Outbox.sending`.  Methods raise OSError."""

    outbox: Outbox
    settings: Settings
    directory: Directory
    book: Book
    clock: Callable[[], float]
    """Seconds since the epoch."""
    haste: Haste = field(default_factory=Haste)
    stopping: Callable[[], bool] = lambda: False
    """Whether to end after the mail that is being sent."""
    _envelopes: dict[str, Envelope] = field(default_factory=dict)
    _tried: set[str] = field(default_factory=set)
    """Names of files: each is tried once."""

    def send(self) -> Report:
        """Everything that is due, and what becomes due meanwhile."""
        report = Report()
        with ExitStack() as open_connection:
            line = _Line(self, open_connection)
            while not self._is_over(report) and (due := self._due(report)):
                self._send_in_order(due, line, report)
        if report.fault:
            self._wait_for_server(report)
        self._conclude(report)
        return report

    def take_back_failed(self) -> int:
        """Those that were given up and are of use still; how many.  What is void by now is thrown away."""
        with self.outbox.changing():
            failed = [mail for mail in self.outbox.failed() if self.envelope(mail).expires > self.clock()]
            void = [mail for mail in failed if self.outbox.is_void(mail)]
            again = [mail for mail in failed if mail not in void]
            for mail in void:
                self.outbox.discard(mail)
            for mail in again:
                self.outbox.take_back(mail, self.clock())
            if again:
                self.outbox.praise_server()  # two days from now, not from the first time
        return len(again)

    def _is_over(self, report: Report) -> bool:
        return self.stopping() or report.fault is not None

    def _send_in_order(self, due: list[Mail], line: _Line, report: Report) -> None:
        held: set[str] = set()
        for mail in due:
            if self._is_over(report):
                return
            to = self._mailbox(mail)
            if to in held:
                continue
            self._tried.add(mail.file.name)
            line.carry(mail, report)
            if mail.file.exists():
                held.add(to)

    def envelope(self, mail: Mail) -> Envelope:
        if mail.file.name not in self._envelopes:
            self._envelopes[mail.file.name] = self.outbox.envelope(mail)
        return self._envelopes[mail.file.name]

    def _mailbox(self, mail: Mail) -> str:
        return self.envelope(mail).to.casefold()

    def give_up(self, mail: Mail, reason: Sentence, report: Report, *, attempted: bool) -> None:
        now = self.clock()
        tries = tried_again(mail.tries, reason, now)
        self.outbox.give_up(mail, replace(tries, count=tries.count - (not attempted), next=now))
        envelope = self.envelope(mail)
        report.given_up.append(GivenUp(envelope.to, envelope.subject, reason))

    def _due(self, report: Report) -> list[Mail]:
        """What is to be sent now; what is too late is given up on the way."""
        with self.outbox.changing():
            waiting = self._up_to_date(report)
            server = self.outbox.server
        now = self.clock()
        if self.settings.mail is None or (_is_too_early(server, now) and not self.haste.regardless):
            return []
        held: set[str] = set()
        due: list[Mail] = []
        for mail in waiting:
            to = self._mailbox(mail)
            too_early = _is_too_early(mail.tries, now) and not self.haste.regardless
            if to in held or too_early or mail.file.name in self._tried:
                held.add(to)
            else:
                due.append(mail)
        return due

    def _up_to_date(self, report: Report) -> list[Mail]:
        now = self.clock()
        queued = bring_up_to_date_locked(
            self.outbox, self.settings, self.directory, self.book, now, rested=self.haste.rested
        )
        report.damaged += queued.damaged
        report.next, report.unsettled = queued.unsettled, queued.unsettled is not None
        waiting = self.outbox.waiting()
        late = [mail for mail in waiting if self.envelope(mail).expires <= now]
        for mail in late:
            self.give_up(mail, _too_late(mail), report, attempted=False)
        for mail in self.outbox.failed():
            if mail.tries is not None and mail.tries.next + KEPT < now:
                self.outbox.discard(mail)
        return [mail for mail in waiting if mail not in late]

    def _wait_for_server(self, report: Report) -> None:
        """All mails wait, or are given up if they waited long enough."""
        assert report.fault is not None
        now = self.clock()
        tries = tried_again(self.outbox.server, report.fault, now)
        self.outbox.blame_server(tries)
        with self.outbox.changing():
            for mail in self.outbox.waiting():
                if now - max(tries.first, mail.at) >= GIVEN_UP_AFTER:
                    self.give_up(mail, report.fault, report, attempted=False)

    def _conclude(self, report: Report) -> None:
        with self.outbox.changing():
            waiting = self.outbox.waiting()
            report.waiting, report.stamp = len(waiting), self.outbox.stamp()
            if self.settings.mail is None or not waiting:
                return
            server = self.outbox.server
            first_of_each: dict[str, float] = {}
            for mail in waiting:
                first_of_each.setdefault(self._mailbox(mail), mail.tries.next if mail.tries else 0.0)
        soonest = max(min(first_of_each.values()), server.next if server else 0.0)
        report.next = soonest if report.next is None else min(soonest, report.next)


@dataclass
class _Line:
    """A connection that is opened for the first mail, and again if it breaks in the middle of one."""

    sender: Sender
    stack: ExitStack
    connection: Connection | None = None
    lost: int = 0
    """Times in a row."""

    def carry(self, mail: Mail, report: Report) -> None:
        """Sends one mail, unless another has taken its place meanwhile, and keeps what came of it."""
        try:
            connection = self._opened()
        except ServerFault as fault:
            report.fault = fault.reason
            return
        sender = self.sender
        if sender.outbox.begin(mail, tried_again(None, say("it was begun, and interrupted"), sender.clock())):
            self._hand_over(connection, mail, report)

    def _hand_over(self, connection: Connection, mail: Mail, report: Report) -> None:
        sender = self.sender
        try:
            connection.send(sender.envelope(mail).to, mail.file.read_bytes())
        except WornOut:
            self.connection = None
            self._hand_over_anew(mail, report)
            return
        except ServerFault as fault:
            sender.outbox.never_began(mail)
            report.fault = fault.reason
            return
        except LineLost as lost:
            self.connection, self.lost = None, self.lost + 1
            self._defer(mail, lost.reason, report)
            if self.lost > 1:
                report.fault = lost.reason
            return
        except DeferredByServer as deferred:
            self._defer(mail, deferred.reason, report)
        except RefusedByServer as refused:
            sender.give_up(mail, refused.reason, report, attempted=True)
        else:
            sender.outbox.sent(mail)
            report.sent += 1
        if not connection.is_open:
            self.connection = None
        self.lost = 0
        sender.outbox.praise_server()

    def _hand_over_anew(self, mail: Mail, report: Report) -> None:
        try:
            connection = self._opened()
        except ServerFault as fault:
            self.sender.outbox.never_began(mail)
            report.fault = fault.reason
            return
        self._hand_over(connection, mail, report)

    def _opened(self) -> Connection:
        """Raises ServerFault."""
        settings = self.sender.settings
        assert settings.mail is not None
        if self.connection is None:
            self.sender.outbox.check_writable()
            opened = Connection(settings.mail, settings.sip.domain, self.sender.haste.patience)
            self.connection = self.stack.enter_context(opened)
        return self.connection

    def _defer(self, mail: Mail, reason: Sentence, report: Report) -> None:
        now = self.sender.clock()
        tries = tried_again(mail.tries, reason, now)
        if now - tries.first >= GIVEN_UP_AFTER:
            self.sender.give_up(mail, reason, report, attempted=True)
        else:
            self.sender.outbox.note(mail, tries)


def tried_again(before: Tries | None, error: Sentence, now: float) -> Tries:
    """What is known after one more attempt that failed."""
    first, count = (before.first, before.count) if before else (now, 0)
    return Tries(first, count + 1, now + PAUSES[min(count, len(PAUSES) - 1)], error)


def _is_too_early(tries: Tries | None, now: float) -> bool:
    """Not when the next attempt is further ahead than any pause: the clock has been set back since the last one."""
    return tries is not None and now < tries.next <= now + PAUSES[-1]


def _too_late(mail: Mail) -> Sentence:
    if mail.tries is None:
        return say("the conference is over")
    return say("the conference is over; before that: {error}", error=mail.tries.error)
