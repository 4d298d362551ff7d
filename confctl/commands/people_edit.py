"""``confctl people edit`` and ``remove``."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from confctl.commands.options import Json, Yes
from confctl.commands.people_options import (
    Account,
    Email,
    Force,
    Password,
    PersonLanguage,
    Several,
    Sip,
    Timezone,
    language_of,
)
from confctl.commands.people_results import changed, tell_phone, warn
from confctl.commands.several_values import SeveralValues
from confctl.people.directory import Directory
from confctl.people.left_behind import left_behind
from confctl.people.numbers import given_numbers
from confctl.problems import RefusedError, UsageError
from confctl.session import Session
from confctl.words import say
from confctl.zone_names import zone_named
from mixer.rules.call_policy import Ring
from mixer.rules.model import Person, Plan
from mixer.rules.numbers import same

if TYPE_CHECKING:
    from confctl.people.people_text import PeopleText

Text = TypeVar("Text", bound=str)
Who = Annotated[str, typer.Argument(metavar="WHO", help="A part of a name or of a number that fits one person.")]


def register(app: typer.Typer) -> None:
    app.command(cls=SeveralValues)(edit)
    app.command()(remove)


def edit(
    context: typer.Context,
    who: Who,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="As it is to be shown.")] = None,
    numbers: Annotated[
        list[str] | None, typer.Option("--number", metavar="NUMBER...", help="All numbers, instead of those of now.")
    ] = None,
    more: Annotated[
        list[str] | None, typer.Option("--add-number", metavar="NUMBER...", help="Another number of theirs.")
    ] = None,
    fewer: Annotated[
        list[str] | None,
        typer.Option("--remove-number", metavar="NUMBER...", help="A number that is no longer theirs."),
    ] = None,
    email: Email = None,
    no_email: Annotated[bool, typer.Option("--no-email", help="Without a mail address.")] = False,
    language: PersonLanguage = None,
    no_language: Annotated[bool, typer.Option("--no-language", help="In the company's language.")] = False,
    timezone: Timezone = None,
    no_timezone: Annotated[bool, typer.Option("--no-timezone", help="In the company's time zone.")] = False,
    ring: Several = None,
    no_ring: Annotated[bool, typer.Option("--no-ring", help="Several numbers as confctl.toml has it.")] = False,
    sip: Sip = None,
    password: Password = None,
    make_account: Account = False,
    trunk: Annotated[bool, typer.Option("--trunk", help="Called through the trunk.")] = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Change somebody in people.toml; everything else there stays as it is.

    Of --sip, --password, --account and --trunk one is the way to reach a person: a new one takes the place of the old.

    \b
    Examples:
      confctl people edit anna --email anna@example.com --timezone Asia/Tokyo
      confctl people edit 101 --add-number +74951234567
      confctl people edit boris --name "Boris Ivanov" --account --no-email
    """
    from confctl.people import people_file

    session: Session = context.obj
    if (sip is not None) + (password is not None) + make_account + trunk > 1:
        raise UsageError(say("Give one of --sip, --password, --account and --trunk."))
    made = secrets.token_urlsafe(12) if make_account else None
    changes = _Changes(
        name,
        given_numbers(numbers or ()),
        given_numbers(more or ()),
        given_numbers(fewer or ()),
        _optional("email", email, cleared=no_email),
        _optional("language", language_of(language), cleared=no_language),
        _optional("timezone", None if timezone is None else zone_named(timezone), cleared=no_timezone),
        _optional("ring", ring, cleared=no_ring),
        (made or password, sip) if make_account or trunk or (password, sip) != (None, None) else None,
    )
    if changes == _Changes():
        raise UsageError(say("Say what to change; “confctl people edit --help” shows what can be."))
    found = session.person(who)
    with people_file.changing(session.settings) as people:
        before = _still_there(people, found)
        after = changes.of(before)
        people.change(before, after)
        part(session, people.directory, people.people, force=force)
    warn(session, people.people, [(before, after)])
    _show(session, before, after, as_json=as_json, made=made)


