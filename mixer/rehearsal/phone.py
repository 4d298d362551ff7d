"""A phone of a rehearsal: a user agent of our own SIP core, G.711, keys as RFC 4733 has them."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from media.codecs import PCMA, PCMU
from mixer.bridge.protocol import Codec
from mixer.negotiation import capabilities_of
from mixer.rehearsal.net import MIXER, PORT
from mixer.rehearsal.voices import HOLD_MUSIC, LAWS
from sip import effects
from sip.agent import Agent
from sip.effects import Peer, Send
from sip.errors import RemoteError
from sip.offer import accept_answer, answer, make_offer
from sip.sdp import SessionDescription
from sip.settings import AgentSettings, TrunkSettings

if TYPE_CHECKING:
    from random import Random

    from mixer.rehearsal.net import Net, Provider
    from mixer.rehearsal.voices import Voices
    from sip.headers import NameAddr
    from sip.offer import Negotiated
    from sip.sdp import Direction
    from sip.uri import Uri

_CAPABILITIES: Final = capabilities_of((Codec.PCMU, Codec.PCMA))
_KEYS: Final = "0123456789*#ABCD"
_KEY_TICKS, _END_TICKS, _PAUSE_TICKS = 5, 3, 5
_FIRST_PORT: Final = 4000
_HOME: Final = "home"
PAYLOADS: Final = {PCMU.format.payload_type: PCMU, PCMA.format.payload_type: PCMA}


class _NoAccounts:
    def password(self, user: str) -> str | None:
        return None


@dataclass(eq=False, slots=True)
class Call:
    """A call as its phone has it."""

    phone: Phone
    name: str
    """The agent's."""
    port: int
    codec: Codec = Codec.PCMU
    events: int | None = None
    remote: int = 0
    """The mixer's port."""
    connected: bool = False
    holding: bool = False
    dialled: bool = False
    """The mixer did not call, it was called."""
    asked: bytes | None = None
    """The offer that came with a call of the mixer's."""
    version: int = 0
    sequence: int = 0
    _keys: deque[tuple[str, int]] = field(default_factory=deque)
    """Keys that are to be pressed, and how many ticks of each are over."""
    _offered: SessionDescription | None = None

    @property
    def pressing(self) -> bool:
        return bool(self._keys)

    def press(self, keys: str) -> None:
        self._keys.extend((key, 0) for key in keys)

    def offer(self, direction: Direction = "sendrecv") -> bytes:
        self.version += 1
        self._offered = make_offer(
            _CAPABILITIES, self.phone.host, self.port, self.port, self.version, direction=direction
        )
        return bytes(self._offered)

    def answer(self, offer: bytes | None) -> bytes:
        """RemoteError."""
        if offer is None:
            return self.offer()
        self.version += 1
        theirs = SessionDescription.parse(offer)
        said, agreed = answer(theirs, _CAPABILITIES, self.phone.host, self.port, self.port, self.version)
        self._agree(agreed)
        return bytes(said)

    def accept(self, answered: bytes) -> None:
        """RemoteError."""
        assert self._offered is not None
        self._agree(accept_answer(self._offered, SessionDescription.parse(answered)))

    def packet(self, tick: int, voices: Voices, who: int) -> bytes:
        """What it sends at a tick."""
        self.sequence += 1
        if self._keys and self.events is not None and not self.holding:
            key, ticks = self._keys.popleft()
            if ticks + 1 < _KEY_TICKS + _END_TICKS + _PAUSE_TICKS:
                self._keys.appendleft((key, ticks + 1))
            if ticks < _KEY_TICKS + _END_TICKS:
                return self._header(self.events, tick - ticks) + _event(key, ticks)
        octets = voices.says(HOLD_MUSIC if self.holding else who, self.codec, tick)
        return self._header(LAWS[self.codec].format.payload_type, tick) + octets.tobytes()

    def _agree(self, agreed: Negotiated) -> None:
        self.codec, self.events, self.remote = Codec[agreed.format.name.upper()], agreed.events, agreed.port

    def _header(self, payload_type: int, tick: int) -> bytes:
        """RFC 3550 §5.1."""
        sequence, timestamp = self.sequence & 0xFFFF, tick * 160 & 0xFFFFFFFF
        return b"\x80%c" % payload_type + b"".join(
            (sequence.to_bytes(2, "big"), timestamp.to_bytes(4, "big"), self.port.to_bytes(4, "big"))
        )


def _event(key: str, ticks: int) -> bytes:
    """RFC 4733 §2.3: key, end bit and volume, how long it lasts so far; the end is said three times."""
    ended = ticks >= _KEY_TICKS
    duration = 160 * (min(ticks, _KEY_TICKS) + 1)
    return bytes((_KEYS.index(key), 0x8A if ended else 0x0A)) + duration.to_bytes(2, "big")


