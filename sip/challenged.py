"""A request of ours again, with the credentials that a 401 or 407 asked for (RFC 3261 §22.2, §22.3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sip.digest import Challenge, authorize
from sip.errors import RemoteError
from sip.headers import CSeq

if TYPE_CHECKING:
    from sip.message import Request, Response
    from sip.origin import Origin

MAX_CHALLENGES: Final = 2
"""Some servers give a new nonce to whatever one answers; once for a stale nonce, then it is the password."""

_ANSWERS: Final = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}


@dataclass(frozen=True, slots=True)
class Login:
    username: str
    password: str = field(repr=False)


def with_credentials(request: Request, response: Response, login: Login, origin: Origin) -> Request | None:
    """The next request, with a new branch and number; None when no challenge in it can be answered."""
    asks, answers = _ANSWERS[response.status]
    challenges = [challenge for value in response.headers.get_all(asks) if (challenge := _readable(value))]
    credentials = authorize(
        challenges, request.method, str(request.uri), login.username, login.password, request.body, origin.token(), 1
    )
    if credentials is None:
        return None
    headers = request.headers.with_("Via", str(request.via.with_param("branch", origin.branch())))
    headers = headers.with_("CSeq", str(CSeq(request.cseq.number + 1, request.method)))
    return request.with_headers(headers.with_(answers, str(credentials)))


def _readable(value: str) -> Challenge | None:
    try:
        return Challenge.parse(value)
    except RemoteError:
        return None  # another scheme, or nonsense: the next one may do
