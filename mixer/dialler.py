"""Calls that we place: when each has its turn, where it goes, and where else when nothing comes of that."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from mixer.addressing import Destination, Unreachable, allowed, fixed, registered, through
from mixer.bridge.ports import PortsExhausted
from mixer.call_log import of_call
from mixer.fork import MOST_PHONES
from mixer.line import Line, Relief
from mixer.rules.addresses import Address, FixedUri, OutsideNumber, PhoneAccount, addresses
from mixer.turns import Turns
from sip.errors import RemoteError
from sip.headers import NameAddr
from sip.uri import Uri, escape_user

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from mixer.addressing import Directory, Resolve
    from mixer.media_paths import MediaPaths
    from mixer.rules.model import Person
    from mixer.settings import MixerSettings
    from mixer.trunks import Trunks
    from sip.agent import Agent
    from sip.crypto import Policy
    from sip.effects import Refused
    from sip.registrar import Binding

_log = logging.getLogger(__name__)

CALLS_AT_ONCE: Final = 8
"""Calls placed before the rest of the loop has its turn: others answer, hang up and dial in meanwhile."""
MOST_REDIRECTIONS: Final = 5
_TRUNK_FAILS: Final = frozenset({401, 403, 407, 408})
"""What says, beside 5xx, that a trunk can't do it and another one may; else it speaks for who was called."""
_UNFIT: Final = frozenset({415, 488, 606})
"""What says that an offer doesn't suit (RFC 3261 §21.4.13, §21.4.26, §21.6.4)."""


class Board(Protocol):
    """Who keeps the lines."""

    def called(self, line: Line) -> None:
        """Its INVITE is out."""

    def abandoned(self, line: Line, status: int, reason: str) -> None:
        """Its call came to nothing, and another one follows."""

    def failed(self, line: Line, status: int, reason: str) -> None:
        """It came to nothing, and nothing follows."""


@dataclass(slots=True)
class Errand:
    """What a line is about, and what was tried for it."""

    person: Person
    at: Address
    """Where it is being called."""
    phone: Uri | None = None
    """Which contact of an account; None: the latest."""
    tried: set[str] = field(default_factory=set)
    """Trunks that this number went out through."""
    seen: set[Address] = field(default_factory=set)
    """Where it was called, or sent on to."""
    otherwise: list[Policy] = field(default_factory=list)
    """How encrypted its sound can be offered there still, should it not suit as it was."""


