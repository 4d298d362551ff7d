"""What is refused of a request before anybody asks what it is about (RFC 3261 §8.2.1-§8.2.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sip import session_timer
from sip.body import session_description
from sip.errors import RemoteError
from sip.message import respond
from sip.notifier import unsubscribable
from sip.origin import ACCEPT, ALLOW, SUPPORTED

if TYPE_CHECKING:
    from sip.message import Request, Response

_METHODS: Final = frozenset(ALLOW.split(", "))
_SCHEMES: Final = frozenset({"sip", "sips", "tel"})


def screen(request: Request, tag: str) -> Response | None:
    """The refusal, with ``tag`` in its To; None for what may pass.  An ACK is never refused."""
    if request.method == "ACK":
        return None
    if request.method not in _METHODS:
        return respond(request, 405, to_tag=tag, headers=[("Allow", ALLOW)])
    if request.uri.scheme not in _SCHEMES:
        return respond(request, 416, to_tag=tag)
    if request.method == "CANCEL":
        return None  # it asks for nothing that its INVITE has not asked for
    unknown = [option for option in request.tokens("Require") if option.lower() not in SUPPORTED]
    if unknown:
        return respond(request, 420, to_tag=tag, headers=[("Unsupported", ", ".join(unknown))])
    if request.method == "SUBSCRIBE":
        return unsubscribable(request, tag)
    if request.method not in ("INVITE", "UPDATE"):
        return None
    if session_timer.too_small(request):
        return respond(request, 422, to_tag=tag, headers=[("Min-SE", str(session_timer.MINIMUM))])
    return _unreadable(request, tag)


def _unreadable(request: Request, tag: str) -> Response | None:
    try:
        session_description(request)
    except RemoteError as error:
        readable = [("Accept", ACCEPT), ("Accept-Encoding", "identity")]
        return respond(request, error.status, error.reason, to_tag=tag, headers=readable)
    return None
