"""``confctl add``, ``list``, ``show`` and ``delete``."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from confctl.book import no_such
from confctl.conference_file import Draft, Entry
from confctl.listing import Current, current, state
from confctl.problems import RefusedError, UsageError
from confctl.session import Session
from confctl.settings import wrong_zone
from confctl.words import say
from mixer.model import Plan

_JSON = typer.Option("--json", help="For scripts.")


def register(app: typer.Typer) -> None:
    app.command()(add)
    app.command(name="list")(list_conferences)
    app.command()(show)
    app.command()(delete)


def add(
    context: typer.Context,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What it is about.")],
    owner: Annotated[str, typer.Option(help="Without whom nobody is connected.", metavar="WHO")],
    date: Annotated[str, typer.Option(help="2026-11-30, 30.11.2026, today or tomorrow.", metavar="DATE")],
    start: Annotated[str, typer.Option("--from", help="15:30, local time.", metavar="TIME")],
    end: Annotated[str, typer.Option("--to", help="Not later than the start: on the next day.", metavar="TIME")],
    people: Annotated[list[str] | None, typer.Argument(metavar="WHO", help="More participants.")] = None,
    participants: Annotated[list[str] | None, typer.Option("--with", help="A participant.", metavar="WHO")] = None,
    greeting: Annotated[Path | None, typer.Option(help="wav or mp3, 15 KB to 25 MB.", metavar="FILE")] = None,
    zone: Annotated[str | None, typer.Option(help="IANA time zone, else the company's.", metavar="ZONE")] = None,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Plan a conference; prints its code.

    WHO is a number, a whole name, or any part of either that fits one person only.

    \b
    Examples:
      confctl add "Weekly meeting" --owner anna --date tomorrow --from 15:30 --to 16:30 --with 102 boris
      confctl add "Night shift" --owner 101 --date 30.11.2026 --from 23:00 --to 01:00 --with 102 --greeting hello.mp3
      confctl add "Tokyo" --owner 101 --date today --from 15:30 --to 16:30 --with 103 --zone Asia/Tokyo --json
    """
    from confctl.times import settle

    session: Session = context.obj
    if not title.strip():
        raise UsageError(say("A conference needs a title."))
    problem = wrong_zone(zone) if zone else None
    if problem:
        raise UsageError(problem)
    where = zone or session.settings.company.timezone
    leader = session.person(owner)
    others = {person.number: person for person in map(session.person, [*(participants or ()), *(people or ())])}
    others.pop(leader.number, None)
    times = settle(date, start, end, where, session.now)
    draft = Draft(title.strip(), leader, tuple(others.values()), times.start, times.end, where)
    entry = _added(session, draft, greeting)
    for note in times.notes:
        session.screen.complain(note)
    _show(session, entry, as_json=as_json, made=True)


def list_conferences(
    context: typer.Context,
    past: Annotated[bool, typer.Option("--past", help="Ended conferences instead of current ones.")] = False,
    year: Annotated[int | None, typer.Option(help="Of past ones, those of a year.", min=1970, max=9999)] = None,
    month: Annotated[int | None, typer.Option(help="Of past ones, those of a month.", min=1, max=12)] = None,
    as_json: Annotated[bool, _JSON] = False,
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
    home = session.settings.company.timezone
    if past:
        entries, problems = session.book.past(year, month)
        if as_json:
            session.screen.json(json.past(entries))
        else:
            _past_table(session, entries, home, everything=bool(year or month))
    else:
        listed, problems = current(session.book, session.journal, session.now)
        if as_json:
            session.screen.json(json.current(listed))
        else:
            _current_table(session, listed, home)
    session.screen.warn_of(problems)


def show(
    context: typer.Context,
    code: Annotated[str, typer.Argument(metavar="CODE")],
    as_json: Annotated[bool, _JSON] = False,
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
    _show(session, entry, as_json=as_json, made=False)


def delete(
    context: typer.Context,
    code: Annotated[str, typer.Argument(metavar="CODE")],
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Delete a conference that has not begun.

    \b
    Examples:
      confctl delete 123456
      confctl delete 123456 --yes
    """
    session: Session = context.obj
    plan = session.book.planned(code, session.now).plan
    if not yes and not _confirmed(session, plan):
        raise RefusedError(say("Conference {code} stays.", code=code))
    session.book.delete(code, session.clock())  # it may have begun while we asked
    if as_json:
        session.screen.json({"deleted": code})
    else:
        session.screen.line(say("Conference {code} “{title}” is deleted.", code=code, title=plan.title))


def _added(session: Session, draft: Draft, greeting: Path | None) -> Entry:
    dialled = (session.settings.company.conference_number,)
    if greeting is None:
        return session.book.add(draft, session.now, dialled)
    from confctl.greeting import taken

    with taken(greeting, session.book.greetings) as copied:
        return session.book.add(replace(draft, greeting=copied), session.now, dialled)


def _confirmed(session: Session, plan: Plan) -> bool:
    """Asks on a terminal; where nobody can answer, refuses and says how to go on."""
    if not sys.stdin.isatty():
        raise RefusedError(say("Nobody can be asked here; add --yes to delete conference {code}.", code=plan.code))
    question = say("Delete conference {code} “{title}”? [y/N] ", code=plan.code, title=plan.title)
    sys.stderr.write(question.in_language(session.language))
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes", "д", "да")


def _show(session: Session, entry: Entry, *, as_json: bool, made: bool) -> None:
    from confctl import as_json as json

    its_state = state(entry, session.journal, session.now)
    if as_json:
        session.screen.json(json.conference(entry, its_state))
        return
    from confctl import render

    if made:
        session.screen.line(say("Conference {code} is planned.", code=entry.plan.code))
    session.screen.table(render.conference(entry, its_state, session.screen, session.settings))


def _current_table(session: Session, listed: list[Current], home: str) -> None:
    from confctl import render

    session.screen.line(say("{counts}", counts=render.count_line(listed, session.language)))
    if listed:
        session.screen.table(render.current(listed, session.screen, home))


def _past_table(session: Session, entries: list[Entry], home: str, *, everything: bool) -> None:
    """Nobody reads years of conferences; who wants them all names the year, or is a script."""
    from confctl import render

    if not entries:
        session.screen.line(say("There are no past conferences here."))
        return
    shown = entries if everything else entries[-_LATEST:]
    session.screen.table(render.past(shown, session.screen, home))
    if len(shown) < len(entries):
        earlier = len(entries) - len(shown)
        session.screen.line(say("Earlier ones: {count}; --year and --month show them.", count=earlier))


_LATEST = 100
"""Past conferences that are shown if no year and no month is named."""
