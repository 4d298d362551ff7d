"""An INVITE of ours, from its first sending to the last late answer (RFC 3261 §9.1, §13.2, §22.2; RFC 6026)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

from sip import session_timer
from sip.body import SDP, unanswerable_description
from sip.challenged import MAX_CHALLENGES, Login, with_credentials
from sip.deeds import Ask, Deed, LetGo
from sip.dialog import Dialog, routed
from sip.early import MAX_BRANCHES, EarlyDialogs
from sip.effects import Answered, Peer, Refused, Ringing, Send
from sip.headers import CSeq, NameAddr, Reason
from sip.message import Headers, Request, Response, retry_after

if TYPE_CHECKING:
    from sip.origin import Origin
    from sip.timers import TimerValues
    from sip.uri import Uri


SILENCE: Final = 3.0
"""Seconds that a target may say nothing at all, not even 100, while there is another one."""
MAX_CONTACTS: Final = 10
"""Of a redirection: what is said beyond them is not read."""
# qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
_QVALUE: Final = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")


LARGEST_DATAGRAM: Final = 1300
"""Octets of a request: what is larger does not go through every network in one piece."""


class State(Enum):
    CALLING = auto()  # nobody has said anything yet
    RINGING = auto()  # a provisional response came
    ABANDONED = auto()  # hung up, but a CANCEL has to wait for a provisional response (§9.1)
    CANCELLED = auto()  # the CANCEL is out, the INVITE's final response is not in
    ANSWERED = auto()
    FAILED = auto()


class Input(Enum):
    PROVISIONAL = auto()
    SUCCESS = auto()
    FAILURE = auto()
    CHALLENGE = auto()  # a 401, 407 or 422 that the INVITE can meet when it comes again
    NOTHING = auto()  # timeout, or unreachable
    ELSEWHERE = auto()  # nothing, a 503, or silence: and there is another target that can be asked (RFC 3263 §4.3)
    HANG_UP = auto()
    PATIENCE_ENDS = auto()  # 64*T1 after the CANCEL (§9.1)


class Action(Enum):
    REPORT_RINGING = auto()
    REPORT_ANSWER = auto()  # with its ACK
    REPORT_FAILURE = auto()
    REPORT_TAKEN_BACK = auto()
    ASK_AGAIN = auto()
    TRY_NEXT = auto()
    CANCEL = auto()
    ACKNOWLEDGE = auto()  # the 2xx again, or that of another branch of a fork, which also gets a BYE
    LEAVE = auto()  # a 2xx that comes too late: ACK and BYE


class Transition(NamedTuple):
    to: State
    actions: tuple[Action, ...] = ()


# A pair absent from the table changes nothing.
PLACING: Final[dict[tuple[State, Input], Transition]] = {
    (State.CALLING, Input.PROVISIONAL): Transition(State.RINGING, (Action.REPORT_RINGING,)),
    (State.CALLING, Input.SUCCESS): Transition(State.ANSWERED, (Action.REPORT_ANSWER,)),
    (State.CALLING, Input.FAILURE): Transition(State.FAILED, (Action.REPORT_FAILURE,)),
    (State.CALLING, Input.CHALLENGE): Transition(State.CALLING, (Action.ASK_AGAIN,)),
    (State.CALLING, Input.NOTHING): Transition(State.FAILED, (Action.REPORT_FAILURE,)),
    (State.CALLING, Input.ELSEWHERE): Transition(State.CALLING, (Action.TRY_NEXT,)),
    (State.CALLING, Input.HANG_UP): Transition(State.ABANDONED),
    (State.RINGING, Input.PROVISIONAL): Transition(State.RINGING, (Action.REPORT_RINGING,)),
    (State.RINGING, Input.SUCCESS): Transition(State.ANSWERED, (Action.REPORT_ANSWER,)),
    (State.RINGING, Input.FAILURE): Transition(State.FAILED, (Action.REPORT_FAILURE,)),
    (State.RINGING, Input.CHALLENGE): Transition(State.CALLING, (Action.ASK_AGAIN,)),
    (State.RINGING, Input.NOTHING): Transition(State.FAILED, (Action.REPORT_FAILURE,)),
    (State.RINGING, Input.ELSEWHERE): Transition(State.CALLING, (Action.TRY_NEXT,)),
    (State.RINGING, Input.HANG_UP): Transition(State.CANCELLED, (Action.CANCEL,)),
    (State.ABANDONED, Input.PROVISIONAL): Transition(State.CANCELLED, (Action.CANCEL,)),
    (State.ABANDONED, Input.SUCCESS): Transition(State.FAILED, (Action.LEAVE, Action.REPORT_TAKEN_BACK)),
    (State.ABANDONED, Input.FAILURE): Transition(State.FAILED, (Action.REPORT_TAKEN_BACK,)),
    (State.ABANDONED, Input.CHALLENGE): Transition(State.FAILED, (Action.REPORT_TAKEN_BACK,)),
    (State.ABANDONED, Input.NOTHING): Transition(State.FAILED, (Action.REPORT_TAKEN_BACK,)),
    (State.CANCELLED, Input.SUCCESS): Transition(State.FAILED, (Action.LEAVE, Action.REPORT_TAKEN_BACK)),
    (State.CANCELLED, Input.FAILURE): Transition(State.FAILED, (Action.REPORT_TAKEN_BACK,)),
    (State.CANCELLED, Input.CHALLENGE): Transition(State.FAILED, (Action.REPORT_TAKEN_BACK,)),
    (State.CANCELLED, Input.NOTHING): Transition(State.FAILED, (Action.REPORT_TAKEN_BACK,)),
    (State.CANCELLED, Input.PATIENCE_ENDS): Transition(State.FAILED, (Action.REPORT_TAKEN_BACK,)),
    (State.ANSWERED, Input.SUCCESS): Transition(State.ANSWERED, (Action.ACKNOWLEDGE,)),
    (State.FAILED, Input.SUCCESS): Transition(State.FAILED, (Action.LEAVE,)),
}


@dataclass(frozen=True, slots=True)
class Invitation:
    """A call to place.  ``route`` is a preloaded route set: an outbound proxy's URI."""

    target: Uri
    caller: NameAddr
    """Without a tag."""
    offer: bytes
    peers: tuple[Peer, ...]
    """Where it can go, in the order of RFC 3263; never empty."""
    route: tuple[Uri, ...]
    login: Login | None
    """What answers a challenge; None: nothing does."""
    headers: tuple[tuple[str, str], ...] = ()
    """Further ones, as P-Asserted-Identity."""
    elsewhere: bool = False
    """Whether even the last target is given up when it is silent."""
    name: str = ""
    """What its Call-ID begins with: letters, digits, ``-`` and ``.``."""


