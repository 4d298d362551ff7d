"""What becomes of each request: the call, the subscription or the binding that it is for, or how it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sip.admission import Denied, Identity, Unproven
from sip.body import session_description
from sip.deeds import Answer
from sip.effects import Bindings, Incoming, WrongPassword
from sip.errors import RemoteError
from sip.message import respond
from sip.screening import screen
from sip.transactions.layer import server_key

if TYPE_CHECKING:
    from sip.admission import Admission
    from sip.effects import Peer, Send
    from sip.message import Request
    from sip.origin import Origin
    from sip.owners import Owners
    from sip.registrar import Registrar
    from sip.stateless import Stateless
    from sip.throttle import Pending

_REGISTRAR = "registrar"
"""Owner of the transactions of REGISTERs; calls are named by hexadecimal digits, trunks as :class:`sip.trunks.Trunks`
says."""


class Requests:
    def __init__(
        self,
        origin: Origin,
        admission: Admission,
        registrar: Registrar,
        stateless: Stateless,
        pending: Pending,
        owners: Owners,
    ) -> None:
        self.dropped = 0
        """Messages that could be neither used nor answered."""
        self.draining = False
        """Whether whoever asks if we are there, by OPTIONS, is told to go elsewhere."""
        self._origin = origin
        self._admission = admission
        self._registrar = registrar
        self._stateless = stateless
        self._pending = pending
        self._owners = owners

    def receive(self, request: Request, source: Peer, now: float) -> None:
        request = _stamped(request, source)
        try:
            self._route(request, source, now)
        except RemoteError as error:
            self._send(self._stateless.refuse(request, source, error))

    def malformed(self, error: RemoteError, source: Peer) -> None:
        """What came can't be read: it is answered, where that is possible."""
        self._send(self._stateless.refuse_malformed(error, source))

    def _route(self, request: Request, source: Peer, now: float) -> None:
        if self._owners.layer.absorb(request, source, now):
            return
        refusal = screen(request, self._stateless.tag(request))
        if refusal is not None:
            self._send(self._stateless.send(request, source, refusal))
        elif request.method == "ACK":
            self._acknowledged(request, now)
        elif request.method == "CANCEL":
            self._cancel(request, source, now)
        elif request.method == "REGISTER":
            self._register(request, source, now)
        elif request.to.tag is not None:
            self._in_dialog(request, source, now)
        elif request.method == "OPTIONS":
            if self.draining:
                raise RemoteError(503, "Shutting Down")
            self._send(self._stateless.answer(request, source, 200, self._origin.about()))
        elif request.method == "INVITE":
            self._invited(request, source, now)
        elif request.method in ("SUBSCRIBE", "REFER"):
            self._asked(request, source, now)
        else:
            raise RemoteError(481, "Call/Transaction Does Not Exist")

    def _acknowledged(self, ack: Request, now: float) -> None:
        call = self._owners.calls.acknowledged(ack)
        if call is not None:
            self._owners.do(call.name, call.acknowledged(ack), now)
        elif ack.to.tag != self._stateless.tag(ack):  # else it is that of a stateless refusal
            self.dropped += 1

    def _cancel(self, cancel: Request, source: Peer, now: float) -> None:
        call = self._owners.calls.get(self._owners.layer.owner_of_cancelled(cancel) or "")
        if call is None:
            raise RemoteError(481, "Call/Transaction Does Not Exist")
        self._send(self._stateless.send(cancel, source, respond(cancel, 200, to_tag=call.local_tag)))
        self._owners.do(call.name, call.cancelled(cancel), now)

    def _in_dialog(self, request: Request, source: Peer, now: float) -> None:
        call = self._owners.calls.in_dialog(request)
        owner = self._owners.notifier.owner(request) if call is None else call.name
        if owner is None or request.method == "NOTIFY":  # we subscribe to nothing
            raise RemoteError(481, "Call/Transaction Does Not Exist")
        if request.method == "OPTIONS":
            focus = ("Contact", self._origin.focus(source, owner))
            self._send(self._stateless.answer(request, source, 200, [focus, *self._origin.about()]))
            return
        if self._owners.layer.crowded(owner):
            raise RemoteError(503, "Service Unavailable")
        if request.method != "BYE":  # which makes room
            self._refuse_when_full()
        transaction = self._owners.layer.open(request, source, owner, now)
        try:
            if call is None or request.method in ("SUBSCRIBE", "REFER"):
                shared = None if call is None else (call.name, call.share(request))
                deeds = self._owners.notifier.receive(request, transaction, source, shared, now)
            else:
                deeds = call.receive(request, transaction, source, now)
        except RemoteError as error:
            deeds = [Answer(transaction, respond(request, error.status, error.reason))]
        self._owners.do(owner, deeds, now)

    def _register(self, request: Request, source: Peer, now: float) -> None:
        self._refuse_when_full()
        identity = self._identified(self._admission.registrant(request, source, now), request, source)
        if identity is None:
            return
        assert identity.account is not None  # it is what a registrant proves
        tag = self._stateless.tag(request)
        transaction = self._owners.layer.open(request, source, _REGISTRAR, now)
        before = self._contacts(identity.account, now)
        try:
            response = self._registrar.register(request, identity.account, source, tag, now)
        except RemoteError as error:
            response = respond(request, error.status, error.reason, to_tag=tag)
        self._owners.layer.respond(transaction, response, now)
        if response.status == 200 and "Contact" in request.headers:
            after = self._contacts(identity.account, now)
            self._owners.effects.append(Bindings(identity.account, after, arrived=not set(after) <= set(before)))

    def _contacts(self, account: str, now: float) -> tuple[str, ...]:
        return tuple(str(binding.contact) for binding in self._registrar.bindings(account, now))

    def _invited(self, request: Request, source: Peer, now: float) -> None:
        if self._owners.layer.merged(request):
            raise RemoteError(482, "Loop Detected")
        self._refuse_when_full()
        identity = self._identified(self._admission.caller(request, source, now), request, source)
        if identity is None:
            return
        stranger = identity.account is None and identity.trunk is None
        if stranger:
            self._make_room(source, now)
        replaced = self._owners.calls.replaced(request)
        call = self._owners.new_call()
        proven = identity.account is not None or source.transport != "udp"
        deeds = call.arrive(request, server_key(request), source, proven=proven)
        self._owners.calls.add(call)
        if stranger:
            self._pending.add(call.name, source.host, server_key(request), now)
        self._owners.layer.open(request, source, call.name, now)
        offer = session_description(request)
        former = None if replaced is None else replaced.name
        who = (identity.account, identity.asserted, source, offer, identity.trunk, former)
        incoming = Incoming(call.name, request.uri, request.from_, *who, call_id=request.call_id)
        self._owners.do(call.name, [*deeds, incoming], now)

    def _make_room(self, source: Peer, now: float) -> None:
        """For one more call of a stranger."""
        if not self._pending.full(source.host):
            return
        overdue = self._pending.overdue(source.host, now)
        if overdue is None:
            raise RemoteError(503, "Service Unavailable")
        self._owners.abandon(overdue, now)

    def _identified(self, found: Identity | Unproven | Denied, request: Request, source: Peer) -> Identity | None:
        """None: who has not proven to be who they say is answered here."""
        match found:
            case Identity():
                return found
            case Unproven(headers):
                self._send(self._stateless.answer(request, source, 401, headers))
            case Denied(user):
                self._owners.effects.append(WrongPassword(source, user))
                self._send(self._stateless.answer(request, source, 403))
        return None

    def _asked(self, request: Request, source: Peer, now: float) -> None:
        """A SUBSCRIBE or REFER outside any call: a stranger who names no call learns nothing, and costs nothing."""
        self._refuse_when_full()
        identity = self._identified(self._admission.caller(request, source, now), request, source)
        if identity is None:
            return
        if identity.account is None and self._owners.calls.get(request.uri.user or "") is None:
            raise RemoteError(404, "Not Found")
        name = self._origin.token()
        deeds = self._owners.notifier.begin(request, server_key(request), source, identity, name, now)
        self._owners.layer.open(request, source, name, now)
        self._owners.do(name, deeds, now)

    def _refuse_when_full(self) -> None:
        if self._owners.layer.full:
            raise RemoteError(503, "Service Unavailable")

    def _send(self, send: Send | None) -> None:
        """None: what came can be neither used nor answered."""
        if send is None:
            self.dropped += 1
        else:
            self._owners.effects.append(send)


def _stamped(request: Request, source: Peer) -> Request:
    """With the address it came from in its topmost Via (§18.2.1, RFC 3581 §4)."""
    top, *others = request.vias
    host, _, _ = source.host.partition("%")  # a zone means something on this machine alone (RFC 4007 §11.2)
    vias = [top.with_source(host, source.port), *others]
    return request.with_headers(request.headers.with_("Via", *(str(via) for via in vias)))
