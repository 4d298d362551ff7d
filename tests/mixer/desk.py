"""A switchboard with a real agent and real ports: phones say what a test wants, the bridge keeps what it is told."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from typing import TYPE_CHECKING

from mixer.bridge.ports import PortPool, PortsExhausted
from mixer.keepsakes import Keepsakes
from mixer.media_paths import MediaPaths
from mixer.rules.model import Person
from mixer.rules.numbers import same_number
from mixer.switchboard import Switchboard
from mixer.trunks import Trunks
from mixer.whom import Fitting
from sip.effects import Peer, Send, Trunk, TrunkAlive
from sip.message import Request, Response
from sip.parser import parse
from sip.settings import TrunkSettings
from sip.uri import Uri
from tests.mixer import example
from tests.sip import script
from tests.sip.link import said

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mixer.bridge.protocol import Command
    from mixer.party import Arrived, LegEvent
    from mixer.settings import TrunkRoute
    from sip.crypto import Policy
    from sip.effects import Effect

PHONE = Peer("udp", "10.0.0.9", 5060)
ANNA = Person("Anna Petrova", ("101",), sip="sip:anna@10.0.0.9")
RING_SECONDS = 45.0


def sdp(
    host: str = "10.0.0.9", port: int = 4000, formats: str = "0 8 101", direction: str = "sendrecv", family: str = "IP4"
) -> bytes:
    lines = ["v=0", f"o=- 1 1 IN {family} {host}", "s=-", f"c=IN {family} {host}", "t=0 0"]
    lines += [f"m=audio {port} RTP/AVP {formats}", "a=rtpmap:101 telephone-event/8000", f"a={direction}"]
    return "".join(f"{line}\r\n" for line in lines).encode()


class Bridge:
    """What a :class:`mixer.bridge.client.BridgeClient` would be told."""

    def __init__(self) -> None:
        self.told: list[Command] = []

    def send(self, command: Command, *_: int) -> None:
        self.told.append(command)

    def current_tick(self) -> int:
        return 1_000_000

    def of(self, kind: type) -> list[Command]:
        return [command for command in self.told if isinstance(command, kind)]


class Party:
    def __init__(self) -> None:
        self.heard: list[LegEvent] = []

    def take(self, event: LegEvent) -> None:
        self.heard.append(event)


class People:
    """A directory."""

    def __init__(self, *people: Person) -> None:
        self.people = people

    def by_number(self, number: str) -> Person | None:
        return next((each for each in self.people if any(same_number(mine, number) for mine in each.numbers)), None)

    def by_uri(self, uri: Uri) -> Person | None:
        return next((each for each in self.people if each.sip and Uri.parse(each.sip).equivalent(uri)), None)

    def look_up(self, texts: Sequence[str], among: Sequence[Person] | None = None) -> list[Fitting]:
        people = self.people if among is None else among
        return [Fitting(tuple(each for each in people if text in (each.name, *each.numbers))) for text in texts]


class NoPorts:
    """A pool of which nothing is left."""

    def speaks(self, *, ipv6: bool) -> bool:
        return not ipv6

    def take(self, *_: object, ipv6: bool) -> object:
        raise PortsExhausted("no free pair of RTP ports")


class Desk:
    """Use inside a running loop, and as a context manager."""

    def __init__(
        self,
        folder: Path,
        *,
        ports: NoPorts | None = None,
        trunks: tuple[TrunkRoute, ...] = (),
        people: tuple[Person, ...] = (),
        srtp: Policy = "off",
    ) -> None:
        settings = replace(example.settings(folder), ring_seconds=RING_SECONDS, trunks=trunks)
        self.agent = script.agent(
            *(
                TrunkSettings(each.name, Uri.parse(each.uri), None, None, each.register, each.trust_caller_id)
                for each in trunks
            )
        )
        self.bridge = Bridge()
        self.party = Party()
        self.heard: list[Request | Response] = []
        """What the phones were sent."""
        self.arrived: list[Arrived] = []
        self.lookups: list[str] = []
        self.keepsakes = Keepsakes(folder)
        self.pool = PortPool("43400-43499", ["127.0.0.1"], self.bridge.send)
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._flushing = False
        dice = random.Random(3)
        self.trunks = Trunks(trunks, self.look_up, self._resolved, self._loop.time, lambda _: None)
        self.switchboard = Switchboard(
            settings,
            self.agent,
            self.bridge,  # type: ignore[arg-type]  # all of it that is used
            MediaPaths(
                settings,
                self.bridge,  # type: ignore[arg-type]  # as above
                ports or self.pool,  # type: ignore[arg-type]  # as above
                lambda _: "10.0.0.1",
                dice,
                lambda *_: srtp,
            ),
            keepsakes=self.keepsakes,
            trunks=self.trunks,
            directory=People(*people),
            ours={"conf.example"},
            lookup=self.look_up,
            flush=self.flush,
            random=dice,
            clock=self._loop.time,
        )
        self.switchboard.arrived = self.arrived.append

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.close()

    async def look_up(self, uri: Uri) -> tuple[Peer, ...]:
        self.lookups.append(uri.host)
        return (Peer("udp", uri.host, uri.port or 5060),)

    def _resolved(self, name: str, peers: tuple[Peer, ...]) -> None:
        self.agent.trunk_resolved(name, peers, self._loop.time())

    def flush(self) -> None:
        """As :class:`sip.io.endpoint.Endpoint` does."""
        if self._flushing:
            return
        self._flushing = True
        for effect in self.agent.effects():
            self._carry_out(effect)
        self._flushing = False
        if self._timer is not None:
            self._timer.cancel()
        deadline = self.agent.deadline()
        self._timer = None if deadline is None else self._loop.call_at(deadline, self._tick)

    def say(self, message: Request | Response, source: Peer = PHONE) -> list[str]:
        """A phone says it; what phones are sent at once."""
        before = len(self.heard)
        self.agent.receive(bytes(message), source, self._loop.time())
        self.flush()
        return [said(message) for message in self.heard[before:]]

    def words(self) -> list[str]:
        return [said(message) for message in self.heard]

    def last(self, word: str) -> Request | Response:
        return [message for message in self.heard if said(message) == word][-1]

    async def dial(self, leg: str = "leg") -> Request:
        """The INVITE that the phone gets."""
        self.switchboard.dial(leg, ANNA, self.party)
        await asyncio.sleep(0.01)
        sent = self.last("INVITE")
        assert isinstance(sent, Request)
        return sent

    async def talk(self, answer: bytes | None = None) -> Request:
        """A call that we have placed and that is answered."""
        sent = await self.dial()
        self.say(script.answer(sent, 200, body=answer or sdp()))
        return sent

    def settle(self, offer: bytes | None = None, ack: bytes = b"", source: Peer = PHONE) -> None:
        """A call that came in, is answered and acknowledged."""
        self.say(script.invite(body=sdp() if offer is None else offer), source)
        self.switchboard.answer(self.arrived[-1].leg, self.party)
        self.acknowledge(ack, source=source)

    def acknowledge(self, body: bytes = b"", number: int = 1, source: Peer = PHONE) -> list[str]:
        ok = self.last("200 INVITE")
        return self.say(script.request("ACK", number, to_tag=ok.to.tag, body=body), source)

    def free(self) -> bool:
        """No leg has a port any more."""
        return not any(pair.legs for pair in self.pool._pairs.values())

    def _carry_out(self, effect: Effect) -> None:
        if isinstance(effect, Send):
            self.heard.append(parse(effect.data))
        elif isinstance(effect, (Trunk, TrunkAlive)):
            self.trunks.told(effect)
        else:
            self.switchboard.signalled(effect)

    def _tick(self) -> None:
        self.agent.tick(self._loop.time())
        self.flush()


def theirs(method: str, sent: Request, number: int = 1, body: bytes = b"", kind: str = "application/sdp") -> Request:
    """A request of the phone inside a call that we placed."""
    return script.request(method, number, to_tag=sent.from_.tag, call_id=sent.call_id, body=body, kind=kind)


def version(message: Request | Response) -> int:
    """Of the session description, as ``o=`` has it."""
    line = next(line for line in message.body.decode().split("\r\n") if line.startswith("o="))
    return int(line.split(" ")[2])
