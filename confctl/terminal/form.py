"""The manual's form on a terminal: each field in turn, with what it is now as the default, and a summary at the end.

Every function raises RefusedError if the summary is not agreed to, and typer.Abort if somebody leaves before.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from confctl import dates
from confctl.book import drafting
from confctl.book.conference_file import local_time
from confctl.book.drafting import Wanted
from confctl.clock_times import parse_time
from confctl.problems import RefusedError
from confctl.session import listed
from confctl.terminal import render
from confctl.terminal.asking import Asker
from confctl.terminal.questions import nothing_changes
from confctl.terminal.table import Cell, Style, Table, Text, cell
from confctl.times import settled
from confctl.words import Sentence, say
from mixer.rules.model import Recorded

if TYPE_CHECKING:
    from pathlib import Path

    from confctl.book.conference_file import Draft, Entry
    from confctl.session import Session
    from confctl.terminal.screen import Screen
    from mixer.rules.model import Person


def new(wanted: Wanted, session: Session) -> Wanted:
    """Asks for whatever was not given."""
    with nothing_changes(session.language):
        asker = Asker(session)
        wanted = asker.conference(wanted)
        draft = drafting.new(wanted, session).draft
        _confirm(asker, _PLAN, draft, _greeting_name(wanted, draft), session)
    return wanted


def changed(entry: Entry, session: Session) -> Wanted:
    """Asks for each field of a planned conference; what is left as it is, is not in the result."""
    with nothing_changes(session.language):
        asker = Asker(session)
        was = entry.draft()
        wanted = _fields(asker, was, was.owner, was.participants, local_time(was.start, was.zone), session)
        if wanted != Wanted():
            draft = drafting.changed(wanted, entry, session).draft
            _confirm(asker, _SAVE, draft, _greeting_name(wanted, was), session)
    return wanted


def repeated(entry: Entry, session: Session) -> Wanted:
    """Asks for each field of a new conference like another; today unless another date is given."""
    with nothing_changes(session.language):
        asker = Asker(session)
        was = entry.draft()
        present = [person for person in was.participants if not drafting.is_gone(person, session)]
        owner = None if drafting.is_gone(was.owner, session) else was.owner
        wanted = _fields(asker, was, owner, present, _next_start(entry, session), session)
        draft = drafting.repeated(wanted, entry, session).draft
        _confirm(asker, _PLAN, draft, _greeting_name(wanted, was), session)
    return wanted


def _next_start(entry: Entry, session: Session) -> datetime:
    """Today; tomorrow if its hours are past today, or its own."""
    plan = entry.plan
    first, last, now = (local_time(instant, plan.zone) for instant in (plan.start, plan.end, session.now))
    start = datetime.combine(now.date(), first.time())
    is_itself = entry.ended is None and start == first
    return start + timedelta(days=1) if is_itself or start + (last - first) <= now else start


def _fields(
    asker: Asker,
    was: Draft,
    owner: Person | None,
    participants: list[Person] | tuple[Person, ...],
    start: datetime,
    session: Session,
) -> Wanted:
    """``owner``, ``participants`` and ``start`` (on the clocks of the zone) are what is proposed."""
    title = asker.title(was.title)
    leader = asker.person(say("Owner"), owner)
    others = participants if owner is None or leader == owner.number else (owner, *participants)
    chosen = asker.people([person for person in others if person.number != leader])
    proposed = {person.number for person in others} - {leader}
    deputy, no_deputy = _deputy(asker, was, leader, chosen)
    day, begins, ends = _times(asker, was, start, session)
    greeting, no_greeting = _greeting(asker, was)
    is_recorded = was.record is not Recorded.NOT
    record = asker.recorded(default=is_recorded)
    return Wanted(
        title=_unless(title, was.title),
        owner=_unless(leader, was.owner.number),
        date=day,
        start=begins,
        end=ends,
        joining=tuple(number for number in chosen if number not in proposed),
        leaving=tuple(number for number in proposed if number not in chosen and number != deputy),
        greeting=greeting,
        no_greeting=no_greeting,
        record=None if record == is_recorded else record,
        deputy=deputy,
        no_deputy=no_deputy,
    )


def _deputy(asker: Asker, was: Draft, owner: str, chosen: tuple[str, ...]) -> tuple[str | None, bool]:
    """Another one, and whether there is to be none any more; where nobody is ``chosen``, nobody can stand in."""
    if not chosen:
        return None, False
    before = next((each for each in was.participants if each.number == was.deputy and was.deputy in chosen), None)
    number = asker.deputy(owner, before)
    if number == (before.number if before else None):
        return None, False
    return number, number is None


def _times(asker: Asker, was: Draft, start: datetime, session: Session) -> tuple[str | None, str | None, str | None]:
    """The date, the start and the end, asked for until they go together; None is what stays as it was.

    The end that is proposed keeps the length.
    """
    first, last = local_time(was.start, was.zone), local_time(was.end, was.zone)
    day, begins, ends = f"{start:%Y-%m-%d}", f"{start:%H:%M}", None
    while True:
        day = asker.day(day, was.zone)
        begins = asker.start(begins, was.zone)
        at = datetime.combine(datetime.fromisoformat(day), parse_time(begins))
        moved = f"{at + (last - first):%H:%M}"
        ends = asker.end(ends or moved, begins, was.zone)
        wanted = Wanted(
            date=_unless(day, f"{first:%Y-%m-%d}"), start=_unless(begins, f"{first:%H:%M}"), end=_unless(ends, moved)
        )
        try:
            settled(*drafting.on_the_clocks(was, wanted, was.zone, session.now), was.zone, session.now)
        except RefusedError as refused:
            session.screen.complain(refused.sentence)
        else:
            return wanted.date, wanted.start, wanted.end


def _greeting(asker: Asker, was: Draft) -> tuple[Path | None, bool]:
    """Another file, and whether there is to be none any more."""
    if was.greeting is None:
        return asker.greeting(), False
    if asker.yes(say("Keep the greeting {file}?", file=was.greeting.name), default=True):
        return None, False
    file = asker.greeting()
    return file, file is None


def _unless(answer: str, before: str) -> str | None:
    return None if answer == before else answer


def _greeting_name(wanted: Wanted, was: Draft) -> str | None:
    if wanted.greeting:
        return wanted.greeting.name
    return was.greeting.name if was.greeting and not wanted.no_greeting else None


def _confirm(
    asker: Asker, question: tuple[Sentence, Sentence], draft: Draft, greeting: str | None, session: Session
) -> None:
    """Shows on stderr, where the questions are, what is about to be written.

    ``question`` has what is said to a no.
    """
    screen = session.screen
    when = dates.span_in_full(draft.start, draft.end, draft.zone, session.language)
    when += f" · {dates.duration(draft.end - draft.start, session.language)}"
    rows = [
        (cell(screen.word("Title"), style=Style.BOLD), cell(draft.title)),
        (cell(screen.word("Date and time"), style=Style.BOLD), cell(when)),
        (cell(screen.word("Owner"), style=Style.BOLD), cell(listed([draft.owner]))),
        (cell(screen.word("Participants"), style=Style.BOLD), _people(draft.participants)),
        *_deputy_row(draft, screen),
        (cell(screen.word("Greeting"), style=Style.BOLD), cell(greeting or "—")),
        *_recording(draft, screen),
    ]
    screen.aside(Table([Text(""), *rows, Text("")]))
    agreed, otherwise = question
    if not asker.yes(agreed, default=True):
        raise RefusedError(otherwise)


def _deputy_row(draft: Draft, screen: Screen) -> list[tuple[Cell, Cell]]:
    named = [person for person in draft.participants if person.number == draft.deputy]
    return [(cell(screen.word("Deputy"), style=Style.BOLD), cell(listed(named)))] if named else []


def _recording(draft: Draft, screen: Screen) -> list[tuple[Cell, Cell]]:
    if draft.record is Recorded.NOT:
        return []
    return [(cell(screen.word("Recording"), style=Style.BOLD), cell(render.recorded(draft.record, screen)))]


def _people(participants: tuple[Person, ...]) -> Cell:
    return cell(*(listed([person]) for person in participants)) or cell("—")


_PLAN = (say("Plan it?"), say("Nothing is planned."))
_SAVE = (say("Save it?"), say("Nothing is changed."))
