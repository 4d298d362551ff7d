"""INVITE server transaction (RFC 3261 §17.2.1, figure 7, as RFC 6026 §7.1 corrects it)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sip.timers import Timer
from sip.transactions.machine import Action, Input, Outcome, State, Table, Transaction, Transition, kind

if TYPE_CHECKING:
    from sip.message import Request, Response

INVITE_SERVER: Final = Table(
    initial=State.PROCEEDING,
    transitions={
        (State.PROCEEDING, Input.REQUEST): Transition(State.PROCEEDING, (Action.RETRANSMIT,)),
        (State.PROCEEDING, Input.PROVISIONAL): Transition(State.PROCEEDING, (Action.SEND,)),
        (State.PROCEEDING, Input.SUCCESS): Transition(State.ACCEPTED, (Action.SEND,)),
        (State.PROCEEDING, Input.FAILURE): Transition(State.COMPLETED, (Action.SEND,)),
        (State.PROCEEDING, Input.TRANSPORT_ERROR): Transition(State.PROCEEDING, (Action.REPORT_TRANSPORT,)),
        # The 2xx is retransmitted end to end, by the user: a repeated INVITE is absorbed here without an answer.
        (State.ACCEPTED, Input.SUCCESS): Transition(State.ACCEPTED, (Action.SEND,)),
        (State.ACCEPTED, Input.ACK): Transition(State.ACCEPTED, (Action.DELIVER,)),
        (State.ACCEPTED, Input.TRANSPORT_ERROR): Transition(State.ACCEPTED, (Action.REPORT_TRANSPORT,)),
        (State.ACCEPTED, Timer.L): Transition(State.TERMINATED),
        (State.COMPLETED, Input.REQUEST): Transition(State.COMPLETED, (Action.RETRANSMIT,)),
        (State.COMPLETED, Timer.G): Transition(State.COMPLETED, (Action.RETRANSMIT,)),
        (State.COMPLETED, Timer.H): Transition(State.TERMINATED, (Action.REPORT_TIMEOUT,)),
        (State.COMPLETED, Input.TRANSPORT_ERROR): Transition(State.TERMINATED, (Action.REPORT_TRANSPORT,)),
        (State.COMPLETED, Input.ACK): Transition(State.CONFIRMED),
        (State.CONFIRMED, Timer.I): Transition(State.TERMINATED),
    },
    timers={
        State.PROCEEDING: frozenset(),
        State.ACCEPTED: frozenset({Timer.L}),
        State.COMPLETED: frozenset({Timer.G, Timer.H}),
        State.CONFIRMED: frozenset({Timer.I}),
        State.TERMINATED: frozenset(),
    },
)


class InviteServer(Transaction):
    __slots__ = ()
    table = INVITE_SERVER

    def receive(self, request: Request, now: float) -> list[Outcome]:
        """The INVITE again, or an ACK."""
        return self._apply(Input.ACK if request.method == "ACK" else Input.REQUEST, now, request)

    def send(self, response: Response, now: float) -> list[Outcome]:
        return self._apply(kind(response.status), now, response)
