"""An entry of the journal, as a line for people or as a value for scripts."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from confctl.clean import clean
from confctl.problems import BrokenFileError
from confctl.words import translated
from mixer.narration import SAID, told
from mixer.phrases import Phrase
from mixer.rules.records import Kind

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from confctl.book.book import Book
    from confctl.live.tail import Entry
    from confctl.storage.files import Stamp
    from confctl.terminal.screen import Json
    from confctl.words import Language
    from mixer.rules.model import Plan


_MOST_CALLERS: Final = 10_000


class Narrator:
    def __init__(self, book: Book, language: Language, zone: ZoneInfo) -> None:
        self._book = book
        self._language = language
        self._zone = zone
        self._plans: dict[str, Plan | None] = {}
        self._stamps: dict[str, Stamp] = {}
        """Of the book, when each was looked for."""
        self._callers: dict[tuple[str | None, str], str] = {}
        """Whence guests called, by the conference and their legs: the last ones."""

    def line(self, entry: Entry, *, titled: bool) -> str:
        """``2026-11-30 15:30:12  Weekly meeting: Anna Petrova is in``."""
        plan = self._plan(entry)
        subject = "" if not titled else f"{entry.code or '—' if plan is None else plan.title}: "
        return clean(f"{self._local(entry):%Y-%m-%d %H:%M:%S}  {subject}{self.text(entry)}")

    def short(self, entry: Entry) -> str:
        """``15:30:12  Anna Petrova is in``."""
        return clean(f"{self._local(entry):%H:%M:%S}  {self.text(entry)}")

    def value(self, entry: Entry) -> dict[str, Json]:
        record, plan = entry.record, self._plan(entry)
        person = plan.person(record.person) if plan and record.person else None
        return {
            "code": entry.code,
            "at": self._local(entry).isoformat(timespec="milliseconds"),
            "kind": record.kind,
            "leg": record.leg,
            "person": record.person,
            "name": person.name if person else None,
            "owner": record.owner,
            "detail": record.detail,
            "by": record.by,
            "user": record.user,
            "text": self.text(entry),
        }

    def text(self, entry: Entry) -> str:
        """``Anna Petrova is in``; of a newer mixer's words, as they are."""
        if entry.record.kind not in SAID:
            return f"{entry.record.kind} {entry.record.detail}".rstrip()
        plan = self._plan(entry)
        return spoken(told(plan, entry.record, self._guest(plan, entry)), self._language)

    def _guest(self, plan: Plan | None, entry: Entry) -> str:
        """What tells a guest from the others: the number that they have called from, or else in which order.

        Of a number that was called in, and is on no list in the book, that number.
        """
        record = entry.record
        if plan and record.person and plan.person(record.person):
            return ""
        if record.leg is None:
            return record.person or ""
        leg = entry.code, record.leg
        if record.kind == Kind.ENTERED and record.detail:
            self._callers[leg] = record.detail
            if len(self._callers) > _MOST_CALLERS:
                del self._callers[next(iter(self._callers))]
        return record.person or self._callers.get(leg) or record.leg.rpartition("-")[2]

    def _local(self, entry: Entry) -> datetime:
        return datetime.fromtimestamp(entry.record.at, self._zone)

    def _plan(self, entry: Entry) -> Plan | None:
        """Looked for again where somebody is on none that is known and the book has changed: a list may grow."""
        code, person = entry.code, entry.record.person
        if code is None:
            return None
        known = self._plans.get(code)
        is_new = code not in self._plans
        if is_new or (known is not None and person is not None and known.person(person) is None):
            stamp = self._book.stamp()
            if not is_new and stamp == self._stamps[code]:
                return known  # it is a guest, or a stranger who was refused
            self._stamps[code] = stamp
            try:
                found = self._book.get(code)
            except BrokenFileError:  # its events are told all the same
                found = None
            known = self._plans[code] = known if found is None else found.plan
        return known


def spoken(phrase: Phrase, language: Language) -> str:
    """What the mixer says, in a language."""
    values = phrase.values.items()
    places = {name: spoken(each, language) if isinstance(each, Phrase) else each for name, each in values}
    return translated(phrase.text, language) % places
