"""A conductor in virtual time: a book of lists, a switchboard that writes down, a wall clock that can be set."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from media.files import SoundFileError
from media.prompt import Prompt
from mixer.code_guard import Source
from mixer.conductor import Conductor
from mixer.journal import Journal
from mixer.key_table import KeyTable
from mixer.party import Arrived, Finished, Gone, NotReached, Party, Pressed, Reached, Settled
from mixer.programme import BookError
from mixer.recording.studio import Studio
from mixer.rules.announcements import Announcements
from mixer.settings import RecordingSettings
from mixer.stranger_log import StrangerLog
from tests.mixer import example
from tests.mixer.rehearsal import ONCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Sequence
    from pathlib import Path

    from mixer.bridge.protocol import Command
    from mixer.rules.call_policy import CallPolicy
    from mixer.rules.model import Person, Plan

MUSIC = 1
GREETING = 2
BROUGHT = 3


class Book:
    def __init__(self, *plans: Plan) -> None:
        self.content = list(plans)
        self.ended: dict[str, str] = {}
        self.broken = False
        """Whether the disk fails."""
        self.locked = False
        """Whether nothing can be moved to the past."""
        self.looks = 0
        self._changes = 0

    def change(self, *plans: Plan) -> None:
        self.content = list(plans)
        self._changes += 1

    def stamp(self) -> object:
        if self.broken:
            raise BookError("conferences: Input/output error")
        self.looks += 1
        return self._changes

    def plans(self) -> Sequence[Plan]:
        return tuple(self.content)

    def end(self, code: str, at: float, reason: str) -> None:
        if self.locked:
            raise BookError(f"{code}.toml:3: this is not TOML")
        self.ended[code] = reason
        self.change(*(plan for plan in self.content if plan.code != code))


class SoundLibrary:
    """Sounds are numbers: 1 is the music, 2 and on the greetings, from 100 the prompts."""

    def __init__(self) -> None:
        self.read: list[Path] = []
        self.reading = 0.0
        """Seconds that a greeting takes, or what somebody brings along."""
        self.preparing = 0.0
        """The same of what may be told in a conference."""
        self.mistakes = 0
        """So many readings fail by a mistake in the program."""
        self.lost = False
        self.dropped: list[Path] = []
        self.kept: set[str] = set()
        """What somebody has brought along."""

    def prompt(self, prompt: Prompt, language: str) -> int:
        return 100 + list(Prompt).index(prompt)

    async def prepare(self, prompts: Iterable[Prompt], languages: Iterable[str]) -> None:
        await asyncio.sleep(self.preparing)

    async def music(self) -> int:
        return MUSIC

    async def greeting(self, file: Path) -> int | None:
        await asyncio.sleep(self.reading)
        if self.mistakes:
            self.mistakes -= 1
            raise ZeroDivisionError
        self.read.append(file)
        return None if self.lost else GREETING

    async def brought(self, key: str, file: Path) -> int:
        await asyncio.sleep(self.reading)
        if file.name == "noise":
            raise SoundFileError("it holds no sound")
        self.kept.add(key)
        return BROUGHT

    def forget_brought(self, key: str) -> None:
        self.kept.discard(key)

    def forget(self, file: Path) -> None:
        self.dropped.append(file)


@dataclass
class Switchboard:
    """``hears`` is what each leg hears: a room's number, or the sounds that play to it."""

    now: object
    parties: dict[str, Party] = field(default_factory=dict)
    dialled: list[tuple[float, str]] = field(default_factory=list)
    run: str = "5f3a9c12"
    addresses: dict[str, int] = field(default_factory=dict)
    leg_of: dict[str, str] = field(default_factory=dict)
    refused: list[tuple[str, int]] = field(default_factory=list)
    hung_up: dict[str, str] = field(default_factory=dict)
    hears: dict[str, int | tuple[int, ...] | None] = field(default_factory=dict)
    room: dict[str, int | None] = field(default_factory=dict)
    token: dict[str, int] = field(default_factory=dict)
    tokens: int = 0
    beside: dict[str, float | None] = field(default_factory=dict)
    """How loud the room is beside what plays."""
    muted: set[str] = field(default_factory=set)
    volumes: dict[str, tuple[float, float]] = field(default_factory=dict)
    holding: set[str] = field(default_factory=set)

    @property
    def legs(self) -> tuple[str, ...]:
        return tuple(self.parties)

    def party(self, leg: str) -> Party | None:
        return self.parties.get(leg)

    def caller(self, leg: str) -> str | None:
        return None

    def number(self, leg: str) -> int | None:
        return list(self.parties).index(leg) if leg in self.parties else None

    def hand_over(self, leg: str, party: Party) -> None:
        self.parties[leg] = party

    def dial(self, leg: str, person: Person, party: Party, address: int) -> None:
        self.parties[leg] = party
        self.leg_of[person.number] = leg
        self.addresses[leg] = address
        self.dialled.append((self.now(), person.number))  # type: ignore[operator]  # a clock

    def answer(self, leg: str, party: Party) -> None:
        self.parties[leg] = party

    def refuse(self, leg: str, status: int, reason: str) -> None:
        self.refused.append((leg, status))

    def hang_up(self, leg: str, reason: str) -> None:
        if self.parties.pop(leg, None) is not None:
            self.hung_up[leg] = reason

    def play(self, leg: str, sounds: tuple[int, ...], *, loop: bool = False, room: float | None = None) -> int:
        self.beside[leg] = room
        assert loop == (sounds in ((MUSIC,), (100 + list(Prompt).index(Prompt.PRESS_ONE),)))
        self.tokens += 1
        self.hears[leg], self.token[leg] = sounds, self.tokens
        return self.tokens

    def stop_playing(self, leg: str) -> None:
        self.hears[leg] = self.room.get(leg)

    def join(self, leg: str, room: int | None) -> None:
        self.room[leg] = room

    def on_hold(self, leg: str) -> bool:
        return leg in self.holding

    def encrypted(self, leg: str) -> bool:
        return False

    def turn(self, leg: str, listening: float, talking: float) -> None:
        self.volumes[leg] = listening, talking

    def mute(self, leg: str, muted: bool) -> None:
        (self.muted.add if muted else self.muted.discard)(leg)


