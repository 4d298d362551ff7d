"""What calls and registrations want done: an effect for the agent's caller, or a message of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sip.effects import Effect, Peer

if TYPE_CHECKING:
    from sip.message import Request, Response
    from sip.transactions.layer import Key


@dataclass(frozen=True, slots=True)
class Ask:
    """Send a request in a transaction of its own."""

    request: Request
    peer: Peer


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer the request of a server transaction."""

    transaction: Key
    response: Response


@dataclass(frozen=True, slots=True)
class LetGo:
    """Do not repeat an INVITE to a target that is silent; what it says of it yet is passed on all the same."""

    request: Request
    peer: Peer
    seconds: float | None = None
    """For how long it wants to be left alone (Retry-After)."""


Deed = Effect | Ask | Answer | LetGo
