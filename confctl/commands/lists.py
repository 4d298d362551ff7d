"""``confctl list`` and ``show``."""

from itertools import chain
from typing import TYPE_CHECKING, Annotated

import typer

from confctl import overview
from confctl.book.book import no_such
from confctl.book.listing import State, state
from confctl.book.recordings import recordings
from confctl.commands import options
from confctl.commands.several_values import WithCode
from confctl.problems import UsageError
from confctl.words import say

if TYPE_CHECKING:
    from confctl.session import Session


def register(app: typer.Typer) -> None:
    app.command(name="list")(list_conferences)
    app.command(cls=WithCode)(show)


def list_conferences(
    context: typer.Context,
    past: Annotated[bool, typer.Option("--past", help="Ended conferences instead of current ones.")] = False,
    year: Annotated[int | None, typer.Option(help="Only past ones of that year.", min=1970, max=9999)] = None,
    month: Annotated[int | None, typer.Option(help="Only past ones of that month.", min=1, max=12)] = None,
    as_json: options.Json = False,
) -> None:
    """List running and planned conferences, or past ones.

    \b
    Examples:
      confctl list
      confctl list --past --year 2026 --month 11
      confctl list --json
    """
    session: Session = context.obj
    if past:
        overview.past(session, year, month, as_json=as_json)
    elif year or month:
        raise UsageError(say("--year and --month belong to --past."))
    else:
        overview.current(session, as_json=as_json)


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
    from confctl.report import attendance

    records = session.journal.one_by_one(entry.plan.code)
    first = next(records, None)
    found = None if first is None else attendance.of(entry.plan, chain((first,), records))
    names = (each.name for each in found.recordings) if found else ()
    files = recordings(names, session.settings.recording.folder)
    if as_json:
        from confctl.terminal import as_json as json

        session.screen.json(json.in_full(entry, its_state, found, files))
        return
    from confctl.terminal import render

    shown = render.conference(entry, its_state, session.screen, session.settings, recordings=files)
    session.screen.table(shown)
    attended = render.attended(found, session.screen)
    if attended.rows and its_state is State.ENDED:
        session.screen.blank()
        session.screen.table(attended)
