"""``confctl people``: the directory."""

import secrets
from typing import Annotated

import typer

from confctl.directory import Nobody, Several
from confctl.numbers import digits, plain, wrong_number
from confctl.problems import RefusedError, UsageError
from confctl.session import Session
from confctl.words import Language, say
from mixer.model import Person

_JSON = typer.Option("--json", help="For scripts.")
_app = typer.Typer(help="The directory: whom a conference can call.", rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    app.add_typer(_app, name="people")


@_app.command(name="list")
def list_people(context: typer.Context, as_json: Annotated[bool, _JSON] = False) -> None:
    """List everybody, in the order of people.toml.

    \b
    Examples:
      confctl people list
      confctl people list --json
    """
    session: Session = context.obj
    people = session.directory.people
    session.screen.warn_of(session.directory.problems)
    _show(session, list(people), as_json=as_json)


@_app.command()
def find(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A part of a name or of a number.")],
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Look people up as --owner and --with do; exit status 1 if there is nobody.

    \b
    Examples:
      confctl people find anna
      confctl people find 8495
    """
    session: Session = context.obj
    found = session.directory.find(text)
    if isinstance(found, Nobody):
        session.person(text)  # refuses, and says who is nearest
        return
    people = found.people if isinstance(found, Several) else (found.person,)
    _show(session, list(people), as_json=as_json)


@_app.command()
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="As it is to be shown.")],
    numbers: Annotated[list[str], typer.Argument(metavar="NUMBER", help="The first is its phone's user name.")],
    email: Annotated[str | None, typer.Option(help="Where invitations go.", metavar="ADDRESS")] = None,
    language: Annotated[Language | None, typer.Option(help="Of prompts and mails.")] = None,
    sip: Annotated[str | None, typer.Option(help="Where the phone is called.", metavar="URI")] = None,
    password: Annotated[str | None, typer.Option(help="The phone registers here with it.", metavar="TEXT")] = None,
    account: Annotated[bool, typer.Option("--account", help="The phone registers here; makes a password.")] = False,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Add somebody to people.toml; what is written there stays as it is.

    \b
    Examples:
      confctl people add "Anna Petrova" 101 --account --email anna@example.com
      confctl people add "Meeting room" 150 --sip sip:room@198.51.100.4
      confctl people add "Boris" +74951234567              (called through the trunk)
    """
    from confctl import as_json as json
    from confctl import people_file

    session: Session = context.obj
    for number in numbers:
        if problem := wrong_number(number):
            raise UsageError(problem)
        if digits(number) == digits(session.settings.company.conference_number):
            raise RefusedError(say("{number} is the conference number; give another one.", number=number))
    made = secrets.token_urlsafe(12) if account and password is None else None
    person = Person(name, tuple(map(plain, numbers)), email, language, password or made, sip)
    people_file.add(session.settings.paths.people, person, trunk=bool(session.settings.trunks))
    if as_json:
        session.screen.json({**json.person(person), "password": made})
        return
    session.screen.line(say("{name} is added, number {number}.", name=name, number=person.number))
    if made:
        sip_domain = session.settings.sip.domain
        session.screen.line(
            say(
                "Its phone registers as {number} at {domain} with the password {password}",
                number=person.number,
                domain=sip_domain,
                password=made,
            )
        )


def _show(session: Session, people: list[Person], *, as_json: bool) -> None:
    from confctl import as_json as json
    from confctl import render

    if as_json:
        session.screen.json(json.people(people))
    else:
        session.screen.table(render.people(people, session.screen))