class Dialler:
    """``ours``: the hosts that mean us, in lower case."""

    def __init__(
        self,
        settings: MixerSettings,
        agent: Agent,
        paths: MediaPaths,
        trunks: Trunks,
        *,
        board: Board,
        directory: Directory,
        ours: Collection[str],
        lookup: Resolve,
        flush: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self.settings = settings
        """May be replaced by newer ones."""
        self._ours = ours
        self._agent = agent
        self._paths = paths
        self._trunks = trunks
        self._directory = directory
        self._lookup = lookup
        self._board = board
        self._flush = flush
        self._clock = clock
        self._turns = Turns(CALLS_AT_ONCE)

    def phones(self, person: Person, address: int) -> tuple[Uri, ...]:
        """The contacts that an account has there now, the latest first; none for any other kind of address."""
        at = addresses(person)[address]
        if not isinstance(at, PhoneAccount):
            return ()
        return tuple(binding.contact for binding in self._bindings(at.user)[:MOST_PHONES])

    def dial(self, line: Line, person: Person, address: int, phone: Uri | None = None) -> None:
        """At this one of the person's :func:`addresses`; of several phones of an account, the one with this contact."""
        line.errand = Errand(person, addresses(person)[address], phone)
        self._begin(line, line.errand)

    def _bindings(self, user: str) -> tuple[Binding, ...]:
        return self._agent.registrar.bindings(user, self._clock())

    async def dial_instead(self, line: Line, person: Person, headers: tuple[tuple[str, str], ...]) -> Relief:
        """Calls a person, where they can be called first, to come in the place of who is on the line.

        The line is as it was.  Raises Unreachable, RemoteError or PortsExhausted.
        """
        if line.path is None:
            raise Unreachable("there is no sound to hand over")
        trial = Line(line.name, line.number, line.person, line.party)
        try:
            goal = await self._first_destination(trial, person)
            path = self._paths.anew(line.path, goal.peers[0], trial.trunk)
        except BaseException:  # called off meanwhile, too: the next call has the trunk
            self._trunks.leave(trial.trunk)
            raise
        call = self._agent.invite(
            goal.target,
            caller=goal.caller or self._caller(),
            offer=path.exchange.offer(),
            peers=goal.peers,
            route=goal.route,
            headers=(*goal.headers, *headers),
            username=goal.username,
            password=goal.password,
            realms=() if trial.trunk is None else self._trunks.realms(trial.trunk),
            name=_name(line),
            now=self._clock(),
        )
        self._flush()
        return Relief(call, path, trial.trunk)

    async def _first_destination(self, trial: Line, person: Person) -> Destination:
        reason = "no way to call"
        for address in addresses(person):
            try:
                return await self._destination(trial, Errand(person, address))
            except Unreachable as error:
                self._trunks.leave(trial.trunk)
                trial.trunk, reason = None, error.reason
        raise Unreachable(reason)

    def goes_on(self, line: Line, refused: Refused) -> bool:
        """Whether there is another way for a call that was refused: it is being tried then."""
        errand = line.errand
        if errand is None:
            return False
        if refused.contacts:
            further = self._redirected(errand, refused.contacts)
            if further is None:
                return False
            errand.at, errand.phone, errand.tried, errand.otherwise = further, None, set(), []
        elif self._has_another_offer(errand, refused):
            errand.tried.discard(line.trunk or "")  # the same again
        elif self._has_another_trunk(line, errand, refused.status):
            errand.otherwise = []
        else:
            return False
        self._board.abandoned(line, refused.status, refused.reason)
        self._begin(line, errand)
        return True

    def _redirected(self, errand: Errand, contacts: tuple[Uri, ...]) -> Address | None:
        """The most wanted of those that the directory names (RFC 3261 §8.1.3.4): only we decide what we pay for."""
        if len(errand.seen) > MOST_REDIRECTIONS:
            return None
        named = (allowed(contact, self._ours, self._directory) for contact in contacts)
        return next((address for address in named if address is not None and address not in errand.seen), None)

    def _has_another_offer(self, errand: Errand, refused: Refused) -> bool:
        """Some take encrypted sound in its own profile alone, some stumble over keys in the plain one."""
        return refused.status in _UNFIT and not refused.answered and bool(errand.otherwise)

    def _has_another_trunk(self, line: Line, errand: Errand, status: int) -> bool:
        """Not once it has rung: a person who looks for the phone would hear it stop, and begin again."""
        fails = (status in _TRUNK_FAILS or 500 <= status < 600) and not line.rang
        return fails and line.trunk is not None and self._trunks.others(errand.tried)

    def _begin(self, line: Line, errand: Errand) -> None:
        errand.seen.add(errand.at)
        line.placing = asyncio.create_task(self._place(line, errand))

    async def _place(self, line: Line, errand: Errand) -> None:
        await self._turns.take()
        try:
            self._invite(line, errand, await self._destination(line, errand))
        except Unreachable as error:
            self._board.failed(line, 480, error.reason)
        except PortsExhausted as error:
            self._board.failed(line, 503, str(error))
        except RemoteError as error:
            self._board.failed(line, error.status, error.reason)
        except Exception:  # noqa: BLE001  a mistake of ours costs this call: nobody waits for it for ever
            _log.exception("%s can't be called", errand.person.name, extra=of_call(line.name))
            self._agent.hang_up(line.call, self._clock())
            self._board.failed(line, 500, "Server Internal Error")

    async def _destination(self, line: Line, errand: Errand) -> Destination:
        match errand.at:
            case PhoneAccount(user):
                phones = self._bindings(user)
                return registered([each for each in phones if errand.phone in (None, each.contact)])
            case FixedUri(uri):
                return await fixed(uri, self._lookup)
            case OutsideNumber(number):
                return await self._outside(line, errand, number)

    async def _outside(self, line: Line, errand: Errand, number: str) -> Destination:
        """Through the first trunk whose server is found."""
        while True:
            trunk = await self._trunks.take(errand.tried)
            errand.tried.add(trunk.name)
            line.trunk = trunk.name  # given back when the line is forgotten
            try:
                return await through(trunk, self._trunks.route(trunk.name), number, self._caller(), self._lookup)
            except Unreachable as error:
                if not self._trunks.others(errand.tried):
                    raise
                self._board.abandoned(line, 480, error.reason)

    def _invite(self, line: Line, errand: Errand, goal: Destination) -> None:
        policy, *errand.otherwise = errand.otherwise or self._paths.policies(goal.peers[0], line.trunk)
        line.call = self._agent.invite(
            goal.target,
            caller=goal.caller or self._caller(),
            offer=self._paths.offer(line, goal.peers[0], policy, goal.public_host),
            peers=goal.peers,
            route=goal.route,
            headers=goal.headers,
            elsewhere=line.trunk is not None and self._trunks.others(errand.tried),
            username=goal.username,
            password=goal.password,
            realms=() if line.trunk is None else self._trunks.realms(line.trunk),
            name=_name(line),
            now=self._clock(),
        )
        self._board.called(line)
        loop = asyncio.get_running_loop()
        line.patience = loop.call_later(self.settings.ring_seconds, self._give_up, line)
        self._flush()

    def _caller(self) -> NameAddr:
        user = escape_user(self.settings.number)
        return NameAddr(Uri("sip", user=user, host=self.settings.domain), self.settings.company)

    def _give_up(self, line: Line) -> None:
        """Nobody answers.  An answer that crosses our CANCEL is the agent's to end."""
        self._agent.hang_up(line.call, self._clock())
        self._board.failed(line, 408, "no answer")
        self._flush()


def _name(line: Line) -> str:
    """What the Call-ID begins with; a phone of several has its number behind a dot."""
    return line.name.replace("/", ".")
