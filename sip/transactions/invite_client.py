"""INVITE client transaction (RFC 3261 §17.1.1, figure 5, as RFC 6026 §7.2 corrects it)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sip.headers import CSeq
from sip.message import Headers, Request, Response
from sip.timers import Timer, TimerValues
from sip.transactions.machine import Action, Input, Outcome, State, Table, Transaction, Transition, Transmit, kind

if TYPE_CHECKING:
    from sip.effects import Peer

INVITE_CLIENT: Final = Table(
    initial=State.CALLING,
    transitions={
        (State.CALLING, Timer.A): Transition(State.CALLING, (Action.RETRANSMIT,)),
        (State.CALLING, Timer.B): Transition(State.TERMINATED, (Action.REPORT_TIMEOUT,)),
        (State.CALLING, Input.TRANSPORT_ERROR): Transition(State.TERMINATED, (Action.REPORT_TRANSPORT,)),
        (State.CALLING, Input.PROVISIONAL): Transition(State.PROCEEDING, (Action.DELIVER,)),
        (State.CALLING, Input.SUCCESS): Transition(State.ACCEPTED, (Action.DELIVER,)),
        (State.CALLING, Input.FAILURE): Transition(State.COMPLETED, (Action.SEND_ACK, Action.DELIVER)),
        (State.PROCEEDING, Timer.C): Transition(State.TERMINATED, (Action.REPORT_TIMEOUT,)),
        (State.PROCEEDING, Input.PROVISIONAL): Transition(State.PROCEEDING, (Action.DELIVER,)),
        (State.PROCEEDING, Input.SUCCESS): Transition(State.ACCEPTED, (Action.DELIVER,)),
        (State.PROCEEDING, Input.FAILURE): Transition(State.COMPLETED, (Action.SEND_ACK, Action.DELIVER)),
        (State.ACCEPTED, Input.SUCCESS): Transition(State.ACCEPTED, (Action.DELIVER,)),
        (State.ACCEPTED, Timer.M): Transition(State.TERMINATED),
        (State.COMPLETED, Input.FAILURE): Transition(State.COMPLETED, (Action.SEND_ACK,)),
        (State.COMPLETED, Input.TRANSPORT_ERROR): Transition(State.TERMINATED, (Action.REPORT_TRANSPORT,)),
        (State.COMPLETED, Timer.D): Transition(State.TERMINATED),
    },
    timers={
        State.CALLING: frozenset({Timer.A, Timer.B}),
        State.PROCEEDING: frozenset({Timer.C}),
        State.ACCEPTED: frozenset({Timer.M}),
        State.COMPLETED: frozenset({Timer.D}),
        State.TERMINATED: frozenset(),
    },
)


class InviteClient(Transaction):
    table = INVITE_CLIENT

    def __init__(self, request: Request, peer: Peer, values: TimerValues, now: float) -> None:
        super().__init__(request, peer, values, now)
        self._sent = bytes(request)

    def start(self) -> list[Outcome]:
        return [Transmit(self._sent)]

    def receive(self, response: Response, now: float) -> list[Outcome]:
        return self._apply(kind(response.status), now, response)

    def _ack(self, response: Response) -> Request:
        """§17.1.1.3: the INVITE's own top Via, so that every hop finds its transaction, and the response's To."""
        request = self.request
        headers = Headers(
            [
                ("Via", str(request.via)),
                ("Max-Forwards", "70"),
                ("From", request.headers.get("From") or ""),
                ("To", response.headers.get("To") or ""),
                ("Call-ID", request.call_id),
                ("CSeq", str(CSeq(request.cseq.number, "ACK"))),
                *(("Route", value) for value in request.headers.get_all("Route")),
            ]
        )
        return Request("ACK", request.uri, headers)
