"""A conference with real signalling: conductor, switchboard and agent in virtual time, scripted phones, no sound."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from mixer.conductor import Conductor
from mixer.focus import Focus
from mixer.journal import Journal
from mixer.recording.studio import Studio
from mixer.rules.call_policy import CallPolicy
from mixer.rules.model import Person, Plan
from mixer.settings import RecordingSettings
from mixer.stranger_log import StrangerLog
from mixer.transfers import Transfers
from sip.effects import Peer, Send
from sip.message import Request, Response, respond
from sip.parser import parse
from sip.replaces import Replaces
from tests.mixer import example
from tests.mixer.desk import Desk, People, sdp
from tests.mixer.house import Book, SoundLibrary, at_once
from tests.sip import script
from tests.sip.link import said

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from mixer.party import LegEvent
    from mixer.running import Running
    from mixer.settings import TrunkRoute
    from sip.effects import Effect

CODE = "4711471"
ANNA = Person("Anna Petrova", ("101",), sip="sip:anna@10.0.0.9")
BORIS = Person("Boris", ("102", "+74955550142"), sip="sip:boris@10.0.0.8")
CLARA = Person("Clara", ("103",), sip="sip:clara@10.0.0.7")
DORA = Person("Dora", ("+74955550177",), sip="sip:dora@10.0.0.6")
PEOPLE = (ANNA, BORIS, CLARA, DORA)
"""The directory."""


def plan(*participants: Person, start: float = 0.0) -> Plan:
    return Plan(CODE, f"{CODE}99", "Weekly", ANNA, participants, start, start + 1800, "UTC")


class Talker:
    """One phone in one call: says what a test wants from its own address, and keeps what it hears."""

    def __init__(self, hall: Hall, person: Person) -> None:
        host = (person.sip or "").partition("@")[2]
        self.hall = hall
        self.peer = Peer("udp", host, 5060)
        self.name = person.number
        self.heard: list[Request | Response] = []
        self.takes_news = True
        """Whether it answers each NOTIFY."""
        self._number = 0
        hall.phones[host] = self

    def say(self, message: Request | Response) -> list[str]:
        before = len(self.heard)
        self.hall.say(message, self.peer)
        return [said(each) for each in self.heard[before:]]

    def hear(self, message: Request | Response) -> None:
        self.heard.append(message)
        if self.takes_news and isinstance(message, Request) and message.method in ("NOTIFY", "BYE"):
            asyncio.get_running_loop().call_soon(self.say, respond(message, 200))

    def last(self, word: str) -> Request | Response:
        return [message for message in self.heard if said(message) == word][-1]

    def requests(self, method: str) -> list[Request]:
        return [message for message in self.heard if isinstance(message, Request) and message.method == method]

    def respond(self, status: int) -> None:
        """To the latest INVITE, without sound."""
        self.say(script.answer(self.requests("INVITE")[-1], status, tag=self.name))

    def pick_up(self, body: bytes = b"") -> None:
        self.say(script.answer(self.requests("INVITE")[-1], 200, tag=self.name, body=body or self.sdp()))

    def sdp(self, **changes: str) -> bytes:
        return sdp(host=self.peer.host, **changes)

    def press(self, key: str) -> None:
        self.inside("INFO", body=f"Signal={key}\r\nDuration=160\r\n".encode(), kind="application/dtmf-relay")

    def inside(
        self, method: str, *headers: tuple[str, str], body: bytes = b"", kind: str = "application/sdp"
    ) -> list[str]:
        """A request in the call that it has picked up."""
        invite = self.requests("INVITE")[-1]
        if method != "ACK":
            self._number += 1
        return self.say(
            script.request(
                method,
                self._number,
                tag=self.name,
                to_tag=invite.from_.tag,
                call_id=invite.call_id,
                headers=headers,
                body=body,
                kind=kind,
            )
        )

    def dial(self, uri: str, *headers: tuple[str, str], body: bytes | None = None, call_id: str = "") -> int:
        """A call of its own beside the first; the final status."""
        call_id = call_id or f"beside-{self.name}-{len(self.heard)}"
        invite = script.invite(uri=uri, tag=self.name, call_id=call_id, headers=headers, body=body or self.sdp())
        self.say(invite)
        answer = self.heard[-1]
        while isinstance(answer, Request):  # the BYE to another
            answer = [each for each in self.heard if isinstance(each, Response) and each.call_id == call_id][-1]
        self.say(script.request("ACK", tag=self.name, to_tag=answer.to.tag, call_id=call_id))
        return answer.status

    def replaces(self) -> str:
        """Its dialog, as somebody else has to name it to us."""
        invite = self.requests("INVITE")[-1]
        return str(Replaces(invite.call_id, invite.from_.tag or "", self.name))

    def offer(self, body: bytes) -> int:
        """A re-INVITE; the status of its answer, which it acknowledges."""
        self.inside("INVITE", body=body)
        answer = self.heard[-1]
        assert isinstance(answer, Response)
        self.inside("ACK")
        return answer.status

    @property
    def token(self) -> str:
        """What it knows its call by: the user part of our Contact."""
        return self.requests("INVITE")[-1].contacts[0].uri.user or ""

    @property
    def in_call(self) -> bool:
        return bool(self.requests("INVITE")) and not self.requests("BYE")


class Hall(Desk):
    def __init__(
        self,
        folder: Path,
        *plans: Plan,
        listed_only: bool = False,
        trunks: tuple[TrunkRoute, ...] = (),
        policy: CallPolicy = CallPolicy(),  # noqa: B008  it never changes
    ) -> None:
        super().__init__(folder, people=PEOPLE, trunks=trunks)
        self.phones: dict[str, Talker] = {}
        self.journal = Journal(folder / "journal")
        settings = replace(example.settings(folder), listed_only=listed_only, call_policy=policy)
        studio = Studio(RecordingSettings(folder / "recordings"), lambda *_: None)
        self.conductor = Conductor(
            settings,
            Book(*plans),
            self.journal,
            self.switchboard,
            SoundLibrary(),  # type: ignore[arg-type]  # all of it that is used
            language_of=lambda _: "en",
            by_number=lambda _: None,
            studio=studio,
            strangers=StrangerLog(lambda _: True, self._loop.time),
            clock=self._loop.time,
            steady=self._loop.time,
            aside=at_once,
        )
        self.switchboard.arrived = self.conductor.arrived
        self.focus = Focus("conf.example", self.agent, self.switchboard, self.flush, random.Random(5), self._loop.time)
        self.transfers = Transfers(
            settings,
            self.agent,
            self.switchboard,
            self.focus,
            directory=People(*PEOPLE),
            ours={"conf.example", "10.0.0.1"},
            flush=self.flush,
            clock=self._loop.time,
        )
        self.conductor.watch = self._watch
        self.switchboard.replacing = self.transfers.replacing

    def kinds(self) -> list[str]:
        return [record.kind for record in self.journal.read(CODE)]

    def _carry_out(self, effect: Effect) -> None:
        if isinstance(effect, Send):
            message = parse(effect.data)
            self.heard.append(message)
            if phone := self.phones.get(effect.peer.host):
                phone.hear(message)
        else:
            self._signalled(effect)

    def _signalled(self, effect: Effect) -> None:
        """As :class:`mixer.service.Mixer` does."""
        if not self.transfers.signalled(effect):
            self.switchboard.signalled(effect)
            self.focus.signalled(effect)

    def _watch(self, running: Running, event: LegEvent | None) -> None:
        self.focus.watch(running, event)
        self.transfers.watch(running, event)


@asynccontextmanager
async def open_hall(
    folder: Path,
    *participants: Person,
    listed_only: bool = False,
    trunks: tuple[TrunkRoute, ...] = (),
    policy: CallPolicy = CallPolicy(),  # noqa: B008  it never changes
) -> AsyncIterator[Hall]:
    """A conference of Anna and these has just begun, and their phones ring."""
    begun = plan(*participants, start=asyncio.get_running_loop().time())
    hall = Hall(folder, begun, listed_only=listed_only, trunks=trunks, policy=policy)
    with hall:
        work = asyncio.create_task(hall.conductor.run())
        yield hall
        work.cancel()


async def meet(hall: Hall, *people: Person) -> tuple[Talker, ...]:
    """All of them pick up."""
    talkers = tuple(Talker(hall, person) for person in people)
    await asyncio.sleep(0.5)
    for talker in talkers:
        talker.pick_up()
    await asyncio.sleep(0.1)
    return talkers


# What is asked by REFER, and what comes of it

ATTENDED = "?Replaces=their-call%3Bto-tag%3Dx1%3Bfrom-tag%3Dy2"


def refer(phone: Talker, to: str, *more: tuple[str, str]) -> str:
    """The answer."""
    phone.inside("REFER", ("Refer-To", f"<{to}>"), *more)
    return next(f"{m.status}" for m in reversed(phone.heard) if not isinstance(m, Request) and m.cseq.method == "REFER")


def progress(phone: Talker) -> list[str]:
    """What the phone was told of its REFER."""
    return [notify.body.decode().split(" ", 1)[1].strip() for notify in phone.requests("NOTIFY") if notify.body]


def invited(hall: Hall) -> list[str]:
    """Everybody who was ever called."""
    sent = [message for message in hall.heard if isinstance(message, Request) and message.method == "INVITE"]
    return [message.uri.user or "" for message in sent]


def legs(hall: Hall) -> dict[str | None, str]:
    (running,) = hall.conductor.programme.open.values()
    return {leg.person: leg.stage.value for leg in running.conference.legs.values()}
