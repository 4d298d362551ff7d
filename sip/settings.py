"""What an agent is told once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sip.throttle import Limits
from sip.timers import TimerValues
from sip.uri import escape_user, print_hostport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sip.effects import Peer
    from sip.uri import Uri


@dataclass(frozen=True, slots=True)
class ListenAt:
    """Where we are reached; ``transport`` is ``udp``, ``tcp`` or ``tls``, ``host`` an address of ours or of none."""

    transport: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.transport}:{print_hostport(self.host, self.port)}"


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """In PEM."""

    certificate: Path | None = None
    """Ours, with those that lead from it to a root; a ``tls`` listener needs it."""
    private_key: Path | None = None
    """None: it is in the file of the certificate."""
    ca_file: Path | None = None
    """Roots that servers are trusted by; None: the system's."""


@dataclass(frozen=True, slots=True)
class TrunkSettings:
    """The way to the telephone network, or to another exchange.  Its addresses come by ``Agent.trunk_resolved``."""

    name: str
    uri: Uri
    """Its registrar, and where calls go."""
    username: str | None
    password: str | None = field(repr=False)
    register: bool
    trust_caller_id: bool
    """Whether what it says of a caller (RFC 3325) is believed."""
    options_seconds: float | None = None
    """How often it is asked by OPTIONS whether it is there; None: never."""

    @property
    def user(self) -> str | None:
        """Its name for us, as the user part of a URI."""
        return None if self.username is None else escape_user(self.username)


@dataclass(frozen=True, slots=True)
class AgentSettings:
    domain: str
    """Ours: phones register as ``user@domain``; it is the realm of our challenges too."""
    aliases: frozenset[str]
    """Other hosts that mean us, in lower case."""
    local: Callable[[Peer], tuple[str, int]]
    """Our address and port as this peer should see them, for Via and Contact; must not block."""
    user_agent: str
    trunks: tuple[TrunkSettings, ...] = ()
    digests: tuple[str, ...] = ("MD5",)
    """Algorithms that phones are challenged with, the strongest first (RFC 8760 §2.4).  SHA-256 only where it is asked
    for: phones with older SIP stacks (baresip 1.0, in either order; sipp 3.6, when it comes first) fail at a challenge
    that they don't know, even beside one that they do.
    """
    timers: TimerValues = field(default_factory=TimerValues)
    limits: Limits = field(default_factory=Limits)
    """How much strangers may ask."""