class User(Protocol):
    """Whoever has the phone in hand."""

    def rung(self, call: Call) -> None: ...

    def taken_back(self, call: Call) -> None:
        """It rings no more."""

    def connected(self, call: Call) -> None: ...

    def refused(self, call: Call, status: int, reason: str) -> None:
        """A call of the phone's own."""

    def over(self, call: Call) -> None:
        """The mixer has hung up."""


class Phone:
    """At an address of its own, or behind a provider; with a ``login`` it registers at the mixer."""

    def __init__(
        self,
        net: Net,
        host: str,
        user: User,
        random: Random,
        *,
        provider: Provider | None = None,
        home: Uri | None = None,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.host = host
        self.user = user
        self.away = False
        """Nothing reaches it, and nothing comes from it."""
        self.login = login
        """User and password at the mixer."""
        self._net = net
        self.behind = provider
        self._calls: dict[str, Call] = {}
        self._ports = iter(range(_FIRST_PORT, 60_000, 2))
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self.at = host if provider is None else provider.host
        trunks: tuple[TrunkSettings, ...] = ()
        if home is not None and login is not None:
            trunks = (TrunkSettings(_HOME, home, *login, register=True, trust_caller_id=False),)
        self._agent = Agent(
            AgentSettings(
                domain=host,
                aliases=frozenset((host,)),
                local=lambda _: (self.at, PORT),
                user_agent="phone",
                trunks=trunks,
            ),
            _NoAccounts(),
            random,
        )

    def register(self) -> None:
        if self.login is not None:
            self._agent.trunk_resolved(_HOME, (MIXER,), self._loop.time())
            self._agent.register_trunks(self._loop.time())
            self._flush()

    def receive(self, data: bytes) -> None:
        if not self.away:
            self._agent.receive(data, MIXER, self._loop.time())
            self._flush()

    @property
    def calls(self) -> tuple[Call, ...]:
        return tuple(self._calls.values())

    # What its user does

    def call(self, target: Uri, caller: NameAddr, headers: tuple[tuple[str, str], ...] = ()) -> Call:
        call = Call(self, "", next(self._ports), dialled=True)
        user, password = self.login or (None, None)
        call.name = self._agent.invite(
            target,
            caller=caller,
            offer=call.offer(),
            peers=(MIXER,),
            headers=headers,
            username=user,
            password=password,
            now=self._loop.time(),
        )
        self._calls[call.name] = call
        self._flush()
        return call

    def ring(self, call: Call) -> None:
        self._agent.ring(call.name, self._loop.time())
        self._flush()

    def reject(self, call: Call, status: int) -> None:
        self._calls.pop(call.name, None)
        self._agent.reject(call.name, status, self._loop.time())
        self._flush()

    def pick_up(self, call: Call) -> None:
        if call.name in self._calls:
            self._agent.accept(call.name, call.answer(call.asked), self._loop.time())
            self._connect(call)
            self._flush()

    def hang_up(self, call: Call) -> None:
        if self._calls.pop(call.name, None) is not None:
            call.connected = False
            self._agent.hang_up(call.name, self._loop.time())
            self._flush()

    def hold(self, call: Call, holding: bool) -> None:
        call.holding = holding
        self._agent.offer(call.name, call.offer("sendonly" if holding else "sendrecv"), self._loop.time())
        self._flush()

    # What its agent tells

    def _effect(self, effect: effects.Effect) -> None:
        if isinstance(effect, effects.Incoming):
            call = self._calls[effect.call] = Call(self, effect.call, next(self._ports), asked=effect.offer)
            self.user.rung(call)
            return
        known = self._calls.get(getattr(effect, "call", ""))
        if known is None:
            return
        match effect:
            case effects.Answered(_, sdp):
                known.accept(sdp)
                self._connect(known)
            case effects.Confirmed(_, bytes(sdp)) | effects.Changed(_, _, sdp):
                known.accept(sdp)
            case effects.Offered(_, sdp):
                self._agree(known, sdp)
            case effects.Refused(_, status, reason):
                del self._calls[known.name]
                self.user.refused(known, status, reason)
            case effects.Ended():
                self._end(known)
            case _:
                pass

    def _agree(self, call: Call, offer: bytes | None) -> None:
        try:
            self._agent.accept(call.name, call.answer(offer), self._loop.time())
        except RemoteError as error:
            self._agent.reject(call.name, error.status, self._loop.time())

    def _connect(self, call: Call) -> None:
        call.connected = True
        self.user.connected(call)

    def _end(self, call: Call) -> None:
        del self._calls[call.name]
        if call.connected:
            call.connected = False
            self.user.over(call)
        else:
            self.user.taken_back(call)

    def _flush(self) -> None:
        for effect in self._agent.effects():
            if isinstance(effect, Send):
                self._send(effect.data)
            else:
                self._effect(effect)
        deadline = self._agent.deadline()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if deadline is None else self._loop.call_at(deadline, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._agent.tick(self._loop.time())
        self._flush()

    def _send(self, data: bytes) -> None:
        if self.away:
            return
        if self.behind is not None:
            self.behind.send(data, self)
        else:
            self._net.to_mixer(data, Peer("udp", self.host, PORT))
