"""A session while it lasts: what either side changes in it, and what else we ask inside its dialog.

Our own changes are made one at a time, by re-INVITE (RFC 3261 §14.1) or UPDATE (RFC 3311 §5.1); where both sides want
something at once, ours waits and is tried again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sip.asking import Asking
from sip.body import SDP, session_description, unanswerable_description
from sip.deeds import Answer, Ask, Deed
from sip.effects import Changed, Offered, Peer, Responded, Send, Unchanged
from sip.errors import RemoteError
from sip.message import Request, Response, respond

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sip.challenged import Login
    from sip.dialog import Dialog
    from sip.origin import Origin
    from sip.transactions.layer import Key

MAX_TRIES: Final = 6
"""Of one change that the other side puts off."""
LONGEST_PAUSE: Final = 10.0
"""Seconds: what RFC 3261 §14.2 has as the longest of its Retry-After."""


@dataclass(slots=True)
class Change:
    """One that we want."""

    method: str
    offer: bytes | None
    """None in an UPDATE that refreshes the session only."""
    tries: int = 0
    again_at: float | None = None
    """When it is tried again; None while it is under way."""


@dataclass(frozen=True, slots=True)
class Update:
    """One of theirs, with an offer that our user has not answered yet."""

    request: Request
    transaction: Key
    source: Peer


class Session:
    """Inputs return what is to be done.  When :attr:`failure` is set, the session is over, and its call has to end."""

    __slots__ = ("_ack", "_asking", "_call", "_change", "_origin", "_placed", "_update", "dialog", "failure")

    def __init__(self, call: str, dialog: Dialog, origin: Origin, login: Login | None, *, placed: bool) -> None:
        """``placed``: the call is ours, and the Call-ID (§14.1)."""
        self.dialog = dialog
        self.failure: str | None = None
        self._call = call
        self._origin = origin
        self._asking = Asking(dialog, origin, login)
        self._placed = placed
        self._change: Change | None = None
        self._update: Update | None = None
        self._ack: tuple[Request, Send] | None = None
        """That of our last re-INVITE, for when its 2xx comes again."""

    @property
    def changing(self) -> bool:
        """Whether a change of ours is under way."""
        return self._change is not None and self._change.again_at is None

    @property
    def offered(self) -> bool:
        """Whether an offer of theirs in an UPDATE waits for our user."""
        return self._update is not None

    # ours

    def ask(self, method: str, headers: Iterable[tuple[str, str]], body: bytes) -> tuple[int, list[Deed]]:
        """A request that another module has a use for; :class:`Responded` follows, under the number returned."""
        ask = self._asking.ask(method, headers, body)
        return ask.request.cseq.number, [ask]

    def leave(self, reason: list[tuple[str, str]]) -> list[Deed]:
        """A BYE.  Whatever is said to it, the session is over (RFC 3261 §15.1.1)."""
        return [*self.reject(487), self._asking.ask("BYE", reason)]

    @property
    def full(self) -> bool:
        return self._asking.full

    def offer(self, sdp: bytes, *, busy: bool, now: float) -> list[Deed]:
        """A re-INVITE; :class:`Changed` or :class:`Unchanged` follows.  A change that still waits is replaced."""
        if self.changing:
            return [Unchanged(self._call, 491, "Request Pending")]
        self._change = Change("INVITE", sdp)
        return self._try(busy=busy, now=now)

    def concerns(self, request: Request) -> bool:
        """Whether ``request`` is one of those that were sent from here, and a response to it is of use."""
        return request in self._asking or (self._ack is not None and self._ack[0] is request)

    def replied(self, request: Request, response: Response, source: Peer, now: float) -> list[Deed]:
        if self._ack is not None and self._ack[0] is request:
            return [self._ack[1]] if 200 <= response.status < 300 else []
        match self._asking.replied(request, response):
            case None:
                return []
            case Ask() as again:
                return [again]
            case asked:
                if request.method in ("INVITE", "UPDATE"):
                    return self._answered(request, response, source, now)
                return self._told(asked.number, request, response)

    def unanswered(self, request: Request, status: int) -> list[Deed]:
        asked = self._asking.unanswered(request)
        if asked is None:
            return []
        response = respond(request, status)
        if request.method in ("INVITE", "UPDATE"):
            return self._not_changed(response)
        return self._told(asked.number, request, response)

    # theirs

    def update(self, request: Request, transaction: Key, source: Peer, *, pending: int | None) -> list[Deed]:
        """An UPDATE (RFC 3311 §5.2).  ``pending``: the refusal of its offer where another is open; else None."""
        offer = session_description(request)
        if offer is None:
            self.dialog.refresh(request, source)
            return [Answer(transaction, self._acceptance(request, source))]
        if self._update is not None:
            pending = 500
        elif self.changing:
            pending = 491
        if pending is not None:
            return [Answer(transaction, self._later(request, pending))]
        self._update = Update(request, transaction, source)
        return [Offered(self._call, offer, source)]

    def accept(self, sdp: bytes) -> list[Deed]:
        """The answer to the offer in their UPDATE, where one waits."""
        if self._update is None:
            return []
        update, self._update = self._update, None
        self.dialog.refresh(update.request, update.source)
        return [Answer(update.transaction, self._acceptance(update.request, update.source, sdp))]

    def reject(self, status: int, reason: str | None = None) -> list[Deed]:
        if self._update is None:
            return []
        update, self._update = self._update, None
        return [Answer(update.transaction, respond(update.request, status, reason))]

    # time

    def tick(self, *, busy: bool, now: float) -> list[Deed]:
        change = self._change
        if change is None or change.again_at is None or now < change.again_at:
            return []
        return self._try(busy=busy, now=now)

    def deadline(self) -> float | None:
        return None if self._change is None else self._change.again_at

    # machinery

    def _try(self, *, busy: bool, now: float) -> list[Deed]:
        """``busy``: an INVITE of theirs is not over yet (§14.1)."""
        change = self._change
        assert change is not None
        if busy or self._update is not None:
            change.again_at = now + self._pause()
            return []
        change.again_at = None
        change.tries += 1
        headers = [("Contact", self._contact(self.dialog.peer)), *self._origin.about()]
        if change.offer is None:
            return [self._asking.ask(change.method, headers)]
        return [self._asking.ask(change.method, [*headers, ("Content-Type", SDP)], change.offer)]

    def _answered(self, request: Request, response: Response, source: Peer, now: float) -> list[Deed]:
        """The final response to a change of ours."""
        change = self._change
        assert change is not None
        if response.status < 300:
            return self._changed(change, request, response, source)
        pause = self._pause_after(response)
        if pause is None or change.tries == MAX_TRIES:
            return self._not_changed(response)
        change.again_at = now + pause
        return []

    def _changed(self, change: Change, request: Request, response: Response, source: Peer) -> list[Deed]:
        self._change = None
        self.dialog.refresh(response, source)
        deeds: list[Deed] = []
        if request.method == "INVITE":
            ack = Send(bytes(self.dialog.ack(request, self._origin)), self.dialog.peer)
            self._ack = (request, ack)
            deeds.append(ack)
        if change.offer is None:
            return deeds
        sdp = unanswerable_description(response)
        if sdp is None:
            self.failure = "no answer to our offer"
            return deeds
        return [*deeds, Changed(self._call, change.offer, sdp)]

    def _not_changed(self, response: Response) -> list[Deed]:
        self._change = None
        self._lose(response.status)
        return [Unchanged(self._call, response.status, response.reason)]

    def _lose(self, status: int) -> None:
        """§12.2.1.2."""
        if status in (408, 481):
            self.failure = "the phone does not answer" if status == 408 else "the phone knows nothing of the call"

    def _told(self, number: int, request: Request, response: Response) -> list[Deed]:
        if request.method == "BYE":
            return []
        if request.method == "INFO":  # what is about a subscription ends that alone (RFC 5057 §5.1)
            self._lose(response.status)
        return [Responded(self._call, number, request.method, response.status, response.reason)]

    def _acceptance(self, request: Request, source: Peer, sdp: bytes | None = None) -> Response:
        headers = [("Contact", self._contact(source)), *self._origin.about()]
        if sdp is None:
            return respond(request, 200, headers=headers)
        return respond(request, 200, headers=[*headers, ("Content-Type", SDP)], body=sdp)

    def _later(self, request: Request, status: int) -> Response:
        later = [("Retry-After", str(self._origin.random.randint(0, 10)))] if status == 500 else []
        return respond(request, status, headers=later)

    def _contact(self, peer: Peer) -> str:
        return self._origin.focus(peer, self._call)

    def _pause(self) -> float:
        """§14.1, in steps of 10 ms: the one who owns the Call-ID waits longer, so that they do not meet again."""
        steps = self._origin.random.randint(210, 400) if self._placed else self._origin.random.randint(0, 200)
        return steps / 100

    def _pause_after(self, response: Response) -> float | None:
        """How long to wait before the next try; None: it is refused for good."""
        if response.status == 491:
            return self._pause()
        if response.status != 500:
            return None
        try:
            later = response.seconds("Retry-After")
        except RemoteError:
            return None
        return None if later is None else min(later, LONGEST_PAUSE)
