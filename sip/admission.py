"""Who is calling: an account that proves it, a trunk that is trusted to say, or a stranger (RFC 3261 §22, RFC 3325)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sip.digest import Authenticator, Credentials, Verdict
from sip.errors import RemoteError

if TYPE_CHECKING:
    from sip.effects import Peer
    from sip.message import Request
    from sip.registrar import Accounts
    from sip.settings import AgentSettings, TrunkSettings
    from sip.uri import Uri


@dataclass(frozen=True, slots=True)
class Identity:
    """All of it None: a stranger."""

    account: str | None = None
    """Proven by digest."""
    asserted: str | None = None
    """By a trunk that is trusted to."""
    trunk: str | None = None
    """The name of that it came through."""


@dataclass(frozen=True, slots=True)
class Unproven:
    """Answer 401 with these headers."""

    headers: tuple[tuple[str, str], ...]


class Admission:
    def __init__(self, settings: AgentSettings, accounts: Accounts, secret: bytes) -> None:
        self._settings = settings
        self._accounts = accounts
        self._authenticator = Authenticator(settings.domain, secret, algorithms=settings.digests)
        self._trunks: dict[str, TrunkSettings] = {}
        """By the addresses that they were found at."""
        self._targets: dict[str, tuple[Peer, ...]] = {}
        """All addresses of each."""

    def trunk_resolved(self, trunk: TrunkSettings, peers: tuple[Peer, ...]) -> None:
        """Of two trunks at one address, the first in the settings has the calls that come from there."""
        self._targets[trunk.name] = peers
        found = {other.name: self._targets.get(other.name, ()) for other in reversed(self._settings.trunks)}
        settings = {other.name: other for other in self._settings.trunks}
        self._trunks = {peer.host: settings[name] for name, peers in found.items() for peer in peers}

    def is_trunk(self, host: str) -> bool:
        return host in self._trunks

    def caller(self, request: Request, source: Peer, now: float) -> Identity | Unproven:
        """Of an INVITE.  RemoteError(403) for a wrong password."""
        trunk = self._trunks.get(source.host)
        if trunk is not None:
            return Identity(asserted=_asserted(request) if trunk.trust_caller_id else None, trunk=trunk.name)
        user = self._our_user(request.from_.uri, source)
        if user is None or self._accounts.password(user) is None:
            return Identity()
        return self._prove(request, user, now)

    def registrant(self, request: Request, source: Peer, now: float) -> Identity | Unproven:
        """Of a REGISTER.  A user who does not exist is challenged and refused like one with a wrong password."""
        user = self._our_user(request.to.uri, source)
        if user is None:
            raise RemoteError(404, "Not Found")
        return self._prove(request, user, now)

    def _prove(self, request: Request, user: str, now: float) -> Identity | Unproven:
        credentials = self._credentials(request)
        if credentials is None:
            return self._challenge(now)
        password = self._accounts.password(user) if credentials.username == user else None
        match self._authenticator.verify(credentials, request.method, password, now, request.body):
            case Verdict.RIGHT:
                return Identity(account=user)
            case Verdict.STALE:
                return self._challenge(now, stale=True)
            case Verdict.WRONG:
                raise RemoteError(403, "Forbidden")

    def _challenge(self, now: float, *, stale: bool = False) -> Unproven:
        challenges = self._authenticator.challenges(now, stale=stale)
        return Unproven(tuple(("WWW-Authenticate", str(challenge)) for challenge in challenges))

    def _credentials(self, request: Request) -> Credentials | None:
        """Those for our realm; others are for a proxy on the way."""
        for value in request.headers.get_all("Authorization"):
            credentials = Credentials.parse(value)
            if credentials.realm == self._settings.domain:
                return credentials
        return None

    def _our_user(self, uri: Uri, source: Peer) -> str | None:
        """The user part of an address of record in our domain, by whichever name or address the phone knows us."""
        host = uri.host.lower()
        settings = self._settings
        ours = host == settings.domain.lower() or host in settings.aliases or host == settings.local(source)[0].lower()
        return unquote(uri.user) if ours and uri.user else None


def _asserted(request: Request) -> str | None:
    try:
        identities = request.addresses("P-Asserted-Identity")
    except RemoteError:
        identities = ()
    for identity in (*identities, request.from_):
        if identity.uri.user:
            return unquote(identity.uri.user)
    return None
