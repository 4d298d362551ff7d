"""Tables and sentences for people, in English and Russian."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.table import Table
from rich.text import Text

from confctl.as_json import reached
from confctl.clean import clean
from confctl.listing import Current, State, counts
from confctl.words import Language, count, plural

if TYPE_CHECKING:
    from confctl.conference_file import Entry
    from confctl.findings import Finding
    from confctl.screen import Screen
    from mixer.model import Person, Plan

_MONTHS: dict[Language, tuple[str, ...]] = {
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    "ru": (
        "января",
        "февраля",
        "марта",
        "апреля",
        "мая",
        "июня",
        "июля",
        "августа",
        "сентября",
        "октября",
        "ноября",
        "декабря",
    ),
}
_STYLES = {State.RUNNING: "bold green", State.OVERDUE: "bold red"}
_STATES = {
    State.PLANNED: "planned",
    State.RUNNING: "running now",
    State.OVERDUE: "not started",
    State.ENDED: "ended",
}
_REASONS = {"planned-end": "ended on time", "last-left": "ended", "missed": "not held"}


def when(plan: Plan, language: Language, home: str) -> str:
    """``24 May 2018, 12:00–13:00``; with its zone where that is not the company's."""
    zone = ZoneInfo(plan.zone)
    start, end = datetime.fromtimestamp(plan.start, zone), datetime.fromtimestamp(plan.end, zone)
    later = (end.date() - start.date()).days
    day = f"{start.day} {_MONTHS[language][start.month - 1]} {start.year}"
    hours = f"{start:%H:%M}–{end:%H:%M}" + (f" (+{later})" if later else "")
    return f"{day}, {hours}" + (f" {plan.zone}" if plan.zone != home else "")


def count_line(listed: list[Current], language: Language) -> str:
    """``1 running, 4 planned``."""
    numbers = counts(listed)
    parts = [
        count(numbers[State.RUNNING], "{n} running", "{n} running"),
        count(numbers[State.PLANNED], "{n} planned", "{n} planned"),
    ]
    if numbers[State.OVERDUE]:
        parts.append(count(numbers[State.OVERDUE], "{n} overdue", "{n} overdue"))
    return ", ".join(part.in_language(language) for part in parts)


def current(listed: list[Current], screen: Screen, home: str) -> Table:
    table = _conferences(screen)
    for each in listed:
        state = Text(screen.word(_STATES[each.state]), _STYLES.get(each.state, ""))
        table.add_row(*_cells(each.entry.plan, screen.language, home), state)
    return table


def past(entries: list[Entry], screen: Screen, home: str) -> Table:
    table = _conferences(screen)
    for entry in entries:
        table.add_row(*_cells(entry.plan, screen.language, home), Text(_outcome(entry, screen)))
    return table


def conference(entry: Entry, state: State, screen: Screen, home: str) -> Table:
    plan = entry.plan
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    rows = [
        ("Title", clean(plan.title)),
        ("Date and time", when(plan, screen.language, home)),
        ("State", _outcome(entry, screen) if state is State.ENDED else screen.word(_STATES[state])),
        ("Code", plan.code),
        ("Owner's code", plan.owner_code),
        ("Owner", _name_and_number(plan.owner)),
        ("Participants", "\n".join(map(_name_and_number, plan.participants)) or "—"),
        ("Greeting", clean(entry.greeting_name or "—")),
    ]
    for name, value in rows:
        table.add_row(screen.word(name), Text(value))
    return table


def people(everybody: list[Person], screen: Screen) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("Name", "Numbers", "Reached by", "Mail"):
        table.add_column(screen.word(name), overflow="fold")
    ways = {"account": "its phone registers here", "trunk": "trunk"}
    for someone in everybody:
        way = reached(someone)
        described = clean(someone.sip or "") if way == "sip" else screen.word(ways[way])
        cells = (clean(someone.name), ", ".join(map(clean, someone.numbers)), described, clean(someone.email or ""))
        table.add_row(*map(Text, cells))
    return table


def findings(found: list[Finding], screen: Screen) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in found:
        mark = Text(screen.word("wrong"), "bold red") if finding.wrong else Text(screen.word("ok"), "green")
        what, detail = (Text(sentence.in_language(screen.language)) for sentence in (finding.what, finding.detail))
        table.add_row(mark, what, detail)
    return table


def _conferences(screen: Screen) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(screen.word("Code"), no_wrap=True)
    table.add_column(screen.word("Date and time"), overflow="fold")
    table.add_column(screen.word("Title and owner"), overflow="fold")
    table.add_column(screen.word("Participants"), overflow="fold")
    table.add_column(screen.word("State"), overflow="fold")
    return table


def _cells(plan: Plan, language: Language, home: str) -> tuple[Text, Text, Text, Text]:
    described = Text(clean(plan.title))
    described.append(f"\n{clean(plan.owner.name)}", "dim")
    number = plural(len(plan.participants), "{n} participant", "{n} participants", language)
    return Text(plan.code), Text(when(plan, language, home)), described, Text(number)


def _outcome(entry: Entry, screen: Screen) -> str:
    known = screen.word(_REASONS.get(entry.reason or "", "ended"))
    if entry.ended is None or entry.reason == "missed":
        return known
    return f"{known} {datetime.fromtimestamp(entry.ended, ZoneInfo(entry.plan.zone)):%H:%M}"


def _name_and_number(someone: Person) -> str:
    return f"{clean(someone.name)}, {clean(someone.number)}"
