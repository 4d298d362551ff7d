"""A rehearsal from its beginning to its end: the mixer and the people put together in a world of their own."""

from __future__ import annotations

import asyncio
import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from mixer.addresses import FixedUri, OutsideNumber, PhoneAccount, addresses
from mixer.addressing import rewritten
from mixer.bridge.ports import PortPool
from mixer.journal import Journal
from mixer.recording.studio import Studio
from mixer.recording.tape import Tape
from mixer.records import Kind
from mixer.rehearsal.bridge import BridgeHere
from mixer.rehearsal.floor import Floor, Place
from mixer.rehearsal.judge import Judge
from mixer.rehearsal.net import MIXER, Net, Provider
from mixer.rehearsal.people import Actor, Door
from mixer.rehearsal.phone import Phone
from mixer.rehearsal.repertoire import RATE, Repertoire
from mixer.rehearsal.virtual_time import VirtualLoop
from mixer.rehearsal.voices import Voices
from mixer.rehearsal.watched import Watched
from mixer.service import Mixer
from mixer.settings import Listener as ListenAt
from mixer.shelf import sound_of
from mixer.world import World
from sip.uri import Uri

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from media.prompts import Prompts
    from mixer.addressing import Directory, Resolve
    from mixer.bridge.ports import Bound
    from mixer.bridge.protocol import Event
    from mixer.model import Plan, Recorded
    from mixer.recording.studio import Send
    from mixer.records import Record
    from mixer.rehearsal.scene import Scene
    from mixer.settings import MixerSettings
    from sip.agent import Agent
    from sip.effects import Effect, Peer
    from sip.io.endpoint import Endpoint
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

    def read(self, code: str | None) -> list[Record]:
        return []

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


class _SilentTape(Tape):
    """Nothing is recorded; everybody is told that it is."""

    _rolls = False

    def roll(self, how: Recorded) -> str | None:
        began, self._rolls = not self._rolls, True
        return "rehearsal" if began else None

    def pause(self) -> None:
        """Nothing runs."""

    def cut(self) -> bool:
        did, self._rolls = self._rolls, False
        return did


class _Studio(Studio):
    def tape(self, plan: Plan, room: int, clock: Callable[[], float], on_lost: Callable[[str, bool], None]) -> Tape:
        return _SilentTape(self, plan, room, clock, on_lost)

    def convert(self) -> None:
        """There is nothing to convert."""


class Stage(World):
    """No sockets, no processes, and a clock that is ahead by as much as it likes.  To be made in a running loop."""

    listens = False

    def __init__(
        self, settings: MixerSettings, begins: float, seed: int, net: Net, floor: Floor, *, look: bool
    ) -> None:
        """``begins``: what the clock on the wall says when the loop's says 0."""
        super().__init__(settings)
        self.random = Random(seed)  # noqa: S311  so that it can be played again; nobody is there to guess anything
        self.link: BridgeHere | None = None
        self._begins = begins
        self._net = net
        self._floor = floor
        self._look = look
        self._loop = asyncio.get_running_loop()

    def wall(self) -> float:
        return self.wall_of(self._loop.time())

    def wall_of(self, moment: float) -> float:
        return self._begins + moment

    def steady(self) -> float:
        return self._loop.time()

    def endpoint(self, agent: Agent, on_effect: Callable[[Effect], None]) -> Endpoint:
        return self._net.endpoint(agent, on_effect)

    def bridge(self, on_event: Callable[[Event], None]) -> BridgeHere:
        self.link = BridgeHere(self._floor, self._floor, on_event, self.wall, look=self._look)
        return self.link

    def ports(self, hosts: Iterable[str], send: Callable[..., None]) -> PortPool:
        return PortPool("{}-{}".format(*self.settings.media_ports), hosts, send, self._bind)

    def studio(self, send: Send) -> Studio:
        return _Studio(self.settings.recording, send)

    def lookup(self, clock: Callable[[], float]) -> Resolve:
        return self._net.lookup

    def address_for(self, peer: Peer) -> tuple[str, int]:
        return MIXER.host, MIXER.port

    def stir(self) -> None:
        if self.link is not None:
            self.link.wake()

    def tick(self) -> int:
        assert self.link is not None
        return self.link.current_tick()

    def _bind(self, host: str, port: int) -> tuple[Bound, Bound]:
        rtp, rtcp = (Place(os.open(os.devnull, os.O_RDONLY)) for _ in range(2))
        self._floor.bind(rtp.fileno(), port)
        return rtp, rtcp


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
    company = _Company(plan, scene, settings, stage, net, floor, judge)
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


async def _until_alone(company: _Company) -> None:
    for _ in range(round(AFTER)):
        if not any(actor.in_calls for actor in company.actors):
            break
        await asyncio.sleep(1.0)


class _Company:
    """Everybody, each with the phones that the directory says, and the providers."""

    def __init__(
        self, plan: Plan, scene: Scene, settings: MixerSettings, stage: Stage, net: Net, floor: Floor, judge: Judge
    ) -> None:
        self._settings = settings
        self._stage = stage
        self._net = net
        self._hosts = (f"10.{100 + n // 65536}.{n // 256 % 256}.{n % 256}" for n in range(1, 1 << 22))
        self._providers = [
            (trunk, Provider(net, f"10.254.0.{place}", Uri.parse(trunk.uri)))
            for place, trunk in enumerate(settings.trunks, 1)
        ]
        policy = settings.call_policy
        door = Door(_dialled(settings.conference_number), settings.domain, policy.asks)
        self.actors = [
            self._actor(
                Actor(who, person, scene[person.number], plan, AHEAD, door, floor, judge, stage.stir, stage.tick)
            )
            for who, person in enumerate(plan.people)
        ]

    def _actor(self, actor: Actor) -> Actor:
        actor.phones = [self._phone(actor, address) for address in addresses(actor.person)]
        own = [phone for phone in actor.phones if phone.login is not None]
        behind = [phone for phone in actor.phones if phone.behind is not None]
        actor.caller = next(iter((*own, *behind, *actor.phones)), None)
        return actor

    def _phone(self, actor: Actor, address: PhoneAccount | FixedUri | OutsideNumber) -> Phone:
        host = next(self._hosts)
        person, random = actor.person, self._stage.random
        match address:
            case PhoneAccount(user):
                home = Uri("sip", host=self._settings.domain)
                phone = Phone(self._net, host, actor, random, home=home, login=(user, person.password or ""))
                self._net.attach(host, phone)
            case FixedUri(uri):
                at = Uri.parse(uri)
                phone = Phone(self._net, host, actor, random)
                self._net.attach(host, phone, (at.user, at.host.lower()))
            case OutsideNumber(number):
                provider = self._providers[0][1] if self._providers else None
                phone = Phone(self._net, host, actor, random, provider=provider)
                for trunk, each in self._providers:
                    each.connect(rewritten(number, trunk.rewrite), phone)
        return phone


def _dialled(number: str) -> str:
    """As a phone has it: without what people write between digits."""
    return "".join(each for each in number if each in "+0123456789*#")
