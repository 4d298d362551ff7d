"""What people read of conferences and of the directory: tables and sentences, in English and Russian."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from confctl import dates
from confctl.book.listing import Current, State, counts
from confctl.terminal.as_json import reached
from confctl.terminal.table import Cell, Row, Style, Table, Text, cell, unbroken
from confctl.words import Language, Sentence, count, plural, say
from mixer.rules.model import Recorded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from confctl.book.conference_file import Entry
    from confctl.findings import Finding
    from confctl.report.attendance import Attendee, Report
    from confctl.settings import Settings
    from confctl.terminal.screen import Screen
    from mixer.rules.model import Person, Plan

_STATES = {
    State.PLANNED: (say("planned"), Style.PLAIN),
    State.RUNNING: (say("running now"), Style.GOOD),
    State.OVERDUE: (say("not started"), Style.BAD),
    State.INTERRUPTED: (say("interrupted"), Style.BAD),
    State.ENDED: (say("ended"), Style.PLAIN),
}
_REASONS = {
    "planned-end": say("ended on time"),
    "last-left": say("ended"),
    "missed": say("not held"),
    "called-off": say("called off"),
}
_NOTHING = "—"
_RECORDED = {Recorded.MIXED: say("yes"), Recorded.TRACKS: say("yes, each person in a file of their own, too")}


def count_line(listed: list[Current], unreadable: int, language: Language) -> str:
    """``1 running, 4 planned, 1 unreadable``: of those whose file is broken nothing else is known."""
    numbers = counts(listed)
    parts = [
        count(numbers[State.RUNNING], "{n} running", "{n} running"),
        count(numbers[State.PLANNED], "{n} planned", "{n} planned"),
    ]
    if numbers[State.OVERDUE]:
        parts.append(count(numbers[State.OVERDUE], "{n} overdue", "{n} overdue"))
    if numbers[State.INTERRUPTED]:
        parts.append(count(numbers[State.INTERRUPTED], "{n} interrupted", "{n} interrupted"))
    if unreadable:
        parts.append(count(unreadable, "{n} unreadable", "{n} unreadable"))
    return ", ".join(part.in_language(language) for part in parts)


def current(listed: list[Current], screen: Screen, home: str) -> Table:
    """``home`` is the company's time zone; another one is named."""
    rows = [_listed(each.entry.plan, _state(each.state, screen), screen, home) for each in listed]
    return _list(rows, screen)


def past(entries: list[Entry], screen: Screen, home: str) -> Table:
    """In the order given, with a heading for each month."""
    return _list(list(_by_month(entries, screen, home)), screen)


def conference(
    entry: Entry,
    state: State,
    screen: Screen,
    settings: Settings,
    *,
    warned: bool = False,
    recordings: Sequence[Path] = (),
) -> Table:
    """All that is known of one: how to join it until it has ended, how it went from then on.

    ``warned``: what is wrong with its greeting has been said already.  ``recordings`` are its files.
    """
    plan, over = entry.plan, state is State.ENDED
    when = dates.span_in_full(plan.start, plan.end, plan.zone, screen.language)
    rows: list[tuple[Sentence, Cell]] = [
        (say("Title"), cell(plan.title)),
        (say("State"), cell(_outcome(entry, screen)) if over else _state(state, screen)),
        (say("Date and time"), cell(when)),
        (say("Local time"), () if over else _elsewhere(plan, settings, screen.language)),
        (say("Code"), cell(plan.code)),
        (say("Owner's code"), () if over else cell(plan.owner_code)),
        (say("To join"), () if over else _how_to_join(plan, screen, settings)),
        (say("Owner"), cell(_name_and_number(plan.owner))),
        (say("Deputy"), cell(deputy_of(plan)) if plan.deputy else ()),
        (say("Participants"), cell(*map(_name_and_number, plan.participants)) or cell(_NOTHING)),
        (say("Greeting"), _greeting(entry, screen.language, warned=warned)),
        (say("Recording"), cell(*map(str, recordings)) or _planned_recording(plan.record, screen)),
    ]
    return _described(rows, screen)


def deputy_of(plan: Plan) -> str:
    return _name_and_number(plan.named_deputy) if plan.named_deputy else _NOTHING


def _planned_recording(how: Recorded, screen: Screen) -> Cell:
    return () if how is Recorded.NOT else cell(recorded(how, screen))


def recorded(how: Recorded, screen: Screen) -> str:
    return _RECORDED[how].in_language(screen.language) if how in _RECORDED else _NOTHING


def way_in(entry: Entry, screen: Screen, settings: Settings) -> Table:
    """What nobody knew of a conference before it was planned."""
    plan = entry.plan
    rows = [
        (say("Code"), cell(plan.code)),
        (say("Owner's code"), cell(plan.owner_code)),
        (say("To join"), _how_to_join(plan, screen, settings)),
    ]
    return _described(rows, screen)


def attended(report: Report | None, screen: Screen) -> Table:
    """Who was there from when to when, in the order of the list of participants; no rows if there is no journal."""
    headings = _in(screen, say("Who was there"), say("There from"), say("There until"), say("In all"))
    rows = [_attended(someone, report.plan.zone, screen) for someone in report.attendees] if report else []
    return Table(rows, headings)


