"""Whether everybody of a conference could be called now: phones that register here or have a fixed URI are asked.

Nobody's telephone rings by it (OPTIONS, RFC 3261 §11).  Numbers outside are not asked: that is the trunk's matter.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from mixer.addressing import Unreachable, fixed, registered
from mixer.fork import MOST_PHONES
from mixer.rules.addresses import FixedUri, OutsideNumber, PhoneAccount, addresses
from sip.headers import NameAddr
from sip.uri import Uri, escape_user

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from mixer.addressing import Destination, Resolve
    from mixer.control import Json
    from mixer.rules.addresses import Address
    from mixer.rules.model import Person
    from mixer.settings import MixerSettings
    from sip.agent import Agent
    from sip.effects import Inquired

AT_ONCE: Final = 200
"""Phones that are asked before the first of them has answered."""
PATIENCE: Final = 8.0
"""Seconds for one phone, with the look for its name."""
NO_ANSWER: Final = "no answer"


class RollCall:
    def __init__(
        self,
        settings: MixerSettings,
        agent: Agent,
        lookup: Resolve,
        flush: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._caller = NameAddr(Uri("sip", user=escape_user(settings.number), host=settings.domain), settings.company)
        self._agent = agent
        self._lookup = lookup
        self._flush = flush
        self._clock = clock
        self._asked: dict[str, asyncio.Future[Inquired]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def of(self, people: Iterable[Person]) -> list[dict[str, Json]]:
        """For each address of each of them: ``person`` (the number), ``kind`` (``account``, ``uri`` or ``outside``),
        ``at``, ``registered`` (null for who doesn't), ``answers`` (null for who was not asked) and ``detail``, the
        status line or what was missing."""
        everywhere = [(person, at) for person in people for at in addresses(person)]
        return list(await asyncio.gather(*(self._one(person, at) for person, at in everywhere)))

    def told(self, effect: Inquired) -> None:
        """By the agent."""
        asked = self._asked.pop(effect.inquiry, None)
        if asked is not None and not asked.done():
            asked.set_result(effect)

    async def _one(self, person: Person, at: Address) -> dict[str, Json]:
        match at:
            case PhoneAccount(user):
                bindings = self._agent.registrar.bindings(user, self._clock())[:MOST_PHONES]
                heard = await self._any(registered([binding]) for binding in bindings)
                return _told(person, "account", user, *heard, is_registered=bool(bindings))
            case FixedUri(uri):
                return _told(person, "uri", uri, *await self._in_time(self._at_uri(uri)))
            case OutsideNumber(number):
                return _told(person, "outside", number, None, "")

    async def _at_uri(self, uri: str) -> tuple[bool, str]:
        try:
            return await self._ask(await fixed(uri, self._lookup))
        except Unreachable as error:
            return False, error.reason

    async def _any(self, phones: Iterable[Destination]) -> tuple[bool | None, str]:
        """Of the phones of one account; None for none."""
        heard = await asyncio.gather(*(self._in_time(self._ask(phone)) for phone in phones))
        if not heard:
            return None, ""
        return next((each for each in heard if each[0]), heard[0])

    async def _in_time(self, answer: Awaitable[tuple[bool, str]]) -> tuple[bool, str]:
        async with self._turns:
            try:
                return await asyncio.wait_for(answer, PATIENCE)
            except TimeoutError:
                return False, NO_ANSWER

    async def _ask(self, phone: Destination) -> tuple[bool, str]:
        name = self._agent.inquire(
            phone.target, caller=self._caller, peers=phone.peers, route=phone.route, now=self._clock()
        )
        answer = self._asked[name] = asyncio.get_running_loop().create_future()
        self._flush()
        try:
            heard = await answer
        finally:
            self._asked.pop(name, None)
        return heard.alive, heard.detail


def _told(
    person: Person, kind: str, at: str, answers: bool | None, detail: str, *, is_registered: bool | None = None
) -> dict[str, Json]:
    return {
        "person": person.number,
        "kind": kind,
        "at": at,
        "registered": is_registered,
        "answers": answers,
        "detail": detail,
    }
