"""A network and a clock for tests: seeded, lossy, and never asleep.  Agents on it are driven as by a real loop."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from sip.agent import Agent
from sip.effects import Effect, Peer, Send
from sip.headers import NameAddr
from sip.message import Request, Response
from sip.parser import parse
from sip.settings import AgentSettings, TrunkSettings
from sip.uri import Uri

OFFER = b"v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
ANSWER = OFFER.replace(b"10.0.0.1", b"10.0.0.2")
ALICE = NameAddr(Uri.parse("sip:alice@a.example"))

React = Callable[[Agent, Effect, float], None]


@dataclass
class Passwords:
    """Accounts for tests."""

    users: dict[str, str] = field(default_factory=dict)

    def password(self, user: str) -> str | None:
        return self.users.get(user)


class Host:
    """An agent with an address, and all that it has reported.  ``react`` is its user."""

    def __init__(
        self,
        address: str,
        *,
        react: React | None = None,
        accounts: dict[str, str] | None = None,
        trunks: tuple[TrunkSettings, ...] = (),
        seed: int = 1,
    ) -> None:
        self.peer = Peer("udp", address, 5060)
        settings = AgentSettings("conf.example", frozenset({"conf"}), lambda _: (address, 5060), "test", trunks)
        self.agent = Agent(settings, Passwords(accounts or {}), random.Random(f"{seed}{address}"))
        self.seen: list[Effect] = []
        self.react = react

    def of(self, kind: type) -> list[Effect]:
        return [effect for effect in self.seen if isinstance(effect, kind)]


class Network:
    """Carries datagrams between hosts; what goes to an address where nobody is collects in ``strays``."""

    def __init__(
        self,
        *hosts: Host,
        loss: float = 0.0,
        delay: float = 0.02,
        jitter: float = 0.0,
        twice: float = 0.0,
        seed: int = 0,
    ) -> None:
        """``loss`` and ``twice`` are shares of all datagrams; up to ``jitter`` seconds come on top of ``delay``, and so
        datagrams overtake each other.
        """
        self.now = 1000.0
        self.hosts = {host.peer: host for host in hosts}
        self.strays: list[tuple[float, Peer, Request | Response]] = []
        self.wire: list[tuple[float, Peer, Request | Response]] = []
        """All that was sent: when, to whom, what."""
        self.drop: Callable[[Request | Response], bool] = lambda _: False
        self.loss = loss
        self.twice = twice
        self._delay = delay
        self._jitter = jitter
        self._random = random.Random(seed)
        self._queue: list[tuple[float, int, Peer, Peer, bytes]] = []
        self._sent = 0

    def send(self, data: bytes, source: Peer, to: Peer) -> None:
        message = parse(data)
        self.wire.append((self.now, to, message))
        if self._random.random() < self.loss or self.drop(message):
            return
        for _ in range(1 + (self._random.random() < self.twice)):
            self._sent += 1
            at = self.now + self._delay + self._jitter * self._random.random()
            heapq.heappush(self._queue, (at, self._sent, source, to, data))

    def drain(self) -> None:
        for host in self.hosts.values():
            for effect in host.agent.effects():
                if isinstance(effect, Send):
                    self.send(effect.data, host.peer, effect.peer)
                    continue
                host.seen.append(effect)
                if host.react is not None:
                    host.react(host.agent, effect, self.now)

    def run(self, seconds: float) -> None:
        """Let everything happen that happens within that time."""
        end = self.now + seconds
        self.drain()
        while (at := self._next()) is not None and at <= end:
            self.now = max(self.now, at)
            while self._queue and self._queue[0][0] <= self.now:
                _, _, source, to, data = heapq.heappop(self._queue)
                if to in self.hosts:
                    self.hosts[to].agent.receive(data, source, self.now)
                else:
                    self.strays.append((self.now, to, parse(data)))
            for host in self.hosts.values():
                deadline = host.agent.deadline()
                if deadline is not None and deadline <= self.now:
                    host.agent.tick(self.now)
            self.drain()
        self.now = end

    def _next(self) -> float | None:
        times = [self._queue[0][0]] if self._queue else []
        times += [at for host in self.hosts.values() if (at := host.agent.deadline()) is not None]
        return min(times, default=None)

    def methods(self) -> list[str]:
        """The wire as words: a method, or a status with the method it answers."""
        return [said(message) for _, _, message in self.wire]


def said(message: Request | Response) -> str:
    return message.method if isinstance(message, Request) else f"{message.status} {message.cseq.method}"


class Phone:
    """A scripted peer: says exactly what a test wants, and keeps what it hears."""

    def __init__(self, agent: Agent, address: str = "10.0.0.9", port: int = 5060) -> None:
        self.agent = agent
        self.peer = Peer("udp", address, port)
        self.heard: list[Request | Response] = []
        self.effects: list[Effect] = []
        self.sent_at: list[float] = []

    def say(self, message: Request | Response | bytes, now: float = 0.0) -> list[str]:
        """What the agent says to it."""
        self.agent.receive(bytes(message), self.peer, now)
        return self.listen(now)

    def wait(self, until: float) -> list[str]:
        """Time passes, deadline by deadline."""
        words: list[str] = []
        while (at := self.agent.deadline()) is not None and at <= until:
            self.agent.tick(at)
            words += self.listen(at)
        return words

    def listen(self, now: float = 0.0) -> list[str]:
        words = []
        for effect in self.agent.effects():
            if isinstance(effect, Send):
                assert effect.peer == self.peer, effect
                self.heard.append(parse(effect.data))
                self.sent_at.append(now)
                words.append(said(self.heard[-1]))
            else:
                self.effects.append(effect)
        return words

    def last(self, kind: type) -> Effect:
        return [effect for effect in self.effects if isinstance(effect, kind)][-1]
