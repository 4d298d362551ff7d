"""Who we are to others: the Via, Contact, tags and Call-IDs of what we send, all unguessable where they should be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sip.headers import NameAddr
from sip.uri import Uri, print_hostport

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from sip.effects import Peer

ALLOW: Final = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, REGISTER, SUBSCRIBE, NOTIFY, REFER"
ACCEPT: Final = "application/sdp"
SUPPORTED: Final = frozenset({"100rel", "norefersub", "path", "replaces", "timer"})
"""Option tags we know."""


class Origin:
    """``random``: a ``random.SystemRandom`` outside tests, for whoever guesses a tag can forge what bears it."""

    def __init__(self, local: Callable[[Peer], tuple[str, int]], user_agent: str, random: random.Random) -> None:
        self.local = local
        """Our address and port as ``peer`` should see them."""
        self.random = random
        self._user_agent = user_agent

    def token(self) -> str:
        """96 random bits: a tag, a Call-ID, the name of a call."""
        return f"{self.random.getrandbits(96):024x}"

    def call_id(self, name: str) -> str:
        """Whoever knows our ``name`` for a call, if it has one, finds it in a trace."""
        return f"{name}.{self.token()}" if name else self.token()

    def branch(self) -> str:
        """RFC 3261 §8.1.1.7."""
        return f"z9hG4bK{self.token()}"

    def via(self, peer: Peer) -> str:
        """With a new branch, and asking for the answer to the port it leaves from (RFC 3581)."""
        host, port = self.local(peer)
        return f"SIP/2.0/{peer.transport.upper()} {print_hostport(host, port)};branch={self.branch()};rport"

    def focus(self, peer: Peer, call: str, *, sips: bool = False) -> str:
        """The Contact of a call: the phone talks to a conference (RFC 4579 §5.1).

        Its user part is our name for the call, 96 random bits that only this phone is told: it can be asked about the
        conference there, and nobody who reads it comes in without the code.  ``sips``: it was called by a SIPS URI, and
        what follows must be as secret (RFC 3261 §8.1.1.8, §12.1.1).
        """
        return f"{self.contact(peer, call, sips=sips)};isfocus"

    def contact(self, peer: Peer, user: str | None, *, sips: bool = False) -> str:
        host, port = self.local(peer)
        params = () if sips or peer.transport == "udp" else (("transport", peer.transport),)
        return str(NameAddr(Uri("sips" if sips else "sip", user, host=host, port=port, params=params)))

    def abilities(self, *, inside: bool = False) -> list[tuple[str, str]]:
        """What an INVITE says of us (§13.2.1).  ``inside`` a dialog it asks for no provisional responses that we would
        have to acknowledge (RFC 3262 §4): nobody rings there."""
        supported = SUPPORTED - {"100rel"} if inside else SUPPORTED
        return [("Allow", ALLOW), ("Supported", ", ".join(sorted(supported))), ("Accept", ACCEPT)]

    def about(self) -> list[tuple[str, str]]:
        """What the 2xx of an INVITE, and the answer to OPTIONS, say of us (§11.2, §13.3.1.4)."""
        return [*self.abilities(), *self.server()]

    def warning(self, status: int, reason: str | None) -> list[tuple[str, str]]:
        """Why an offer of sound is refused (§20.43, §21.4.26): 305, incompatible media format."""
        return [("Warning", f'305 {self._user_agent} "{reason or "No sound that fits"}"')] if status == 488 else []

    def agent(self) -> list[tuple[str, str]]:
        return [("User-Agent", self._user_agent)]

    def server(self) -> list[tuple[str, str]]:
        return [("Server", self._user_agent)]
