"""A SIP user agent, registrar and trunk client without I/O: what comes in, what time it is, what is to be done.

    agent.receive(datagram, peer, now)
    agent.tick(now)
    call = agent.invite(…)
    for effect in agent.effects():
        …
    sleep until agent.deadline()

Nothing that the network sends raises out of it.  A command for a call that has just ended does nothing.

What RFC 3261 wants and is not done here, and why:
- A 3xx is followed by whoever pays for the call (§8.1.3.4): ``Refused`` tells its contacts, :mod:`mixer.dialler` calls
  those that may be called.
- Names in Contact and Route are not looked up inside a dialog (§8.1.2, RFC 3263): see :func:`sip.next_hop.next_hop`.
- A request that is too large for a datagram goes over TCP only to whom DNS says that there is (§18.1.1): to find out
  that nobody listens would hold up each call; inside a dialog, and to a phone that has registered over UDP, the way
  stays as it is, since that phone may be behind a NAT that has no other.
- The certificate of a server may have ``*`` for its first label (RFC 5922 §7.2 forbids that): providers have such ones.
- ``alias`` in a Via is passed over (RFC 5923): a connection that somebody opened is used for those it is from alone.
- ``maddr`` is ignored (§18.1.1, §18.2.2): it would send what we say wherever a stranger likes.
- A 401 keeps no transaction (§8.2.7 allows that): strangers cost no memory until they have proven who they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sip.admission import Admission
from sip.calls import Calls
from sip.challenged import Login
from sip.deeds import Ask
from sip.dialog import Dialog
from sip.effects import Flood
from sip.errors import RemoteError
from sip.headers import Reason
from sip.message import Response
from sip.origin import Origin
from sip.owners import Owners
from sip.parser import parse
from sip.placing import Invitation
from sip.registrar import Accounts, Registrar
from sip.requests import Requests
from sip.stateless import Stateless
from sip.throttle import Pending, Standing, Throttle

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from sip.dialog import StoredDialog
    from sip.effects import Effect, Peer
    from sip.headers import NameAddr
    from sip.settings import AgentSettings
    from sip.uri import Uri

MOST_TARGETS = 8
"""A call is tried at so many places, however many there are."""
_PREDECESSOR = "predecessor"
"""Owner of the BYEs to calls that another process had."""


class Agent:
    """``random``: a ``random.SystemRandom`` outside tests."""

    def __init__(self, settings: AgentSettings, accounts: Accounts, random: random.Random) -> None:
        self.registrar = Registrar()
        self._settings = settings
        self._origin = Origin(settings.local, settings.user_agent, random)
        self._admission = Admission(settings, accounts, random.randbytes(32), self.registrar)
        self._stateless = Stateless(random.randbytes(32))
        self._calls = Calls()
        self._throttle = Throttle(self._standing, self._calls.named_by, self._calls.placed_by, settings.limits)
        self._pending = Pending(settings.limits)
        self._owners = Owners(settings, self._origin, self._calls, self._throttle, self._pending)
        self._layer = self._owners.layer
        self.notifier = self._owners.notifier
        self._requests = Requests(
            self._origin, self._admission, self.registrar, self._stateless, self._pending, self._owners
        )

    @property
    def dropped(self) -> int:
        """Messages that could be neither used nor answered."""
        return self._requests.dropped

    @property
    def draining(self) -> bool:
        """Whether whoever asks if we are there, by OPTIONS, is told to go elsewhere."""
        return self._requests.draining

    @draining.setter
    def draining(self, draining: bool) -> None:
        self._requests.draining = draining

    # network and time

    def receive(self, data: bytes, peer: Peer, now: float) -> None:
        """One datagram, or one message of a stream."""
        if not self._throttle.admits(data, peer, now):
            self._owners.effects.extend(Flood(host) for host in self._throttle.floods())
            return
        self._stateless.asked = len(data)
        try:
            message = parse(data)
            if isinstance(message, Response):
                self._owners.suspects.clear(peer)
                self._layer.receive_response(message, peer, now)
            else:
                self._requests.receive(message, peer, now)
        except RemoteError as error:
            self._requests.malformed(error, peer)
        self._owners.settle(now)

    def unreadable(self, error: RemoteError, peer: Peer) -> None:
        """A stream of which :class:`sip.framing.Framer` can't make any more: it is answered, where that is possible."""
        self._requests.malformed(error, peer)

    def tick(self, now: float) -> None:
        self._owners.tick(now)

    def transport_failed(self, peer: Peer, now: float) -> None:
        """An ICMP error, or a connection refused: what waits for ``peer`` need not wait any longer."""
        self._layer.transport_failed(peer, now)
        self._owners.settle(now)

    def flows(self, now: float) -> frozenset[Peer]:
        """Whom calls, registrations and what waits for an answer go to: their connections are to be kept."""
        return frozenset((*self._owners.peers(), *self.registrar.sources(now)))

    def knows(self, peer: Peer, now: float) -> bool:
        """Whether it is a trunk of ours, or at a host from which a phone is registered."""
        return self._standing(peer, now) is not Standing.STRANGER

    def effects(self) -> Iterator[Effect]:
        while self._owners.effects:
            yield self._owners.effects.popleft()

    def deadline(self) -> float | None:
        """When :meth:`tick` is next needed; None when nothing is pending."""
        return self._owners.deadline()

    def _standing(self, peer: Peer, now: float) -> Standing:
        if self._admission.is_trunk(peer.host):
            return Standing.TRUNK
        if self.registrar.knows(peer, now):
            return Standing.PHONE
        return Standing.NEIGHBOUR if self.registrar.knows(peer.host, now) else Standing.STRANGER

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
        name: str = "",
        now: float,
    ) -> str:
        """Place a call through the first of ``peers`` that answers, in their order but those that failed lately last
        (RFC 3263 §4.3); the result is its name.  ``username`` and ``password`` answer challenges of
        ``realms``, in lower case (none: of whoever asks first): a callee might ask for them, too.  ``elsewhere``: the
        caller knows other ways yet, and is told 408 when the last of ``peers`` has been silent for three seconds too.
        The Call-ID begins with ``name``.
        """
        login = None if username is None or password is None else Login(username, password, among=realms)
        call = self._owners.new_call()
        ordered = self._owners.suspects.last(peers[:MOST_TARGETS], now)
        deeds = call.place(Invitation(target, caller, offer, ordered, route, login, headers, elsewhere, name), now)
        self._calls.add(call, placed=True)
        self._owners.do(call.name, deeds, now)
        return call.name

    def ring(self, call: str, now: float) -> None:
        """180, for a call that came in."""
        if found := self._calls.get(call):
            self._owners.do(call, found.ring(now), now)

    def accept(self, call: str, sdp: bytes, now: float) -> None:
        """Answer the INVITE, or the re-INVITE of the last ``Offered``."""
        if found := self._calls.get(call):
            self._owners.do(call, found.accept(sdp, now), now)

    def reject(self, call: str, status: int, now: float, reason: str | None = None) -> None:
        """Refuse the INVITE, or the re-INVITE of the last ``Offered``: then the call goes on as it was."""
        if found := self._calls.get(call):
            self._owners.do(call, found.reject(status, reason), now)

    def hang_up(self, call: str, now: float, reason: str | None = None, cause: int | None = None) -> None:
        """CANCEL, BYE or a rejection, whichever fits; ``reason`` is text for a Reason header (RFC 3326), ``cause`` the
        status that says it to machines: with 200, a phone that stops ringing has missed no call.

        A call that is answered, or that rings here, is over for its user at once; one of ours that is not answered yet
        ends with ``Refused``.
        """
        if found := self._calls.get(call):
            why = None if reason is None else Reason("SIP", cause, reason)
            self._owners.do(call, found.hang_up(now, why), now)

    def offer(self, call: str, sdp: bytes, now: float) -> None:
        """A re-INVITE in a call that talks: ``Changed`` or ``Unchanged`` follows."""
        if found := self._calls.get(call):
            self._owners.do(call, found.offer(sdp, now), now)

    def dialog(self, call: str) -> StoredDialog | None:
        """What :meth:`farewell` needs to end this call after a crash of this process; None before it is answered."""
        found = self._calls.get(call)
        return None if found is None or found.dialog is None else found.dialog.dump()

    def farewell(self, stored: StoredDialog, now: float) -> None:
        """BYE to a call that a process before this one left open.  ValueError for no stored dialog."""
        dialog = Dialog.load(stored)
        self._owners.do(_PREDECESSOR, [Ask(dialog.request("BYE", self._origin, []), dialog.peer)], now)

    @property
    def unanswered(self) -> int:
        """Requests of ours that wait for their final response."""
        return self._layer.unanswered

    def inquire(
        self, target: Uri, *, caller: NameAddr, peers: tuple[Peer, ...], route: tuple[Uri, ...] = (), now: float
    ) -> str:
        """Ask a phone by OPTIONS whether it could be called; ``Inquired`` of the name that is returned follows, after
        three seconds for each of ``peers`` at the latest."""
        name, deeds = self._owners.inquiries.begin(target, caller, peers[:MOST_TARGETS], route, now)
        self._owners.do(name, deeds, now)
        return name

    # trunks

    def trunk_resolved(self, name: str, peers: tuple[Peer, ...], now: float) -> None:
        """The addresses of a trunk, the best first: where its calls come from, and where to register."""
        trunk = next(trunk for trunk in self._settings.trunks if trunk.name == name)
        self._admission.trunk_resolved(trunk, peers)
        for owner, part in self._owners.trunks.of(name):
            self._owners.do(owner, part.resolved(peers, now), now)

    def register_trunks(self, now: float) -> None:
        """And keep them registered, and ask for signs of life.  A trunk that has no address yet starts when it has."""
        for owner, part in self._owners.trunks.items():
            self._owners.do(owner, part.start(now), now)

    def unregister_trunks(self, now: float) -> None:
        for owner, part in self._owners.trunks.items():
            self._owners.do(owner, part.stop(now), now)
