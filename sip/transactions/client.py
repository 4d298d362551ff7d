"""Non-INVITE client transaction (RFC 3261 §17.1.2, figure 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sip.timers import Timer, TimerValues
from sip.transactions.machine import Action, Input, Outcome, State, Table, Transaction, Transition, Transmit, kind

if TYPE_CHECKING:
    from sip.effects import Peer
    from sip.message import Request, Response

CLIENT: Final = Table(
    initial=State.TRYING,
    transitions={
        (State.TRYING, Timer.E): Transition(State.TRYING, (Action.RETRANSMIT,)),
        (State.TRYING, Timer.F): Transition(State.TERMINATED, (Action.REPORT_TIMEOUT,)),
        (State.TRYING, Input.TRANSPORT_ERROR): Transition(State.TERMINATED, (Action.REPORT_TRANSPORT,)),
        (State.TRYING, Input.PROVISIONAL): Transition(State.PROCEEDING, (Action.DELIVER,)),
        (State.TRYING, Input.SUCCESS): Transition(State.COMPLETED, (Action.DELIVER,)),
        (State.TRYING, Input.FAILURE): Transition(State.COMPLETED, (Action.DELIVER,)),
        (State.PROCEEDING, Timer.E): Transition(State.PROCEEDING, (Action.RETRANSMIT,)),
        (State.PROCEEDING, Timer.F): Transition(State.TERMINATED, (Action.REPORT_TIMEOUT,)),
        (State.PROCEEDING, Input.TRANSPORT_ERROR): Transition(State.TERMINATED, (Action.REPORT_TRANSPORT,)),
        (State.PROCEEDING, Input.PROVISIONAL): Transition(State.PROCEEDING, (Action.DELIVER,)),
        (State.PROCEEDING, Input.SUCCESS): Transition(State.COMPLETED, (Action.DELIVER,)),
        (State.PROCEEDING, Input.FAILURE): Transition(State.COMPLETED, (Action.DELIVER,)),
        (State.COMPLETED, Timer.K): Transition(State.TERMINATED),
    },
    timers={
        State.TRYING: frozenset({Timer.E, Timer.F}),
        State.PROCEEDING: frozenset({Timer.E, Timer.F}),
        State.COMPLETED: frozenset({Timer.K}),
        State.TERMINATED: frozenset(),
    },
)


class Client(Transaction):
    __slots__ = ("request",)
    table = CLIENT

    def __init__(self, request: Request, peer: Peer, values: TimerValues, now: float) -> None:
        super().__init__(peer, values, now)
        self.request = request
        self._sent = bytes(request)

    def start(self) -> list[Outcome]:
        return [Transmit(self._sent)]

    def receive(self, response: Response, now: float) -> list[Outcome]:
        return self._apply(kind(response.status), now, response)
