"""One TCP or TLS connection: octets in, frames out, and how long each side may keep the other waiting."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Final, Protocol, cast

from sip.errors import RemoteError
from sip.framing import PING, PONG, Framer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sip.effects import Peer
    from sip.settings import ListenAt

_AT_ONCE: Final = 32
"""Frames taken before the rest of the loop has its turn."""
MESSAGE_SECONDS: Final = 10.0
"""For a message to come whole, and for the first one to begin: who sends a letter at a time is not waited for."""
IDLE_SECONDS: Final = 120.0
CLOSING_SECONDS: Final = 2.0
PING_SECONDS: Final = (25.0, 30.0)
"""RFC 5626 §4.4.1 would allow more over TCP; NATs and firewalls often don't."""
PONG_SECONDS: Final = 10.0
_UNSENT: Final = 262_144
"""Octets that may wait for a peer that doesn't read."""


class Owner(Protocol):
    def made(self, connection: Connection) -> None: ...

    def heard(self, connection: Connection, message: bytes) -> None: ...

    def garbled(self, connection: Connection, error: RemoteError) -> None: ...

    def rested(self) -> None:
        """All that had come is dealt with."""

    def lost(self, connection: Connection) -> None: ...


class Connection(asyncio.Protocol):
    def __init__(self, owner: Owner, peer: Peer, listener: ListenAt | None, now: float) -> None:
        """``listener``: of ours, where it came in; None for one that we opened."""
        self.peer = peer
        self.listener = listener
        self.active_at = now
        self._owner = owner
        self._framer = Framer()
        self._transport: asyncio.Transport | None = None
        self._begun_at: float | None = None if listener is None else now
        self._closing_at: float | None = None
        self._busy = False
        self._ping_at: float | None = None
        self._pinged_at: float | None = None
        self._answers_pings = False

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._begun_at = None if self.listener is None else self._now()
        self._owner.made(self)

    def data_received(self, data: bytes) -> None:
        self.active_at = self._now()
        if self._pinged_at is not None:
            self._answers_pings = self._answers_pings or data == PONG
            self._pinged_at = None
        if self._closing_at is not None:
            return
        self._framer.receive(data)
        if not self._busy:
            self._take_frames()

    def connection_lost(self, _: Exception | None) -> None:
        self._closing_at = self._now()
        self._owner.lost(self)

    # for its owner

    @property
    def made(self) -> bool:
        """Whether it has come about: then it ends by :meth:`Owner.lost`, however it ends."""
        return self._transport is not None

    @property
    def certificate(self) -> Mapping[str, object]:
        """The peer's, where it was asked for one and ours trust it."""
        session = None if self._transport is None else self._transport.get_extra_info("ssl_object")
        return (session.getpeercert() if isinstance(session, ssl.SSLObject) else None) or {}

    @property
    def usable(self) -> bool:
        return self._transport is not None and self._closing_at is None and not self._transport.is_closing()

    def write(self, data: bytes) -> bool:
        """Whether it is on its way: not where the connection is closed, or its peer has long not read from it."""
        if not self.usable or self._transport is None:
            return False
        self.active_at = self._now()
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > _UNSENT:
            self.abort()
            return False
        return True

    def close(self) -> None:
        """What is written goes out first, if the peer takes it within :data:`CLOSING_SECONDS`."""
        if self._transport is not None and self._closing_at is None:
            self._closing_at = self._now()
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._closing_at = self._now()
            self._transport.abort()

    def overdue(self, now: float) -> bool:
        """Whether the peer has kept us waiting too long."""
        waits = ((self._closing_at, CLOSING_SECONDS), (self._begun_at, MESSAGE_SECONDS))
        late = any(since is not None and now - since > limit for since, limit in waits)
        silent = self._answers_pings and self._pinged_at is not None and now - self._pinged_at > PONG_SECONDS
        return late or silent

    def keep_open(self, now: float, interval: float) -> None:
        """A ping each ``interval`` seconds (RFC 5626 §4.4.1)."""
        if self._ping_at is not None and now >= self._ping_at:
            active_at = self.active_at
            if self.write(PING):
                self._pinged_at = now if self._pinged_at is None else self._pinged_at
                self.active_at = active_at  # it is the peer's answer that shows life
        if self._ping_at is None or now >= self._ping_at:
            self._ping_at = now + interval

    # machinery

    def _take_frames(self) -> None:
        self._busy = False
        try:
            for _ in range(_AT_ONCE):
                frame = self._framer.next()
                if frame is None:
                    self._go_on_reading()
                    break
                self._begun_at = None
                if frame == PING:
                    self.write(PONG)
                else:
                    self._owner.heard(self, frame)
            else:
                self._let_others_in()
        except RemoteError as error:
            self._owner.garbled(self, error)
        self._owner.rested()

    def _go_on_reading(self) -> None:
        if self._framer.midway and self._begun_at is None:
            self._begun_at = self._now()
        if self.usable and self._transport is not None:
            self._transport.resume_reading()

    def _let_others_in(self) -> None:
        if self.usable and self._transport is not None:
            self._busy = True
            self._transport.pause_reading()
            asyncio.get_running_loop().call_soon(self._take_frames)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
