"""The two lists, printed.  Nothing of Typer is here, so that the commonest command of all can do without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confctl.book import listing
from confctl.words import say

if TYPE_CHECKING:
    from confctl.book.conference_file import Entry
    from confctl.book.listing import Current
    from confctl.problems import Problem
    from confctl.session import Session

_LATEST = 100
"""Past conferences that are shown if no year and no month is named: nobody reads years of them."""


def current(session: Session, *, as_json: bool) -> None:
    """What runs and what is planned."""
    listed, problems = listing.current(session.book, session.journal, session.now, session.mixer_runs)
    if as_json:
        from confctl.terminal import as_json as json

        session.screen.json(json.current(listed, problems))
    else:
        _current_table(session, listed, problems)
    session.screen.warn_of(problems)


def past(session: Session, year: int | None, month: int | None, *, as_json: bool) -> None:
    """What has ended; for people the latest ones, unless a year or a month is named."""
    earlier = 0
    if year or month or as_json:
        entries, problems = session.book.past(year, month)
    else:
        entries, earlier, problems = session.book.latest_past(_LATEST)
    if as_json:
        from confctl.terminal import as_json as json

        session.screen.json(json.past(entries, problems))
    else:
        _past_table(session, entries, earlier)
    session.screen.warn_of(problems)


def _current_table(session: Session, listed: list[Current], problems: list[Problem]) -> None:
    from confctl.terminal import render

    unreadable = len({problem.file for problem in problems})
    session.screen.line(say("{counts}", counts=render.count_line(listed, unreadable, session.language)))
    if listed:
        session.screen.table(render.current(listed, session.screen, session.settings.company.timezone))


def _past_table(session: Session, entries: list[Entry], earlier: int) -> None:
    from confctl.terminal import render

    if not entries:
        session.screen.line(say("There are no past conferences here."))
        return
    session.screen.table(render.past(entries, session.screen, session.settings.company.timezone))
    if earlier:
        session.screen.line(say("Earlier ones: {count}; --year and --month show them.", count=earlier))
