"""``confctl prune``."""

import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from confctl import clock_mark, dates, retention
from confctl.clock_mark import Doubt
from confctl.commands.options import Json
from confctl.problems import reason
from confctl.retention import Kind, Outdated
from confctl.terminal.table import Table, cell
from confctl.words import count, say

if TYPE_CHECKING:
    from confctl.session import Session
    from confctl.terminal.screen import Json as JsonValue
    from confctl.terminal.screen import Screen

_KINDS = {
    Kind.RECORDING: say("recording"),
    Kind.MAIL: say("letter"),
    Kind.JOURNAL: say("journal"),
    Kind.CONFERENCE: say("past conference"),
    Kind.DELETED: say("deleted conference"),
}
_NICENESS = 10
"""Of who is started by the mixer: sound comes first."""


def register(app: typer.Typer) -> None:
    app.command()(prune)


def prune(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    by_mixer: Annotated[bool, typer.Option("--by-mixer", hidden=True)] = False,
    as_json: Json = False,
) -> None:
    """Remove what is older than the settings' [retention] says: recordings, journals, conferences, mails.

    The mixer does so every day.

    \b
    Examples:
      confctl prune --dry-run
      confctl prune --json
    """
    session: Session = context.obj
    if by_mixer:
        os.setpriority(os.PRIO_PROCESS, 0, max(_NICENESS, os.getpriority(os.PRIO_PROCESS, 0)))
    elif not session.settings.retention.is_set and not as_json:
        session.screen.line(
            say(
                "Nothing is ever removed: no number of days is set under [retention] in {file}.",
                file=session.settings.file,
            )
        )
        return
    doubt = clock_mark.doubt(session.settings, session.now, keep=not dry_run, seen=not by_mixer)
    if doubt is not None:
        _complain(session, doubt)
    found = retention.outdated(session.settings, session.book, session.now) if doubt is None or dry_run else []
    sizes = {each: each.octets for each in found}
    gone = found if dry_run else [each for each in found if _removed(each, session)]
    lines = 0 if dry_run or doubt is not None else retention.forget_strangers(session.settings, session.now)
    if by_mixer:
        sys.stdout.write(json.dumps({"removed": len(gone), "octets": sum(map(sizes.__getitem__, gone))}) + "\n")
    elif as_json:
        zone = ZoneInfo(session.settings.company.timezone)
        session.screen.json(
            {"dry_run": dry_run, "removed": [_as_json(each, sizes[each], zone) for each in gone], "lines": lines}
        )
    elif doubt is None or gone:
        _show(session, gone, sizes, dry_run=dry_run)
    if len(gone) < len(found) or (doubt is not None and not by_mixer):
        raise typer.Exit(1)


def _complain(session: "Session", doubt: Doubt) -> None:
    until = f"{datetime.fromtimestamp(doubt.until, ZoneInfo(session.settings.company.timezone)):%Y-%m-%d %H:%M}"
    if doubt.first:
        text = say(
            "Nothing was ever removed here, and nothing keeps the clock in step: nothing is removed before {time}. "
            "Look until then whether the clock is right.",
            time=until,
        )
    else:
        text = say(
            "The clock has jumped, or the machine was off for long: nothing is removed before {time}. "
            "Look until then whether the clock is right.",
            time=until,
        )
    session.screen.complain(text)


def _removed(each: Outdated, session: "Session") -> bool:
    """What can't be removed is told, and the rest goes on."""
    try:
        retention.remove(each, session.settings, session.book)
    except OSError as error:
        session.screen.complain(say("{key}: {problem}", key=error.filename or each.file, problem=reason(error)))
        return False
    return True


def _show(session: "Session", gone: list[Outdated], sizes: dict[Outdated, int], *, dry_run: bool) -> None:
    screen = session.screen
    if not gone:
        screen.line(say("Nothing is old enough to be removed."))
        return
    screen.table(_table(gone, sizes, screen, ZoneInfo(session.settings.company.timezone)))
    size = _megabytes(sum(map(sizes.__getitem__, gone)))
    if dry_run:
        screen.line(
            count(
                len(gone),
                "{n} thing would be removed, {size} MB.",
                "{n} things would be removed, {size} MB.",
                size=size,
            )
        )
    else:
        screen.line(
            count(len(gone), "{n} thing is removed, {size} MB.", "{n} things are removed, {size} MB.", size=size)
        )


def _table(gone: list[Outdated], sizes: dict[Outdated, int], screen: "Screen", zone: ZoneInfo) -> Table:
    headings = (say("What"), say("Over since"), say("MB"), say("File"))
    rows = [
        (
            cell(_KINDS[each.kind].in_language(screen.language)),
            cell(f"{datetime.fromtimestamp(each.at, zone):%Y-%m-%d}"),
            cell(_megabytes(sizes[each])),
            cell(_brief(each.file)),
        )
        for each in gone
    ]
    return Table(rows, tuple(heading.in_language(screen.language) for heading in headings))


def _brief(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"


def _megabytes(octets: int) -> str:
    return f"{octets / 1e6:.1f}"


def _as_json(each: Outdated, octets: int, zone: ZoneInfo) -> "JsonValue":
    return {
        "kind": str(each.kind),
        "code": each.code,
        "over_since": dates.for_scripts(each.at, zone),
        "octets": octets,
        "file": str(each.file),
    }
