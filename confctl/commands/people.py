"""``confctl people``: the directory."""

import secrets
from typing import Annotated

import typer

from confctl.commands import people_edit, people_import
from confctl.commands.options import Json
from confctl.commands.people_options import (
    Account,
    Email,
    Password,
    PersonLanguage,
    Several,
    Sip,
    Timezone,
    language_of,
)
from confctl.commands.people_results import everybody, tell_phone, warn
from confctl.people.numbers import given_numbers
from confctl.problems import UsageError
from confctl.session import Session
from confctl.terminal.asking_person import Introduced, introduced
from confctl.terminal.questions import possible
from confctl.words import say, translated
from confctl.zone_names import zone_named
from mixer.rules.model import Person

_app = typer.Typer(help="The directory: whom a conference can call.", rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    people_edit.register(_app)
    people_import.register(_app)
    app.add_typer(_app, name="people")


@_app.command(name="list")
def list_people(context: typer.Context, as_json: Json = False) -> None:
    """List everybody, in the order of people.toml.

    \b
    Examples:
      confctl people list
      confctl people list --json
    """
    session: Session = context.obj
    _show(session, list(everybody(session)), as_json=as_json)


@_app.command()
def find(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A part of a name or of a number.")],
    as_json: Json = False,
) -> None:
    """Look people up by part of a name or of a number, the likeliest first; exit status 1 if there is nobody.

    A name may be typed in Latin letters or in Cyrillic ones.

    \b
    Examples:
      confctl people find anna
      confctl people find 8495
    """
    session: Session = context.obj
    people = session.directory.matches(text) if text.strip() else ()
    if not people:
        session.person(text)  # refuses, and says who is nearest
    _show(session, list(people), as_json=as_json)


@_app.command()
def add(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="As it is to be shown.")] = None,
    numbers: Annotated[
        list[str] | None, typer.Argument(metavar="NUMBER", help="The first is its phone's user name.")
    ] = None,
    email: Email = None,
    language: PersonLanguage = None,
    sip: Sip = None,
    password: Password = None,
    make_account: Account = False,
    timezone: Timezone = None,
    ring: Several = None,
    as_json: Json = False,
) -> None:
    """Add somebody to people.toml; what is written there stays as it is.

    On a terminal, a name or a number that is missing is asked for, and how the phone is reached.

    \b
    Examples:
      confctl people add "Anna Petrova" 101 --account --email anna@example.com
      confctl people add "Meeting room" 150 --sip sip:room@198.51.100.4
      confctl people add "Boris" +74951234567              (called through the trunk)
    """
    from confctl.people import people_file
    from confctl.terminal import as_json as json

    session: Session = context.obj
    spoken, zone = language_of(language), None if timezone is None else zone_named(timezone)
    given = Introduced(name or "", given_numbers(numbers or ()), email, sip, make_account or password is not None)
    if name is None or not numbers:
        given = _introduced(given, session, as_json=as_json)
    made = secrets.token_urlsafe(12) if given.account and password is None else None
    person = Person(given.name, given.numbers, given.email, spoken, made or password, given.sip, zone, ring)
    with people_file.changing(session.settings) as people:
        people.add(person)
    warn(session, people.people, [(None, person)])
    if as_json:
        session.screen.json({**json.person(person), "password": made})
        return
    numbers_shown = ", ".join(person.numbers)
    if len(person.numbers) == 1:
        session.screen.line(say("{name} is added, number {number}.", name=person.name, number=numbers_shown))
    else:
        session.screen.line(say("{name} is added, numbers {numbers}.", name=person.name, numbers=numbers_shown))
    tell_phone(session, None, person, made=made is not None)


def _introduced(given: Introduced, session: Session, *, as_json: bool) -> Introduced:
    if as_json or not possible():
        lacking = [translated(each, session.language) for each in ("NAME", "NUMBER")[bool(given.name) :]]
        raise UsageError(say("Missing: {options}. See “confctl people add --help”.", options=", ".join(lacking)))
    return introduced(given, session)


def _show(session: Session, people: list[Person], *, as_json: bool) -> None:
    from confctl.terminal import as_json as json
    from confctl.terminal import render

    if as_json:
        session.screen.json(json.people(people))
    else:
        session.screen.table(render.people(people, session.screen))
