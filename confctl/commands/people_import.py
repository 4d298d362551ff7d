"""``confctl people import`` and ``export``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from confctl.clean import clean
from confctl.commands.options import Json
from confctl.commands.people_edit import part
from confctl.commands.people_options import Force
from confctl.commands.people_results import changed, everybody, tell_phone, warn
from confctl.problems import BrokenFileError, Problem
from confctl.session import Session
from confctl.terminal.screen import Json as JsonValue
from confctl.words import count, say
from mixer.rules.model import Person

if TYPE_CHECKING:
    from confctl.people.people_import import Merged
    from confctl.people.people_text import PeopleText

_MISTAKES = 20
"""So many are shown; who has more has the wrong file."""


def register(app: typer.Typer) -> None:
    app.command(name="import")(import_people)
    app.command()(export)


def import_people(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="CSV with headings; - is the standard input.")],
    accounts: Annotated[
        bool, typer.Option("--account", help="Makes passwords for new people who have neither password nor sip.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    encoding: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of FILE, if it is not UTF-8: windows-1252, windows-1251.")
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Add and change people as a spreadsheet has them; nothing at all if anything in it is wrong.

    Columns by their headings, in any order: name, numbers, email, language, timezone, password, sip, ring
    (or имя, номера, почта, язык, пояс, пароль, звонить). Several numbers of a person are separated by semicolons or
    spaces. Somebody whose first number is known is changed: to the numbers of the row and to whatever else it says; an
    empty cell changes nothing. Nobody is removed.

    \b
    Examples:
      confctl people import staff.csv --dry-run
      confctl people import staff.csv --account
      confctl people export | sed s/example.com/example.org/ | confctl people import -
    """
    from confctl.people import people_csv, people_file
    from confctl.people.people_import import Rules, merged

    session: Session = context.obj
    name, data = (Path("-"), sys.stdin.buffer.read()) if file == "-" else (Path(file), Path(file).read_bytes())
    settings = session.settings
    rules = Rules(bool(settings.trunks), settings.company.conference_number, accounts)
    sheet = people_csv.parse(name, data, encoding, session.language)
    if sheet.guessed:
        session.screen.complain(
            say("{file} is not UTF-8: read as {encoding}; --encoding names another.", file=name, encoding=sheet.guessed)
        )
    with people_file.changing(settings) as people:
        try:
            result = merged(sheet, name, people.directory, rules)
        except BrokenFileError as broken:
            raise BrokenFileError(_first(broken.problems)) from None
        after = _after(people, result)
        part(session, people.directory, after, force=force)
        if not dry_run:
            _carry_out(people, result)
    warn(session, after, [*result.changed, *((None, person) for person in result.added)])
    _show(session, result, as_json=as_json, dry_run=dry_run)


def export(
    context: typer.Context,
    passwords: Annotated[bool, typer.Option("--passwords", help="With the passwords of phones.")] = False,
) -> None:
    """Print everybody as CSV, which “confctl people import” and spreadsheets read.

    \b
    Examples:
      confctl people export > people.csv
      confctl people export --passwords > people.csv
    """
    from confctl.people import people_csv

    session: Session = context.obj
    text = people_csv.write(everybody(session), passwords=passwords)
    if sys.stdout.isatty():
        text = "\n".join(map(clean, text.split("\n")))
    sys.stdout.write(text)


def _after(people: "PeopleText", result: "Merged") -> list[Person]:
    changed = {before.number: after for before, after in result.changed}
    return [*(changed.get(person.number, person) for person in people.people), *result.added]


def _carry_out(people: "PeopleText", result: "Merged") -> None:
    for before, after in result.changed:
        people.change(before, after)
    for person in result.added:
        people.add(person)


def _first(problems: tuple[Problem, ...]) -> list[Problem]:
    shown = list(problems[:_MISTAKES])
    more = len(problems) - len(shown)
    if more:
        shown.append(Problem(problems[0].file, None, count(more, "{n} more mistake", "{n} more mistakes")))
    return shown


def _show(session: Session, result: "Merged", *, as_json: bool, dry_run: bool) -> None:
    if as_json:
        session.screen.json(_json(result, dry_run=dry_run))
        return
    line = session.screen.line
    for person in result.added:
        line(say("{name}, {number}: new", name=person.name, number=person.number))
        if person.number in result.made and not dry_run:
            tell_phone(session, None, person, made=True)
    for before, after in result.changed:
        line(changed(before, after, session.language))
        tell_phone(session, before, after, made=False)
    counts = {"added": len(result.added), "changed": len(result.changed), "unchanged": result.unchanged}
    line(say("Added: {added}, changed: {changed}, unchanged: {unchanged}.", **counts))
    if dry_run:
        line(say("Nothing is stored: this was a dry run."))


def _json(result: "Merged", *, dry_run: bool) -> JsonValue:
    from confctl.people.people_text import differences
    from confctl.terminal import as_json as json

    return {
        "added": [
            {
                **json.person(person),
                "password": person.password if person.number in result.made and not dry_run else None,
            }
            for person in result.added
        ],
        "changed": [
            {**json.person(after), "changed": list(differences(before, after))} for before, after in result.changed
        ],
        "unchanged": result.unchanged,
        "dry_run": dry_run,
    }
