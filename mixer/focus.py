"""The conference as a focus (RFC 4579): phones that are in it may follow who comes and goes.

Only whoever is in is told: by a SUBSCRIBE inside the call, or beside it to the address that the call has from us, or by
an account whose phone is in.  Everybody else finds nothing there.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from mixer.conference_info import CONTENT_TYPE, Bulletin, Member
from mixer.running import Running
from sip import effects
from sip.subscription import News
from sip.uri import Uri, escape_user, print_hostport

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from mixer.party import LegEvent
    from mixer.rules.roster import Leg
    from mixer.switchboard import Switchboard
    from sip.agent import Agent
    from sip.effects import Effect

SUBSCRIPTIONS_OF_ONE: Final = 2
"""Of one leg: a phone that has lost its subscription may make another before the first has run out."""
SETTLE_SECONDS: Final = 0.1
"""What happens together is told together."""
EDITION_SECONDS: Final = 1.0
"""Between two editions."""
NOTIFIES_A_SECOND: Final = 100
"""Of one conference: with more subscribers the editions are rarer, so that a thousand of them hold up no call."""


@dataclass(slots=True)
class _Subscriber:
    leg: str
    call: str
    edition: int | None = None
    """The last one told."""


@dataclass(slots=True)
class _Audience:
    """Of one conference."""

    bulletin: Bulletin
    subscribers: dict[str, _Subscriber] = field(default_factory=dict)
    published: float = 0.0
    timer: asyncio.TimerHandle | None = None


class Focus:
    """``flush`` sends what a command left in the agent."""

    def __init__(
        self,
        domain: str,
        agent: Agent,
        switchboard: Switchboard,
        flush: Callable[[], None],
        random: Random,
        clock: Callable[[], float],
    ) -> None:
        self._domain = domain
        self._hostport = print_hostport(domain, None)
        self._agent = agent
        self._switchboard = switchboard
        self._flush = flush
        self._clock = clock
        self._secret = random.randbytes(16)
        self._audiences: dict[Running, _Audience] = {}
        self._subscribed: dict[str, Running] = {}
        """By the subscription's name."""

    def signalled(self, effect: Effect) -> None:
        """An effect of the agent; those that are not about subscriptions, nor about hold, are not for us."""
        match effect:
            case effects.Subscribing():
                self._ask(effect)
            case effects.NotifyDue(subscription):
                self._tell(subscription)
            case effects.Unsubscribed(subscription):
                self._forget(subscription)
            case effects.Offered(call=call) | effects.Confirmed(call=call):
                leg = self._switchboard.leg_of(call)
                party = None if leg is None else self._switchboard.party(leg)
                if isinstance(party, Running):
                    self.watch(party, None)
            case _:
                pass

    def watch(self, running: Running, _: LegEvent | None) -> None:
        """Something has happened in a conference; it costs nothing where nobody follows it."""
        audience = self._audiences.get(running)
        if audience is None:
            return
        if running.conference.closed:
            self._publish(running, audience)
        elif audience.timer is None:
            pause = max(EDITION_SECONDS, len(audience.subscribers) / NOTIFIES_A_SECOND)
            at = max(self._clock() + SETTLE_SECONDS, audience.published + pause)
            audience.timer = asyncio.get_running_loop().call_at(at, self._publish, running, audience)

    # Who follows

    def _ask(self, event: effects.Subscribing) -> None:
        leg = self.leg_of(event.call, event.target, event.account, event.source.host)
        running = None if leg is None else self._switchboard.party(leg)
        if leg is None or not isinstance(running, Running) or not _is_in(running, leg):
            self._agent.notifier.deny(event.subscription, 404 if event.call is None else 403, self._clock())
            return
        audience = self._audiences.get(running) or self._gather(running)
        if sum(each.leg == leg for each in audience.subscribers.values()) >= SUBSCRIPTIONS_OF_ONE:
            self._agent.notifier.deny(event.subscription, 403, self._clock())
            return
        audience.subscribers[event.subscription] = _Subscriber(leg, self._switchboard.call_of(leg))
        self._subscribed[event.subscription] = running
        self._agent.notifier.admit(event.subscription, self._clock())
        self._flush()

    def leg_of(self, call: str | None, target: Uri, account: str | None, host: str | None) -> str | None:
        """Whose leg a request is about, inside ``call`` or to ``target``; None for a stranger, and for who has guessed.

        ``account`` is proven; ``host``, where that is proof enough, the one that the request comes from.
        """
        if call is not None:
            return self._switchboard.leg_of(call)
        leg = self._switchboard.leg_of(target.user or "")
        if leg is None:
            return None if account is None else self._leg_of_account(account, target.user)
        own = account is not None and account == self._switchboard.caller(leg)
        return leg if own or (host is not None and self._switchboard.source(leg) == host) else None

    def leg_named(self, running: Running, uri: Uri) -> str | None:
        """The leg that the roster calls so, or the one of whoever has this number."""
        legs = running.conference.legs.values()
        person = running.plan.person(unquote(uri.user or ""))
        named = (leg.name for leg in legs if self._opaque(leg.name) == uri.user)
        owned = (leg.name for leg in legs if person is not None and leg.person == person.number)
        return next(named, None) or next(owned, None)

    def _leg_of_account(self, account: str, code: str | None) -> str | None:
        """That in the conference that the account has dialled."""
        for leg in self._switchboard.legs:
            running = self._switchboard.party(leg)
            if self._switchboard.caller(leg) != account or not isinstance(running, Running):
                continue
            if code in (running.plan.code, running.plan.owner_code):
                return leg
        return None

    def _gather(self, running: Running) -> _Audience:
        uri = Uri("sip", user=self._opaque(running.plan.code), host=self._domain)
        audience = self._audiences[running] = _Audience(Bulletin(str(uri), running.plan.title))
        audience.bulletin.publish(self._members(running))
        return audience

    def _forget(self, subscription: str) -> None:
        running = self._subscribed.pop(subscription, None)
        if running is None:
            return
        audience = self._audiences[running]
        del audience.subscribers[subscription]
        if not audience.subscribers:
            if audience.timer is not None:
                audience.timer.cancel()
            del self._audiences[running]

    # What is told

    def _publish(self, running: Running, audience: _Audience) -> None:
        if audience.timer is not None:
            audience.timer.cancel()
            audience.timer = None
        audience.published = now = self._clock()
        changed = audience.bulletin.publish(self._members(running))
        for name, subscriber in tuple(audience.subscribers.items()):
            if not _is_in(running, subscriber.leg) or self._switchboard.call_of(subscriber.leg) != subscriber.call:
                self._agent.notifier.end(name, "noresource", now)
            elif changed:
                self._agent.notifier.changed(name, now)
        self._flush()

    def _tell(self, subscription: str) -> None:
        running = self._subscribed.get(subscription)
        if running is None:
            return
        bulletin = self._audiences[running].bulletin
        subscriber = self._audiences[running].subscribers[subscription]
        follows = subscriber.edition is not None and subscriber.edition + 1 == bulletin.edition
        body = bulletin.changes(subscriber.leg) if follows else bulletin.full(subscriber.leg)
        subscriber.edition = bulletin.edition
        self._agent.notifier.tell(subscription, News(CONTENT_TYPE, body), self._clock())

    def _members(self, running: Running) -> dict[str, Member]:
        return {leg.name: self._member(running, leg) for leg in running.conference.legs.values()}

    def _member(self, running: Running, leg: Leg) -> Member:
        person = None if leg.person is None else running.plan.person(leg.person)
        number = self._switchboard.caller(leg.name) if person is None else person.number
        return Member(
            entity=f"sip:{self._opaque(leg.name)}@{self._hostport}",
            name="" if person is None else person.name,
            number=number,
            address=None if number is None else f"sip:{escape_user(number)}@{self._hostport}",
            owner=leg.owner,
            dialled=self._switchboard.dialled(leg.name),
            status=self._status(leg),
        )

    def _status(self, leg: Leg) -> str:
        """RFC 4575 §5.7.2."""
        if leg.called:
            return "alerting" if self._switchboard.rings(leg.name) else "dialing-out"
        if self._switchboard.on_hold(leg.name):
            return "on-hold"
        return "muted-via-focus" if leg.unheard else "connected"

    def _opaque(self, name: str) -> str:
        """The same for the same leg, or conference; nobody can tell the code in it."""
        return hashlib.blake2s(name.encode(), key=self._secret, digest_size=8).hexdigest()


def _is_in(running: Running, leg: str) -> bool:
    known = running.conference.legs.get(leg)
    return known is not None and not known.called and not running.conference.closed
