"""A rehearsal from its beginning to its end: the mixer and the people put together in a world of their own."""

from __future__ import annotations

import asyncio
import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mixer.journal import Journal
from mixer.rehearsal.company import Company
from mixer.rehearsal.floor import Floor
from mixer.rehearsal.judge import Judge
from mixer.rehearsal.net import MIXER, Net
from mixer.rehearsal.repertoire import RATE, Repertoire
from mixer.rehearsal.stage import Stage
from mixer.rehearsal.virtual_time import VirtualLoop
from mixer.rehearsal.voices import Voices
from mixer.rehearsal.watched import Watched
from mixer.rules.records import Kind
from mixer.service import Mixer
from mixer.settings import Listener as ListenAt
from mixer.sound_library import sound_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from media.prompts import Prompts
    from mixer.addressing import Directory
    from mixer.rehearsal.people import Actor
    from mixer.rehearsal.scene import Scene
    from mixer.rules.model import Plan
    from mixer.rules.records import Record
    from mixer.settings import MixerSettings
    from sip.registrar import Accounts

AHEAD: Final = 70.0
"""Seconds before the conference's start at which the play begins: the mixer opens it a minute ahead."""
AFTER: Final = 120.0
"""Seconds after its end: by then whoever keys in a code that is none any more has been sent away."""
LONGEST: Final = 12 * 3600.0
"""Beyond its planned end: a conference that doesn't end by then never does."""


@dataclass(frozen=True, slots=True)
class House:
    """What the mixer asks of the desk: :class:`mixer.service.Mixer` says what each is."""

    accounts: Accounts
    directory: Directory
    language_of: Callable[[str | None], str]
    prompts: Prompts


@dataclass(frozen=True, slots=True)
class Played:
    """What has happened.  Times are seconds since the epoch, as the conference's clock would have had them."""

    plan: Plan
    records: tuple[Record, ...]
    actors: tuple[Actor, ...]
    judge: Judge
    wall: Callable[[float], float]
    """Of a time on the loop's clock."""
    ended: float | None
    """When the conference was moved to the past."""
    left_over: tuple[str, ...]
    """Who was still in a call when all was over."""
    ticks: int
    """That the bridge has done, of those that there were."""


class _Notes(Journal):
    """A journal that is kept nowhere."""

    def __init__(self, plan: Plan, judge: Judge) -> None:
        super().__init__(Path(os.devnull))
        self.records: list[Record] = []
        self._numbers = [person.number for person in plan.people]
        self._judge = judge

    def write(self, code: str | None, *records: Record) -> None:
        self.records += records
        for record in records:
            if record.kind in (Kind.HANDED_OVER, Kind.DEPUTY_STANDS_IN) and record.person in self._numbers:
                who = self._numbers.index(record.person)
                self._judge.appoint(who, alone=record.kind == Kind.HANDED_OVER)

    def one_by_one(self, code: str | None, kinds: Collection[str] | None = None) -> Iterator[Record]:
        return iter(())

    def beat(self, now: float) -> None:
        """Nobody looks."""

    def last_seen(self) -> float | None:
        return None


class _Book:
    """A book with one conference."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.over = asyncio.Event()

    def stamp(self) -> object:
        return self.over.is_set()

    def plans(self) -> Sequence[Plan]:
        return () if self.over.is_set() else (self._plan,)

    def end(self, code: str, at: float, reason: str) -> None:
        self.over.set()


def play(
    plan: Plan,
    scene: Scene,
    settings: MixerSettings,
    house: House,
    *,
    seed: int = 0,
    quick: bool = False,
    progress: Callable[[float], None] = lambda _: None,
) -> Played:
    """The whole of it.  ``quick``: nobody listens in where nothing happens.  ``progress`` is told each minute which
    moment it is, seconds since the epoch."""
    with (
        tempfile.TemporaryDirectory(prefix="confctl-rehearsal-") as folder,
        asyncio.Runner(loop_factory=VirtualLoop) as runner,
    ):
        told = _for_stage(settings, Path(folder))
        return runner.run(_play(plan, scene, told, house, seed, progress, look=not quick))


def _for_stage(settings: MixerSettings, folder: Path) -> MixerSettings:
    """As they are, but for what belongs to the world outside."""
    return replace(
        settings,
        state=folder,
        listeners=(ListenAt(MIXER.transport, MIXER.host, MIXER.port),),
        external_addresses=(),
        recording=replace(settings.recording, folder=folder / "recordings"),
        codecs=tuple(name for name in settings.codecs if name.upper() in ("PCMU", "PCMA")),
        srtp="off",
        trunks=tuple(replace(trunk, srtp=None) for trunk in settings.trunks),
    )


async def _play(
    plan: Plan,
    scene: Scene,
    settings: MixerSettings,
    house: House,
    seed: int,
    progress: Callable[[float], None],
    *,
    look: bool,
) -> Played:
    repertoire = Repertoire()
    if plan.greeting is not None:
        repertoire.greet(sound_of(plan.greeting)(RATE))
    judge = Judge([person.name for person in plan.people], repertoire)
    floor = Floor(Voices(len(plan.people)), repertoire, judge)
    net = Net()
    stage = Stage(settings, plan.start - AHEAD, seed, net, floor, look=look)
    journal, book = _Notes(plan, judge), _Book(plan)
    mixer = Mixer(
        settings,
        book=book,
        accounts=house.accounts,
        directory=house.directory,
        language_of=house.language_of,
        journal=journal,
        prompts=Watched(house.prompts, repertoire),
        world=stage,
    )
    company = Company(plan, scene, settings, stage, net, floor, judge)
    await mixer.start()
    work = asyncio.create_task(mixer.run())
    for actor in company.actors:
        actor.begin()
    ended = await _until_over(book, work, stage, plan, progress)
    await _until_alone(company)
    left_over = tuple(actor.person.name for actor in company.actors if actor.in_calls)
    work.cancel()
    await mixer.stop()
    assert stage.link is not None
    return Played(
        plan,
        tuple(journal.records),
        tuple(company.actors),
        judge,
        stage.wall_of,
        ended,
        left_over,
        stage.link.ticks,
    )


async def _until_over(
    book: _Book, work: asyncio.Task[None], stage: Stage, plan: Plan, progress: Callable[[float], None]
) -> float | None:
    """When the conference was over; None when it never is."""
    over = asyncio.create_task(book.over.wait())
    while not over.done() and stage.wall() < plan.end + LONGEST:
        await asyncio.wait((over, work), timeout=60.0, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
        progress(stage.wall())
    ended = stage.wall() if over.done() else None
    over.cancel()
    return ended


async def _until_alone(company: Company) -> None:
    for _ in range(round(AFTER)):
        if not any(actor.in_calls for actor in company.actors):
            break
        await asyncio.sleep(1.0)
