"""Puts into the outbox what people have not been told yet: the book as it is against what they were last told.

Nothing remembers that somebody must be told something; it follows from the two.  So a command that was killed between
the book and the mails, or a file that was changed by hand, loses nothing and doubles nothing: whoever looks next writes
what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from confctl.mail.changes import News, Notice, called_off, news, with_known_addresses
from confctl.mail.outbox import Outbox, is_to_be_sent
from confctl.mail.settings import sender_of
from confctl.mail.superseding import superseding
from confctl.mail.told import Kind, Told, Unsent, Waits, bare
from confctl.problems import BrokenFileError

if TYPE_CHECKING:
    from pathlib import Path

    from confctl.book.book import Book
    from confctl.book.conference_file import Entry
    from confctl.mail.message import Writer
    from confctl.mail.outbox import Mail
    from confctl.people.directory import Directory
    from confctl.settings import Settings
    from mixer.rules.model import Person


@dataclass(frozen=True, slots=True)
class Queued:
    """How many mails of each kind were put into the outbox."""

    invitations: int = 0
    updates: int = 0
    cancellations: int = 0
    withdrawn: int = 0
    """People for whom a mail waited that nobody needs any more."""
    unreachable: tuple[Person, ...] = ()
    """Who would have got one too, and has no mail address."""
    damaged: tuple[Path, ...] = ()
    """What people were told could not be read any more: where each such file was put."""
    unsettled: float | None = None
    """When to look again, as somebody may be in the middle of changing something by hand; seconds since the epoch."""


RESTED = 60.0
"""Seconds for which a file must have been left alone, where somebody may be at work in it."""


def bring_up_to_date(
    settings: Settings, directory: Directory, book: Book, now: float, *, rested: float = 0.0
) -> Queued:
    """``rested``: leave out what was changed less than these seconds ago.  Raises OSError; all is then tried again."""
    outbox = Outbox(settings.paths.outbox)
    with outbox.changing():
        return bring_up_to_date_locked(outbox, settings, directory, book, now, rested=rested)


def bring_up_to_date_locked(
    outbox: Outbox, settings: Settings, directory: Directory, book: Book, now: float, *, rested: float
) -> Queued:
    """As :func:`bring_up_to_date`, by who holds the outbox's lock already."""
    return _Look(outbox, settings, directory, book, now, rested).queue()


