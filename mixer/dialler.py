"""Calls that we place: when each has its turn, where it goes, how long it rings."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from mixer.addresses import addresses
from mixer.addressing import Destination, Resolve, Unreachable, destination
from mixer.bridge.ports import PortsExhausted
from mixer.turns import Turns
from sip.errors import RemoteError
from sip.headers import NameAddr
from sip.uri import Uri, escape_user

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mixer.line import Line
    from mixer.model import Person
    from mixer.settings import MixerSettings
    from mixer.ways import Ways
    from sip.agent import Agent
    from sip.registrar import Binding

_log = logging.getLogger(__name__)

CALLS_AT_ONCE = 8
"""Calls placed before the rest of the loop has its turn: others answer, hang up and dial in meanwhile."""


class Dialler:
    """``called`` is told of a line whose INVITE is out, ``failed`` of one that came to nothing: status and reason."""

    def __init__(
        self,
        settings: MixerSettings,
        agent: Agent,
        ways: Ways,
        lookup: Resolve,
        flush: Callable[[], None],
        clock: Callable[[], float],
        called: Callable[[Line], None],
        failed: Callable[[Line, int, str], None],
    ) -> None:
        self._settings = settings
        self._agent = agent
        self._ways = ways
        self._lookup = lookup
        self._flush = flush
        self._clock = clock
        self._called = called
        self._failed = failed
        self._turns = Turns(CALLS_AT_ONCE)

    def dial(self, line: Line, person: Person, address: int) -> None:
        """At this one of the person's :func:`addresses`."""
        line.placing = asyncio.create_task(self._place(line, person, address))

    async def _place(self, line: Line, person: Person, address: int) -> None:
        await self._turns.take()
        try:
            self._invite(line, await self._destination(person, address))
        except Unreachable as error:
            self._failed(line, 480, error.reason)
        except PortsExhausted as error:
            self._failed(line, 503, str(error))
        except RemoteError as error:
            self._failed(line, error.status, error.reason)
        except Exception:  # noqa: BLE001  a mistake of ours costs this call: nobody waits for it for ever
            _log.exception("%s can't be called", person.number)
            self._agent.hang_up(line.call, self._clock())
            self._failed(line, 500, "Server Internal Error")

    async def _destination(self, person: Person, address: int) -> Destination:
        return await destination(addresses(person)[address], self._bindings, self._settings.trunks, self._lookup)

    def _bindings(self, user: str) -> Sequence[Binding]:
        return self._agent.registrar.bindings(user, self._clock())

    def _invite(self, line: Line, goal: Destination) -> None:
        line.call = self._agent.invite(
            goal.target,
            caller=self._caller_id(),
            offer=self._ways.offer(line, goal.peer, goal.public_host, goal.trunk),
            peers=(goal.peer,),
            username=goal.username,
            password=goal.password,
            now=self._clock(),
        )
        self._called(line)
        loop = asyncio.get_running_loop()
        line.patience = loop.call_later(self._settings.ring_seconds, self._give_up, line)
        self._flush()

    def _caller_id(self) -> NameAddr:
        user = escape_user(self._settings.number)
        return NameAddr(Uri("sip", user=user, host=self._settings.domain), self._settings.company)

    def _give_up(self, line: Line) -> None:
        """Nobody answers.  An answer that crosses our CANCEL is the agent's to end."""
        self._agent.hang_up(line.call, self._clock())
        self._failed(line, 408, "no answer")
        self._flush()
