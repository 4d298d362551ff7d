"""A session while it lasts: what either side changes in it, refreshes it with, and leaves it by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sip import session_timer
from sip.asking import Asking
from sip.body import SDP, session_description, unanswerable_description
from sip.changing import Change, Changing
from sip.deeds import Answer, Ask, Deed
from sip.effects import Changed, Offered, Peer, Send, Unchanged
from sip.headers import Reason
from sip.message import Request, Response, respond
from sip.session_timer import Due, SessionTimer

if TYPE_CHECKING:
    from sip.challenged import Login
    from sip.dialog import Dialog
    from sip.origin import Origin
    from sip.transactions.layer import Key


@dataclass(frozen=True, slots=True)
class Update:
    """One of theirs, with an offer that our user has not answered yet."""

    request: Request
    transaction: Key
    source: Peer


class Session:
    """Inputs return what is to be done.  When :attr:`failure` is set, the session is over, and its call has to end."""

    __slots__ = (
        *("_ack", "_asking", "_call", "_changing", "_origin", "_said", "_takes_update", "_timer", "_update"),
        *("dialog", "failure"),
    )

    def __init__(self, call: str, dialog: Dialog, origin: Origin, login: Login | None, *, placed: bool) -> None:
        """``placed``: the call is ours, and the Call-ID (RFC 3261 §14.1)."""
        self.dialog = dialog
        self.failure: Reason | None = None
        self._call = call
        self._origin = origin
        self._asking = Asking(dialog, origin, login)
        self._changing = Changing(origin.random, placed=placed)
        self._timer = SessionTimer()
        self._said = b""
        """Our description of the sound as they know it: a refresh by INVITE offers it again."""
        self._takes_update = False
        self._update: Update | None = None
        self._ack: tuple[Request, Send] | None = None
        """That of our last re-INVITE, for when its 2xx comes again."""

    @property
    def changing(self) -> bool:
        """Whether a change of ours is under way."""
        return self._changing.current is not None

    @property
    def offered(self) -> bool:
        """Whether an offer of theirs in an UPDATE waits for our user."""
        return self._update is not None

    # ours

    def offer(self, sdp: bytes, *, busy: bool, now: float) -> list[Deed]:
        """A re-INVITE; :class:`Changed` or :class:`Unchanged` follows.  An offer that still waits is replaced."""
        self._changing.want(Change("INVITE", sdp, refresh=False), now)
        return self._try(busy=busy, now=now)

    def leave(self, reason: list[tuple[str, str]]) -> list[Deed]:
        """A BYE.  Whatever is said to it, the session is over (RFC 3261 §15.1.1)."""
        self._changing.done()
        return [*self.reject(487), self._asking.ask("BYE", reason)]

    def settle(self) -> None:
        """No transaction is left: no 2xx comes again."""
        self._ack = None

    def concerns(self, request: Request) -> bool:
        """Whether ``request`` is one of those that were sent from here, and a response to it is of use."""
        return request in self._asking or (self._ack is not None and self._ack[0] is request)

    def replied(self, request: Request, response: Response, source: Peer, *, busy: bool, now: float) -> list[Deed]:
        if self._ack is not None and self._ack[0] is request:
            return [self._ack[1]] if 200 <= response.status < 300 else []
        match self._asking.replied(request, response):
            case None:
                return []
            case Ask() as again:
                return [again]
            case _ if request.method == "BYE":
                return []
            case _:
                return [*self._answered(request, response, source, now), *self._try(busy=busy, now=now)]

    def unanswered(self, request: Request, status: int, now: float) -> list[Deed]:
        self._asking.unanswered(request)
        return [] if request.method == "BYE" else self._not_changed(respond(request, status), now)

    # theirs

    def begin(self, sdp: bytes, accepted: Response, now: float) -> None:
        """Our INVITE with this description got its 2xx."""
        self._said = sdp
        self._note(accepted)
        self._timer.agree(session_timer.agreed(accepted), now)

    def renew(self, request: Request, source: Peer, sdp: bytes | None, now: float) -> list[tuple[str, str]]:
        """Their INVITE or UPDATE is accepted; the result is what the 2xx says of session timers."""
        if sdp is not None:
            self._said = sdp
        self._note(request)
        self.dialog.refresh(request, source)
        terms = session_timer.answered(request, self._timer.terms)
        self._timer.agree(terms, now)
        self._changing.refreshed()
        return session_timer.said_in_answer(terms, request)

    def update(
        self, request: Request, transaction: Key, source: Peer, *, pending: int | None, now: float
    ) -> list[Deed]:
        """An UPDATE (RFC 3311 §5.2).  ``pending``: the refusal of its offer where another is open; else None."""
        offer = session_description(request)
        if offer is None:
            return [Answer(transaction, self._acceptance(request, source, now))]
        if self._update is not None:
            pending = 500
        elif self.changing:
            pending = 491
        if pending is not None:
            return [Answer(transaction, self.put_off(request, pending))]
        self._update = Update(request, transaction, source)
        return [Offered(self._call, offer, source)]

    def accept(self, sdp: bytes, now: float) -> list[Deed]:
        """The answer to the offer in their UPDATE, where one waits."""
        if self._update is None:
            return []
        update, self._update = self._update, None
        return [Answer(update.transaction, self._acceptance(update.request, update.source, now, sdp))]

    def reject(self, status: int, reason: str | None = None) -> list[Deed]:
        if self._update is None:
            return []
        update, self._update = self._update, None
        warning = self._origin.warning(status, reason)
        return [Answer(update.transaction, respond(update.request, status, reason, headers=warning))]

    def put_off(self, request: Request, status: int) -> Response:
        """491, or 500 with a time to come again (RFC 3261 §14.2, RFC 3311 §5.2)."""
        later = [("Retry-After", str(self._origin.random.randint(0, 10)))] if status == 500 else []
        return respond(request, status, headers=later)

    # time

    def tick(self, *, busy: bool, now: float) -> list[Deed]:
        match self._timer.pop_due(now):
            case Due.EXPIRED:
                self.failure = Reason("SIP", 408, "the session was not refreshed")
                return []
            case Due.REFRESH if self._changing.free:
                self._changing.want(self._refresh(), now)
            case _:
                pass
        return self._try(busy=busy, now=now)

    def deadline(self) -> float | None:
        return min((at for at in (self._changing.deadline(), self._timer.deadline()) if at is not None), default=None)

    # machinery

    def _refresh(self) -> Change:
        """By UPDATE where they take it: it leaves the sound alone (RFC 4028 §7.4)."""
        return (
            Change("UPDATE", None, refresh=True) if self._takes_update else Change("INVITE", self._said, refresh=True)
        )

    def _try(self, *, busy: bool, now: float) -> list[Deed]:
        """``busy``: an INVITE of theirs is not over yet."""
        change = self._changing.take(now, busy=busy or self._update is not None)
        if change is None:
            return []
        timer = session_timer.said_in_request(self._timer.terms, self._timer.minimum)
        headers = [self._contact(self.dialog.peer), *self._origin.abilities(inside=True), *timer]
        if change.offer is None:
            return [self._asking.ask(change.method, headers)]
        return [self._asking.ask(change.method, [*headers, ("Content-Type", SDP)], change.offer)]

    def _answered(self, request: Request, response: Response, source: Peer, now: float) -> list[Deed]:
        """The final response to a change of ours."""
        if response.status < 300:
            return self._changed(request, response, source, now)
        if self._changing.put_off(response, now):
            return []
        minimum = session_timer.demanded(response, self._timer.minimum)
        if minimum is not None:
            self._timer.minimum = minimum
            if self._changing.again(now):
                return []
        return self._not_changed(response, now)

    def _changed(self, request: Request, response: Response, source: Peer, now: float) -> list[Deed]:
        change = self._changing.done()
        self._note(response)
        self.dialog.refresh(response, source)
        self._timer.agree(session_timer.agreed(response), now)
        deeds: list[Deed] = []
        if request.method == "INVITE":
            ack = Send(bytes(self.dialog.ack(request, self._origin)), self.dialog.peer)
            self._ack = (request, ack)
            deeds.append(ack)
        if change is None or change.offer is None:  # None: we have left meanwhile
            return deeds
        sdp = unanswerable_description(response)
        if sdp is None:
            self.failure = Reason("SIP", 488, "no answer to our offer")
            return deeds
        self._said = change.offer
        return [*deeds, Changed(self._call, change.offer, sdp)]

    def _not_changed(self, response: Response, now: float) -> list[Deed]:
        change = self._changing.done()
        self._lose(response.status)
        if change is None:
            return []
        if not change.refresh:
            return [Unchanged(self._call, response.status, response.reason)]
        if change.method == "UPDATE" and response.status in (405, 420, 488, 501):
            self._takes_update = False
            self._changing.want(self._refresh(), now)
        else:
            self._timer.refused(now)
        return []

    def _lose(self, status: int) -> None:
        """RFC 3261 §12.2.1.2."""
        if status in (408, 481):
            text = "the phone does not answer" if status == 408 else "the phone knows nothing of the call"
            self.failure = Reason("SIP", status, text)

    def _acceptance(self, request: Request, source: Peer, now: float, sdp: bytes | None = None) -> Response:
        """The 2xx to an UPDATE."""
        timer = self.renew(request, source, sdp, now)
        headers = [self._contact(source), *self._origin.about(), *timer]
        if sdp is None:
            return respond(request, 200, headers=headers)
        return respond(request, 200, headers=[*headers, ("Content-Type", SDP)], body=sdp)

    def _contact(self, peer: Peer) -> tuple[str, str]:
        return "Contact", self._origin.focus(peer, self._call, sips=self.dialog.target.scheme == "sips")

    def _note(self, message: Request | Response) -> None:
        """What they take, where they say so."""
        if "Allow" in message.headers:
            self._takes_update = "UPDATE" in message.tokens("Allow")
