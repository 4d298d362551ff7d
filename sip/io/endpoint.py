"""An agent on the network: its listeners, the clock and the event loop around it.  Decides nothing."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final, Self

from sip.effects import Send
from sip.io.streams import Streams
from sip.io.tls import Tls
from sip.io.udp import Datagrams, Unsendable
from sip.settings import TlsFiles
from sip.tally import Tally
from sip.trace import Message

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable

    from sip.agent import Agent
    from sip.effects import Effect, Peer
    from sip.settings import ListenAt
    from sip.trace import Trace

_LOOK_SECONDS: Final = 1.0
"""How often connections and the ways through NATs are looked after."""


class Endpoint:
    """Use as an async context manager, in a running loop.  ``on_effect`` gets every effect but ``Send``, in order.

    Call :meth:`flush` after each command given to the agent.  What ``on_effect`` raises costs that effect alone, and
    goes to whoever called: the loop, as a rule, which logs it.
    """

    def __init__(
        self,
        agent: Agent,
        listen: Iterable[ListenAt],
        on_effect: Callable[[Effect], None],
        tls: TlsFiles | None = None,
        datagrams: Datagrams | None = None,
    ) -> None:
        """``datagrams``: others than UDP's, for what is played without a network."""
        self._agent = agent
        self._listen = tuple(listen)
        self._on_effect = on_effect
        self._tls = Tls(tls or TlsFiles())
        self._datagrams = datagrams or Datagrams()
        self.trace: Trace | None = None
        self.tally = Tally()
        """Keeps what goes over the wire, if there is one."""
        self._streams = Streams(agent, self._heard, self._tls, self.now, self.flush)
        self._timer: asyncio.TimerHandle | None = None
        self._looking: asyncio.TimerHandle | None = None
        self._flushing = False
        self.lost = 0
        """Datagrams that the system would not take."""

    async def __aenter__(self) -> Self:
        """OSError, with the address as its filename, where one cannot be listened on."""
        for at in self._listen:
            try:
                self._open(at)
            except OSError as error:
                await self._close()
                raise OSError(error.errno, error.strerror, str(at)) from None
        self._loop = asyncio.get_running_loop()
        for sock in self._datagrams.sockets:
            self._loop.add_reader(sock, self._read, sock)
        self._streams.doors.start()
        self._looking = self._loop.call_later(_LOOK_SECONDS, self._look_after)
        self.flush()
        return self

    async def __aexit__(self, *_: object) -> None:
        for sock in self._datagrams.sockets:
            self._loop.remove_reader(sock)
        await self._close()
        for timer in (self._timer, self._looking):
            if timer is not None:
                timer.cancel()

    @property
    def addresses(self) -> tuple[ListenAt, ...]:
        """What is listened on, with the ports that the system chose for 0."""
        return (*self._datagrams.addresses, *self._streams.doors.addresses)

    def listener_of(self, peer: Peer) -> ListenAt | None:
        """Which of ours ``peer`` writes to; None where it has not come to one, but we to it."""
        if peer.transport == "udp":
            return self._datagrams.listener_of(peer)
        return self._streams.listener_of(peer)

    def why_not(self, peer: Peer) -> str | None:
        """Why there is no connection to ``peer``, as far as that is known."""
        return self._streams.complaints.last(peer)

    def now(self) -> float:
        """The agent's clock: monotonic seconds."""
        return asyncio.get_running_loop().time()

    def flush(self) -> None:
        """Carry out what the agent wants done, and set the clock for its deadline."""
        if self._flushing:  # a command from within ``on_effect``: the loop below goes on with what it adds
            return
        self._flushing = True
        try:
            for effect in self._agent.effects():
                if isinstance(effect, Send):
                    self._send(effect)
                else:
                    self._on_effect(effect)
        except BaseException:
            self._loop.call_soon(self.flush)  # the others' effects are not lost by it
            raise
        finally:
            self._flushing = False
            self._set_timer()

    def _open(self, at: ListenAt) -> None:
        if at.transport == "udp":
            self._datagrams.listen(at.host, at.port)
            return
        if at.transport == "tls":
            self._tls.server()
        self._streams.doors.listen(at)

    def _read(self, sock: socket.socket) -> None:
        for data, peer in self._datagrams.read(sock):
            self._heard(data, peer)
        self.flush()

    def _heard(self, data: bytes, peer: Peer) -> None:
        """One message."""
        now = self.now()
        self.tally.came(data)
        if self.trace is not None:
            self.trace.note(Message(time.time(), False, peer, data), known=self._agent.knows(peer, now))
        self._agent.receive(data, peer, now)

    def _tick(self) -> None:
        self._timer = None
        for sock in self._datagrams.sockets:
            self._read(sock)  # what has come while the process was held up, before anything counts as unanswered
        self._agent.tick(self.now())
        self.flush()

    def _look_after(self) -> None:
        now = self.now()
        self._looking = self._loop.call_later(_LOOK_SECONDS, self._look_after)
        self._streams.tick(now)
        self._datagrams.keep_open(self._agent.registrar.behind_nat(now))

    def _set_timer(self) -> None:
        deadline = self._agent.deadline()
        if self._timer is not None:
            if self._timer.when() == deadline:
                return
            self._timer.cancel()
        self._timer = None if deadline is None else self._loop.call_at(deadline, self._tick)

    def _send(self, send: Send) -> None:
        self.tally.went(send.data)
        if self.trace is not None:
            self.trace.note(Message(time.time(), True, send.peer, send.data))
        if send.peer.transport != "udp":
            self._streams.send(send.data, send.peer)
            return
        try:
            self.lost += not self._datagrams.send(send.data, send.peer)
        except Unsendable:
            self.lost += 1
            self._loop.call_soon(self._unreachable, send.peer)

    def _unreachable(self, peer: Peer) -> None:
        self._agent.transport_failed(peer, self.now())
        self.flush()

    async def _close(self) -> None:
        await self._streams.close()
        self._datagrams.close()
