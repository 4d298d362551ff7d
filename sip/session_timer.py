"""Session timers: how often a session is refreshed and by whom, so that a call whose other end died ends (RFC 4028)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from sip.errors import RemoteError
from sip.headers import SessionExpires

if TYPE_CHECKING:
    from sip.message import Request, Response

TIMER: Final = "timer"
"""The option tag."""
INTERVAL: Final = 1800
"""Seconds that we ask for (§4)."""
MINIMUM: Final = 90
"""Seconds below which we take no interval, which is the least that anybody may ask for (§4)."""
LONGEST: Final = 86_400
"""Seconds: who never wants to be asked for longer is asked all the same, which a UAS may say (§9)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What both sides have agreed on."""

    interval: int
    """Seconds."""
    ours: bool
    """Whether we refresh; it stays so when the roles of UAC and UAS change (§7.1)."""


def too_small(request: Request) -> bool:
    """Whether an INVITE or UPDATE is to be refused with 422 and our :data:`MINIMUM` (§9)."""
    asked = request.session_expires
    return asked is not None and asked.seconds < MINIMUM


def answered(request: Request, before: Terms | None) -> Terms | None:
    """What a 2xx of ours to ``request`` says (§9, table 2); None: nobody refreshes."""
    asked, supported = request.session_expires, supports(request)
    least = request.seconds("Min-SE") or 0
    if asked is None:
        if not supported and (before is None or not before.ours):
            return None
        return before or Terms(max(INTERVAL, least), ours=True)
    interval = min(asked.seconds, max(LONGEST, least))
    if not supported:
        return Terms(interval, ours=True)
    if asked.refresher is None:
        return Terms(interval, ours=before is not None and before.ours)
    return Terms(interval, ours=asked.refresher == "uas")


def said_in_answer(terms: Terms | None, request: Request) -> list[tuple[str, str]]:
    """The headers of that 2xx."""
    if terms is None:
        return []
    expires = ("Session-Expires", str(SessionExpires(terms.interval, "uas" if terms.ours else "uac")))
    return [("Require", TIMER), expires] if supports(request) else [expires]


def said_in_request(terms: Terms | None, minimum: int) -> list[tuple[str, str]]:
    """The headers of a refresh of ours.  ``minimum``: the largest Min-SE that we were told."""
    if terms is None:
        return []
    refresher = "uac" if terms.ours else "uas"
    interval = max(terms.interval, minimum)
    return [("Session-Expires", str(SessionExpires(interval, refresher))), ("Min-SE", str(minimum))]


def said_in_invite(minimum: int = MINIMUM) -> list[tuple[str, str]]:
    """The headers of an INVITE that begins a session (§7.1): who refreshes is theirs to say."""
    return [("Session-Expires", str(SessionExpires(max(INTERVAL, minimum)))), ("Min-SE", str(minimum))]


def agreed(response: Response) -> Terms | None:
    """What a 2xx to a request of ours says (§7.2).

    What cannot be read is not there.  An interval below the least is taken for the least: nobody makes us refresh
    without end.
    """
    try:
        said = response.session_expires
    except RemoteError:
        return None
    if said is None:
        return None
    return Terms(min(max(said.seconds, MINIMUM), LONGEST), ours=said.refresher != "uas")


def demanded(response: Response, minimum: int) -> int | None:
    """The Min-SE of a 422, if it is one that we can meet by asking again (§7.4); None: it is not."""
    if response.status != 422:
        return None
    try:
        said = response.seconds("Min-SE")
    except RemoteError:
        return None
    return said if said is not None and minimum < said <= LONGEST else None


def supports(request: Request) -> bool:
    return any(option.lower() == TIMER for name in ("Supported", "Require") for option in request.tokens(name))


class Due(Enum):
    REFRESH = auto()
    EXPIRED = auto()


class SessionTimer:
    """When to refresh, and when the session is to be given up (§10)."""

    __slots__ = ("_expires_at", "_refresh_at", "minimum", "terms")

    def __init__(self) -> None:
        self.terms: Terms | None = None
        self.minimum = MINIMUM
        """The largest Min-SE that we were told."""
        self._refresh_at: float | None = None
        self._expires_at: float | None = None

    def agree(self, terms: Terms | None, now: float) -> None:
        """Each 2xx to an INVITE or UPDATE, whichever side asked, starts the interval anew."""
        self.terms = terms
        self._refresh_at = self._expires_at = None
        if terms is not None:
            self._expires_at = now + terms.interval - min(32, terms.interval / 3)
            self._refresh_at = now + terms.interval / 2 if terms.ours else None

    def refused(self, now: float) -> None:
        """Our refresh was refused, but the session is there: it is tried again while there is time."""
        if self.terms is not None and self.terms.ours:
            self._refresh_at = now + self.terms.interval / 8

    def pop_due(self, now: float) -> Due | None:
        if self._expires_at is not None and now >= self._expires_at:
            self._expires_at = self._refresh_at = None
            return Due.EXPIRED
        if self._refresh_at is not None and now >= self._refresh_at:
            self._refresh_at = None
            return Due.REFRESH
        return None

    def deadline(self) -> float | None:
        return min((at for at in (self._refresh_at, self._expires_at) if at is not None), default=None)
