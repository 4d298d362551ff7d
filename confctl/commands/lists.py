"""``confctl list`` and ``show``."""

from typing import Annotated

import typer

from confctl.book import no_such
from confctl.commands import options
from confctl.conference_file import Entry
from confctl.listing import Current, current, state
from confctl.problems import UsageError
from confctl.session import Session
from confctl.words import say


def register(app: typer.Typer) -> None:
    app.command(name="list")(list_conferences)
    app.command()(show)


def list_conferences(
    context: typer.Context,
    past: Annotated[bool, typer.Option("--past", help="Ended conferences instead of current ones.")] = False,
    year: Annotated[int | None, typer.Option(help="Of past ones, those of a year.", min=1970, max=9999)] = None,
    month: Annotated[int | None, typer.Option(help="Of past ones, those of a month.", min=1, max=12)] = None,
    as_json: options.Json = False,
) -> None:
    """List running and planned conferences, or past ones.

    \b
    Examples:
      confctl list
      confctl list --past --year 2026 --month 11
      confctl list --json
    """
    from confctl import as_json as json

    session: Session = context.obj
    if not past and (year or month):
        raise UsageError(say("--year and --month belong to --past."))
    earlier = 0
    if not past:
        listed, problems = current(session.book, session.journal, session.now, session.mixer_runs)
    elif year or month or as_json:
        entries, problems = session.book.past(year, month)
    else:
        entries, earlier, problems = session.book.latest_past(_LATEST)
    if as_json:
        session.screen.json(json.past(entries) if past else json.current(listed))
    elif past:
        _past_table(session, entries, earlier)
    else:
        _current_table(session, listed)
    session.screen.warn_of(problems)


def show(
    context: typer.Context,
    code: options.Code,
    as_json: options.Json = False,
) -> None:
    """Show a conference, current or past.

    \b
    Examples:
      confctl show 123456
      confctl show 123456 --json
    """
    session: Session = context.obj
    entry = session.book.get(code)
    if entry is None:
        raise no_such(code)
    its_state = state(entry, session.journal, session.now, session.mixer_runs)
    if as_json:
        from confctl import as_json as json

        session.screen.json(json.conference(entry, its_state))
        return
    from confctl import render

    session.screen.table(render.conference(entry, its_state, session.screen, session.settings))


def _current_table(session: Session, listed: list[Current]) -> None:
    from confctl import render

    session.screen.line(say("{counts}", counts=render.count_line(listed, session.language)))
    if listed:
        session.screen.table(render.current(listed, session.screen, session.settings.company.timezone))


def _past_table(session: Session, entries: list[Entry], earlier: int) -> None:
    from confctl import render

    if not entries:
        session.screen.line(say("There are no past conferences here."))
        return
    session.screen.table(render.past(entries, session.screen, session.settings.company.timezone))
    if earlier:
        session.screen.line(say("Earlier ones: {count}; --year and --month show them.", count=earlier))


_LATEST = 100
"""Past conferences that are shown if no year and no month is named: nobody reads years of them."""
