"""INVITE client transaction (RFC 3261 §17.1.1, figure 5, as RFC 6026 §7.2 corrects it)."""

from __future__ import annotations

from typing import Final

from sip.headers import CSeq
from sip.message import Headers, Request, Response
from sip.timers import Timer
from sip.transactions.client import Client
from sip.transactions.machine import Action, Input, Outcome, State, Table, Transition

INVITE_CLIENT: Final = Table(
    initial=State.CALLING,
    transitions={
        (State.CALLING, Timer.A): Transition(State.CALLING, (Action.RETRANSMIT,)),
        (State.CALLING, Timer.B): Transition(State.TERMINATED, (Action.REPORT_TIMEOUT,)),
        (State.CALLING, Input.TRANSPORT_ERROR): Transition(State.TERMINATED, (Action.REPORT_TRANSPORT,)),
        (State.CALLING, Input.PROVISIONAL): Transition(State.PROCEEDING, (Action.DELIVER,)),
        (State.CALLING, Input.SUCCESS): Transition(State.ACCEPTED, (Action.DELIVER,)),
        (State.CALLING, Input.FAILURE): Transition(State.COMPLETED, (Action.SEND_ACK, Action.DELIVER)),
        (State.CALLING, Input.LET_GO): Transition(State.LET_GO),
        (State.LET_GO, Timer.B): Transition(State.TERMINATED),
        (State.LET_GO, Input.TRANSPORT_ERROR): Transition(State.TERMINATED),
        (State.LET_GO, Input.PROVISIONAL): Transition(State.PROCEEDING, (Action.DELIVER,)),
        (State.LET_GO, Input.SUCCESS): Transition(State.ACCEPTED, (Action.DELIVER,)),
        (State.LET_GO, Input.FAILURE): Transition(State.COMPLETED, (Action.SEND_ACK, Action.DELIVER)),
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
        State.LET_GO: frozenset({Timer.B}),
        State.PROCEEDING: frozenset({Timer.C}),
        State.ACCEPTED: frozenset({Timer.M}),
        State.COMPLETED: frozenset({Timer.D}),
        State.TERMINATED: frozenset(),
    },
)


class InviteClient(Client):
    """Does what a :class:`Client` does, by a table of its own, and acknowledges failures."""

    __slots__ = ()
    table = INVITE_CLIENT

    def let_go(self, now: float) -> list[Outcome]:
        """Repeat it no more."""
        return self._apply(Input.LET_GO, now)

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
