"""``confctl report``."""

import io
import sys
from itertools import chain
from typing import TYPE_CHECKING, Annotated

import typer

from confctl.book.book import no_such
from confctl.book.listing import State, state
from confctl.book.recordings import recordings
from confctl.commands import options
from confctl.commands.several_values import WithCode
from confctl.problems import RefusedError, UsageError
from confctl.words import say

if TYPE_CHECKING:
    from confctl.report.attendance import Report
    from confctl.session import Session


def register(app: typer.Typer) -> None:
    app.command(cls=WithCode)(report)


def report(
    context: typer.Context,
    code: options.Code,
    as_json: options.Json = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="For spreadsheets: a row for everybody, and for each number that was refused.")
    ] = False,
    html: Annotated[
        str | None, typer.Option(metavar="FILE", help="Writes one page with a picture; - is the standard output.")
    ] = None,
) -> None:
    """Report who was in a conference and when, who spoke, how it sounded, and who never came and why.

    Of one that runs: so far. It is made from the journal alone, so a crash costs a minute of talk at most.

    \b
    Examples:
      confctl report 123456
      confctl report 123456 --html report.html
      confctl report 123456 --csv > report.csv
      confctl report 123456 --json
    """
    session: Session = context.obj
    if as_json + as_csv + (html is not None) > 1:
        raise UsageError(say("--json, --csv and --html exclude each other."))
    entry = session.book.get(code)
    if entry is None:
        raise no_such(code)
    records = session.journal.one_by_one(entry.plan.code)
    first = next(records, None)
    if first is None and entry.ended is not None:
        raise RefusedError(say("The journal of conference {code} is gone: there is nothing to report.", code=code))
    if first is None:
        raise RefusedError(say("Conference {code} has not begun: there is nothing to report.", code=code))
    from confctl.report import attendance

    runs = state(entry, session.journal, session.now, session.mixer_runs) is State.RUNNING
    found = attendance.of(entry.plan, chain((first,), records), session.now if runs else None)
    if session.settings.report.mask_numbers:
        found = attendance.masked(found)
    if as_json:
        from confctl.report import as_json as json

        names = (each.name for each in found.recordings)
        session.screen.json(json.report(found, recordings(names, session.settings.recording.folder)))
    elif as_csv:
        from confctl.report import sheet

        sys.stdout.write(sheet.write(found))
    elif html is not None:
        _write_page(session, found, html)
    else:
        from confctl.report import tables

        tables.show(found, session.screen)


def _write_page(session: "Session", found: "Report", file: str) -> None:
    from pathlib import Path

    from confctl.report import page
    from confctl.storage.files import write_whole

    text = page.write(found, session.language, found.plan.zone)
    if file == "-":
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # as the page says of itself, whatever the terminal's is
        sys.stdout.write(text)
        return
    target = Path(file)
    if target.exists() and not target.is_file():  # a pipe or /dev/null stays what it is
        target.write_text(text, encoding="utf-8")
    else:
        write_whole(target, text)
    session.screen.line(say("The report is in {file}.", file=file))
