"""What the commands that plan a conference, or change one, say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confctl.book.listing import state
from confctl.book.side_glances import overlooked
from confctl.terminal import notified

if TYPE_CHECKING:
    from confctl.book.conference_file import Entry
    from confctl.book.greeting import Greeting
    from confctl.session import Session
    from confctl.words import Sentence


def complain(session: Session, notes: tuple[Sentence, ...] | list[Sentence], greeting: Greeting | None) -> None:
    """What was settled, and what is wrong with the greeting."""
    for note in (*notes, *(greeting.warnings if greeting else ())):
        session.screen.complain(note)


def glance_aside(session: Session, entry: Entry) -> None:
    """At who else has somebody of this conference at that time, and at who stands in for its owner."""
    current, _ = session.book.entries()
    for note in overlooked(entry.plan, current, session.settings.conference.owner_absence):
        session.screen.complain(note)


def show(
    session: Session,
    headline: Sentence,
    entry: Entry,
    before: Entry | None = None,
    *,
    warned: bool,
    as_json: bool,
) -> None:
    """The conference in full; of one that there was ``before``, what is different too."""
    its_state = state(entry, session.journal, session.now, session.mixer_runs)
    if as_json:
        from confctl.terminal import as_json as json

        shown = json.conference(entry, its_state)
        if before:
            was = json.conference(before, its_state)
            anew = "greeting" if before.greeting != entry.greeting else None  # another sound may be called the same
            shown["changed"] = [name for name, value in was.items() if shown[name] != value or name == anew]
        notified.tell_as_json(session, shown)
        return
    from confctl.terminal import render

    if before and before != entry:
        changes(session, headline, before, entry)
        session.screen.blank()
    else:
        session.screen.line(headline)
    session.screen.table(render.conference(entry, its_state, session.screen, session.settings, warned=warned))
    notified.tell(session)


def changes(session: Session, headline: Sentence, before: Entry, after: Entry) -> None:
    from confctl.terminal import render

    session.screen.line(headline)
    if before != after:
        session.screen.table(render.changes(before, after, session.screen, session.settings.company.timezone))
