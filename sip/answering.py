"""An INVITE of theirs, the first or one inside a dialog: our answer, repeated until its ACK (RFC 3261 §13.3.1.4)."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

from sip.body import SDP, session_description
from sip.deeds import Answer, Deed
from sip.effects import Peer, Send
from sip.message import Request, Response, respond
from sip.transactions.layer import Key, response_peer

if TYPE_CHECKING:
    from sip.origin import Origin
    from sip.timers import TimerValues


class State(Enum):
    PENDING = auto()
    ACCEPTED = auto()  # our 2xx is out, its ACK is not in
    CONFIRMED = auto()
    REFUSED = auto()
    UNCONFIRMED = auto()  # no ACK within 64*T1


class Input(Enum):
    RING = auto()
    ACCEPT = auto()
    REFUSE = auto()
    ACK = auto()
    REPETITION = auto()  # T1 after the 2xx, then doubling up to T2
    PATIENCE_ENDS = auto()


class Action(Enum):
    SEND = auto()
    REPEAT = auto()


class Transition(NamedTuple):
    to: State
    actions: tuple[Action, ...] = ()


# A pair absent from the table changes nothing: what comes too late, from them or from us, has lost a race.
ANSWERING: Final[dict[tuple[State, Input], Transition]] = {
    (State.PENDING, Input.RING): Transition(State.PENDING, (Action.SEND,)),
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
        self._acceptance = b""
        self._interval = values.t1
        self._repeat_at: float | None = None
        self._patience_ends: float | None = None

    def start(self) -> list[Deed]:
        """100 at once: it ends the retransmissions, and some phones wait for ever without it."""
        return [Answer(self._transaction, respond(self.request, 100))]

    def ring(self) -> list[Deed]:
        return self._apply(Input.RING, self._response(180, contact=True))

    def accept(self, sdp: bytes, further: list[tuple[str, str]], now: float) -> list[Deed]:
        """With ``further`` headers."""
        about = [*self._origin.about(), *further, ("Content-Type", SDP)]
        response = self._response(200, contact=True, headers=about, body=sdp)
        deeds = self._apply(Input.ACCEPT, response)
        if deeds:
            self._acceptance = bytes(response)
            self._repeat_at = now + self._interval
            self._patience_ends = now + self._values.patience
        return deeds

    def refuse(
        self, status: int, reason: str | None = None, headers: list[tuple[str, str]] | None = None
    ) -> list[Deed]:
        return self._apply(Input.REFUSE, self._response(status, reason, headers=headers or []))

    def acknowledge(self, ack: Request) -> bool:
        """Whether this ACK is the one that was waited for.

        Told by its number alone: Call-ID and tags have named the call, as far as they can be trusted to (pyVoIP's ACK
        has a To tag of its own invention).
        """
        if self.state is not State.ACCEPTED or ack.cseq.number != self.request.cseq.number:
            return False
        self._apply(Input.ACK)
        return True

    def tick(self, now: float) -> list[Deed]:
        if self._patience_ends is not None and now >= self._patience_ends:
            return self._apply(Input.PATIENCE_ENDS)
        if self._repeat_at is not None and now >= self._repeat_at:
            self._interval = min(2 * self._interval, self._values.t2)
            on_time = self._repeat_at + self._interval
            self._repeat_at = on_time if on_time > now else now + self._interval
            return self._apply(Input.REPETITION)
        return []

    def deadline(self) -> float | None:
        return min((at for at in (self._repeat_at, self._patience_ends) if at is not None), default=None)

    def _apply(self, stimulus: Input, response: Response | None = None) -> list[Deed]:
        transition = ANSWERING.get((self.state, stimulus))
        if transition is None:
            return []
        self.state = transition.to
        if self.state is not State.ACCEPTED:
            self._repeat_at = self._patience_ends = None
        deeds: list[Deed] = []
        for action in transition.actions:
            if action is Action.SEND:
                assert response is not None
                deeds.append(Answer(self._transaction, response))
            else:
                deeds.append(Send(self._acceptance, response_peer(self.request, self.source)))
        return deeds

    def _response(
        self,
        status: int,
        reason: str | None = None,
        *,
        contact: bool = False,
        headers: list[tuple[str, str]] | None = None,
        body: bytes = b"",
    ) -> Response:
        fields = list(headers or [])
        if contact:
            fields.insert(0, ("Contact", self._origin.focus(self.source, self._call)))
        return respond(self.request, status, reason, to_tag=self._tag, headers=fields, body=body)
