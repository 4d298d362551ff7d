"""Who is calling: an account that proves it, a trunk that is trusted to say, or a stranger (RFC 3261 §22, RFC 3325)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from sip.digest import Authenticator, Credentials, Verdict, is_digest
from sip.errors import RemoteError
from sip.lockout import Lockout, Patience
from sip.throttle import source_of
from sip.uri import Uri, comparable

if TYPE_CHECKING:
    from sip.effects import Peer
    from sip.message import Request
    from sip.registrar import Accounts, Registrar
    from sip.settings import AgentSettings, TrunkSettings


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


@dataclass(frozen=True, slots=True)
class Denied:
    """A wrong password, or one that nobody looks at, for there have been too many wrong ones: answer 403."""

    user: str
    """As it calls itself; there may be no such account."""


PATIENCE: Final = Patience(free=4, first=60.0, longest=900.0, forgiven=600.0)
"""With wrong passwords: five in a minute, then one after a minute, after two… at most a quarter of an hour."""


class Admission:
    """Whoever claims to be one of us has to prove it, and is answered the same whether there is such an account or not.

    Wrong passwords are counted for a source, and for an account at a source; where the account's phone has its binding
    or has proven itself before, what others do at the same host is not counted against it.
    """

    def __init__(self, settings: AgentSettings, accounts: Accounts, secret: bytes, registrar: Registrar) -> None:
        self._settings = settings
        self._accounts = accounts
        self._registrar = registrar
        self._failures: Lockout[tuple[str, ...]] = Lockout(PATIENCE)
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

    def caller(self, request: Request, source: Peer, now: float) -> Identity | Unproven | Denied:
        """Of an INVITE."""
        trunk = self._trunks.get(source.host)
        if trunk is not None:
            return Identity(asserted=_asserted(request) if trunk.trust_caller_id else None, trunk=trunk.name)
        user = self._our_user(request.from_.uri, source)
        if user is None:
            return Identity()
        return self._prove(request, user, source, now)

    def registrant(self, request: Request, source: Peer, now: float) -> Identity | Unproven | Denied:
        """Of a REGISTER."""
        user = self._our_user(request.to.uri, source)
        if user is None:
            raise RemoteError(404, "Not Found")
        return self._prove(request, user, source, now)

    def _prove(self, request: Request, user: str, source: Peer, now: float) -> Identity | Unproven | Denied:
        credentials = self._credentials(request)
        if credentials is None:
            return self._challenge(now)
        if not self._is_for(credentials, request, source):
            raise RemoteError(400, "Credentials for another URI")  # RFC 7616 §3.4.6
        counted = self._counted(user, source, now)
        if any(self._failures.wait(key, now) for key in counted):
            return Denied(user)
        password = self._accounts.password(user) if credentials.username == user else None
        match self._authenticator.verify(credentials, request.method, password, now):
            case Verdict.RIGHT:
                return Identity(account=user)
            case Verdict.STALE:
                return self._challenge(now, stale=True)
            case Verdict.WRONG:
                for key in counted:
                    self._failures.fail(key, now)
                return Denied(user)

    def _counted(self, user: str, source: Peer, now: float) -> tuple[tuple[str, ...], ...]:
        """What a wrong password is counted against.

        A phone that has its binding at this very address is not mixed up with what comes from its neighbours, nor are
        accounts whose phones are at this host with others there.
        """
        host = source_of(source.host)
        bindings = self._registrar.bindings(user, now)
        if any(binding.source == source for binding in bindings):
            return ((user, host, str(source.port)),)
        if any(binding.source.host == source.host for binding in bindings):
            return ((user, host),)
        return ((user, host), (host,))

    def _is_for(self, credentials: Credentials, request: Request, source: Peer) -> bool:
        """Whether the ``uri`` of credentials means the Request-URI (RFC 7616 §3.4.6).

        Its port and parameters may differ, and its host may be any other name of ours: phones write the domain here
        and an address there.  Its user part may be missing (pyVoIP).
        """
        if credentials.uri == str(request.uri):
            return True
        try:
            named = Uri.parse(credentials.uri)
        except RemoteError:
            return False
        same_host = named.host.lower() == request.uri.host.lower() or self._is_us(named, source)
        return same_host and named.user in (None, request.uri.user)

    def _challenge(self, now: float, *, stale: bool = False) -> Unproven:
        challenges = self._authenticator.challenges(now, stale=stale)
        return Unproven(tuple(("WWW-Authenticate", str(challenge)) for challenge in challenges))

    def _credentials(self, request: Request) -> Credentials | None:
        """Those for our realm; others are for a proxy on the way, or of a scheme that is none of ours."""
        for value in filter(is_digest, request.headers.get_all("Authorization")):
            credentials = Credentials.parse(value)
            if credentials.realm == self._settings.domain:
                return credentials
        return None

    def _our_user(self, uri: Uri, source: Peer) -> str | None:
        """The user part of an address of record in our domain, by whichever name or address the phone knows us."""
        return unquote(uri.user) if uri.user and self._is_us(uri, source) else None

    def _is_us(self, uri: Uri, source: Peer) -> bool:
        host, settings = comparable(uri.host), self._settings
        return host in (comparable(settings.domain), comparable(settings.local(source)[0])) or host in settings.aliases


def _asserted(request: Request) -> str | None:
    try:
        identities = request.addresses("P-Asserted-Identity")
    except RemoteError:
        identities = ()
    for identity in (*identities, request.from_):
        if identity.uri.user:
            return unquote(identity.uri.user)
    return None
