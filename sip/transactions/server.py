"""Non-INVITE server transaction (RFC 3261 §17.2.2, figure 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sip.timers import Timer
from sip.transactions.machine import Action, Input, Outcome, State, Table, Transaction, Transition, kind

if TYPE_CHECKING:
    from sip.message import Request, Response

SERVER: Final = Table(
    initial=State.TRYING,
    transitions={
        (State.TRYING, Input.PROVISIONAL): Transition(State.PROCEEDING, (Action.SEND,)),
        (State.TRYING, Input.SUCCESS): Transition(State.COMPLETED, (Action.SEND,)),
        (State.TRYING, Input.FAILURE): Transition(State.COMPLETED, (Action.SEND,)),
        (State.PROCEEDING, Input.REQUEST): Transition(State.PROCEEDING, (Action.RETRANSMIT,)),
        (State.PROCEEDING, Input.PROVISIONAL): Transition(State.PROCEEDING, (Action.SEND,)),
        (State.PROCEEDING, Input.SUCCESS): Transition(State.COMPLETED, (Action.SEND,)),
        (State.PROCEEDING, Input.FAILURE): Transition(State.COMPLETED, (Action.SEND,)),
        (State.PROCEEDING, Input.TRANSPORT_ERROR): Transition(State.TERMINATED, (Action.REPORT_TRANSPORT,)),
        (State.COMPLETED, Input.REQUEST): Transition(State.COMPLETED, (Action.RETRANSMIT,)),
        (State.COMPLETED, Input.TRANSPORT_ERROR): Transition(State.TERMINATED, (Action.REPORT_TRANSPORT,)),
        (State.COMPLETED, Timer.J): Transition(State.TERMINATED),
    },
    timers={
        State.TRYING: frozenset(),
        State.PROCEEDING: frozenset(),
        State.COMPLETED: frozenset({Timer.J}),
        State.TERMINATED: frozenset(),
    },
)


class Server(Transaction):
    __slots__ = ()
    table = SERVER

    def receive(self, request: Request, now: float) -> list[Outcome]:
        """The request again."""
        return self._apply(Input.REQUEST, now, request)

    def send(self, response: Response, now: float) -> list[Outcome]:
        return self._apply(kind(response.status), now, response)
