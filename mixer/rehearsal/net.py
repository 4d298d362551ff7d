"""The signalling network of a rehearsal: datagrams go from hand to hand, a few virtual milliseconds later."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

from sip.effects import Peer
from sip.io.endpoint import Endpoint
from sip.io.udp import Datagrams
from sip.message import Request, Response, respond
from sip.parser import parse
from sip.settings import ListenAt
from sip.targets import Unresolved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sip.agent import Agent
    from sip.effects import Effect
    from sip.uri import Uri

PORT: Final = 5060
MIXER: Final = Peer("udp", "10.255.0.1", PORT)
_ON_THE_WAY: Final = 0.005  # seconds
_REGISTERED: Final = "3600"  # seconds


class Device(Protocol):
    """Whatever has an address of its own."""

    def receive(self, data: bytes) -> None:
        """From the mixer."""


class Net:
    """To be made in a running loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._devices: dict[str, Device] = {}
        self._addresses: dict[tuple[str | None, str], str] = {}
        self._mixer: Callable[[bytes, Peer], None] = lambda *_: None

    def endpoint(self, agent: Agent, on_effect: Callable[[Effect], None]) -> Endpoint:
        """The mixer's."""
        endpoint = Endpoint(
            agent, [ListenAt(MIXER.transport, MIXER.host, MIXER.port)], on_effect, datagrams=_InHouse(self)
        )

        def receive(data: bytes, source: Peer) -> None:
            agent.receive(data, source, endpoint.now())
            endpoint.flush()

        self._mixer = receive
        return endpoint

    def attach(self, host: str, device: Device, *uris: tuple[str | None, str]) -> None:
        """``uris``: users and hosts of URIs that lead there; without a user, all of that host that nobody else has."""
        self._devices[host] = device
        self._addresses.update(dict.fromkeys(uris, host))

    async def lookup(self, uri: Uri) -> tuple[Peer, ...]:
        """Raises Unresolved."""
        host = self._addresses.get((uri.user, uri.host.lower())) or self._addresses.get((None, uri.host.lower()))
        if host is None:
            raise Unresolved(f"the name {uri.host} has no address")
        return (Peer("udp", host, PORT),)

    def to_mixer(self, data: bytes, source: Peer) -> None:
        self._loop.call_later(_ON_THE_WAY, self._mixer, data, source)

    def from_mixer(self, data: bytes, peer: Peer) -> None:
        if (device := self._devices.get(peer.host)) is not None:
            self._loop.call_later(_ON_THE_WAY, device.receive, data)


class _InHouse(Datagrams):
    """The mixer's side of it."""

    def __init__(self, net: Net) -> None:
        super().__init__()
        self._net = net

    def listen(self, host: str, port: int) -> None:
        """Nothing is bound."""

    @property
    def addresses(self) -> tuple[ListenAt, ...]:
        return (ListenAt(MIXER.transport, MIXER.host, MIXER.port),)

    def send(self, data: bytes, peer: Peer) -> bool:
        self._net.from_mixer(data, peer)
        return True

    def keep_open(self, peers: Iterable[Peer]) -> None:
        """There is no NAT."""

    def listener_of(self, peer: Peer) -> ListenAt | None:
        return self.addresses[0]


class Provider:
    """A trunk that works: it registers whoever asks, says that it is there, and has a way to every number it knows."""

    def __init__(self, net: Net, host: str, uri: Uri) -> None:
        self.host = host
        self._net = net
        self._subscribers: dict[str, Device] = {}
        self._calls: dict[str, Device] = {}
        net.attach(host, self, (None, uri.host.lower()))

    @property
    def peer(self) -> Peer:
        return Peer("udp", self.host, PORT)

    def connect(self, number: str, phone: Device) -> None:
        """``number`` as it is called through this trunk."""
        self._subscribers[number] = phone

    def send(self, data: bytes, phone: Device) -> None:
        """A phone behind it speaks to the mixer."""
        self._calls[parse(data).call_id] = phone
        self._net.to_mixer(data, self.peer)

    def receive(self, data: bytes) -> None:
        message = parse(data)
        phone = self._calls.get(message.call_id)
        if phone is None and isinstance(message, Request) and message.method == "INVITE":
            phone = self._subscribers.get(message.uri.user or "")
            if phone is not None:
                self._calls[message.call_id] = phone
        if phone is not None:
            phone.receive(data)
        elif isinstance(message, Request) and message.method != "ACK":
            self._net.to_mixer(bytes(_answer(message)), self.peer)


def _answer(request: Request) -> Response:
    match request.method:
        case "REGISTER":
            bound = [("Contact", f"{contact};expires={_REGISTERED}") for contact in request.headers.get_all("Contact")]
            return respond(request, 200, to_tag="provider", headers=bound)
        case "OPTIONS":
            return respond(request, 200, to_tag="provider")
        case "INVITE":
            return respond(request, 404, to_tag="provider")
        case _:
            return respond(request, 481, to_tag="provider")
