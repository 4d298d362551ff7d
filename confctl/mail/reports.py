"""The mail to the owner after the end: how it went in a few lines, the page and the table attached.

That it is due follows from the book, as with any other mail: a conference that people were told of is past, and nobody
has reported.  The mail is put into the outbox first, and counts once it is kept in mind that it was; so a kill at any
instant loses and doubles nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from confctl import dates
from confctl.clean import clean
from confctl.mail.blocks import Block, Row
from confctl.mail.changes import mailbox, with_known_addresses
from confctl.mail.letters import Letter, language_of
from confctl.mail.message import digest_id, written
from confctl.mail.settings import Mailbox, sender_of
from confctl.mail.told import Aside
from confctl.problems import BrokenFileError
from confctl.report import attendance, page, sheet, telling
from confctl.report.attendance import Attendee, Report, covered
from confctl.words import Language, count, say
from mixer.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confctl.book.book import Book
    from confctl.mail.outbox import Outbox
    from confctl.mail.told import Told
    from confctl.people.directory import Directory
    from confctl.settings import Settings
    from mixer.rules.model import Person


_MOST_REFUSED: Final = 20
"""Numbers in the text; the page has more."""


def report_of_the_past(outbox: Outbox, settings: Settings, book: Book, directory: Directory, told: Told) -> bool:
    """False if it can't be said now how it went, as a file can't be read.  The caller holds the outbox's lock.

    Raises OSError where the outbox can't be written.
    """
    try:
        entry = book.get(told.plan.code)
        records = Journal(settings.paths.journal).read(told.plan.code)
    except (BrokenFileError, OSError):
        return False
    if entry is None or entry.ended is None:
        return False
    plan = with_known_addresses(entry.plan, told, directory.by_number)
    after = replace(told, sequence=told.sequence + 1, at=max(entry.ended, told.at), reported=True)
    if records and mailbox(plan.owner) is not None:
        found = attendance.of(plan, records)
        found = attendance.masked(found) if settings.report.mask_numbers else found
        text = _mail(found, plan.owner, after, settings)
        outbox.put_aside(after.at, plan.code, plan.owner.number, Aside.REPORT, text, sequence=after.sequence)
    outbox.told.write(after)
    return True


def _mail(report: Report, owner: Person, told: Told, settings: Settings) -> str:
    """The whole message, with CRLF."""
    language, plan = language_of(owner, settings), report.plan
    zone = owner.timezone or plan.zone
    when = dates.span_without_zone(plan.start, plan.end, zone, language)
    subject = say("Report: {title}, {when}", title=plan.title, when=when).in_language(language)
    letter = Letter(subject, tuple(_blocks(report, owner, language, zone, settings)))
    to, name = Mailbox(owner.name, owner.email or ""), digest_id(told, Aside.REPORT, owner)
    message = written(letter, sender_of(settings), to, language, told.at, None, name)
    for subtype, octets in (
        ("html", page.write(report, language, zone).encode()),
        ("csv", sheet.write(report).encode("utf-8-sig")),  # without the mark Excel reads it as the machine's encoding
    ):
        charset, file = {"charset": "utf-8"}, f"report-{plan.code}.{subtype}"
        message.add_attachment(octets, maintype="text", subtype=subtype, filename=file, params=charset)
    return message.as_bytes().decode("utf-8")


def _blocks(report: Report, owner: Person, language: Language, zone: str, settings: Settings) -> Iterator[Block]:
    yield say("Hello, {name}!", name=owner.name).in_language(language)
    yield say("This is how your telephone conference went.").in_language(language)
    yield tuple(_facts(report, language, zone))
    if report.came:
        yield say("Who was there:").in_language(language)
        yield tuple(Row(_who(each, language), _attended(report, each, language, zone)) for each in report.came)
    if report.missing:
        yield say("Who never came:").in_language(language)
        yield tuple(Row(_who(each, language), _why(each, language)) for each in report.missing)
    if report.refused:
        yield say("Who was refused:").in_language(language)
        yield tuple(_refused(report, language, zone))
    yield say("The attached page has a picture of it, the attached table is for spreadsheets.").in_language(language)
    yield clean(settings.company.name)


def _facts(report: Report, language: Language, zone: str) -> Iterator[Row]:
    plan = report.plan
    away = covered(report.without_owner)
    for label, text in (
        (say("Title"), clean(plan.title)),
        (say("When"), dates.span_in_full(plan.start, report.end, zone, language)),
        (say("State"), telling.state(report, zone).in_language(language)),
        (say("In short"), telling.in_short(report).in_language(language)),
        (say("Without the owner"), dates.length(away) if away else ""),
        *((say("Gaps"), gap.in_language(language)) for gap in telling.gaps(report, zone)),
        *((say("Recorded"), clean(tape.name)) for tape in report.recordings),
    ):
        if text:
            yield Row(label.in_language(language), text)


def _who(someone: Attendee, language: Language) -> str:
    return clean(telling.who(someone, language))


def _attended(report: Report, someone: Attendee, language: Language, zone: str) -> str:
    stays = ", ".join(telling.stay(stay, report, zone) for stay in someone.stays)
    said = say("{times}; in all {length}", times=stays, length=dates.length(someone.seconds))
    if not someone.talked:
        return said.in_language(language)
    spoke = say(
        "{times}; in all {length}; spoke {talk} ({share} %)",
        **said.values,
        talk=dates.length(someone.talked),
        share=round(100 * report.share(someone)),
    )
    return spoke.in_language(language)


def _refused(report: Report, language: Language, zone: str) -> Iterator[Row]:
    for each in report.attempts[:_MOST_REFUSED]:
        number = clean(each.number) if each.number else say("unknown number").in_language(language)
        when, why = telling.refused_at(each, report, zone), telling.refused(each)
        yield Row(number, say("{time} {what}", time=when, what=why).in_language(language))
    if more := len(report.attempts[_MOST_REFUSED:]):
        yield Row(telling.NOTHING, count(more, "{n} more number", "{n} more numbers").in_language(language))


def _why(someone: Attendee, language: Language) -> str:
    calls = ", ".join(telling.outcome(call).in_language(language) for call in someone.calls)
    return calls or say("not called").in_language(language)
