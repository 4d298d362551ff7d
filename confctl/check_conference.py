"""``confctl check CODE``: whether a conference could begin, and everybody be in it, as far as that can be known now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confctl import (
    check,
    check_certificate,
    check_clock,
    check_entry,
    check_phones,
    check_prompts,
    check_room,
    check_trunks,
    dates,
)
from confctl.book.needs import Needs
from confctl.findings import fine, wrong
from confctl.mail import check as mail_check
from confctl.problems import RefusedError
from confctl.running import is_running
from confctl.words import say
from mixer.rules.model import Recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confctl.book.book import Book
    from confctl.book.conference_file import Entry
    from confctl.findings import Finding
    from confctl.people.directory import Directory
    from confctl.settings import Settings
    from confctl.words import Language
    from mixer.rules.model import Plan


def check_conference(
    settings: Settings, directory: Directory, book: Book, entry: Entry, now: float, language: Language
) -> list[Finding]:
    """Each thing that was looked at, the good ones too.  Takes up to a minute.

    Raises RefusedError for one that is over.
    """
    if entry.ended is not None:
        raise RefusedError(say("Conference {code} is over: there is nothing to check.", code=entry.plan.code))
    return list(_findings(settings, directory, book, entry, now, language))


def _findings(
    settings: Settings, directory: Directory, book: Book, entry: Entry, now: float, language: Language
) -> Iterator[Finding]:
    plan = entry.plan
    others = [each.plan for each in book.entries()[0] if each.plan.code != plan.code]
    when = dates.span_in_full(plan.start, plan.end, plan.zone, language)
    yield fine(say("conference"), say("“{title}”, {when}", title=plan.title, when=when))
    yield from check_entry.gone(say("people"), plan, directory)
    yield from check_entry.guessable(say("conference"), plan)
    yield from check_entry.deputy(plan, settings.conference.owner_absence)
    yield from check_phones.phones(settings, plan)
    if Needs(settings).lines(plan):
        running = is_running(settings)
        found = list(check_trunks.trunks(settings, running=running))
        yield from found
        yield from check_trunks.passwords(settings, running=running)
        up = [trunk for trunk, finding in zip(settings.trunks, found, strict=True) if not finding.wrong]
        yield from check_room.lines(settings, plan, others, up)
    yield from _greeting(entry)
    yield from check_prompts.shipped(settings, {person.language for person in plan.people if person.language})
    yield from check_prompts.own(settings)
    yield check_room.ports(settings, plan, others)
    yield from check.folders(settings)
    if plan.record is not Recorded.NOT:
        yield from _recording(settings, entry, others)
    yield from check_certificate.certificate(settings, plan.end)
    yield from mail_check.findings(settings, now)
    yield check_clock.clock(settings, now)


def _greeting(entry: Entry) -> Iterator[Finding]:
    found = list(check_entry.greetings(entry))
    yield from found
    copy = entry.greeting
    if copy is not None and not found and copy.seconds is not None:
        yield fine(say("greeting"), say("{file}, {length}", file=copy.name, length=dates.length(copy.seconds)))


def _recording(settings: Settings, entry: Entry, others: list[Plan]) -> Iterator[Finding]:
    folder = settings.recording.folder
    if problem := check.unwritable(folder):
        yield wrong(say("recordings"), problem)
    else:
        yield check_room.recording(settings, entry.plan, others, check.free(folder))
