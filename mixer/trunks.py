"""The trunks: how each stands, which one a call takes, and whose turn it is when they are full."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mixer.addressing import Unreachable, is_address
from mixer.figures import TrunkFigures
from mixer.phrases import Phrase
from mixer.rules.numbers import received
from sip.effects import Trunk, TrunkAlive
from sip.targets import Unresolved
from sip.uri import Uri

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from mixer.addressing import Resolve
    from mixer.control import Json
    from mixer.settings import TrunkRoute
    from sip.effects import Peer

_log = logging.getLogger(__name__)

RESOLVED_SECONDS: Final = 300.0
"""How often the addresses of a trunk are looked up again; what DNS said is believed for as long as it says."""
RETRY_SECONDS: Final = 15.0
"""The same while it has none: the network may come up after us."""
FIRST_SECONDS: Final = 4.0
"""How long, after we have begun, a call waits for a trunk that may be about to register: before that, some refuse
everything."""
BETWEEN_CALLS: Final = 0.02
"""Seconds: providers take so many calls a second, and refuse more."""


@dataclass(slots=True)
class _Line:
    """One trunk, and what is known of it."""

    route: TrunkRoute
    uri: Uri
    registration: Trunk | None = None
    alive: TrunkAlive | None = None
    peers: tuple[Peer, ...] = ()
    lost: str | None = None
    """Why it has no address."""
    resolved: bool = False
    calls: int = 0
    """Through it, in either direction."""
    next_call: float = 0.0

    @property
    def fit(self) -> bool:
        """Whether calls can be expected to get through."""
        registered = not self.route.register or (self.registration is not None and self.registration.registered)
        return registered and self.lost is None and (self.alive is None or self.alive.alive)

    @property
    def registering(self) -> bool:
        """Whether we are about to hear for the first time how that goes."""
        return self.route.register and self.registration is None and self.lost is None

    @property
    def full(self) -> bool:
        return self.route.max_calls is not None and self.calls >= self.route.max_calls

    @property
    def detail(self) -> str:
        """The last that was heard of it, one line; empty while nothing was."""
        if self.registration is not None and self.registration.registered:
            silent = self.alive is not None and not self.alive.alive
            return self.alive.detail if silent and self.alive else self.registration.detail
        if self.lost is not None:
            return self.lost
        heard = self.registration or self.alive
        return "" if heard is None else heard.detail


class Trunks:
    """``lookup`` finds the addresses of one; ``resolved`` is told of them; ``why_not`` says why there is no connection
    to one."""

    def __init__(
        self,
        routes: tuple[TrunkRoute, ...],
        lookup: Resolve,
        resolved: Callable[[str, tuple[Peer, ...]], None],
        clock: Callable[[], float],
        why_not: Callable[[Peer], str | None],
    ) -> None:
        self._lines = {route.name: _Line(route, Uri.parse(route.uri)) for route in routes}
        self._lookup = lookup
        self._resolved = resolved
        self._clock = clock
        self._why_not = why_not
        self._begun = float("-inf")
        self._waiting: dict[asyncio.Future[TrunkRoute], frozenset[str]] = {}
        """Calls that want a trunk, the first first, and those that each has tried."""

    def change(self, routes: tuple[TrunkRoute, ...]) -> None:
        """For calls from now on.  There must be the same trunks, and what is said to them must be as it was."""
        for route in routes:
            self._lines[route.name].route = route
        self._serve()

    # How they stand

    async def run(self) -> None:
        """A trunk's name may come to mean other addresses while we run; to be cancelled."""
        self._begun = self._clock()
        asyncio.get_running_loop().call_later(FIRST_SECONDS, self._serve)
        async with asyncio.TaskGroup() as loops:
            for line in self._lines.values():
                loops.create_task(self._keep_resolved(line))

    async def _keep_resolved(self, line: _Line) -> None:
        while True:
            try:
                peers = await self._lookup(line.uri)
            except Unresolved as error:
                if line.lost != error.reason:
                    _log.warning("trunk %s: %s", line.route.name, error.reason)
                line.lost = error.reason
                self._serve()
                await asyncio.sleep(RETRY_SECONDS)
            else:
                line.lost, line.resolved, line.peers = None, True, peers
                self._resolved(line.route.name, peers)
                self._serve()
                await asyncio.sleep(RESOLVED_SECONDS)

    def told(self, effect: Trunk | TrunkAlive) -> None:
        """By the agent."""
        line = self._lines[effect.name]
        effect = replace(effect, detail=self._in_detail(line, effect.detail))
        match effect:
            case Trunk(name, registered, detail):
                if effect != line.registration:
                    state = Phrase("registered") if registered else Phrase("not registered")
                    _note(name, state, detail, registered or effect.next_try is None)  # given back when we stop
                line.registration = effect
            case TrunkAlive(name, alive, detail):
                _note(name, Phrase("answers") if alive else Phrase("does not answer"), detail, alive)
                line.alive = effect
        self._serve()

    def _in_detail(self, line: _Line, heard: str) -> str:
        """Whoever answers says so with a status; of a silent one the transport may know more than the agent does."""
        if heard[:1].isdigit():
            return heard
        return next(filter(None, map(self._why_not, line.peers)), heard)

    def status(self, wall: Callable[[float], float]) -> Iterator[dict[str, Json]]:
        """``wall`` makes a time since the epoch of one on our clock.  ``registered`` and ``alive`` are None where
        nobody asks."""
        for line in self._lines.values():
            registration, alive = line.registration, line.alive
            next_try = None if registration is None or registration.registered else registration.next_try
            yield {
                "name": line.route.name,
                "registered": (registration is not None and registration.registered) if line.route.register else None,
                "alive": None if alive is None else alive.alive,
                "asked": line.route.register or bool(line.route.options_seconds),
                "found": line.lost is None and line.resolved,
                "calls": line.calls,
                "max_calls": line.route.max_calls,
                "waiting": len(self._waiting) if line.full else 0,
                "detail": line.detail,
                "next_try": None if next_try is None else wall(next_try),
            }

    def figures(self) -> Iterator[TrunkFigures]:
        for line in self._lines.values():
            registered = not line.route.register or (line.registration is not None and line.registration.registered)
            alive = line.alive is None or line.alive.alive
            yield TrunkFigures(
                line.route.name, registered and alive and line.lost is None and line.resolved, line.calls
            )

    # Calls

    def route(self, name: str) -> tuple[Uri, ...]:
        """What calls through it go by (RFC 3608)."""
        registration = self._lines[name].registration
        return () if registration is None else registration.route

    def realms(self, name: str) -> tuple[str, ...]:
        """Who may ask for our password there, in lower case: a callee behind it must not.

        Whoever has registered us has shown its realm; beside it, the name of the trunk and the domains above it count.
        Of a trunk that doesn't register nothing is known: whoever asks first.
        """
        line = self._lines[name]
        if not line.route.register:
            return ()
        host = line.uri.host.lower()
        labels = [host] if is_address(host) else host.split(".")
        domains = [".".join(labels[at:]) for at in range(max(1, len(labels) - 1))]
        realm = line.registration.realm if line.registration is not None else None
        return tuple(domains if realm is None else [realm.lower(), *domains])

    def caller(self, name: str | None, asserted: str | None) -> str | None:
        """Who calls, as we would write their number; ``name`` is None where the call has come through no trunk."""
        if name is None or asserted is None:
            return asserted
        return received(asserted, self._lines[name].route.rewrite)

    def others(self, tried: Collection[str]) -> bool:
        """Whether there is one that was not tried yet."""
        return any(name not in tried for name in self._lines)

    async def take(self, tried: Collection[str]) -> TrunkRoute:
        """The first one that fits and has room, else the one that has room next, in turn; those that look dead when no
        other is left.

        It is the caller's until :meth:`leave`.  Raises Unreachable when all were tried.
        """
        if not self.others(tried):
            raise Unreachable("no trunk for this number")
        turn: asyncio.Future[TrunkRoute] = asyncio.get_running_loop().create_future()
        self._waiting[turn] = frozenset(tried)
        self._serve()
        try:
            route = await turn
            await self._pace(self._lines[route.name])
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave(turn.result().name)
            self._waiting.pop(turn, None)
            raise
        return route

    def enter(self, name: str | None) -> None:
        """A call has come in through it.  More than the provider's own limit are not refused: it let them in."""
        if name is not None:
            self._lines[name].calls += 1

    def leave(self, name: str | None) -> None:
        """A call through it is over.  None: it went through none."""
        if name is not None:
            self._lines[name].calls -= 1
            self._serve()

    def _serve(self) -> None:
        """Gives every call that waits its trunk, as far as there is room."""
        for turn, tried in tuple(self._waiting.items()):
            if all(line.full for line in self._lines.values()):
                return  # hundreds may wait behind
            line = None if turn.done() else self._free(tried)  # it is done already when who waited has hung up
            if line is not None:
                line.calls += 1
                del self._waiting[turn]
                turn.set_result(line.route)

    def _free(self, tried: Collection[str]) -> _Line | None:
        lines = [line for line in self._lines.values() if line.route.name not in tried]
        fit = [line for line in lines if line.fit]
        if not fit and any(line.registering for line in lines) and self._clock() < self._begun + FIRST_SECONDS:
            return None
        return next((line for line in fit or lines if not line.full), None)

    async def _pace(self, line: _Line) -> None:
        now = self._clock()
        due, line.next_call = line.next_call, max(line.next_call, now) + BETWEEN_CALLS
        if due > now:
            await asyncio.sleep(due - now)


def _note(name: str, state: Phrase, detail: str, good: bool) -> None:
    if good:
        _log.info("trunk %s: %s (%s)", name, state, detail)
    else:
        _log.warning("trunk %s: %s (%s)", name, state, detail)
