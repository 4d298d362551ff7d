"""``confctl status CODE``: everyone who is invited to a conference that runs, or in it."""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING, Final, cast
from zoneinfo import ZoneInfo

from confctl.book.book import no_such
from confctl.live import wording
from confctl.live.asking import refusals_told
from confctl.live.told import Head, Person
from confctl.machine_zone import machine_zone
from confctl.problems import RefusedError
from confctl.terminal.table import Style, Table, cell
from confctl.words import say
from mixer.control import Refused, ask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from confctl.session import Session
    from confctl.terminal.screen import Json, Screen
    from confctl.terminal.table import Cell
    from confctl.words import Language


_FAILED: Final = ("busy", "declined", "no-answer", "not-reached")


def status(session: Session, code: str, *, as_json: bool) -> int:
    """Raises RefusedError (exit status 1) when no mixer runs, or the conference doesn't."""
    head, people = look(session, code)
    zone = zone_of(session)
    if as_json:
        from confctl.terminal import as_json as json

        session.screen.json(json.status({"conference": head, "people": people}, zone))
    else:
        show(
            Head.of(head),
            [Person.of(each) for each in people if isinstance(each, dict)],
            session.screen,
            ZoneInfo(zone),
        )
    return 0


def zone_of(session: Session) -> str:
    """Of the company's clocks; of this machine's, for whoever may ask the mixer and not read its settings."""
    try:
        return session.settings.company.timezone
    except (RefusedError, OSError):
        return machine_zone(os.environ) or "UTC"


def look(session: Session, code: str) -> tuple[dict[str, Json], list[Json]]:
    """The conference and the people, as the mixer tells of them.  Raises RefusedError."""
    with refusals_told():
        try:
            told = ask(session.socket, "conference", code=code)
        except Refused:
            raise _not_running(session, code) from None
    return cast("dict[str, Json]", told["conference"]), cast("list[Json]", told["people"])


def _not_running(session: Session, code: str) -> RefusedError:
    """What to do instead."""
    try:
        entry = session.book.get(code)
    except (RefusedError, OSError):  # not for whoever asks to read
        return RefusedError(say("No conference with the code {code} runs now.", code=code))
    if entry is None:
        return no_such(code)
    facts = {"title": entry.plan.title, "code": code}
    if entry.ended is not None:
        return RefusedError(say("“{title}” is over; “confctl report {code}” tells who was there.", **facts))
    start = datetime.fromtimestamp(entry.plan.start, ZoneInfo(entry.plan.zone))
    return RefusedError(
        say(
            "“{title}” does not run: it is planned for {start}; see “confctl show {code}”.",
            start=f"{start:%Y-%m-%d %H:%M}",
            **facts,
        )
    )


def show(head: Head, people: Sequence[Person], screen: Screen, zone: ZoneInfo) -> None:
    span = f"{datetime.fromtimestamp(head.start, zone):%H:%M}–{datetime.fromtimestamp(head.end, zone):%H:%M}"
    screen.line(
        say(
            "{title} ({code}), {span}: {facts}.",
            title=head.title,
            code=head.code,
            span=span,
            facts=facts(head, screen, zone),
        )
    )
    screen.table(table(people, screen, zone))


def facts(head: Head, screen: Screen, zone: ZoneInfo) -> str:
    """``the owner is in, locked``."""
    return ", ".join(each.in_language(screen.language) for each in wording.facts(head, zone))


def table(people: Sequence[Person], screen: Screen, zone: ZoneInfo) -> Table:
    """Where there is room, with how the phones hear us, and roles, numbers and so on in columns of their own."""
    language = screen.language
    narrow = [
        (
            cell(wording.named(each, language)),
            cell(wording.state(each, zone, language), style=_style(each)),
            cell(wording.clock(each.since, zone)),
            *_heard(each, language),
        )
        for each in people
    ]
    wide = [
        (
            cell(wording.name(each, language)),
            cell(each.number or ""),
            cell(wording.role(each, language)),
            cell(wording.state(each, zone, language), style=_style(each)),
            cell(wording.clock(each.since, zone)),
            cell(wording.minutes(each.talked)),
            cell(_encrypted(each, screen)),
            *_heard(each, language),
            cell(wording.share(each.far_lost)),
            cell(wording.at_most(each.round_trip, language)),
        )
        for each in people
    ]
    who = screen.word("name"), screen.word("state"), screen.word("since")
    heard = screen.word("codec"), screen.word("loss"), screen.word("jitter"), "MOS"
    of_all = (
        who[0],
        screen.word("number"),
        screen.word("role"),
        *who[1:],
        screen.word("talked"),
        screen.word("encrypted"),
    )
    return Table(
        narrow, (*who, *heard), Table(wide, (*of_all, *heard, screen.word("their loss"), screen.word("round trip")))
    )


def _heard(person: Person, language: Language) -> tuple[Cell, ...]:
    bad = person.mos is not None and person.mos < wording.POOR
    style = Style.BAD if bad else Style.PLAIN
    return (
        cell(wording.codec(person)),
        cell(wording.share(person.missed), style=style),
        cell(wording.milliseconds(person.jitter, language)),
        cell(wording.mos(person), style=style),
    )


def _encrypted(person: Person, screen: Screen) -> str:
    return "" if not person.there else screen.word("yes") if person.encrypted else screen.word("no")


def _style(person: Person) -> Style:
    if person.state == "in":
        return Style.GOOD if person.speaking else Style.PLAIN
    return Style.BAD if person.state in _FAILED else Style.PLAIN
