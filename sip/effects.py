"""What an agent asks of its caller: messages to send, and news of calls, bindings and trunks.

A closed union (:data:`Effect`), taken apart by ``match``.  ``call`` is the agent's own name for a call, one string for
its whole life, whichever side placed it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sip.uri import print_hostport

if TYPE_CHECKING:
    from sip.headers import NameAddr
    from sip.referral import Referral
    from sip.uri import Uri


@dataclass(frozen=True, slots=True)
class Peer:
    """Where a message came from or goes to: ``transport`` is ``udp``, ``tcp`` or ``tls``."""

    transport: str
    host: str
    port: int
    name: str | None = None
    """The host name that its certificate must bear (RFC 5922 §7.1); None for whom we did not look up."""

    def __str__(self) -> str:
        return f"{self.transport}:{print_hostport(self.host, self.port)}"


@dataclass(frozen=True, slots=True)
class Send:
    """Give ``data`` to the transport."""

    data: bytes
    peer: Peer


@dataclass(frozen=True, slots=True)
class Incoming:
    """A new call for us, already answered 100.  The caller says ``ring``, ``accept`` or ``reject``."""

    call: str
    target: Uri
    """The Request-URI."""
    caller: NameAddr
    """The From header: what the phone says of itself, worth nothing unless ``account`` is set."""
    account: str | None
    """The registrar's user name, proven by digest."""
    asserted: str | None
    """The user part of P-Asserted-Identity (RFC 3325), or of From, from a trunk that is trusted to set it."""
    source: Peer
    offer: bytes | None
    """SDP; None asks us for the offer (RFC 3261 §13.2.1)."""
    trunk: str | None = None
    """The name of the trunk that it comes through."""
    replaces: str | None = None
    """The call that it asks to take the place of (RFC 3891): its caller knows that one's Call-ID and both tags."""
    call_id: str = field(kw_only=True)
    """As the caller has named it (RFC 3261 §8.1.1.4)."""


@dataclass(frozen=True, slots=True)
class Ringing:
    """A provisional response (101-199) to our INVITE.  Early media, if any, is nobody's business."""

    call: str
    status: int


@dataclass(frozen=True, slots=True)
class Answered:
    """Our INVITE got its 2xx, which is already acknowledged.  ``sdp`` is the answer to our offer."""

    call: str
    sdp: bytes
    peer: Peer
    """Where the 2xx came from: the phone's public address."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Our INVITE failed: the final status.

    408 when nobody answered it, 487 when we took it back, 503 when it could not be sent.
    """

    call: str
    status: int
    reason: str
    contacts: tuple[Uri, ...] = ()
    """Where a 3xx says to call instead, the most wanted first (RFC 3261 §8.1.3.4); whether to is for the caller of the
    agent to decide, since they pay for it."""
    answered: bool = False
    """Somebody has answered, but with nothing that makes a call, and was hung up."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The ACK of a call that we accepted.  ``sdp`` is the answer when ours was the offer, else None."""

    call: str
    sdp: bytes | None


@dataclass(frozen=True, slots=True)
class Offered:
    """A re-INVITE or UPDATE in a call: ``accept`` it with an answer, or ``reject`` it and the call goes on as it was.

    ``sdp`` None asks for our offer; the answer then comes with :class:`Confirmed`.
    """

    call: str
    sdp: bytes | None
    source: Peer
    """Where it came from: the phone may have moved."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A call that was answered, or that rang here, is over: their BYE or CANCEL, or a failure of the dialog."""

    call: str
    reason: str


@dataclass(frozen=True, slots=True)
class Information:
    """A SIP INFO inside a call, already answered 200 (RFC 6086): digits come so from some phones."""

    call: str
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Bindings:
    """The registrar's bindings of an account have changed: worth storing."""

    account: str
    contacts: tuple[str, ...]
    arrived: bool = False
    """A phone has come that was not there before, or is at another address now."""


@dataclass(frozen=True, slots=True)
class Trunk:
    """How the registration at a trunk stands."""

    name: str
    registered: bool
    detail: str
    """``until 12:30:05``-like facts are the caller's to print: this is the last status line or failure."""
    route: tuple[Uri, ...] = ()
    """What calls through it have to go by, in this order (Service-Route, RFC 3608)."""
    realm: str | None = field(default=None, compare=False)
    """Whose password it asked for."""
    next_try: float | None = field(default=None, compare=False)
    """When it is asked again, on the agent's clock; None: never."""


@dataclass(frozen=True, slots=True)
class TrunkAlive:
    """Whether a trunk answers OPTIONS, as far as it is asked: told first, and when it changes."""

    name: str
    alive: bool
    detail: str
    """Its status line, or what was missing."""


@dataclass(frozen=True, slots=True)
class Inquired:
    """What came of asking a phone whether it could be called."""

    inquiry: str
    alive: bool
    detail: str
    """Its status line, or what was missing."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A re-INVITE or UPDATE of ours was accepted: ``sdp`` is the answer to ``offer``."""

    call: str
    offer: bytes
    sdp: bytes


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A re-INVITE or UPDATE of ours was refused: the call goes on as it was."""

    call: str
    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Flood:
    """More messages come from strangers than are read: from this host, or from many together."""

    host: str | None


@dataclass(frozen=True, slots=True)
class Subscribing:
    """Somebody wants to hear of a conference: ``agent.notifier`` is told to ``admit`` or to ``deny`` it (RFC 4575)."""

    subscription: str
    call: str | None
    """Inside which it was asked for; None: outside any."""
    target: Uri
    account: str | None
    """Proven by digest, as that of :class:`Incoming`; never asked for inside a call."""
    source: Peer


@dataclass(frozen=True, slots=True)
class NotifyDue:
    """``agent.notifier.tell`` the subscriber what there is to tell now."""

    subscription: str


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """A subscription is over, whoever ended it."""

    subscription: str


@dataclass(frozen=True, slots=True)
class Referred:
    """A REFER (RFC 3515): ``agent.notifier`` is told to ``admit`` or to ``deny`` it, then its ``progress``."""

    subscription: str
    call: str | None
    target: Uri
    """The Request-URI."""
    referral: Referral
    account: str | None


@dataclass(frozen=True, slots=True)
class WrongPassword:
    """Somebody claims to be an account, there being one or not, and can't prove it.  Answered 403."""

    source: Peer
    user: str


Effect = (
    Send
    | Incoming
    | Ringing
    | Answered
    | Refused
    | Confirmed
    | Offered
    | Ended
    | Information
    | Bindings
    | Trunk
    | TrunkAlive
    | Inquired
    | Changed
    | Unchanged
    | Flood
    | WrongPassword
    | Subscribing
    | NotifyDue
    | Unsubscribed
    | Referred
)