class Placing:
    def __init__(self, call: str, invitation: Invitation, origin: Origin, values: TimerValues) -> None:
        self.state = State.CALLING
        self.dialog: Dialog | None = None
        """With the first who answered."""
        self._call = call
        self._invitation = invitation
        self._origin = origin
        self._values = values
        self._peer, *self._others = invitation.peers
        """Where the latest INVITE goes, and where it has not been yet."""
        self._given_up: list[tuple[Request, Peer]] = []
        self._turned_down: list[Request] = []
        """Those that rang all the same, and were sent a CANCEL."""
        self._rang = False
        self._busy_for: int | None = None
        self.proven_login: Login | None = None
        """What answers challenges inside the call: it is known for which realm."""
        self._login = invitation.login
        if self._login is not None and self._login.realm is not None:
            self.proven_login = self._login
        self._challenges = 0
        self._minimum: int | None = None
        """The Min-SE of a 422."""
        self.early = EarlyDialogs(call, origin)
        self._acks: dict[str, Send] = {}
        """The ACK of each 2xx, by tag, to be sent again when it comes again."""
        self._reason: Reason | None = None
        self._retry: Request | None = None
        """The INVITE that answers the challenge just received."""
        self._deadline: float | None = None
        self.invite = self._invite()
        if len(bytes(self.invite)) > LARGEST_DATAGRAM:
            self._prefer_streams()

    # inputs

    def start(self, now: float) -> list[Deed]:
        return self._ask(now)

    def hang_up(self, now: float, reason: Reason | None) -> list[Deed]:
        self._reason = reason
        return self._apply(Input.HANG_UP, now)

    def receive(self, request: Request, response: Response, source: Peer, now: float) -> list[Deed]:
        """A response to ``request``, one of the INVITEs of this call: each challenge and each target makes another."""
        if (peer := self._late(request)) is not None:
            return self._turn_down(request, response, source, peer)
        if response.status >= 300 and request is not self.invite:
            return []
        if response.status < 200:
            return self._provisional(response, source, now)
        if response.status < 300:
            return self._apply(Input.SUCCESS, now, response, source)
        return self._apply(self._kind_of_failure(response), now, response, source)

    def unanswered(self, request: Request, status: int, now: float) -> list[Deed]:
        if request is not self.invite:
            return []
        reason = "Request Timeout" if status == 408 else "Service Unavailable"
        return self._apply(
            Input.ELSEWHERE if self._can_go_elsewhere() else Input.NOTHING, now, Response(status, reason)
        )

    def tick(self, now: float) -> list[Deed]:
        if self._deadline is None or now < self._deadline:
            return []
        self._deadline = None
        if self.state is State.CANCELLED:
            return self._apply(Input.PATIENCE_ENDS, now)
        return self._apply(Input.ELSEWHERE, now) if self._others else self._give_up(now)

    def deadline(self) -> float | None:
        return self._deadline

    # machinery

    def _provisional(self, response: Response, source: Peer, now: float) -> list[Deed]:
        self._rang = self._rang or response.status > 100
        pracks: list[Deed] | None = []
        if response.status > 100 and self.state in (State.CALLING, State.RINGING):
            pracks = self.early.hear(self.invite, response, source, self.proven_login)
        return [] if pracks is None else [*pracks, *self._apply(Input.PROVISIONAL, now, response, source)]

    def _ask(self, now: float) -> list[Deed]:
        if self._others or self._invitation.elsewhere:
            self._deadline = now + SILENCE
        return [Ask(self.invite, self._peer)]

    def _can_go_elsewhere(self) -> bool:
        """Not once it has rung: a person who looks for the phone would hear it stop, and another one begin."""
        return bool(self._others) and not self._rang and self.state in (State.CALLING, State.RINGING)

    def _next(self, now: float) -> list[Deed]:
        """The same INVITE to the next target, with a branch of its own (RFC 3263 §4.3)."""
        self._given_up.append((self.invite, self._peer))
        gone = LetGo(self.invite, self._peer, self._busy_for)
        self._busy_for, self._peer = None, self._others.pop(0)
        headers = self.invite.headers.with_("Via", self._origin.via(self._peer))
        headers = headers.with_("Contact", self._contact())
        self.invite = self.invite.with_headers(headers)
        return [gone, *self._ask(now)]

    def _give_up(self, now: float) -> list[Deed]:
        """The last target is silent, and our user has another way."""
        self._given_up.append((self.invite, self._peer))
        failed = self._apply(Input.NOTHING, now, Response(408, "Request Timeout"))
        return [LetGo(self.invite, self._peer), *failed]

    def _late(self, request: Request) -> Peer | None:
        """The target that ``request`` went to, if it is one that we have given up."""
        return next((peer for given_up, peer in self._given_up if given_up is request), None)

    def _turn_down(self, request: Request, response: Response, source: Peer, peer: Peer) -> list[Deed]:
        """What comes from a target that we have given up: it must not ring beside the next one."""
        if response.status < 200:
            if any(cancelled is request for cancelled in self._turned_down):
                return []
            self._turned_down.append(request)
            return [Ask(self._cancel(request), peer)]
        return self._acknowledge_or_leave(request, response, source) if response.status < 300 else []

    def _kind_of_failure(self, response: Response) -> Input:
        if response.status == 503 and self._can_go_elsewhere():
            self._busy_for = retry_after(response)
            return Input.ELSEWHERE
        self._retry = self._with_longer_interval(response) if response.status == 422 else self._proven(response)
        return Input.FAILURE if self._retry is None else Input.CHALLENGE

    def _proven(self, response: Response) -> Request | None:
        if response.status not in (401, 407) or self._login is None or self._challenges == MAX_CHALLENGES:
            return None
        again = with_credentials(self.invite, response, self._login, self._origin)
        if again is None:
            return None
        self._challenges += 1
        retry, self._login = again
        self.proven_login = self._login
        return retry

    def _with_longer_interval(self, response: Response) -> Request | None:
        """RFC 4028 §7.4; once, since who means it says how long the first time."""
        minimum = session_timer.demanded(response, session_timer.MINIMUM)
        if minimum is None or self._minimum is not None:
            return None
        self._minimum = minimum
        headers = self.invite.headers.with_("Via", str(self.invite.via.with_param("branch", self._origin.branch())))
        headers = headers.with_("CSeq", str(CSeq(self.invite.cseq.number + 1, "INVITE")))
        for name, value in session_timer.said_in_invite(minimum):
            headers = headers.with_(name, value)
        return self.invite.with_headers(headers)

    def _apply(
        self, stimulus: Input, now: float, response: Response | None = None, source: Peer | None = None
    ) -> list[Deed]:
        transition = PLACING.get((self.state, stimulus))
        if transition is None:
            return []
        self.state = transition.to
        if self.state is not State.CANCELLED:
            self._deadline = None
        return [deed for action in transition.actions for deed in self._perform(action, now, response, source)]

    def _perform(self, action: Action, now: float, response: Response | None, source: Peer | None) -> list[Deed]:
        match action:
            case Action.CANCEL:
                self._deadline = now + self._values.patience
                return [Ask(self._cancel(self.invite), self._peer)]
            case Action.ASK_AGAIN:
                assert self._retry is not None
                self.invite = self._retry
                return self._ask(now)
            case Action.TRY_NEXT:
                return self._next(now)
            case Action.REPORT_TAKEN_BACK:
                return [Refused(self._call, 487, "Request Terminated")]
            case Action.REPORT_RINGING:
                assert response is not None
                return [Ringing(self._call, response.status)] if response.status > 100 else []
            case Action.REPORT_FAILURE:
                assert response is not None
                return [Refused(self._call, response.status, response.reason, _contacts(response))]
            case Action.REPORT_ANSWER:
                assert response is not None and source is not None
                return self._answered(response, source)
            case Action.ACKNOWLEDGE | Action.LEAVE:
                assert response is not None and source is not None
                return self._acknowledge_or_leave(self.invite, response, source)

    def _answered(self, response: Response, source: Peer) -> list[Deed]:
        sdp = unanswerable_description(response) or self.early.description(response.to.tag or "")
        if sdp is None:
            self.state = State.FAILED
            self._reason = Reason("SIP", 488, "no session description in the answer")
            refused = Refused(self._call, 488, "Answered without a session description", answered=True)
            return [*self._acknowledge_or_leave(self.invite, response, source), refused]
        self.dialog = self.early.confirmed(Dialog.of_response(self.invite, response, source))
        return [self._acknowledge(self.invite, self.dialog), Answered(self._call, sdp, source)]

    def _acknowledge_or_leave(self, invite: Request, response: Response, source: Peer) -> list[Deed]:
        """A 2xx is always acknowledged; whoever is not the one we talk to also gets a BYE, once (§13.2.2.4)."""
        known = self._acks.get(response.to.tag or "")
        if known is not None:
            return [known]
        if len(self._acks) >= MAX_BRANCHES:
            return []
        dialog = self.early.confirmed(Dialog.of_response(invite, response, source))
        reason = [("Reason", str(self._reason))] if self._reason else []
        ack = self._acknowledge(invite, dialog)
        bye = dialog.request("BYE", self._origin, reason)
        return [ack, Ask(bye, dialog.peer)]

    def _acknowledge(self, invite: Request, dialog: Dialog) -> Send:
        ack = Send(bytes(dialog.ack(invite, self._origin)), dialog.peer)
        self._acks[dialog.remote.tag or ""] = ack
        return ack

    def _prefer_streams(self) -> None:
        """What is too large for a datagram goes over a connection, where the target offers one (RFC 3261 §18.1.1).

        Else it goes in two pieces: to try whether somebody has one who never said so would hold up each call to him.
        """
        self._peer, *self._others = sorted((self._peer, *self._others), key=lambda peer: peer.transport == "udp")
        headers = self.invite.headers.with_("Via", self._origin.via(self._peer))
        self.invite = self.invite.with_headers(headers.with_("Contact", self._contact()))

    def _invite(self) -> Request:
        invitation, origin = self._invitation, self._origin
        uri, route = routed(invitation.target, tuple(map(NameAddr, invitation.route)))
        fields = [
            ("Via", origin.via(self._peer)),
            *(("Route", str(hop)) for hop in route),
            ("Max-Forwards", "70"),
            ("From", str(invitation.caller.with_tag(origin.token()))),
            ("To", str(NameAddr(invitation.target))),
            ("Call-ID", origin.call_id(invitation.name)),
            ("CSeq", str(CSeq(1, "INVITE"))),
            ("Contact", self._contact()),
            *origin.abilities(),
            *origin.agent(),
            *session_timer.said_in_invite(),
            *invitation.headers,
            ("Content-Type", SDP),
        ]
        return Request("INVITE", uri, Headers(fields), invitation.offer)

    def _contact(self) -> str:
        return self._origin.focus(self._peer, self._call, sips=self._invitation.target.scheme == "sips")

    def _cancel(self, invite: Request) -> Request:
        """§9.1: everything that names the INVITE, its branch before all, as the INVITE has it."""
        headers = invite.headers.only("Via", "Route", "Max-Forwards", "From", "To", "Call-ID")
        headers = headers.with_("CSeq", str(CSeq(invite.cseq.number, "CANCEL")))
        if self._reason:
            headers = headers.with_("Reason", str(self._reason))
        return Request("CANCEL", invite.uri, headers)


def _contacts(response: Response) -> tuple[Uri, ...]:
    """Of a 3xx, by their q; those that say none count as 1 (RFC 3261 §20.10)."""
    if not 300 <= response.status < 400:
        return ()
    return tuple(contact.uri for contact in sorted(response.contacts, key=_wanted, reverse=True)[:MAX_CONTACTS])


def _wanted(contact: NameAddr) -> float:
    q = contact.param("q")
    return 1.0 if q is None or not _QVALUE.fullmatch(q) else float(q)
