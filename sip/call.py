"""One INVITE session, whichever side placed it: set-up, re-INVITEs, digits by INFO, and every way to end."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from sip import answering, placing
from sip.answering import Answering
from sip.body import unanswerable_description
from sip.deeds import Answer, Deed
from sip.dialog import Dialog
from sip.effects import Confirmed, Ended, Information, Offered, Peer
from sip.errors import RemoteError
from sip.headers import Reason
from sip.message import Request, Response, respond
from sip.placing import Invitation, Placing
from sip.session import Session

if TYPE_CHECKING:
    from sip.origin import Origin
    from sip.timers import TimerValues
    from sip.transactions.layer import Key


RETRY_AFTER: Final = "30"
"""Seconds: who finds no room now is not to ask at once (RFC 3261 §21.5.4)."""


class Phase(Enum):
    SETUP = auto()
    TALKING = auto()
    LEAVING = auto()  # we hung up, but a BYE has to wait for the ACK of our 2xx (RFC 3261 §15)
    OVER = auto()


class Call:
    """Inputs and commands return what is to be done, in order.  A command that comes too late does nothing."""

    __slots__ = (
        *("_answering", "_left", "_origin", "_placing", "_proven", "_reason", "_session", "_values"),
        *("call_id", "local_tag", "name", "phase", "remote_tag"),
    )

    def __init__(self, name: str, origin: Origin, values: TimerValues) -> None:
        self.name = name
        self.phase = Phase.SETUP
        self.call_id = ""
        self.local_tag = ""
        self.remote_tag: str | None = None
        """Of the one we talk to; some have none, which is an empty one here."""
        self._origin = origin
        self._values = values
        self._placing: Placing | None = None
        self._answering: Answering | None = None
        """Their latest INVITE."""
        self._session: Session | None = None
        """Gone as soon as nobody can ask for anything in it any more."""
        self._proven = True
        """Whether their address is known to be theirs."""
        self._left = False
        """Whether the BYE was ours."""
        self._reason: Reason | None = None
        """Why we end it."""

    def __repr__(self) -> str:
        return f"<Call {self.name} {self.phase.name.lower()} {self.call_id}, next wake {self.deadline()}>"

    @property
    def dialog(self) -> Dialog | None:
        return None if self._session is None else self._session.dialog

    def settle(self) -> None:
        """No transaction serves it any more: nobody who answered our INVITE late can be heard of (RFC 6026 §7.2)."""
        if self.phase is Phase.TALKING:
            self._placing = None
        if self._session is not None:
            self._session.settle()

    # set-up

    def place(self, invitation: Invitation, now: float) -> list[Deed]:
        self._placing = Placing(self.name, invitation, self._origin, self._values)
        self.call_id = self._placing.invite.call_id
        self.local_tag = self._placing.invite.from_.tag or ""
        return self._placing.start(now)

    def arrive(self, request: Request, transaction: Key, source: Peer, *, proven: bool) -> list[Deed]:
        """A new call for us.  RemoteError where the INVITE can make no dialog.

        ``proven``: whoever calls is at ``source``, and reads what is sent there.
        """
        self._proven = proven
        self.local_tag = self._origin.token()
        self.call_id = request.call_id
        dialog = Dialog.of_request(request, self.local_tag, source)
        self._session = Session(self.name, dialog, self._origin, None, placed=False)
        self.remote_tag = dialog.remote.tag or ""
        self._answering = self._answer(request, transaction, source)
        return self._answering.start()

    # messages

    def receive(self, request: Request, transaction: Key, source: Peer, now: float) -> list[Deed]:
        """A request inside the dialog.  RemoteError where the dialog cannot take it."""
        session = self._session
        if session is None or (request.from_.tag or "") != self.remote_tag:
            if self._placing is not None and session is None and self.phase is Phase.SETUP:
                return self._placing.early.receive(request, transaction, source)
            return [Answer(transaction, respond(request, 481))]
        session.dialog.follow(request)
        match request.method:
            case "BYE":
                return self._bye_received(request, transaction)
            case _ if self.phase in (Phase.LEAVING, Phase.OVER):
                return [Answer(transaction, respond(request, 481))]
            case "INVITE":
                return self._invited_again(session, request, transaction, source)
            case "UPDATE":
                return session.update(request, transaction, source, pending=self._pending(), now=now)
            case "PRACK":
                return self._acknowledged_early(request, transaction, now)
            case "INFO" if "Info-Package" in request.headers:  # none was invited (RFC 6086 §4.2.2)
                return [Answer(transaction, respond(request, 469, headers=[("Recv-Info", "")]))]
            case "INFO":
                info = Information(self.name, request.content_type or "", request.body)
                return [Answer(transaction, respond(request, 200)), info]
            case _:
                return [Answer(transaction, respond(request, 405))]

    def share(self, request: Request) -> Dialog:
        """The dialog, for a request in it that is not about the session (RFC 5057).  RemoteError where it has none."""
        if self._session is None or self.phase is not Phase.TALKING or (request.from_.tag or "") != self.remote_tag:
            raise RemoteError(481, "Call/Transaction Does Not Exist")
        self._session.dialog.follow(request)
        return self._session.dialog

    def acknowledged(self, ack: Request) -> list[Deed]:
        answering = self._answering
        if ack.to.tag != self.local_tag and not self._proven:
            return []  # a forged source would confirm what it never saw, and have our sound sent to whom it likes
        if answering is None or not answering.acknowledge(ack):
            return []
        self._answering = None  # it has done its work
        if self.phase is Phase.LEAVING:
            return self._leave()
        first, self.phase = self.phase is Phase.SETUP, Phase.TALKING
        sdp = unanswerable_description(ack) if answering.offer is None else None
        if answering.offer is None and sdp is None:
            return self._fail(Reason("SIP", 488, "no answer to our offer"))
        return [Confirmed(self.name, sdp)] if first or sdp is not None else []

    def cancelled(self, cancel: Request) -> list[Deed]:
        """A CANCEL, which its own 200 has answered already.  One of a re-INVITE leaves the call as it was."""
        if self._answering is None:
            return []
        deeds = self._answering.refuse(487)
        if deeds and self.phase is Phase.SETUP:
            self._close()
            deeds.append(Ended(self.name, cancel.why or "cancelled"))
        return deeds

    def replied(self, request: Request, response: Response, source: Peer, now: float) -> list[Deed]:
        if self._session is not None and self._session.concerns(request):
            deeds = self._session.replied(request, response, source, busy=self._invited, now=now)
            return self._after(self._session, deeds)
        if self._placing is None:
            return []
        if request.method == "PRACK":
            return self._placing.early.replied(request, response)
        if request.method != "INVITE":
            return []  # to a CANCEL
        return self._placed(self._placing.receive(request, response, source, now), now, response)

    def unanswered(self, request: Request, status: int, now: float) -> list[Deed]:
        if self._session is not None and self._session.concerns(request):
            return self._after(self._session, self._session.unanswered(request, status, now))
        if self._placing is None:
            return []
        if request.method == "PRACK":
            self._placing.early.unanswered(request)
        if request.method != "INVITE":
            return []
        return self._placed(self._placing.unanswered(request, status, now), now)

    # time

    def tick(self, now: float) -> list[Deed]:
        deeds: list[Deed] = []
        if self._placing is not None:
            deeds += self._placed(self._placing.tick(now), now)
        if self._answering is not None:
            deeds += self._answering.tick(now)
            if self._answering.state in (answering.State.UNCONFIRMED, answering.State.UNHEARD):
                deeds += self._give_up(self._answering.state)
        if self._session is not None and self.phase is Phase.TALKING:
            deeds += self._after(self._session, self._session.tick(busy=self._invited, now=now))
        return deeds

    def deadline(self) -> float | None:
        session = self._session if self.phase is Phase.TALKING else None
        parts = (part.deadline() for part in (self._placing, self._answering, session) if part is not None)
        return min((at for at in parts if at is not None), default=None)

    # commands

    def ring(self, now: float) -> list[Deed]:
        return self._answering.ring(now) if self._answering is not None and self.phase is Phase.SETUP else []

    def accept(self, sdp: bytes, now: float) -> list[Deed]:
        """Answers their latest INVITE or UPDATE, if it still waits for that."""
        if self._session is not None and self._session.offered:
            return self._session.accept(sdp, now)
        if self._answering is None or self._session is None or self._answering.state not in answering.OPEN:
            return []
        timer = self._session.renew(self._answering.request, self._answering.source, sdp, now)
        return self._answering.accept(sdp, timer, now)

    def reject(self, status: int, reason: str | None) -> list[Deed]:
        if self._session is not None and self._session.offered:
            return self._session.reject(status, reason)
        if self._answering is None:
            return []
        later = [("Retry-After", RETRY_AFTER)] if status == 503 else self._origin.warning(status, reason)
        deeds = self._answering.refuse(status, reason, later)
        if deeds and self.phase is Phase.SETUP:
            self._close()
        return deeds

    def hang_up(self, now: float, reason: Reason | None) -> list[Deed]:
        self._reason = reason
        match self.phase:
            case Phase.SETUP if self._placing is not None:
                return self._placed(self._placing.hang_up(now, reason), now)
            case Phase.SETUP if self._answering is not None and self._answering.state in answering.OPEN:
                refusal = self._answering.refuse(480, headers=self._reason_header())
                self._close()
                return refusal
            case Phase.SETUP:
                self.phase = Phase.LEAVING
                return []
            case Phase.TALKING:
                return self._leave()
            case _:
                return []

    def abandon(self) -> list[Deed]:
        """A call that nobody has confirmed, and that others need the room of: its caller hears no more of us."""
        if self.phase not in (Phase.SETUP, Phase.LEAVING):
            return []
        ended = [Ended(self.name, "our answer was never acknowledged")] if self.phase is Phase.SETUP else []
        self._close()
        return [*ended]

    def offer(self, sdp: bytes, now: float) -> list[Deed]:
        if self._session is None or self.phase is not Phase.TALKING:
            return []
        return self._session.offer(sdp, busy=self._invited, now=now)

    # machinery

    @property
    def _invited(self) -> bool:
        """Whether an INVITE of theirs is not over yet."""
        states = {*answering.OPEN, answering.State.ACCEPTED}
        return self._answering is not None and self._answering.state in states

    def _pending(self) -> int | None:
        """What an offer of theirs has to be refused with because another is open (RFC 3311 §5.2)."""
        busy = self._answering
        if busy is not None and busy.state in answering.OPEN:
            return 500
        return 491 if busy is not None and busy.state is answering.State.ACCEPTED and busy.offer is None else None

    def _after(self, session: Session, deeds: list[Deed]) -> list[Deed]:
        """What follows for the call from what became of its session."""
        if session.failure is None or self.phase is not Phase.TALKING:
            return deeds
        return [*deeds, *self._fail(session.failure)]

    def _answer(self, request: Request, transaction: Key, source: Peer) -> Answering:
        return Answering(self.name, request, transaction, source, self.local_tag, self._origin, self._values)

    def _placed(self, deeds: list[Deed], now: float, response: Response | None = None) -> list[Deed]:
        placing_ = self._placing
        assert placing_ is not None
        if self.phase is Phase.SETUP and placing_.dialog is not None and response is not None:
            self.phase = Phase.TALKING
            self.remote_tag = placing_.dialog.remote.tag or ""
            self._session = Session(self.name, placing_.dialog, self._origin, placing_.proven_login, placed=True)
            self._session.begin(placing_.invite.body, response, now)
        elif self.phase is Phase.SETUP and placing_.state is placing.State.FAILED:
            self.phase = Phase.OVER
        return deeds

    def _invited_again(self, session: Session, request: Request, transaction: Key, source: Peer) -> list[Deed]:
        """A re-INVITE (§14.2).  While another waits for its answer or ACK, it has to wait too."""
        busy = None if self._answering is None else self._answering.state
        if busy in answering.OPEN or session.offered:
            return [Answer(transaction, session.put_off(request, 500))]
        if busy is answering.State.ACCEPTED or session.changing:
            return [Answer(transaction, session.put_off(request, 491))]
        self._answering = self._answer(request, transaction, source)
        return [*self._answering.start(), Offered(self.name, self._answering.offer, source)]

    def _acknowledged_early(self, prack: Request, transaction: Key, now: float) -> list[Deed]:
        """The 200 to the PRACK goes before the 2xx that has waited for it."""
        deeds = None if self._answering is None else self._answering.acknowledge_early(prack, now)
        if deeds is None:
            return [Answer(transaction, respond(prack, 481))]
        # An offer in it is not ours to answer before that in the INVITE (RFC 3262 §5).
        return [Answer(transaction, respond(prack, 488 if prack.body else 200)), *deeds]

    def _bye_received(self, request: Request, transaction: Key) -> list[Deed]:
        if self.phase is Phase.OVER and not self._left:
            return [Answer(transaction, respond(request, 481))]
        deeds: list[Deed] = [Answer(transaction, respond(request, 200))]
        if self._answering is not None:
            deeds += self._answering.refuse(487)
        if self._session is not None:
            deeds += self._session.reject(487)
        if self.phase in (Phase.SETUP, Phase.TALKING):
            deeds.append(Ended(self.name, request.why or "hung up"))
        self._close()
        return deeds

    def _give_up(self, state: answering.State) -> list[Deed]:
        """Without an ACK the dialog is confirmed, but the session ends (§13.3.1.4); without a PRACK there is none."""
        if state is answering.State.UNHEARD:
            self._close()
            return [Ended(self.name, "our ringing was never acknowledged")]
        if self.phase is Phase.LEAVING:
            return self._leave()
        return self._fail(Reason("SIP", 408, "our answer was never acknowledged"))

    def _fail(self, reason: Reason) -> list[Deed]:
        """The session cannot go on."""
        self._reason = reason
        return [*self._leave(), Ended(self.name, reason.text or "")]

    def _leave(self) -> list[Deed]:
        session = self._session
        assert session is not None
        self._left = True
        deeds = [] if self._answering is None else self._answering.refuse(487)
        self._close()
        return [*deeds, *session.leave(self._reason_header())]

    def _close(self) -> None:
        self.phase = Phase.OVER
        self._answering = None  # nothing of it is repeated any more
        if not self._left:  # else their BYE may cross ours, or want to know who we are
            self._session = None

    def _reason_header(self) -> list[tuple[str, str]]:
        return [] if self._reason is None else [("Reason", str(self._reason))]