def changes(before: Entry, after: Entry, screen: Screen, home: str) -> Table:
    """What an edit has changed, a row each (``Start  15:30 → 16:00``); no rows if it has changed nothing."""
    was, plan = before.plan, after.plan
    rows = [
        (say("Title"), _changed(was.title, plan.title)),
        *_times(was, plan, screen.language, home),
        (say("Owner"), _changed(_name_and_number(was.owner), _name_and_number(plan.owner))),
        (say("Owner's code"), _changed(was.owner_code, plan.owner_code)),
        (say("Deputy"), _changed(deputy_of(was), deputy_of(plan))),
        (say("Participants"), _came_and_went(was.participants, plan.participants)),
        (say("Recording"), _changed(recorded(was.record, screen), recorded(plan.record, screen))),
        (say("Greeting"), _changed(before.greeting_name or _NOTHING, after.greeting_name or _NOTHING)),
    ]
    if before.greeting != after.greeting and before.greeting_name == after.greeting_name:
        rows[-1] = (say("Greeting"), _greeting(after, screen.language))
    return _described(rows, screen)


def people(everybody: list[Person], screen: Screen) -> Table:
    """The columns of what hardly anybody has are there only if somebody has it."""
    ways = {"account": screen.word("registers here"), "trunk": screen.word("trunk")}
    own = [
        (heading, values)
        for heading, values in (
            (say("Language"), [someone.language for someone in everybody]),
            (say("Time zone"), [someone.timezone for someone in everybody]),
        )
        if any(values)
    ]
    rows = [
        (
            cell(someone.name, style=Style.BOLD),
            cell(", ".join(map(unbroken, someone.numbers))),
            cell((someone.sip or "") if reached(someone) == "sip" else ways[reached(someone)]),
            cell(someone.email or ""),
            *(cell(values[index] or "") for _, values in own),
        )
        for index, someone in enumerate(everybody)
    ]
    headings = (say("Name"), say("Numbers"), say("Reached by"), say("Mail"), *(heading for heading, _ in own))
    return Table(*_people_in_short(everybody, rows, screen), Table(rows, _in(screen, *headings)))


def _people_in_short(
    everybody: list[Person], rows: list[tuple[Cell, ...]], screen: Screen
) -> tuple[list[Row], tuple[str, ...]]:
    """Language and zone below the name, a line for each number, the address below how a person is reached."""
    short: list[Row] = []
    for someone, (name, _, way, address, *_own) in zip(everybody, rows, strict=True):
        own = ", ".join(filter(None, (someone.language, someone.timezone)))
        ways = [line for line in (*way, *address) if line.text]
        short.append(((*name, Text(own)) if own else name, cell(*map(unbroken, someone.numbers)), tuple(ways)))
    return short, _in(screen, say("Name"), say("Numbers"), say("Reached by"))


def findings(found: list[Finding], screen: Screen) -> Table:
    wrong, fine = cell(screen.word("wrong"), style=Style.BAD), cell(screen.word("ok"), style=Style.GOOD)
    unasked = cell(screen.word("not asked"))
    return Table(
        [
            (
                wrong if each.wrong else unasked if each.unasked else fine,
                *(cell(it.in_language(screen.language)) for it in (each.what, each.detail)),
            )
            for each in found
        ]
    )


def _in(screen: Screen, *headings: Sentence) -> tuple[str, ...]:
    return tuple(heading.in_language(screen.language) for heading in headings)


# Lists


def _list(rows: Sequence[Row], screen: Screen) -> Table:
    """The owner stands below the title; where there is room, in a column of its own."""
    code, when, both, *others = _in(
        screen, say("Code"), say("Date and time"), say("Title and owner"), say("Participants"), say("State")
    )
    apart = [row if isinstance(row, Text) else (*row[:2], *((line,) for line in row[2]), *row[3:]) for row in rows]
    wide = Table(apart, (code, when, *_in(screen, say("Title"), say("Owner")), *others))
    return Table(rows, (code, when, both, *others), wide)


def _listed(plan: Plan, state: Cell, screen: Screen, home: str) -> tuple[Cell, ...]:
    day = dates.day(datetime.fromtimestamp(plan.start, ZoneInfo(plan.zone)), screen.language)
    hours = dates.hours(plan.start, plan.end, plan.zone)
    zone = () if plan.zone == home else (plan.zone,)
    return (
        cell(plan.code),
        cell(" ".join((unbroken(f"{day},"), unbroken(hours), *zone))),
        (Text(plan.title, Style.BOLD), Text(plan.owner.name)),
        cell(plural(len(plan.participants), "{n} participant", "{n} participants", screen.language)),
        state,
    )


def _by_month(entries: list[Entry], screen: Screen, home: str) -> Iterator[Row]:
    month = None
    for entry in entries:
        start = datetime.fromtimestamp(entry.plan.start, ZoneInfo(entry.plan.zone))
        if (start.year, start.month) != month:
            month = start.year, start.month
            yield Text(dates.month_in_words(start, screen.language), Style.BOLD)
        yield _listed(entry.plan, cell(_outcome(entry, screen)), screen, home)