async def at_once(work: Callable[[], None]) -> None:
    """Virtual time knows no threads."""
    work()


class House:
    def __init__(
        self,
        folder: Path,
        *plans: Plan,
        now: float,
        listed_only: bool = False,
        policy: CallPolicy = ONCE,
        keys: KeyTable = KeyTable(),  # noqa: B008  it never changes
        announcements: Announcements = Announcements(),  # noqa: B008  as above
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._set = now - self._loop.time()
        self.folder = folder
        self.book = Book(*plans)
        self.library = SoundLibrary()
        self.board = Switchboard(self.now)
        self.journal = Journal(folder / "journal")
        self._callers = 0
        self.tapes: list[Command] = []
        """What the bridge was told of recordings."""
        self.studio = Studio(RecordingSettings(folder / "recordings"), lambda command, *_: self.tapes.append(command))
        settings = replace(
            example.settings(folder),
            conference_number="+7 495 555-01-00",
            listed_only=listed_only,
            call_policy=policy,
            keys=keys,
            announcements=announcements,
        )
        self.conductor = Conductor(
            settings,
            self.book,
            self.journal,
            self.board,  # type: ignore[arg-type]  # all of it that is used
            self.library,  # type: ignore[arg-type]  # as above
            language_of=lambda _: "en",
            by_number=lambda _: None,
            studio=self.studio,
            strangers=StrangerLog(lambda _: False, self._loop.time),
            clock=self.now,
            steady=self._loop.time,
            aside=at_once,
        )

    def now(self) -> float:
        """What the clock on the wall says."""
        return self._set + self._loop.time()

    def set_clock(self, seconds: float) -> None:
        """Somebody sets it by so much."""
        self._set += seconds

    async def until(self, moment: float) -> None:
        await asyncio.sleep(moment - self.now())

    @property
    def called(self) -> list[str]:
        return [number for _, number in self.board.dialled]

    def kinds(self, code: str) -> list[str]:
        return [record.kind for record in self.journal.read(code)]

    # What phones do

    def answers(self, person: Person) -> str:
        leg = self.board.leg_of[person.number]
        self.board.parties[leg].take(Reached(leg))
        return leg

    def declines(self, person: Person) -> None:
        leg = self.board.leg_of[person.number]
        self.board.parties.pop(leg).take(NotReached(leg, 603, "Decline"))

    def leaves(self, leg: str) -> None:
        self.board.parties.pop(leg).take(Gone(leg, "hung up"))

    def hears_to_the_end(self, leg: str) -> None:
        self.board.parties[leg].take(Finished(leg, self.board.token[leg]))

    def calls(self, number: str, caller: str | None = None, trunk: str | None = None, host: str = "192.0.2.7") -> str:
        """Somebody calls us, and acknowledges our answer, if there is one."""
        self._callers += 1
        leg = f"in-{self._callers}"
        self.conductor.arrived(Arrived(leg, number, caller, "somebody", Source(host, trunk, caller)))
        if party := self.board.party(leg):
            party.take(Settled(leg))
        return leg

    def keys(self, leg: str, keys: str) -> None:
        for key in keys:
            self.board.parties[leg].take(Pressed(leg, key))

    def said(self, leg: str) -> list[str]:
        """The prompts that play to a leg."""
        sounds = self.board.hears[leg]
        assert isinstance(sounds, tuple)
        return [str(list(Prompt)[number - 100]) for number in sounds]


@asynccontextmanager
async def open_house(
    folder: Path,
    *plans: Plan,
    now: float,
    listed_only: bool = False,
    policy: CallPolicy = ONCE,
    keys: KeyTable = KeyTable(),  # noqa: B008  it never changes
    announcements: Announcements = Announcements(),  # noqa: B008  as above
) -> AsyncIterator[House]:
    """Its conductor runs until the end of the block, and is told of nothing then: what a crash is to it."""
    house = House(
        folder, *plans, now=now, listed_only=listed_only, policy=policy, keys=keys, announcements=announcements
    )
    work = asyncio.create_task(house.conductor.run())
    await asyncio.sleep(0)
    try:
        yield house
    finally:
        if work.done():
            work.result()
        work.cancel()