def remove(
    context: typer.Context,
    who: Who,
    yes: Yes = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Remove somebody from people.toml; everything else there stays as it is.

    Planned conferences keep the name and the number; whoever owns one is not removed without --force.

    \b
    Examples:
      confctl people remove 102
      confctl people remove 102 --yes
    """
    from confctl.people import people_file
    from confctl.terminal import as_json as json

    session: Session = context.obj
    person = session.person(who)
    others = [other for other in session.directory.people if other != person]
    part(session, session.directory, others, force=force)
    if not yes and not _confirmed(session, person, as_json=as_json):
        raise RefusedError(say("{name} is not removed.", name=person.name))
    with people_file.changing(session.settings) as people:
        people.remove(_still_there(people, person))
    if as_json:
        session.screen.json({"removed": json.person(person)})
    else:
        session.screen.line(say("{name}, {number}, is removed.", name=person.name, number=person.number))


@dataclass(frozen=True, slots=True)
class _Changes:
    """None: as it is."""

    name: str | None = None
    numbers: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    fewer: tuple[str, ...] = ()
    email: tuple[str | None] | None = None
    language: tuple[str | None] | None = None
    timezone: tuple[str | None] | None = None
    ring: tuple[Ring | None] | None = None
    reached: tuple[str | None, str | None] | None = None
    """Password and SIP URI."""

    def of(self, person: Person) -> Person:
        password, sip = self.reached or (person.password, person.sip)
        return replace(
            person,
            name=person.name if self.name is None else self.name,
            numbers=self._numbers(person),
            email=self.email[0] if self.email else person.email,
            language=self.language[0] if self.language else person.language,
            timezone=self.timezone[0] if self.timezone else person.timezone,
            password=password,
            sip=sip,
            ring=self.ring[0] if self.ring else person.ring,
        )

    def _numbers(self, person: Person) -> tuple[str, ...]:
        numbers = list(self.numbers or person.numbers)
        for gone in self.fewer:
            kept = [number for number in numbers if same(number) != same(gone)]
            if kept == numbers:
                raise RefusedError(say("{name} has no number {number}.", name=person.name, number=gone))
            numbers = kept
        numbers += [number for number in self.more if same(number) not in map(same, numbers)]
        if not numbers:
            raise RefusedError(say("{name} would have no number left; give another one.", name=person.name))
        return tuple(numbers)


def _optional(name: str, value: Text | None, *, cleared: bool) -> tuple[Text | None] | None:
    if cleared and value is not None:
        raise UsageError(say("--{name} and --no-{name} can't both be.", name=name))
    return (value,) if cleared or value is not None else None


def part(session: Session, before: Directory, after: Iterable[Person], *, force: bool) -> None:
    """Names the conferences that somebody is invited to who is going.

    Raises RefusedError if one would lose its owner, unless it is forced.
    """
    lost = left_behind(session.settings.paths.conferences, before, Directory(tuple(after)))
    if lost.owned and not force:
        raise RefusedError(
            say(
                "These conferences would lose their owner: {conferences}. Give them another one with"
                " “confctl edit CODE --owner WHO”, or add --force.",
                conferences=_listed(lost.owned, session),
            )
        )
    if lost.owned or lost.attended:
        session.screen.complain(
            say(
                "These conferences still call who leaves the directory: {conferences}."
                " “confctl edit CODE --without NUMBER” takes them out.",
                conferences=_listed((*lost.owned, *lost.attended), session),
            )
        )


def _listed(named: tuple[tuple[Plan, Person], ...], session: Session) -> str:
    """``123456 “Weekly” (Anna Petrova, 101)``; not more than ten."""
    texts = [
        say(
            "{code} “{title}” ({name}, {number})",
            code=plan.code,
            title=plan.title,
            name=person.name,
            number=person.number,
        ).in_language(session.language)
        for plan, person in named[:10]
    ]
    return ", ".join([*texts, "…"] if len(named) > 10 else texts)


def _still_there(people: "PeopleText", found: Person) -> Person:
    """Somebody else may have changed the file since we looked."""
    person = people.directory.by_number(found.number)
    if person is None:
        raise RefusedError(say("{name} is in the directory no more.", name=found.name))
    return person


def _confirmed(session: Session, person: Person, *, as_json: bool) -> bool:
    """Asks on a terminal; where nobody can answer, refuses and says how to go on."""
    from confctl.terminal.asking import Asker, agreed

    if as_json or not Asker.possible():
        raise RefusedError(say("Nobody can be asked here; add --yes to remove {name}.", name=person.name))
    question = say("Remove {name}, {number}, from the directory?", name=person.name, number=person.number)
    return agreed(session, question)


def _show(session: Session, before: Person, after: Person, *, as_json: bool, made: str | None) -> None:
    from confctl.people.people_text import differences
    from confctl.terminal import as_json as json

    fields = differences(before, after)
    if as_json:
        session.screen.json({**json.person(after), "password": made, "changed": list(fields)})
        return
    if not fields:
        session.screen.line(say("Nothing is changed: that is how {name} is already.", name=after.name))
        return
    session.screen.line(changed(before, after, session.language))
    tell_phone(session, before, after, made=made is not None)