@dataclass(frozen=True, slots=True)
class _Look:
    outbox: Outbox
    settings: Settings
    directory: Directory
    book: Book
    now: float
    rested: float
    untried: dict[str, Mail] = field(default_factory=dict)
    """By the name of the file: nobody begins to send one while we have the outbox's lock."""
    damaged: list[Path] = field(default_factory=list)

    def queue(self) -> Queued:
        self._mend_what_waits()
        entries, problems = self.book.entries()
        there = {entry.plan.code for entry in entries} | {problem.file.stem for problem in problems}
        gone = self.outbox.told.codes() - there
        found = [*map(self._current, entries), *map(self._missing, sorted(gone))]
        queued = [self._write(each) for each in found if isinstance(each, News)]
        self._drop_what_is_past(gone)
        self._forget(gone - self._report(gone))
        return replace(_in_all(queued, _earliest(found)), damaged=tuple(self.damaged))

    def _mend_what_waits(self) -> None:
        """Half an announcement is to be written again, or never; and a sender may have been named since."""
        self.outbox.clear()
        by_code: dict[str, list[Mail]] = {}
        for mail in self.outbox.waiting():
            by_code.setdefault(mail.code, []).append(mail)
        for code, mails in by_code.items():
            told = self._told(code)
            if told is None and self.outbox.told.is_there(code):
                continue  # the book's file is broken too: nothing is thrown away until that is mended
            for mail in mails:
                if not is_to_be_sent(mail, told):
                    self.outbox.discard(mail)
                elif mail.tries is None:
                    self.untried[mail.file.name] = mail
            if told and told.waits.sender != self._sender and self._unsent(told):
                self._sign_anew(told)

    def _drop_what_is_past(self, gone: set[str]) -> None:
        """Nobody can come any more to one that has ended early.  Last, as a call-off withdraws what was never sent."""
        useless = [
            mail
            for mail in (self.outbox.waiting() if gone else ())
            if mail.code in gone and mail.kind in (Kind.INVITATION, Kind.UPDATE)
        ]
        past = {code for code in {mail.code for mail in useless} if self._is_past(code)}
        for mail in useless:
            if mail.code in past:
                self.outbox.discard(mail)

    def _sign_anew(self, told: Told) -> None:
        """Mails are from who is the sender when they are sent: calendars take changes from nobody else."""
        unsent = self._unsent(told)
        writer = self._writer()
        for each in unsent:
            mail = self.untried[each.file]
            then = replace(told, sequence=mail.sequence, at=mail.at)
            self.outbox.rewrite(each.file, writer.mail(Notice(each.kind, each.to, then, each.knew)))
        self.outbox.told.write(replace(told, waits=replace(told.waits, sender=self._sender, unsent=unsent)))

    @property
    def _sender(self) -> str:
        sender = sender_of(self.settings)
        return f"{sender.name} <{sender.address}>"

    def _unsent(self, told: Told | None) -> tuple[Unsent, ...]:
        """The mails of a conference in whose place others can be put."""
        return tuple(each for each in told.waits.unsent if each.file in self.untried) if told else ()

    def _current(self, entry: Entry) -> News | float | None:
        """The news of a conference that the book has; when to look again if it is not settled yet."""
        plan = entry.plan
        if plan.end <= self.now:
            return None
        if self.rested and (settled := self._last_touched(self._file(plan.code)) + self.rested) > self.now:
            return settled
        told = self._told(plan.code)
        known = with_known_addresses(plan, told, self.directory.by_number)
        return news(told, known, self._uid(entry), self.now)

    def _uid(self, entry: Entry) -> str:
        return f"{entry.plan.code}-{int(entry.created)}@{self.settings.sip.domain}"

    def _told(self, code: str) -> Told | None:
        """What people were last told.

        Where that can't be read any more, what is planned now is taken for it: to leave out a change is less harm than
        to invite everybody anew, and as another entry of their calendars.
        """
        told = self.outbox.told.read(code)
        if told is not None or not self.outbox.told.is_there(code):
            return told
        try:
            entry = self.book.get(code)
        except BrokenFileError:
            return None
        self.damaged.append(self.outbox.told.keep_aside(code))
        if entry is None or entry.ended is not None:
            self.outbox.told.forget(code)
            return None
        told = Told(bare(entry.plan), self._uid(entry), self._late_sequence(entry), self.now)
        self.outbox.told.write(told)
        return told

    def _late_sequence(self, entry: Entry) -> int:
        """Later than any that people can have: less than one announcement a second was made."""
        mails = (*self.outbox.waiting(), *self.outbox.failed())
        known = [mail.sequence for mail in mails if mail.code == entry.plan.code]
        return max(int(self.now - entry.created), *known, 0)

    def _missing(self, code: str) -> News | float | None:
        """The same of one that people know of, and the book has not.

        Looked for in the order in which the book moves its files, one may move meanwhile and is still found.
        """
        told = self._told(code)
        if told is None or told.cancelled or told.plan.end <= self.now or self._file(code).exists():
            return None
        if self._is_past(code):
            return called_off(told, self.now, without_owner=True) if self._was_called_off(code) else None
        folder = self.settings.paths.conferences
        if (folder / "deleted" / f"{code}.toml").exists():
            return called_off(told, self.now)
        if not (folder / "codes").exists():  # not the book at all, but a folder where a disk should be
            return None
        settled = self._last_touched(folder) + RESTED  # an editor may be about to put it back
        return called_off(told, self.now) if settled <= self.now else settled

    def _write(self, found: News) -> Queued:
        """The mails first: what was told is true once it is written, and not before; what they supersede goes last."""
        waiting = self._unsent(self.outbox.told.read(found.told.plan.code))
        notices, superseded = superseding(found.notices, waiting)
        writer = self._writer()
        new = tuple(
            Unsent(self.outbox.put(notice, writer.mail(notice)), notice.kind, notice.to, notice.before)
            for notice in notices
        )
        kept = tuple(each for each in waiting if each.file not in superseded)
        self.outbox.told.write(replace(found.told, waits=Waits(self._sender, (*kept, *new), superseded)))
        for name in superseded:
            self.outbox.discard(self.untried[name])
        kinds = [notice.kind for notice in notices]
        return Queued(
            invitations=kinds.count(Kind.INVITATION),
            updates=kinds.count(Kind.UPDATE),
            cancellations=kinds.count(Kind.CANCELLATION),
            withdrawn=len(found.notices) - len(notices),
            unreachable=found.unreachable,
        )

    def _report(self, gone: set[str]) -> set[str]:
        """Tells owners how it went, once; of which conferences this is still to be done, as it can't be now."""
        if not self.settings.report.mail:
            return set()
        from confctl.mail.reports import report_of_the_past  # and all that a report is made of

        told = filter(None, map(self.outbox.told.read, sorted(gone)))
        due = [each for each in told if not (each.reported or each.cancelled) and self._is_past(each.plan.code)]
        return {
            each.plan.code
            for each in due
            if not report_of_the_past(self.outbox, self.settings, self.book, self.directory, each)
        }

    def _forget(self, gone: set[str]) -> None:
        """What was told of conferences that are over, once no mail of theirs waits."""
        over = {code for code in gone if self._is_over(code)}
        for code in over - {mail.code for mail in self.outbox.waiting()} if over else ():
            self.outbox.told.forget(code)

    def _is_over(self, code: str) -> bool:
        told = self.outbox.told.read(code)
        return told is None or told.plan.end <= self.now or self._is_past(code)

    def _is_past(self, code: str) -> bool:
        return next((self.settings.paths.conferences / "past").glob(f"*/*/{code}.toml"), None) is not None

    def _was_called_off(self, code: str) -> bool:
        """It has ended without having been held: who waits for its calendar entry is told."""
        try:
            entry = self.book.get(code)
        except BrokenFileError:  # whoever broke a file of the past is to mend it
            return False
        return entry is not None and entry.reason == _CALLED_OFF

    def _file(self, code: str) -> Path:
        return self.settings.paths.conferences / f"{code}.toml"

    def _last_touched(self, file: Path) -> float:
        """Now, of a file that is gone since it was read: it is no time to say anything of it."""
        try:
            return file.stat().st_mtime
        except FileNotFoundError:
            return self.now

    def _writer(self) -> Writer:
        from confctl.mail.message import Writer  # the mail and calendar libraries, only where there is something to say

        return Writer(self.settings)


_CALLED_OFF = "called-off"
"""As :class:`mixer.rules.conference.EndReason` has it: the owner has not come."""


def _in_all(queued: list[Queued], unsettled: float | None) -> Queued:
    return Queued(
        invitations=sum(each.invitations for each in queued),
        updates=sum(each.updates for each in queued),
        cancellations=sum(each.cancellations for each in queued),
        withdrawn=sum(each.withdrawn for each in queued),
        unreachable=tuple({person.number: person for each in queued for person in each.unreachable}.values()),
        unsettled=unsettled,
    )


def _earliest(found: list[News | float | None]) -> float | None:
    return min((each for each in found if isinstance(each, float)), default=None)
