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


def greeting(listener: Listener, act: str, sound: Pcm) -> Check:
    share = find(listener.heard[act], sound).share
    return Check("hears the greeting", listener.name, f"{share:.0%} of it", share >= RECOGNISED)


def music(listener: Listener, act: str, what: str) -> Check:
    heard = listener.heard[act]
    playing = seconds_of(hears_music(heard))
    return Check(what, listener.name, f"{playing:.1f} of {heard.size / RATE:.1f} s", playing >= 0.6 * heard.size / RATE)


def voice(listener: Listener, act: str, speaker: Listener) -> Check:
    share = find(listener.heard[act], speaker.voice).share
    return Check(f"hears {speaker.name}", listener.name, f"{share:.0%} of the words", share >= RECOGNISED)


def no_voice(listener: Listener, act: str, speaker: Listener, when: str) -> Check:
    share = find(listener.heard[act], speaker.voice).share
    whom = "an echo of themselves" if speaker is listener else speaker.name
    return Check(f"does not hear {whom} {when}", listener.name, f"{share:.0%} of the words", share < RECOGNISED / 2)


def show(console: Console, checks: list[Check]) -> None:
    table = Table(title="What the phones heard", title_justify="left", title_style="bold", box=None, pad_edge=False)
    for heading in ("", "who", "what", "measured"):
        table.add_column(heading)
    for check in sorted(checks, key=lambda check: check.who):
        mark = Text("right", style="green") if check.right else Text("WRONG", style="bold red")
        table.add_row(mark, check.who, check.what, check.measured)
    console.print(table)
