"""A SIP user agent, registrar and trunk client without I/O: what comes in, what time it is, what is to be done.

    agent.receive(datagram, peer, now)
    agent.tick(now)
    call = agent.invite(…)
    for effect in agent.effects():
        …
    sleep until agent.deadline()

Nothing that the network sends raises out of it.  A command for a call that has just ended does nothing.

What RFC 3261 wants and is not done here, and why:
- A 3xx is a refusal that tells where to call instead (§8.1.3.4): that is decided by those who pay for the call.
- Names in Contact and Route of a dialog are not looked up (§8.1.2, RFC 3263): see :func:`sip.next_hop.next_hop`.
- A request that is too large for a datagram goes over TCP only to whom DNS says that there is (§18.1.1): to find out
  that nobody listens would hold up each call; inside a dialog, and to a phone that has registered over UDP, the way
  stays as it is, since that phone may be behind a NAT that has no other.
- The certificate of a server may have ``*`` for its first label (RFC 5922 §7.2 forbids that): providers have such ones.
- ``alias`` in a Via is passed over (RFC 5923): a connection that somebody opened is used for those it is from alone.
- ``maddr`` is ignored (§18.2.2): it would send our answers wherever a stranger likes.
- A 401 keeps no transaction (§8.2.7 allows that): strangers cost no memory until they have proven who they are.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from sip.admission import Admission, Denied, Identity, Unproven
from sip.body import session_description
from sip.call import Call, Phase
from sip.calls import Calls
from sip.challenged import Login
from sip.deeds import Answer, Ask, Deed, LetGo
from sip.dialog import Dialog
from sip.effects import Bindings, Effect, Flood, Incoming, Peer, Send, WrongPassword
from sip.errors import RemoteError
from sip.headers import Reason
from sip.message import Request, Response, respond
from sip.notifier import Notifier
from sip.origin import Origin
from sip.parser import parse
from sip.placing import Invitation
from sip.registrar import Accounts, Registrar
from sip.screening import screen
from sip.stateless import Stateless
from sip.suspects import Suspects
from sip.throttle import Pending, Standing, Throttle
from sip.timers import Schedule
from sip.transactions.layer import Acknowledged, Released, Reply, TransactionLayer, Unanswered, server_key
from sip.trunks import Trunks

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from sip.dialog import StoredDialog
    from sip.headers import NameAddr
    from sip.settings import AgentSettings
    from sip.uri import Uri

MOST_TARGETS = 8
"""A call is tried at so many places, however many there are."""
_PREDECESSOR = "predecessor"
"""Owner of the BYEs to calls that another process had."""
_REGISTRAR = "registrar"
"""Owner of the transactions of REGISTERs; calls are named by hexadecimal digits, trunks as :class:`Trunks` says."""


class Agent:
    """``random``: a ``random.SystemRandom`` outside tests."""

    def __init__(self, settings: AgentSettings, accounts: Accounts, random: random.Random) -> None:
        self.registrar = Registrar()
        self.dropped = 0
        """Messages that could be neither used nor answered."""
        self.draining = False
        """Whether whoever asks if we are there, by OPTIONS, is told to go elsewhere."""
        self._settings = settings
        self._origin = Origin(settings.local, settings.user_agent, random)
        self._admission = Admission(settings, accounts, random.randbytes(32), self.registrar)
        self._stateless = Stateless(random.randbytes(32))
        self._layer = TransactionLayer(settings.timers)
        self._calls = Calls()
        self._throttle = Throttle(self._standing, self._calls.named_by, settings.limits)
        self._pending = Pending(settings.limits)
        self.notifier = Notifier(self._origin, self._do)
        self._trunks = Trunks(settings.trunks, self._origin)
        self._schedule: Schedule[str] = Schedule()
        self._suspects = Suspects()
        self._effects: deque[Effect] = deque()

    # network and time

    def receive(self, data: bytes, peer: Peer, now: float) -> None:
        """One datagram, or one message of a stream."""
        if not self._throttle.admits(data, peer, now):
            self._effects.extend(Flood(host) for host in self._throttle.floods())
            return
        self._stateless.asked = len(data)
        try:
            message = parse(data)
        except RemoteError as error:
            self._send(self._stateless.refuse_malformed(error, peer))
            return
        try:
            if isinstance(message, Response):
                self._suspects.clear(peer)
                self._layer.receive_response(message, peer, now)
            else:
                self._route(_stamped(message, peer), peer, now)
        except RemoteError as error:
            self._send(self._stateless.refuse(message, peer, error) if isinstance(message, Request) else None)
        self._settle(now)

    def unreadable(self, error: RemoteError, peer: Peer) -> None:
        """A stream of which :class:`sip.framing.Framer` can't make any more: it is answered, where that is possible."""
        self._send(self._stateless.refuse_malformed(error, peer))

    def tick(self, now: float) -> None:
        self._layer.tick(now)
        self._settle(now)
        while (name := self._schedule.pop_due(now)) is not None:
            if name in self.notifier:
                self._do(name, self.notifier.tick(name, now), now)
            else:
                part = self._calls.get(name) or self._trunks.get(name)
                assert part is not None  # what is over is woken no more
                self._do(name, part.tick(now), now)

    def transport_failed(self, peer: Peer, now: float) -> None:
        """An ICMP error, or a connection refused: what waits for ``peer`` need not wait any longer."""
        self._layer.transport_failed(peer, now)
        self._settle(now)

    def flows(self, now: float) -> frozenset[Peer]:
        """Whom calls, registrations and what waits for an answer go to: their connections are to be kept."""
        own = (*self._layer.peers(), *self._calls.peers(), *self.notifier.peers(), *self._trunks.peers())
        return frozenset((*own, *self.registrar.sources(now)))

    def effects(self) -> Iterator[Effect]:
        while self._effects:
            yield self._effects.popleft()

    def deadline(self) -> float | None:
        """When :meth:`tick` is next needed; None when nothing is pending."""
        deadlines = (self._layer.deadline(), self._schedule.next())
        return min((at for at in deadlines if at is not None), default=None)

    # calls

    def invite(
        self,
        target: Uri,
        *,
        caller: NameAddr,
        offer: bytes,
        peers: tuple[Peer, ...],
        route: tuple[Uri, ...] = (),
        headers: tuple[tuple[str, str], ...] = (),
        elsewhere: bool = False,
        username: str | None = None,
        password: str | None = None,
        realms: tuple[str, ...] = (),
        now: float,
    ) -> str:
        """Place a call through the first of ``peers`` that answers, in their order but those that failed lately last
        (RFC 3263 §4.3); the result is its name.  ``username`` and ``password`` answer challenges of
        ``realms``, in lower case (none: of whoever asks first): a callee might ask for them, too.  ``elsewhere``: the
        caller knows other ways yet, and is told 408 when the last of ``peers`` has been silent for three seconds too.
        """
        login = None if username is None or password is None else Login(username, password, among=realms)
        call = self._new_call()
        ordered = self._suspects.last(peers[:MOST_TARGETS], now)
        deeds = call.place(Invitation(target, caller, offer, ordered, route, login, headers, elsewhere), now)
        self._calls.add(call)
        self._do(call.name, deeds, now)
        return call.name

    def ring(self, call: str, now: float) -> None:
        """180, for a call that came in."""
        if found := self._calls.get(call):
            self._do(call, found.ring(now), now)

    def accept(self, call: str, sdp: bytes, now: float) -> None:
        """Answer the INVITE, or the re-INVITE of the last ``Offered``."""
        if found := self._calls.get(call):
            self._do(call, found.accept(sdp, now), now)

    def reject(self, call: str, status: int, now: float, reason: str | None = None) -> None:
        """Refuse the INVITE, or the re-INVITE of the last ``Offered``: then the call goes on as it was."""
        if found := self._calls.get(call):
            self._do(call, found.reject(status, reason), now)

    def hang_up(self, call: str, now: float, reason: str | None = None, cause: int | None = None) -> None:
        """CANCEL, BYE or a rejection, whichever fits; ``reason`` is text for a Reason header (RFC 3326), ``cause`` the
        status that says it to machines: with 200, a phone that stops ringing has missed no call.

        A call that is answered, or that rings here, is over for its user at once; one of ours that is not answered yet
        ends with ``Refused``.
        """
        if found := self._calls.get(call):
            why = None if reason is None else Reason("SIP", cause, reason)
            self._do(call, found.hang_up(now, why), now)

    def offer(self, call: str, sdp: bytes, now: float) -> None:
        """A re-INVITE in a call that talks: ``Changed`` or ``Unchanged`` follows."""
        if found := self._calls.get(call):
            self._do(call, found.offer(sdp, now), now)

    def dialog(self, call: str) -> StoredDialog | None:
        """What :meth:`farewell` needs to end this call after a crash of this process; None before it is answered."""
        found = self._calls.get(call)
        return None if found is None or found.dialog is None else found.dialog.dump()

    def farewell(self, stored: StoredDialog, now: float) -> None:
        """BYE to a call that a process before this one left open.  ValueError for no stored dialog."""
        dialog = Dialog.load(stored)
        self._do(_PREDECESSOR, [Ask(dialog.request("BYE", self._origin, []), dialog.peer)], now)

    @property
    def unanswered(self) -> int:
        """Requests of ours that wait for their final response."""
        return self._layer.unanswered

    # trunks

    def trunk_resolved(self, name: str, peers: tuple[Peer, ...], now: float) -> None:
        """The addresses of a trunk, the best first: where its calls come from, and where to register."""
        trunk = next(trunk for trunk in self._settings.trunks if trunk.name == name)
        self._admission.trunk_resolved(trunk, peers)
        for owner, part in self._trunks.of(name):
            self._do(owner, part.resolved(peers, now), now)

    def register_trunks(self, now: float) -> None:
        """And keep them registered, and ask for signs of life.  A trunk that has no address yet starts when it has."""
        for owner, part in self._trunks.items():
            self._do(owner, part.start(now), now)

    def unregister_trunks(self, now: float) -> None:
        for owner, part in self._trunks.items():
            self._do(owner, part.stop(now), now)

    # requests

    def _route(self, request: Request, source: Peer, now: float) -> None:
        if self._layer.absorb(request, source, now):
            return
        refusal = screen(request, self._stateless.tag(request))
        if refusal is not None:
            self._send(self._stateless.send(request, source, refusal))
        elif request.method == "ACK":
            self._acknowledge(self._calls.acknowledged(request), request, now)
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

    def _acknowledge(self, call: Call | None, ack: Request, now: float) -> None:
        if call is not None:
            self._do(call.name, call.acknowledged(ack), now)
        elif ack.to.tag != self._stateless.tag(ack):  # else it is that of a stateless refusal
            self.dropped += 1

    def _cancel(self, cancel: Request, source: Peer, now: float) -> None:
        call = self._calls.get(self._layer.owner_of_cancelled(cancel) or "")
        if call is None:
            raise RemoteError(481, "Call/Transaction Does Not Exist")
        self._send(self._stateless.send(cancel, source, respond(cancel, 200, to_tag=call.local_tag)))
        self._do(call.name, call.cancelled(cancel), now)

    def _in_dialog(self, request: Request, source: Peer, now: float) -> None:
        call = self._calls.in_dialog(request)
        owner = self.notifier.owner(request) if call is None else call.name
        if owner is None or request.method == "NOTIFY":  # we subscribe to nothing
            raise RemoteError(481, "Call/Transaction Does Not Exist")
        if request.method == "OPTIONS":
            focus = ("Contact", self._origin.focus(source, owner))
            self._send(self._stateless.answer(request, source, 200, [focus, *self._origin.about()]))
            return
        if self._layer.crowded(owner):
            raise RemoteError(503, "Service Unavailable")
        if request.method != "BYE":  # which makes room
            self._refuse_when_full()
        transaction = self._layer.open(request, source, owner, now)
        try:
            if call is None or request.method in ("SUBSCRIBE", "REFER"):
                shared = None if call is None else (call.name, call.share(request))
                deeds = self.notifier.receive(request, transaction, source, shared, now)
            else:
                deeds = call.receive(request, transaction, source, now)
        except RemoteError as error:
            deeds = [Answer(transaction, respond(request, error.status, error.reason))]
        self._do(owner, deeds, now)

    def _register(self, request: Request, source: Peer, now: float) -> None:
        self._refuse_when_full()
        identity = self._identified(self._admission.registrant(request, source, now), request, source)
        if identity is None:
            return
        assert identity.account is not None  # it is what a registrant proves
        tag = self._stateless.tag(request)
        transaction = self._layer.open(request, source, _REGISTRAR, now)
        try:
            response = self.registrar.register(request, identity.account, source, tag, now)
        except RemoteError as error:
            response = respond(request, error.status, error.reason, to_tag=tag)
        self._layer.respond(transaction, response, now)
        if response.status == 200 and "Contact" in request.headers:
            contacts = tuple(str(binding.contact) for binding in self.registrar.bindings(identity.account, now))
            self._effects.append(Bindings(identity.account, contacts))

    def _invited(self, request: Request, source: Peer, now: float) -> None:
        if self._layer.merged(request):
            raise RemoteError(482, "Loop Detected")
        self._refuse_when_full()
        identity = self._identified(self._admission.caller(request, source, now), request, source)
        if identity is None:
            return
        stranger = identity.account is None and identity.trunk is None
        if stranger and self._pending.full(source.host):
            raise RemoteError(503, "Service Unavailable")
        replaced = self._calls.replaced(request)
        call = self._new_call()
        deeds = call.arrive(request, server_key(request), source)
        self._calls.add(call)
        if stranger:
            self._pending.add(call.name, source.host)
        self._layer.open(request, source, call.name, now)
        offer = session_description(request)
        former = None if replaced is None else replaced.name
        who = (identity.account, identity.asserted, source, offer, identity.trunk, former)
        self._do(call.name, [*deeds, Incoming(call.name, request.uri, request.from_, *who)], now)

    def _identified(self, found: Identity | Unproven | Denied, request: Request, source: Peer) -> Identity | None:
        """None: who has not proven to be who they say is answered here."""
        match found:
            case Identity():
                return found
            case Unproven(headers):
                self._send(self._stateless.answer(request, source, 401, headers))
            case Denied(user):
                self._effects.append(WrongPassword(source, user))
                self._send(self._stateless.answer(request, source, 403))
        return None

    def _standing(self, peer: Peer, now: float) -> Standing:
        if self._admission.is_trunk(peer.host):
            return Standing.TRUNK
        if self.registrar.knows(peer, now):
            return Standing.PHONE
        return Standing.NEIGHBOUR if self.registrar.knows(peer.host, now) else Standing.STRANGER

    def _asked(self, request: Request, source: Peer, now: float) -> None:
        """A SUBSCRIBE or REFER outside any call: a stranger who names no call learns nothing, and costs nothing."""
        self._refuse_when_full()
        identity = self._identified(self._admission.caller(request, source, now), request, source)
        if identity is None:
            return
        if identity.account is None and self._calls.get(request.uri.user or "") is None:
            raise RemoteError(404, "Not Found")
        name = self._origin.token()
        deeds = self.notifier.begin(request, server_key(request), source, identity, name, now)
        self._layer.open(request, source, name, now)
        self._do(name, deeds, now)

    def _refuse_when_full(self) -> None:
        if self._layer.full:
            raise RemoteError(503, "Service Unavailable")

    # what follows

    def _new_call(self) -> Call:
        return Call(self._origin.token(), self._origin, self._settings.timers)

    def _send(self, send: Send | None) -> None:
        """None: what came can be neither used nor answered."""
        if send is None:
            self.dropped += 1
        else:
            self._effects.append(send)

    def _do(self, owner: str, deeds: list[Deed], now: float) -> None:
        for deed in deeds:
            match deed:
                case Ask(request, peer):
                    self._layer.send(request, peer, owner, now)
                case Answer(transaction, response):
                    self._layer.respond(transaction, response, now)
                case LetGo(request, peer, seconds):
                    self._layer.let_go(request, now)
                    self._suspects.add(peer, now, seconds)
                case _:
                    self._effects.append(deed)
        self._settle(now)
        self._look_after(owner)

    def _settle(self, now: float) -> None:
        """Take up what the transactions report, until they report nothing more."""
        while self._layer.reports:
            report = self._layer.reports.popleft()
            match report:
                case Send():
                    self._effects.append(report)
                case Reply(owner, request, response, source):
                    if call := self._calls.get(owner):
                        self._do(owner, call.replied(request, response, source, now), now)
                    elif trunk := self._trunks.get(owner):
                        self._do(owner, trunk.receive(request, response, now), now)
                    elif owner in self.notifier:
                        self._do(owner, self.notifier.replied(owner, request, response, now), now)
                case Unanswered(owner, request, _) if owner in self.notifier:
                    self._do(owner, self.notifier.unanswered(owner, request, now), now)
                case Unanswered(owner, request, status):
                    if part := self._calls.get(owner) or self._trunks.get(owner):
                        self._do(owner, part.unanswered(request, status, now), now)
                case Acknowledged(owner, ack):
                    self._acknowledge(self._calls.get(owner), ack, now)
                case Released(owner):
                    self._look_after(owner)

    def _look_after(self, owner: str) -> None:
        """When ``owner`` is to be woken next, and whether a call can be forgotten."""
        call = self._calls.get(owner)
        if call is None:
            trunk = self._trunks.get(owner)
            subscribed = self.notifier.deadline(owner) if owner in self.notifier else None
            self._schedule.set(owner, subscribed if trunk is None else trunk.deadline())
        elif call.phase is Phase.OVER and not self._layer.serves(owner):
            self._calls.remove(call)
            self._pending.discard(owner)
            self._throttle.call_over(call.local_tag)
            self._schedule.set(owner, None)
        else:
            if call.phase is Phase.TALKING:
                self._pending.discard(owner)
            if not self._layer.serves(owner):
                call.settle()
            self._calls.settle(call)
            self._schedule.set(owner, call.deadline())


def _stamped(request: Request, source: Peer) -> Request:
    """With the address it came from in its topmost Via (§18.2.1, RFC 3581 §4)."""
    top, *others = request.vias
    host, _, _ = source.host.partition("%")  # a zone means something on this machine alone (RFC 4007 §11.2)
    vias = [top.with_source(host, source.port), *others]
    return request.with_headers(request.headers.with_("Via", *(str(via) for via in vias)))
