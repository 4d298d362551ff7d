"""A request of ours again, with the credentials that a 401 or 407 asked for (RFC 3261 §22.2, §22.3)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
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
    realm: str | None = None
    """Whose challenges it answers; None: those of the first that asks for it."""
    among: tuple[str, ...] = ()
    """Who may be that first, in lower case; none: anybody."""


def with_credentials(
    request: Request, response: Response, login: Login, origin: Origin, number: int | None = None
) -> tuple[Request, Login] | None:
    """The next request, with a new branch and number; None when no challenge in it can be answered.

    And the login for the realm alone that it answers: whoever else asks later gets nothing.

    ``number`` where the one behind that of ``request`` may be taken: several may be under way in a dialog.
    """
    asks, answers = _ANSWERS[response.status]
    challenges = [challenge for value in response.headers.get_all(asks) if (challenge := _readable(value))]
    if login.realm is not None:
        challenges = [challenge for challenge in challenges if challenge.realm == login.realm]
    elif login.among:
        challenges = [challenge for challenge in challenges if challenge.realm.lower() in login.among]
    credentials = authorize(
        challenges, request.method, str(request.uri), login.username, login.password, request.body, origin.token(), 1
    )
    if credentials is None:
        return None
    headers = request.headers.with_("Via", str(request.via.with_param("branch", origin.branch())))
    headers = headers.with_("CSeq", str(CSeq(number or request.cseq.number + 1, request.method)))
    return request.with_headers(headers.with_(answers, str(credentials))), replace(login, realm=credentials.realm)


def _readable(value: str) -> Challenge | None:
    try:
        return Challenge.parse(value)
    except RemoteError:
        return None  # another scheme, or nonsense: the next one may do
