"""SIP, SIPS and tel URIs (RFC 3261 §19.1, RFC 3966); any other scheme is carried as it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from ipaddress import AddressValueError, IPv6Address
from typing import Final, TypedDict, Unpack

from sip.errors import LocalError, RemoteError
from sip.grammar import HOST, Params

_ESCAPED = r"%[0-9A-Fa-f]{2}"
_UNRESERVED = r"A-Za-z0-9\-_.!~*'()"

# user = 1*( unreserved / escaped / user-unreserved ); user-unreserved = "&" / "=" / "+" / "$" / "," / ";" / "?" / "/"
# Bytes above 7F stand in for themselves in what some telephones send; they are escaped on reading.
_USER = re.compile(rf"(?:[{_UNRESERVED}&=+$,;?/\x80-\U0010ffff]|{_ESCAPED})++")

# password = *( unreserved / escaped / "&" / "=" / "+" / "$" / "," )
_PASSWORD = re.compile(rf"(?:[{_UNRESERVED}&=+$,\x80-\U0010ffff]|{_ESCAPED})*+")

# SIP-URI = "sip:" [ userinfo ] hostport uri-parameters [ headers ]; hostport = host [ ":" port ]
_HOSTPORT = re.compile(rf"(?P<host>{HOST})(?::(?P<port>[0-9]{{1,5}}))?+")

# RFC 3261's own grammar makes three colons in front of an embedded IPv4 address: to be tolerated (RFC 5118 §4.10).
_EMBEDDED_IPV4 = re.compile(r":::(?=[0-9]{1,3}\.)")

# uri-parameters = *( ";" pname [ "=" pvalue ] )
# paramchar = "[" / "]" / "/" / ":" / "&" / "+" / "$" / unreserved / escaped
_PARAM_CHAR = rf"(?:[{_UNRESERVED}\[\]/:&+$]|{_ESCAPED})"
_PARAM = re.compile(rf";(?P<name>{_PARAM_CHAR}++)(?:=(?P<value>{_PARAM_CHAR}*+))?+")

# headers = "?" header *( "&" header ); header = hname "=" hvalue
# hnv-unreserved = "[" / "]" / "/" / "?" / ":" / "+" / "$"
_HEADER_CHAR = rf"(?:[{_UNRESERVED}\[\]/?:+$]|{_ESCAPED})"
_HEADER = re.compile(rf"[?&](?P<name>{_HEADER_CHAR}++)=(?P<value>{_HEADER_CHAR}*+)")

# telephone-subscriber = global-number / local-number (RFC 3966 §3): phonedigit-hex and visual separators
_TEL = re.compile(r"(?P<number>\+?[0-9A-Fa-f*#\-.()]++)")

# scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+\-.]*+):")

# opaque-part and hier-part of other schemes: printable, without white space, quotes and brackets
_OPAQUE = re.compile(r"[^\x00-\x20\x7f\"<>]++")

_HEX = re.compile(r"%([0-9A-Fa-f]{2})")
_NOT_ASCII = re.compile(r"[\x80-\U0010ffff]+")
_NOT_USER = re.compile(rf"[^{_UNRESERVED}&=+$,]+")
_PLAIN: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()")
_SEPARATORS = str.maketrans("", "", "-.()")

# RFC 3261 §19.1.4: these, found in one URI only, make two differ; others found in one only are ignored.
_DECISIVE: Final = frozenset({"user", "ttl", "method", "maddr"})


class UriFields(TypedDict, total=False):
    """What :meth:`Uri.with_` can change."""

    scheme: str
    user: str | None
    password: str | None
    host: str
    port: int | None
    params: Params
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Uri:
    """``scheme:user:password@host:port;params?headers``.

    ``user`` and ``password`` are in their escaped form, ASCII only, with everything unescaped that means the same
    either way (``%31`` is ``1``), so that they compare as strings; :func:`escape_user` makes one of free text.
    ``host`` is a name, an IPv4 address or an IPv6 address without its brackets.  A ``tel`` URI has its number in
    ``user`` and no host; any other scheme has everything behind the colon in ``opaque``.
    """

    scheme: str
    user: str | None = None
    password: str | None = None
    host: str = ""
    port: int | None = None
    params: Params = ()
    headers: tuple[tuple[str, str], ...] = ()
    opaque: str | None = None

    def __post_init__(self) -> None:
        try:
            _check(self)
        except RemoteError as error:
            raise LocalError(f"{error.reason}: {self.scheme}:{self.user}@{self.host}") from error

    @classmethod
    def parse(cls, text: str) -> Uri:
        """RemoteError(400) for anything that is no URI; an unknown scheme is not an error here."""
        found = _SCHEME.match(text)
        if found is None:
            raise RemoteError(400, "Bad URI")
        scheme = found["scheme"].lower()
        rest = text[found.end() :]
        if scheme in ("sip", "sips"):
            return _parse_sip(scheme, rest)
        if scheme == "tel":
            return _parse_tel(rest)
        if not _OPAQUE.fullmatch(rest):
            raise RemoteError(400, "Bad URI")
        return cls(scheme, opaque=_escape_foreign(rest))

    def __str__(self) -> str:
        params = "".join(f";{name}" if value is None else f";{name}={value}" for name, value in self.params)
        if self.opaque is not None:
            return f"{self.scheme}:{self.opaque}"
        if self.scheme == "tel":
            return f"tel:{self.user}{params}"
        password = "" if self.password is None else f":{self.password}"
        userinfo = "" if self.user is None else f"{self.user}{password}@"
        headers = "&".join(f"{name}={value}" for name, value in self.headers)
        return f"{self.scheme}:{userinfo}{self.hostport}{params}{'?' if headers else ''}{headers}"

    @property
    def hostport(self) -> str:
        """``host[:port]``, brackets around an IPv6 address."""
        return print_hostport(self.host, self.port)

    def param(self, name: str) -> str | None:
        """The value of a URI parameter; an empty string for one without a value; None when it is not there."""
        for key, value in self.params:
            if key == name:
                return value or ""
        return None

    def with_(self, **changes: Unpack[UriFields]) -> Uri:
        return replace(self, **changes)

    def equivalent(self, other: Uri) -> bool:
        """Whether both mean the same (RFC 3261 §19.1.4, RFC 5954 §4; RFC 3966 §4 for ``tel``)."""
        if self.scheme != other.scheme or self.opaque != other.opaque:
            return False
        if self.scheme == "tel":
            return _same_number(self.user or "", other.user or "") and _same_params(self, other, everything=True)
        return (
            (self.user, self.password, self.port) == (other.user, other.password, other.port)
            and comparable(self.host) == comparable(other.host)
            and _same_params(self, other, everything=False)
            and _folded(self.headers) == _folded(other.headers)
        )


def escape_user(text: str) -> str:
    """Free text as the user part of a URI."""
    return _NOT_USER.sub(lambda match: _percent(match[0]), text)


def print_hostport(host: str, port: int | None) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if port is None else f"{name}:{port}"


def parse_hostport(text: str, what: str) -> tuple[str, int | None]:
    """``host[:port]``, the brackets of an IPv6 address taken off; RemoteError(400) naming ``what``."""
    found = _HOSTPORT.fullmatch(text)
    if found is None:
        raise RemoteError(400, f"Bad host in {what}")
    port = None if found["port"] is None else int(found["port"])
    if port is not None and port > 65535:
        raise RemoteError(400, f"Bad port in {what}")
    host = found["host"]
    if host.startswith("["):
        host = _EMBEDDED_IPV4.sub("::", host[1:-1])
        try:
            IPv6Address(host)
        except AddressValueError:
            raise RemoteError(400, f"Bad IPv6 address in {what}") from None
    return host, port


def _parse_sip(scheme: str, rest: str) -> Uri:
    userinfo, at, behind = rest.partition(
        "@"
    )  # neither host, parameters nor headers may hold an "@" that is not escaped
    if not at:
        userinfo, behind = "", rest
    user, colon, password = userinfo.partition(":")
    if at and not (_USER.fullmatch(user) and _PASSWORD.fullmatch(password)):
        raise RemoteError(400, "Bad user in URI")
    place = _HOSTPORT.match(behind)
    if place is None:
        raise RemoteError(400, "Bad host in URI")
    host, port = parse_hostport(place[0], "URI")
    params, end = _parse_params(behind, place.end())
    return Uri(
        scheme,
        _normalised(user) if at else None,
        _normalised(password) if colon else None,
        host,
        port,
        params,
        _parse_headers(behind, end),
    )


def _parse_tel(rest: str) -> Uri:
    number = _TEL.match(rest)
    if number is None:
        raise RemoteError(400, "Bad telephone number in URI")
    params, end = _parse_params(rest, number.end())
    if end != len(rest):
        raise RemoteError(400, "Bad parameter in URI")
    return Uri("tel", number["number"], params=params)


def _parse_params(text: str, at: int) -> tuple[Params, int]:
    params: list[tuple[str, str | None]] = []
    while found := _PARAM.match(text, at):
        value = found["value"]
        params.append((_normalised(found["name"]).lower(), None if value is None else _normalised(value)))
        at = found.end()
    return tuple(params), at


def _parse_headers(text: str, at: int) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    while found := _HEADER.match(text, at):
        if (text[at] == "?") != (not headers):
            break
        headers.append((found["name"], found["value"]))
        at = found.end()
    if at != len(text):
        raise RemoteError(400, "Bad parameter in URI")
    return tuple(headers)


def _check(uri: Uri) -> None:
    """RemoteError for a URI that would not print as one."""
    if uri.opaque is not None:
        if uri.scheme in ("sip", "sips", "tel") or not _OPAQUE.fullmatch(uri.opaque):
            raise RemoteError(400, "Bad URI")
        return
    if uri.scheme == "tel":
        if uri.user is None or not _TEL.fullmatch(uri.user):
            raise RemoteError(400, "Bad telephone number in URI")
    elif uri.scheme in ("sip", "sips"):
        parse_hostport(uri.hostport, "URI")
        if uri.user is not None and not (uri.user.isascii() and _USER.fullmatch(uri.user)):
            raise RemoteError(400, "Bad user in URI")
        if uri.password is not None and not (uri.password.isascii() and _PASSWORD.fullmatch(uri.password)):
            raise RemoteError(400, "Bad password in URI")
    else:
        raise RemoteError(400, "Bad scheme in URI")
    for name, value in uri.params:
        if not _PARAM.fullmatch(f";{name}" if value is None else f";{name}={value}"):
            raise RemoteError(400, "Bad parameter in URI")
    for name, text in uri.headers:
        if not _HEADER.fullmatch(f"?{name}={text}"):
            raise RemoteError(400, "Bad header in URI")


def _normalised(text: str) -> str:
    """Escapes of unreserved characters undone (RFC 3261 §19.1.4: they mean the same), others in capitals."""
    return _escape_foreign(_HEX.sub(_unescape_plain, text))


def _unescape_plain(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character in _PLAIN else f"%{match[1].upper()}"


def _escape_foreign(text: str) -> str:
    return _NOT_ASCII.sub(lambda match: _percent(match[0]), text)


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogateescape"))


def comparable(host: str) -> str:
    """A host as it compares: IPv6 addresses by value, however they are written (RFC 5954 §4)."""
    return str(IPv6Address(host)) if ":" in host else host.lower()


def _same_number(one: str, other: str) -> bool:
    return one.translate(_SEPARATORS).lower() == other.translate(_SEPARATORS).lower()


def _same_params(one: Uri, other: Uri, *, everything: bool) -> bool:
    mine, theirs = dict(_folded(one.params)), dict(_folded(other.params))
    if everything:
        return mine == theirs
    if any(mine[name] != theirs[name] for name in mine.keys() & theirs.keys()):
        return False
    return not (mine.keys() ^ theirs.keys()) & _DECISIVE


def _folded(pairs: tuple[tuple[str, str | None], ...]) -> list[tuple[str, str]]:
    return sorted((name.lower(), (value or "").lower()) for name, value in pairs)
