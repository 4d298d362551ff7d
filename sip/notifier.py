"""Who subscribes to news of us or has us call somebody, and what they are told of it (RFC 6665, RFC 3515).

A subscription asked for inside a call shares the call's dialog (RFC 5057); any other has a dialog of its own.  Whether
it is to be, and what there is to tell, its user says: commands for one that is over do nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sip.admission import Identity
from sip.deeds import Answer, Ask, Deed
from sip.dialog import Dialog
from sip.effects import NotifyDue, Peer, Referred, Subscribing, Unsubscribed
from sip.errors import RemoteError
from sip.message import Request, Response, respond
from sip.referral import FRAGMENT, Referral, fragment
from sip.subscription import Event, News, Subscription

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sip.origin import Origin
    from sip.transactions.layer import Key

CONFERENCE: Final = "conference"
ALLOW_EVENTS: Final = f"{CONFERENCE}, refer"
ROSTER: Final = "application/conference-info+xml"
_ACCEPTABLE: Final = frozenset({ROSTER, "application/*", "*/*"})

SHORTEST: Final = 60
"""Seconds that a subscription lasts, unless it is for one NOTIFY (RFC 6665 §4.2.1.1)."""
LONGEST: Final = 3600
PAUSE: Final = 1.0
"""Seconds between two NOTIFYs of one subscription (RFC 4575 §3.9)."""
REFERRAL_SECONDS: Final = 180
"""How long the sender of a REFER may wait for its outcome."""

Do = Callable[[str, list[Deed], float], None]


def unsubscribable(request: Request, tag: str) -> Response | None:
    """The refusal of a SUBSCRIBE for what there is no news of, or in no form that we have; None for what may pass."""
    try:
        package = Event.of(request).package
        expires = request.expires
    except RemoteError as error:
        headers = [("Allow-Events", ALLOW_EVENTS)] if error.status == 489 else []
        return respond(request, error.status, error.reason, to_tag=tag, headers=headers)
    if package not in ALLOW_EVENTS.split(", ") or (package == "refer" and request.to.tag is None):
        return respond(request, 489, to_tag=tag, headers=[("Allow-Events", ALLOW_EVENTS)])
    accepted = {word.partition(";")[0].strip().lower() for word in request.tokens("Accept")}
    if package == CONFERENCE and accepted and not accepted & _ACCEPTABLE:
        return respond(request, 406, to_tag=tag, headers=[("Accept", ROSTER)])
    if expires is not None and 0 < expires < SHORTEST:
        return respond(request, 423, to_tag=tag, headers=[("Min-Expires", str(SHORTEST))])
    return None


class Notifier:
    """``do`` carries out what a command leads to, for the subscription of that name."""

    def __init__(self, origin: Origin, do: Do) -> None:
        self._origin = origin
        self._do = do
        self._subscriptions: dict[str, Subscription] = {}
        self._by_dialog: dict[tuple[str, str], list[str]] = {}
        """Names, by Call-ID and our tag."""
        self._undecided: dict[str, tuple[Request, Key]] = {}
        self._referrals: dict[str, tuple[int, str | None]] = {}
        """How far what a REFER asked for has come: status and reason."""

    def __contains__(self, name: str) -> bool:
        return name in self._subscriptions

    def __len__(self) -> int:
        return len(self._subscriptions)

    # requests

    def owner(self, request: Request) -> str | None:
        """Whose dialog a request is in that is in no call's."""
        names = self._by_dialog.get((request.call_id, request.to.tag or ""), [])
        return names[0] if names else None

    def begin(
        self, request: Request, transaction: Key, source: Peer, identity: Identity, name: str, now: float
    ) -> list[Deed]:
        """A SUBSCRIBE or REFER outside any dialog.  RemoteError where it can make none."""
        dialog = Dialog.of_request(request, self._origin.token(), source)
        _check_way(request, dialog, source)
        return self._ask(request, transaction, source, dialog, None, identity, name, now)

    def receive(
        self, request: Request, transaction: Key, source: Peer, shared: tuple[str, Dialog] | None, now: float
    ) -> list[Deed]:
        """One inside a dialog: that of a call, by its name, or None: a subscription's own.  RemoteError."""
        call, dialog = shared or (None, self._own(request))
        if not dialog.is_with(source):
            raise RemoteError(403, "Forbidden")  # a phone that has moved says so by an INVITE or UPDATE first
        if call is None and request.method != "SUBSCRIBE":
            raise RemoteError(481, "Subscription Does Not Exist")
        _check_way(request, dialog, source)
        dialog.refresh(request, source)
        if request.method == "SUBSCRIBE" and (known := self._known(request)):
            self._refresh(known, request, transaction, now)
            return []
        if call is None:
            raise RemoteError(481, "Subscription Does Not Exist")
        return self._ask(request, transaction, source, dialog, call, Identity(), self._origin.token(), now)

    def replied(self, name: str, request: Request, response: Response, now: float) -> list[Deed]:
        subscription = self._subscriptions[name]
        return self._after(subscription, subscription.replied(request, response, now), now)

    def unanswered(self, name: str, request: Request, now: float) -> list[Deed]:
        subscription = self._subscriptions[name]
        return self._after(subscription, subscription.unanswered(request, now), now)

    # time

    def tick(self, name: str, now: float) -> list[Deed]:
        subscription = self._subscriptions[name]
        return self._after(subscription, subscription.tick(now), now)

    def deadline(self, name: str) -> float | None:
        return self._subscriptions[name].deadline()

    def peers(self) -> Iterable[Peer]:
        return (subscription.dialog.peer for subscription in self._subscriptions.values())

    # commands

    def admit(self, name: str, now: float) -> None:
        """200, or 202 for a REFER, of which the sender hears at once that it is being tried."""
        found = self._undecided.pop(name, None)
        if found is None:
            return
        request, transaction = found
        subscription = self._subscriptions.get(name)
        if request.method == "REFER":
            self._do(name, [Answer(transaction, self._accepted(request, subscription)), *self._tried(name, now)], now)
        elif subscription is not None:
            seconds = _seconds(request)
            subscription.admit(seconds, now)
            answer = Answer(transaction, self._granted(request, subscription, seconds))
            self._do(name, [answer, *self._after(subscription, None, now)], now)

    def deny(self, name: str, status: int, now: float) -> None:
        found = self._undecided.pop(name, None)
        if found is None:
            return
        request, transaction = found
        subscription = self._subscriptions.get(name)
        tag = None if subscription is None else subscription.dialog.local.tag
        if subscription is not None:
            self._forget(subscription)
        self._do(name, [Answer(transaction, respond(request, status, to_tag=tag or self._origin.token()))], now)

    def changed(self, name: str, now: float) -> None:
        """There is news: ``NotifyDue`` follows when it can be told."""
        if subscription := self._subscriptions.get(name):
            subscription.news(now)
            self._do(name, self._after(subscription, None, now), now)

    def tell(self, name: str, news: News, now: float) -> None:
        """The answer to ``NotifyDue``."""
        if subscription := self._subscriptions.get(name):
            self._do(name, self._after(subscription, subscription.tell(news, now), now), now)

    def end(self, name: str, reason: str, now: float) -> None:
        """``reason``: ``noresource``, ``deactivated``… (RFC 6665 §4.1.3)."""
        if subscription := self._subscriptions.get(name):
            self._do(name, self._after(subscription, subscription.end(reason, now), now), now)

    def progress(self, name: str, status: int, now: float, reason: str | None = None) -> None:
        """How far a REFER has come; from 200 on that is the last of it."""
        if (subscription := self._subscriptions.get(name)) is None:
            return
        self._referrals[name] = status, reason
        if status < 200:
            subscription.news(now)
            self._do(name, self._after(subscription, None, now), now)
        else:
            final = subscription.end("noresource", now, _status_line(status, reason))
            self._do(name, self._after(subscription, final, now), now)

    # machinery

    def _own(self, request: Request) -> Dialog:
        subscription = self._subscriptions[self.owner(request) or ""]
        if (request.from_.tag or "") != (subscription.dialog.remote.tag or ""):
            raise RemoteError(481, "Subscription Does Not Exist")
        subscription.dialog.follow(request)
        return subscription.dialog

    def _known(self, request: Request) -> Subscription | None:
        event = Event.of(request)
        names = self._by_dialog.get((request.call_id, request.to.tag or ""), [])
        found = (self._subscriptions[name] for name in names)
        return next((each for each in found if each.event == event and each.name not in self._undecided), None)

    def _ask(
        self,
        request: Request,
        transaction: Key,
        source: Peer,
        dialog: Dialog,
        call: str | None,
        identity: Identity,
        name: str,
        now: float,
    ) -> list[Deed]:
        """Its user is asked whether it is to be."""
        told: Deed
        if request.method == "REFER":
            referral = Referral.of(request)
            event, pause = Event("refer", str(request.cseq.number)), 0.0
            told = Referred(name, call, request.uri, referral, identity.account)
            wanted = not referral.silent
        else:
            event, pause, wanted = Event.of(request), PAUSE, True
            if event.package != CONFERENCE:
                raise RemoteError(481, "Subscription Does Not Exist")
            told = Subscribing(name, call, request.uri, identity.account, source)
        self._undecided[name] = request, transaction
        if wanted:
            subscription = Subscription(name, event, dialog, self._origin, call=call, pause=pause)
            self._subscriptions[name] = subscription
            self._by_dialog.setdefault((dialog.call_id, dialog.local.tag or ""), []).append(name)
        return [told]

    def _refresh(self, known: Subscription, request: Request, transaction: Key, now: float) -> None:
        if known.ending:
            raise RemoteError(481, "Subscription Does Not Exist")
        seconds = _seconds(request)
        known.admit(seconds, now)
        granted = self._granted(request, known, seconds)
        self._do(known.name, [Answer(transaction, granted), *self._after(known, None, now)], now)

    def _tried(self, name: str, now: float) -> list[Deed]:
        subscription = self._subscriptions.get(name)
        if subscription is None:
            return []
        self._referrals[name] = 100, None
        subscription.admit(REFERRAL_SECONDS, now)
        return self._after(subscription, None, now)

    def _after(self, subscription: Subscription, notify: Request | None, now: float) -> list[Deed]:
        """What is to be done once a subscription has taken an input."""
        deeds: list[Deed] = []
        if subscription.wants_news:
            subscription.wants_news = False
            if subscription.name in self._referrals:
                notify = subscription.tell(_status_line(*self._referrals[subscription.name]), now)
            else:
                deeds.append(NotifyDue(subscription.name))
        if notify is not None and subscription.event.package == CONFERENCE and subscription.dialog.astray:
            subscription.lose()  # the call's dialog was turned to somebody who has asked for nothing
        elif notify is not None:
            deeds.append(Ask(notify, subscription.dialog.peer))
        if subscription.over:
            self._forget(subscription)
            deeds.append(Unsubscribed(subscription.name))
        return deeds

    def _forget(self, subscription: Subscription) -> None:
        key = subscription.dialog.call_id, subscription.dialog.local.tag or ""
        del self._subscriptions[subscription.name]
        self._referrals.pop(subscription.name, None)
        self._by_dialog[key].remove(subscription.name)
        if not self._by_dialog[key]:
            del self._by_dialog[key]

    def _granted(self, request: Request, subscription: Subscription, seconds: int) -> Response:
        return self._response(request, 200, subscription, [("Expires", str(seconds))])

    def _accepted(self, request: Request, subscription: Subscription | None) -> Response:
        silent = [("Refer-Sub", "false")] if subscription is None else []
        return self._response(request, 202, subscription, silent)

    def _response(
        self, request: Request, status: int, subscription: Subscription | None, headers: list[tuple[str, str]]
    ) -> Response:
        """It may make a dialog, and then carries the route of that (RFC 3261 §12.1.1)."""
        route = [("Record-Route", value) for value in request.headers.get_all("Record-Route")]
        contact = [] if subscription is None else [("Contact", subscription.contact)]
        tag = self._origin.token() if subscription is None else subscription.dialog.local.tag
        fields = [*route, *contact, ("Allow-Events", ALLOW_EVENTS), *headers, *self._origin.server()]
        return respond(request, status, to_tag=tag, headers=fields)


def _seconds(request: Request) -> int:
    return LONGEST if request.expires is None else min(request.expires, LONGEST)


def _status_line(status: int, reason: str | None) -> News:
    return News(FRAGMENT, fragment(status, reason))


def _check_way(request: Request, dialog: Dialog, source: Peer) -> None:
    """News go to the host that asks for them: a roster is a hundred times as large as the request for it, and a Contact
    may name anybody."""
    if request.method == "SUBSCRIBE" and dialog.leads_away(request, source):
        raise RemoteError(403, "Forbidden")
