"""``confctl init`` and ``confctl check``."""

import os
import shlex
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from confctl import settings
from confctl.commands.options import Json
from confctl.problems import RefusedError
from confctl.words import say

if TYPE_CHECKING:
    from confctl.session import Session


def register(app: typer.Typer) -> None:
    app.command()(init)
    app.command()(check)


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to; made if need be.")] = Path(),
    as_json: Json = False,
) -> None:
    """Write a commented confctl.toml and people.toml that work as they are.

    Names and comments are in the language of the output, the time zone is the machine's.

    \b
    Examples:
      confctl init
      confctl init /etc/confctl
    """
    from confctl import templates

    session: Session = context.obj
    screen = session.screen
    config, people = templates.write(folder, session.language)
    if as_json:
        screen.json({"config": str(config), "people": str(people)})
        return
    for file in (config, people):
        screen.line(say("{file} is written.", file=file))
    command = _command(config)
    screen.line(say("1. Set the domain and the time zone in {file}.", file=config))
    screen.line(say("2. Put your people into {file}, or use “{command} people add”.", file=people, command=command))
    screen.line(
        say("3. “{command} check” says what is still wrong; “{command} run” starts the mixer.", command=command)
    )


def _command(config: Path) -> str:
    """How confctl is called with these settings."""
    with suppress(RefusedError):
        if settings.find(None, os.environ).samefile(config):
            return "confctl"
    return f"confctl --config {shlex.quote(str(config))}"


def check(context: typer.Context, as_json: Json = False) -> None:
    """Say what would go wrong at the hour; exit status 1 if anything would.

    \b
    Examples:
      confctl check
      confctl check --json
    """
    from confctl.book.book import Book
    from confctl.check import check as look
    from confctl.terminal import as_json as json
    from confctl.terminal import render

    session: Session = context.obj
    book = Book(session.settings.paths.conferences, session.directory)  # whatever is in its way is a finding
    found = look(session.settings, session.directory, book, session.journal, session.now)
    if as_json:
        session.screen.json(json.findings(found))
    else:
        session.screen.table(render.findings(found, session.screen))
    if any(finding.wrong for finding in found):
        raise typer.Exit(1)