def _state(state: State, screen: Screen) -> Cell:
    word, style = _STATES[state]
    return cell(word.in_language(screen.language), style=style)


def _outcome(entry: Entry, screen: Screen) -> str:
    """``ended on time 16:42``."""
    known = _REASONS.get(entry.reason or "", _REASONS["last-left"]).in_language(screen.language)
    if entry.ended is None or entry.reason == "missed":
        return known
    return f"{known} {datetime.fromtimestamp(entry.ended, ZoneInfo(entry.plan.zone)):%H:%M}"


# One conference


def _described(rows: list[tuple[Sentence, Cell]], screen: Screen) -> Table:
    """Each under its name; what there is nothing to say of is left out."""
    return Table([(cell(name.in_language(screen.language), style=Style.BOLD), value) for name, value in rows if value])


def _name_and_number(someone: Person) -> str:
    return f"{someone.name}, {unbroken(someone.number)}"


def _elsewhere(plan: Plan, settings: Settings, language: Language) -> Cell:
    """The hours on clocks that show others: the company's, which is everybody's without a zone, and people's own."""
    home = settings.company.timezone
    clocks = [(settings.company.name, home)]
    clocks += [(_name_and_number(each), each.timezone) for each in plan.people if each.timezone not in (None, home)]
    return tuple(
        Text(f"{whose} — {dates.span_elsewhere(plan.start, plan.end, plan.zone, zone, language)}")
        for whose, zone in clocks
        if not _same_clock(plan, zone)
    )


def _same_clock(plan: Plan, zone: str) -> bool:
    return all(
        datetime.fromtimestamp(at, ZoneInfo(zone)).utcoffset()
        == datetime.fromtimestamp(at, ZoneInfo(plan.zone)).utcoffset()
        for at in (plan.start, plan.end)
    )


def _how_to_join(plan: Plan, screen: Screen, settings: Settings) -> Cell:
    ways = (
        say("dial {number}, then {code}", number=settings.company.conference_number, code=_as_keyed(plan.code)),
        say("or call sip:{code}@{domain}", code=plan.code, domain=settings.sip.domain),
    )
    return cell(*(way.in_language(screen.language) for way in ways))


def _as_keyed(code: str) -> str:
    """As one reads it from a paper while keying it in: ``123 456 *``, ``12 34 *``, on one line."""
    size = 3 if len(code) % 3 == 0 else 2 if len(code) % 2 == 0 else len(code)
    groups = (code[index : index + size] for index in range(0, len(code), size))
    return unbroken(" ".join((*groups, "*")))


def _greeting(entry: Entry, language: Language, *, warned: bool = False) -> Cell:
    greeting = entry.greeting
    if greeting is None:
        return cell(_NOTHING)
    seconds = greeting.seconds
    name = greeting.name if seconds is None else f"{greeting.name}, {dates.length(seconds)}"
    warnings = () if warned else greeting.warnings
    return Text(name), *(Text(warning.in_language(language), Style.BAD) for warning in warnings)


def _attended(someone: Attendee, zone: str, screen: Screen) -> tuple[Cell, ...]:
    from confctl.report import telling  # only whoever asks after the past waits for it

    who = telling.who(someone, screen.language)
    if not someone.stays:
        call = someone.not_reached
        why = telling.not_reached(call).in_language(screen.language) if call else _NOTHING
        return cell(who), cell(_NOTHING), cell(_NOTHING), cell(why)
    first, last = min(stay.start for stay in someone.stays), max(stay.end for stay in someone.stays)
    times = (f"{datetime.fromtimestamp(instant, ZoneInfo(zone)):%H:%M:%S}" for instant in (first, last))
    return cell(who), *map(cell, times), cell(dates.length(someone.seconds))


# What has changed


def _times(was: Plan, plan: Plan, language: Language, home: str) -> Iterator[tuple[Sentence, Cell]]:
    """Date, start and end each; in another zone all of them are others."""
    if was.zone != plan.zone:
        spans = (dates.span(it.start, it.end, it.zone, home, language) for it in (was, plan))
        yield say("Date and time"), _changed(*spans)
        return
    starts = (datetime.fromtimestamp(it.start, ZoneInfo(it.zone)) for it in (was, plan))
    hours = (dates.hours(it.start, it.end, it.zone).split("–") for it in (was, plan))
    yield say("Date"), _changed(*(dates.day_in_words(start, language) for start in starts))
    yield from zip((say("Start"), say("End")), map(_changed, *hours), strict=True)


def _changed(before: str, after: str) -> Cell:
    return () if before == after else cell(f"{before} → {after}")


def _came_and_went(before: tuple[Person, ...], after: tuple[Person, ...]) -> Cell:
    old, new = ({someone.number for someone in them} for them in (before, after))
    came = (f"+ {_name_and_number(someone)}" for someone in after if someone.number not in old)
    went = (f"− {_name_and_number(someone)}" for someone in before if someone.number not in new)
    return cell(*came, *went)
