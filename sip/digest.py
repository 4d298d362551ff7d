"""Digest authentication, both sides (RFC 2617, RFC 7616, for SIP RFC 3261 §22 and RFC 8760)."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import OrderedDict
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import count
from typing import TYPE_CHECKING, Final

from sip.errors import RemoteError
from sip.grammar import QUOTED, TOKEN, is_token, quote, split_list, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ALGORITHMS: Final = ("SHA-256", "SHA-256-SESS", "MD5", "MD5-SESS")
"""The strongest first (RFC 8760 §2.4), in capitals: they compare without case."""

MAX_LENGTH: Final = 2048
"""Letters of a challenge, or of credentials."""

# challenge = ("Digest" LWS digest-cln *(COMMA digest-cln)); credentials = ("Digest" LWS digest-response)
_SCHEME = re.compile(r"[ \t]*+Digest[ \t]++", re.IGNORECASE)

# auth-param = auth-param-name EQUAL ( token / quoted-string ); values are left unquoted by some that should quote them
_PARAM = re.compile(rf"(?P<name>{TOKEN})[ \t]*+=[ \t]*+(?P<value>{QUOTED}|[^ \t\",]++)", re.DOTALL)

# nonce-count = 8LHEX
_NONCE_COUNT = re.compile(r"[0-9A-Fa-f]{8}")

# Our nonces: milliseconds of the agent's clock, a number of their own, and what proves both ours.
_NONCE = re.compile(r"(?P<issued>[0-9a-f]{1,16})-(?P<number>[0-9a-f]{1,16})-(?P<proof>[0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class Challenge:
    """A WWW-Authenticate or Proxy-Authenticate value."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    qop: tuple[str, ...] = ()
    """``auth``, ``auth-int``; empty from a server of RFC 2069."""
    opaque: str | None = None
    stale: bool = False

    @classmethod
    def parse(cls, text: str) -> Challenge:
        """RemoteError(400); an algorithm that we do not know is no error."""
        params = _parse(text)
        return cls(
            realm=_required(params, "realm"),
            nonce=_required(params, "nonce"),
            algorithm=params.get("algorithm", "MD5"),
            qop=tuple(
                option.strip(" \t").lower() for option in params.get("qop", "").split(",") if option.strip(" \t")
            ),
            opaque=params.get("opaque"),
            stale=params.get("stale", "").lower() == "true",
        )

    def __str__(self) -> str:
        opaque = "" if self.opaque is None else f", opaque={quote(self.opaque)}"
        stale = ", stale=true" if self.stale else ""
        qop = f", qop={quote(','.join(self.qop))}" if self.qop else ""
        names = f"realm={quote(self.realm)}, nonce={quote(self.nonce)}"
        return f"Digest {names}{opaque}{stale}, algorithm={self.algorithm}{qop}"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An Authorization or Proxy-Authorization value."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    """Hexadecimal digits."""
    algorithm: str = "MD5"
    cnonce: str | None = None
    opaque: str | None = None
    qop: str | None = None
    nc: int | None = None
    """How many requests have used the nonce, this one included."""

    @classmethod
    def parse(cls, text: str) -> Credentials:
        """RemoteError(400)."""
        params = _parse(text)
        nc = params.get("nc")
        if nc is not None and not _NONCE_COUNT.fullmatch(nc):
            raise RemoteError(400, "Bad nc in credentials")
        return cls(
            username=_required(params, "username"),
            realm=_required(params, "realm"),
            nonce=_required(params, "nonce"),
            uri=_required(params, "uri"),
            response=_required(params, "response").lower(),
            algorithm=params.get("algorithm", "MD5"),
            cnonce=params.get("cnonce"),
            opaque=params.get("opaque"),
            qop=params["qop"].lower() if "qop" in params else None,
            nc=None if nc is None else int(nc, 16),
        )

    def __str__(self) -> str:
        quoted = [("username", self.username), ("realm", self.realm), ("nonce", self.nonce), ("uri", self.uri)]
        quoted += [("response", self.response)]
        quoted += [
            (name, value) for name, value in (("cnonce", self.cnonce), ("opaque", self.opaque)) if value is not None
        ]
        plain = [("algorithm", self.algorithm)]
        if self.qop is not None and self.nc is not None:
            plain += [("qop", self.qop), ("nc", f"{self.nc:08x}")]
        printed = [f"{name}={quote(value)}" for name, value in quoted] + [f"{name}={value}" for name, value in plain]
        return f"Digest {', '.join(printed)}"


def authorize(
    challenges: Iterable[Challenge],
    method: str,
    uri: str,
    username: str,
    password: str,
    body: bytes,
    cnonce: str,
    nc: int,
) -> Credentials | None:
    """The answer to the strongest of ``challenges`` that we can answer; None when there is none.

    Which realms are trusted with a password is the caller's decision: pass their challenges only.  ``uri`` is the
    Request-URI as printed, ``nc`` counts the requests with this nonce from 1.
    """
    usable = [challenge for challenge in challenges if _strength(challenge) is not None]
    if not usable:
        return None
    challenge = min(usable, key=lambda usable: _strength(usable) or 0)
    qop = next((option for option in ("auth", "auth-int") if option in challenge.qop), None)
    needs_cnonce = qop is not None or _is_session(challenge.algorithm)
    unsigned = Credentials(
        username=username,
        realm=challenge.realm,
        nonce=challenge.nonce,
        uri=uri,
        response="",
        algorithm=challenge.algorithm,
        cnonce=cnonce if needs_cnonce else None,
        opaque=challenge.opaque,
        qop=qop,
        nc=None if qop is None else nc,
    )
    return _signed(unsigned, response_to(unsigned, method, password, body))


def response_to(credentials: Credentials, method: str, password: str, body: bytes = b"") -> str:
    """The digest that ``credentials`` have to carry (RFC 7616 §3.4.1), whatever they carry now."""
    algorithm = credentials.algorithm
    cnonce = credentials.cnonce or ""
    secret = _hash(algorithm, f"{credentials.username}:{credentials.realm}:{password}")
    if _is_session(algorithm):
        secret = _hash(algorithm, f"{secret}:{credentials.nonce}:{cnonce}")
    request = f"{method}:{credentials.uri}"
    if credentials.qop == "auth-int":
        request += f":{_hash(algorithm, body)}"
    if credentials.qop is None:
        return _hash(algorithm, f"{secret}:{credentials.nonce}:{_hash(algorithm, request)}")
    count = f"{credentials.nc or 0:08x}"
    middle = f"{credentials.nonce}:{count}:{cnonce}:{credentials.qop}"
    return _hash(algorithm, f"{secret}:{middle}:{_hash(algorithm, request)}")


class Verdict(Enum):
    RIGHT = auto()
    STALE = auto()  # the password is right, the nonce is not (any more): challenge again with stale=true
    WRONG = auto()


class Authenticator:
    """The server's side for one realm.

    Nonces are not stored: each carries its time and a proof under ``secret``, and counts for ``lifetime`` seconds.
    What is stored, for nonces in use, is the highest count seen, so that nothing can be replayed; the store is
    bounded, and when it is full the oldest nonces are stale early.
    """

    def __init__(
        self,
        realm: str,
        secret: bytes,
        *,
        algorithms: Sequence[str] = ("SHA-256", "MD5"),
        lifetime: float = 300.0,
        capacity: int = 4096,
    ) -> None:
        """``algorithms`` are offered in this order (RFC 8760 §2.4: the strongest first)."""
        self.realm = realm
        self._algorithms = tuple(algorithms)
        self._offered = frozenset(algorithm.upper() for algorithm in algorithms)
        self._secret = secret
        self._lifetime = round(lifetime * 1000)
        self._capacity = capacity
        self._numbers = count()
        self._counts: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._forgotten = -1

    def challenges(self, now: float, *, stale: bool = False) -> tuple[Challenge, ...]:
        """One for each algorithm, each for a WWW-Authenticate header of its own."""
        nonce = self._nonce(round(now * 1000), next(self._numbers))
        return tuple(Challenge(self.realm, nonce, algorithm, ("auth",), stale=stale) for algorithm in self._algorithms)

    def verify(self, credentials: Credentials, method: str, password: str | None, now: float) -> Verdict:
        """``password`` None for a user who does not exist: it takes as long as a wrong password does.

        Only what was offered is taken: no weaker algorithm, no other protection; none at all is RFC 2069.
        """
        offered = credentials.algorithm.upper() in self._offered and credentials.realm == self.realm
        if not offered or credentials.qop not in (None, "auth"):
            return Verdict.WRONG
        expected = response_to(credentials, method, password or "")
        right = hmac.compare_digest(expected.encode(), credentials.response.encode("utf-8", "surrogateescape"))
        if not right or password is None:
            return Verdict.WRONG
        issued = self._issued(credentials.nonce)
        if issued is None or not 0 <= now * 1000 - issued + 1 <= self._lifetime or issued <= self._forgotten:
            return Verdict.STALE
        return Verdict.RIGHT if self._count(credentials, issued) else Verdict.STALE

    def _nonce(self, issued: int, number: int) -> str:
        stamp = f"{issued:x}-{number:x}"
        proof = hmac.new(self._secret, f"{self.realm}:{stamp}".encode(), hashlib.sha256).hexdigest()
        return f"{stamp}-{proof[:32]}"

    def _issued(self, nonce: str) -> int | None:
        """When a nonce was given out, in milliseconds; None when it is none of ours."""
        found = _NONCE.fullmatch(nonce)
        if found is None:
            return None
        issued, number = int(found["issued"], 16), int(found["number"], 16)
        return issued if hmac.compare_digest(self._nonce(issued, number), nonce) else None

    def _count(self, credentials: Credentials, issued: int) -> bool:
        """Whether the count is above the last one of this nonce; clients of RFC 2069 have none, and a nonce serves them
        once."""
        used = (credentials.nonce, credentials.cnonce or "")
        number = 1 if credentials.qop is None else credentials.nc
        if number is None or number <= self._counts.get(used, 0):
            return False
        self._counts[used] = number
        if len(self._counts) > self._capacity:
            (nonce, _), _ = self._counts.popitem(last=False)
            self._forgotten = max(self._forgotten, self._issued(nonce) or 0)
        return True


def is_digest(text: str) -> bool:
    """Whether these credentials are of this scheme at all."""
    return _SCHEME.match(text) is not None


def _parse(text: str) -> dict[str, str]:
    if len(text) > MAX_LENGTH:
        raise RemoteError(400, "Authentication too long")
    scheme = _SCHEME.match(text)
    if scheme is None:
        raise RemoteError(400, "Authentication other than Digest")
    params: dict[str, str] = {}
    for element in split_list(text[scheme.end() :]):
        found = _PARAM.fullmatch(element)
        if found is None or found["name"].lower() in params:
            raise RemoteError(400, "Bad authentication parameter")
        params[found["name"].lower()] = unquote(found["value"])
    return params


def _required(params: dict[str, str], name: str) -> str:
    if name not in params:
        raise RemoteError(400, f"Authentication without {name}")
    return params[name]


def _strength(challenge: Challenge) -> int | None:
    """The place among :data:`ALGORITHMS`; None for a challenge that we cannot answer."""
    algorithm = challenge.algorithm.upper()
    if algorithm not in ALGORITHMS or not is_token(challenge.algorithm):
        return None
    if challenge.qop and not {"auth", "auth-int"} & set(challenge.qop):
        return None
    return ALGORITHMS.index(algorithm)


def _is_session(algorithm: str) -> bool:
    return algorithm.upper().endswith("-SESS")


def _hash(algorithm: str, text: str | bytes) -> str:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    if algorithm.upper().startswith("SHA-256"):
        return hashlib.sha256(data).hexdigest()
    return hashlib.md5(data, usedforsecurity=False).hexdigest()  # the peer's choice: RFC 8760 keeps it for old phones


def _signed(credentials: Credentials, response: str) -> Credentials:
    return replace(credentials, response=response)
