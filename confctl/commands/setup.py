"""``confctl init`` and ``confctl check``."""

import json
import os
import shlex
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from confctl import settings
from confctl.commands import finding_results
from confctl.commands.options import Json, read_code
from confctl.commands.several_values import WithCode
from confctl.problems import RefusedError
from confctl.words import say

if TYPE_CHECKING:
    from confctl.findings import Finding
    from confctl.session import Session


def register(app: typer.Typer) -> None:
    app.command()(init)
    app.command(cls=WithCode)(check)


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


def check(
    context: typer.Context,
    code: Annotated[
        str | None, typer.Argument(metavar="CODE", parser=read_code, help="Only what this conference needs.")
    ] = None,
    by_mixer: Annotated[bool, typer.Option("--by-mixer", hidden=True)] = False,
    as_json: Json = False,
) -> None:
    """Say what would go wrong at the hour; exit status 1 if anything would.

    Of one conference: whether everybody's phone is registered or answers, the running mixer being asked; whether lines,
    ports and disk are enough at that hour, other conferences counted in; its greeting and prompts, the certificate to
    its end, mail server and clock. The mixer does the same before each start: [check] and mail.admin in the settings.
    What only a running mixer knows is "not asked" where none runs, and counts neither as right nor as wrong.

    \b
    Examples:
      confctl check
      confctl check 123456
      confctl check --json
    """
    session: Session = context.obj
    if by_mixer and code is not None:
        from confctl.check_by_mixer import check_by_mixer

        sys.stdout.write(json.dumps(check_by_mixer(session, code)) + "\n")
        return
    found = _looked(session) if code is None else _looked_at(session, code)
    finding_results.show(session, found, as_json=as_json)


def _looked(session: "Session") -> "list[Finding]":
    from confctl.book.book import Book
    from confctl.check import check as look

    book = Book(session.settings.paths.conferences, session.directory)  # whatever is in its way is a finding
    return look(session.settings, session.directory, book, session.journal, session.now)


def _looked_at(session: "Session", code: str) -> "list[Finding]":
    from confctl.book.book import no_such
    from confctl.check_conference import check_conference

    entry = session.book.get(code)
    if entry is None:
        raise no_such(code)
    return check_conference(session.settings, session.directory, session.book, entry, session.now, session.language)
