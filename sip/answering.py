"""An INVITE of theirs, the first or one inside a dialog: our answer, repeated until its ACK (RFC 3261 §13.3.1.4)."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

from sip import reliable
from sip.body import SDP, session_description
from sip.deeds import Answer, Deed
from sip.effects import Peer, Send
from sip.message import Request, Response, respond
from sip.reliable import RAck
from sip.transactions.layer import Key, response_peer

if TYPE_CHECKING:
    from sip.origin import Origin
    from sip.timers import TimerValues


class State(Enum):
    PENDING = auto()
    RINGING = auto()  # our 180 is out that demands a PRACK, which is not in (RFC 3262 §3)
    HELD = auto()  # accepted, but the 2xx waits for that PRACK: phones that ask for it expect this order
    ACCEPTED = auto()  # our 2xx is out, its ACK is not in
    CONFIRMED = auto()
    REFUSED = auto()
    UNCONFIRMED = auto()  # no ACK within 64*T1
    UNHEARD = auto()  # no PRACK within 64*T1


OPEN: Final = frozenset({State.PENDING, State.RINGING, State.HELD})
"""Without a final response."""


class Input(Enum):
    RING = auto()
    RING_RELIABLY = auto()
    PRACK = auto()
    ACCEPT = auto()
    REFUSE = auto()
    ACK = auto()
    REPETITION = auto()  # T1 after what waits for its ACK or PRACK, then doubling
    PATIENCE_ENDS = auto()


class Action(Enum):
    SEND = auto()
    REPEAT = auto()
    GIVE_UP = auto()  # §3: a 5xx


class Transition(NamedTuple):
    to: State
    actions: tuple[Action, ...] = ()


# A pair absent from the table changes nothing: what comes too late, from them or from us, has lost a race.
ANSWERING: Final[dict[tuple[State, Input], Transition]] = {
    (State.PENDING, Input.RING): Transition(State.PENDING, (Action.SEND,)),
    (State.PENDING, Input.RING_RELIABLY): Transition(State.RINGING, (Action.SEND,)),
    (State.RINGING, Input.REPETITION): Transition(State.RINGING, (Action.REPEAT,)),
    (State.RINGING, Input.PRACK): Transition(State.PENDING),
    (State.RINGING, Input.ACCEPT): Transition(State.HELD),
    (State.RINGING, Input.REFUSE): Transition(State.REFUSED, (Action.SEND,)),
    (State.RINGING, Input.PATIENCE_ENDS): Transition(State.UNHEARD, (Action.GIVE_UP,)),
    (State.HELD, Input.REPETITION): Transition(State.HELD, (Action.REPEAT,)),
    (State.HELD, Input.PRACK): Transition(State.ACCEPTED, (Action.SEND,)),
    (State.HELD, Input.REFUSE): Transition(State.REFUSED, (Action.SEND,)),
    (State.HELD, Input.PATIENCE_ENDS): Transition(State.UNHEARD, (Action.GIVE_UP,)),
    (State.PENDING, Input.ACCEPT): Transition(State.ACCEPTED, (Action.SEND,)),
    (State.PENDING, Input.REFUSE): Transition(State.REFUSED, (Action.SEND,)),
    (State.ACCEPTED, Input.REPETITION): Transition(State.ACCEPTED, (Action.REPEAT,)),
    (State.ACCEPTED, Input.ACK): Transition(State.CONFIRMED),
    (State.ACCEPTED, Input.PATIENCE_ENDS): Transition(State.UNCONFIRMED),
}


class Answering:
    def __init__(
        self, call: str, request: Request, transaction: Key, source: Peer, tag: str, origin: Origin, values: TimerValues
    ) -> None:
        self.state = State.PENDING
        self.request = request
        self.source = source
        self.offer = session_description(request)
        """None asks us for the offer; the answer then is in the ACK."""
        self._call = call
        self._transaction = transaction
        self._tag = tag
        self._origin = origin
        self._values = values
        self._number = 0
        """The RSeq of our last reliable response."""
        self._repeated = b""
        """What is sent again until its PRACK or ACK."""
        self._held: Response | None = None
        self._interval = values.t1
        self._repeat_at: float | None = None
        self._patience_ends: float | None = None

    def start(self) -> list[Deed]:
        """100 at once: it ends the retransmissions, and some phones wait for ever without it."""
        return [Answer(self._transaction, respond(self.request, 100))]

    def ring(self, now: float) -> list[Deed]:
        """180, reliably where the phone takes no other; none at all where that would have to bear our offer (§5)."""
        if not reliable.demands(self.request):
            return self._apply(Input.RING, self._response(180, contact=True))
        if self.offer is None or self.state is not State.PENDING:
            return []
        first = self._origin.random.randint(1, 2**31 - 1)
        self._number = self._number + 1 if self._number else first
        response = self._response(180, contact=True, headers=reliable.said_in_response(self._number))
        deeds = self._apply(Input.RING_RELIABLY, response)
        self._repeat_from(now)
        return deeds

    def acknowledge_early(self, prack: Request, now: float) -> list[Deed] | None:
        """What follows from a PRACK; None for one that acknowledges nothing of ours, and gets 481 (§3)."""
        rack = RAck.parse(prack.headers.get("RAck") or "")
        if self.state not in (State.RINGING, State.HELD) or rack != RAck(self._number, self.request.cseq):
            return None
        held = self._held
        deeds = self._apply(Input.PRACK, held)
        if held is not None:
            self._repeat_from(now)
        return deeds

    def accept(self, sdp: bytes, further: list[tuple[str, str]], now: float) -> list[Deed]:
        """With ``further`` headers."""
        about = [*self._origin.about(), *further, ("Content-Type", SDP)]
        response = self._response(200, contact=True, headers=about, body=sdp)
        if self.state is State.RINGING:
            self._held = response
        deeds = self._apply(Input.ACCEPT, response)
        if deeds:
            self._repeat_from(now)
        return deeds

    def refuse(
        self, status: int, reason: str | None = None, headers: list[tuple[str, str]] | None = None
    ) -> list[Deed]:
        return self._apply(Input.REFUSE, self._response(status, reason, headers=headers or []))

    def acknowledge(self, ack: Request) -> bool:
        """Whether this ACK is the one that was waited for.

        Told by its number alone: Call-ID and tags have named the call, as far as they have to (pyVoIP's ACK has a To
        tag of its own invention).
        """
        if self.state is not State.ACCEPTED or ack.cseq.number != self.request.cseq.number:
            return False
        self._apply(Input.ACK)
        return True

    def tick(self, now: float) -> list[Deed]:
        if self._patience_ends is not None and now >= self._patience_ends:
            return self._apply(Input.PATIENCE_ENDS)
        if self._repeat_at is not None and now >= self._repeat_at:
            self._interval *= 2
            if self.state is State.ACCEPTED:
                self._interval = min(self._interval, self._values.t2)
            on_time = self._repeat_at + self._interval
            self._repeat_at = on_time if on_time > now else now + self._interval
            return self._apply(Input.REPETITION)
        return []

    def deadline(self) -> float | None:
        return min((at for at in (self._repeat_at, self._patience_ends) if at is not None), default=None)

    def _repeat_from(self, now: float) -> None:
        self._interval = self._values.t1
        self._repeat_at, self._patience_ends = now + self._interval, now + self._values.patience

    def _apply(self, stimulus: Input, response: Response | None = None) -> list[Deed]:
        transition = ANSWERING.get((self.state, stimulus))
        if transition is None:
            return []
        self.state = transition.to
        if self.state not in (State.RINGING, State.HELD, State.ACCEPTED):
            self._repeat_at = self._patience_ends = self._held = None
        return [self._perform(action, response) for action in transition.actions]

    def _perform(self, action: Action, response: Response | None) -> Deed:
        match action:
            case Action.REPEAT:
                return Send(self._repeated, response_peer(self.request, self.source))
            case Action.GIVE_UP:
                return Answer(self._transaction, self._response(504))
            case Action.SEND:
                assert response is not None
                self._repeated = bytes(response)
                return Answer(self._transaction, response)

    def _response(
        self,
        status: int,
        reason: str | None = None,
        *,
        contact: bool = False,
        headers: list[tuple[str, str]] | None = None,
        body: bytes = b"",
    ) -> Response:
        fields = headers or []
        if contact:
            sips = self.request.uri.scheme == "sips"
            fields = [("Contact", self._origin.focus(self.source, self._call, sips=sips)), *fields]
        return respond(self.request, status, reason, to_tag=self._tag, headers=fields, body=body)
