"""Was what each phone heard right?  Only the recordings are asked, not the mixer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from tests.phones.listening import find, hears_music, seconds_of
from tests.phones.sounds import RATE, Pcm

if TYPE_CHECKING:
    from rich.console import Console

RECOGNISED = 0.5
"""Of a voice's half seconds, how many must be found in their order for it to count as heard."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A person, what they said, and what their phone heard in each act."""

    name: str
    voice: Pcm
    heard: dict[str, Pcm] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    what: str
    who: str
    measured: str
    right: bool


def words(what: str, listener: Listener, act: str, sound: Pcm, expected: bool) -> Check:
    """How much of a voice or greeting the listener's phone heard in an act, and whether it should have."""
    share = find(listener.heard[act], sound).share
    right = share >= RECOGNISED if expected else share < RECOGNISED / 2
    return Check(what, listener.name, f"{share:.0%}", right)


def music(what: str, listener: Listener, act: str) -> Check:
    heard = listener.heard[act]
    playing = seconds_of(hears_music(heard))
    return Check(what, listener.name, f"{playing:.0f} of {heard.size / RATE:.0f} s", playing >= 0.7 * heard.size / RATE)


def show(console: Console, checks: list[Check]) -> None:
    """A row for each thing to hear, a column for each phone; green is right, red with a cross is wrong."""
    people = list(dict.fromkeys(check.who for check in checks))
    table = Table(
        title="\nWhat the telephones heard", title_justify="left", title_style="bold", box=None, pad_edge=False
    )
    table.add_column("")
    for person in people:
        table.add_column(person, justify="right")
    for what in dict.fromkeys(check.what for check in checks):
        cells = {check.who: check for check in checks if check.what == what}
        table.add_row(what, *(_cell(cells.get(person)) for person in people))
    console.print(table)


def _cell(check: Check | None) -> Text:
    if check is None:
        return Text("")
    return Text(check.measured, style="green") if check.right else Text(f"✗ {check.measured}", style="bold red")
