"""``confctl plan``."""

from typing import TYPE_CHECKING, Annotated

import typer

from confctl.commands.options import Json
from confctl.words import count

if TYPE_CHECKING:
    from confctl.session import Session


def register(app: typer.Typer) -> None:
    app.command()(plan)


def plan(
    context: typer.Context,
    days: Annotated[int, typer.Option(metavar="DAYS", help="How far to look ahead.", min=1, max=3660)] = 7,
    as_json: Json = False,
) -> None:
    """Say what clashes in the coming days; exit status 1 if anything does.

    People who are in two conferences at the same time, owners above all; more calls at once than the trunks take, or
    than there are RTP ports; who is to be called and is not in the directory any more; greetings that are gone; starts
    at a time that the clocks show twice.

    \b
    Examples:
      confctl plan
      confctl plan --days 30
      confctl plan --json
    """
    from confctl import outlook
    from confctl.terminal import outlook_table

    session: Session = context.obj
    entries, problems = session.book.entries()
    ahead = outlook.coming(entries, session.now, days)
    found = outlook.clashes(session.settings, session.directory, ahead)
    if as_json:
        session.screen.json(outlook_table.as_json(found, len(ahead), days, problems))
    else:
        session.screen.warn_of(problems)
        if found:
            session.screen.table(outlook_table.table(found, session.screen, session.settings.company.timezone))
        elif not ahead:
            session.screen.line(
                count(days, "No conference in the next {n} day.", "No conference in the next {n} days.")
            )
        else:
            session.screen.line(
                count(
                    len(ahead),
                    "{n} conference in the next {days} days, and nothing clashes.",
                    "{n} conferences in the next {days} days, and nothing clashes.",
                    days=days,
                )
            )
    if found or problems:
        raise typer.Exit(1)
