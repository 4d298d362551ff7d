"""Requests and responses as values (RFC 3261 §7), and the response that belongs to a request (§8.2.6)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from sip.errors import LocalError, RemoteError
from sip.grammar import MAX_VALUES, check_field, check_param, is_token, parse_number, split_list
from sip.headers import CSeq, NameAddr, Reason, SessionExpires, Via
from sip.reasons import REASONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sip.uri import Uri

MAX_SECONDS: Final = 2**32 - 1
"""delta-seconds above it mean the same (§20.19)."""

# §20 and the IANA registry: compact forms, and the spelling that a title-cased name would miss.
_COMPACT: Final = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "n": "Identity-Info",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
    "y": "Identity",
}
_SPELLED: Final = {
    name.lower(): name
    for name in (
        *("Call-ID", "CSeq", "MIME-Version", "Min-SE", "RAck", "RSeq", "SIP-ETag", "SIP-If-Match", "WWW-Authenticate"),
        *_COMPACT.values(),
    )
}


# delta-seconds = 1*DIGIT; Retry-After = delta-seconds [ comment ] *( SEMI retry-param )
_SECONDS = re.compile(r"0*([0-9]++)[ \t]*+(?:[;(].*+)?+$")


@lru_cache(maxsize=512)
def canonical(name: str) -> str:
    """The one spelling of a header's name: full form, capitals as the RFCs have them."""
    lower = name.strip(" \t").lower()
    return _COMPACT.get(lower) or _SPELLED.get(lower) or "-".join(part.capitalize() for part in lower.split("-"))


class Headers:
    """The header fields of a message in their order: immutable, names in their canonical spelling.

    Content-Length is not among them: it is framing, which the parser consumes and printing writes.
    """

    __slots__ = ("_items",)

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._items = tuple(_field(name, value) for name, value in items)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._items == other._items

    def __hash__(self) -> int:
        return hash(self._items)

    def __repr__(self) -> str:
        return f"Headers({list(self._items)!r})"

    def get(self, name: str) -> str | None:
        """The first field's value."""
        name = canonical(name)
        for key, value in self._items:
            if key == name:
                return value
        return None

    def get_all(self, name: str) -> tuple[str, ...]:
        """The values of all fields of that name, one a field: a field may hold a list."""
        name = canonical(name)
        return tuple([value for key, value in self._items if key == name])

    def with_(self, name: str, *values: str) -> Headers:
        """With these fields in place of all of that name, where the first of them stood, else at the end."""
        name = canonical(name)
        at = next((i for i, (key, _) in enumerate(self._items) if key == name), len(self._items))
        before, behind = self._items[:at], (item for item in self._items[at:] if item[0] != name)
        return _of((*before, *(_field(name, value) for value in values), *behind))

    def adding(self, name: str, *values: str) -> Headers:
        """With these fields behind all others."""
        return _of((*self._items, *(_field(name, value) for value in values)))

    def without(self, *names: str) -> Headers:
        gone = {canonical(name) for name in names}
        return _of(tuple(item for item in self._items if item[0] not in gone))

    def only(self, *names: str) -> Headers:
        """The fields of these names, in their order."""
        kept = {canonical(name) for name in names}
        return _of(tuple(item for item in self._items if item[0] in kept))


class _Typed:
    """What the headers say, as values.

    The parser has checked Via, From, To, Call-ID, CSeq and Max-Forwards; any other may raise RemoteError(400).
    """

    __slots__ = ()
    headers: Headers

    @property
    def vias(self) -> tuple[Via, ...]:
        return tuple(map(Via.parse, self._elements("Via")))

    @property
    def via(self) -> Via:
        """The topmost."""
        return Via.parse(split_list(self._the("Via"))[0])

    @property
    def from_(self) -> NameAddr:
        return NameAddr.parse(self._the("From"), "From")

    @property
    def to(self) -> NameAddr:
        return NameAddr.parse(self._the("To"), "To")

    @property
    def call_id(self) -> str:
        return self._the("Call-ID")

    @property
    def cseq(self) -> CSeq:
        return CSeq.parse(self._the("CSeq"))

    @property
    def wildcard_contact(self) -> bool:
        """``Contact: *``, which takes back every binding (§10.2.2); :attr:`contacts` is empty then."""
        return self.headers.get_all("Contact") == ("*",)

    @property
    def contacts(self) -> tuple[NameAddr, ...]:
        return () if self.wildcard_contact else self.addresses("Contact")

    @property
    def routes(self) -> tuple[NameAddr, ...]:
        return self.addresses("Route")

    @property
    def record_routes(self) -> tuple[NameAddr, ...]:
        return self.addresses("Record-Route")

    @property
    def max_forwards(self) -> int | None:
        """0–255 (§20.22)."""
        return self._number("Max-Forwards", 255)

    @property
    def expires(self) -> int | None:
        """Seconds."""
        return self.seconds("Expires")

    @property
    def session_expires(self) -> SessionExpires | None:
        value = self.headers.get("Session-Expires")
        return None if value is None else SessionExpires.parse(value)

    @property
    def why(self) -> str | None:
        """What Reason says, in words; None where it says nothing that can be read (RFC 3326)."""
        try:
            reasons = [reason for value in self.headers.get_all("Reason") for reason in Reason.parse_list(value)]
        except RemoteError:
            return None
        return next((words for reason in reasons if (words := reason.words)), None)

    @property
    def content_type(self) -> str | None:
        """``type/subtype`` in lower case, without parameters."""
        value = self.headers.get("Content-Type")
        return None if value is None else value.partition(";")[0].replace(" ", "").lower()

    def addresses(self, name: str) -> tuple[NameAddr, ...]:
        """Every value of a header that lists addresses (Route, Contact, P-Asserted-Identity…)."""
        return tuple(NameAddr.parse(element, canonical(name)) for element in self._elements(name))

    def tokens(self, name: str) -> tuple[str, ...]:
        """Every element of a header that lists words (Supported, Require, Allow…), as they stand."""
        return tuple(token for value in self.headers.get_all(name) for token in split_list(value) if token)

    def seconds(self, name: str) -> int | None:
        """delta-seconds (Expires, Min-Expires, Min-SE, Retry-After): a value too large for 32 bits is cut off there."""
        value = self.headers.get(name)
        if value is None:
            return None
        found = _SECONDS.match(value)
        if found is None:
            raise RemoteError(400, f"Bad {canonical(name)}")
        return MAX_SECONDS if len(found[1]) > 10 else min(int(found[1]), MAX_SECONDS)

    def _number(self, name: str, limit: int) -> int | None:
        value = self.headers.get(name)
        number = None if value is None else parse_number(value, limit)
        if value is not None and number is None:
            raise RemoteError(400, f"Bad {name}")
        return number

    def _elements(self, name: str) -> list[str]:
        """Of a list, over all fields of the name; RemoteError(513) before the first of too many is read."""
        elements: list[str] = []
        for value in self.headers.get_all(name):
            elements += split_list(value)
            if len(elements) > MAX_VALUES:
                raise RemoteError(513, "Too many values in one header")
        return elements

    def _the(self, name: str) -> str:
        value = self.headers.get(name)
        if value is None:
            raise RemoteError(400, f"Missing {name}")
        return value


@dataclass(frozen=True, slots=True)
class Request(_Typed):
    method: str
    uri: Uri
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    def __post_init__(self) -> None:
        if not is_token(self.method):
            raise LocalError(f"no method: {self.method!r}")

    def __bytes__(self) -> bytes:
        return _print(f"{self.method} {self.uri} SIP/2.0", self.headers, self.body)

    def with_headers(self, headers: Headers) -> Request:
        return replace(self, headers=headers)


@dataclass(frozen=True, slots=True)
class Response(_Typed):
    status: int
    reason: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    def __post_init__(self) -> None:
        if not 100 <= self.status <= 699:
            raise LocalError(f"no status: {self.status}")
        check_field(self.reason)

    def __bytes__(self) -> bytes:
        return _print(f"SIP/2.0 {self.status} {self.reason}", self.headers, self.body)

    def with_headers(self, headers: Headers) -> Response:
        return replace(self, headers=headers)


@dataclass(frozen=True, slots=True)
class Fragment(_Typed):
    """What could be read of a request that is malformed: enough to answer it, nothing to act on."""

    method: str
    headers: Headers


Message = Request | Response


def respond(
    request: Request | Fragment,
    status: int,
    reason: str | None = None,
    *,
    to_tag: str | None = None,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
) -> Response:
    """The response to ``request`` (§8.2.6.2): its Via, From, To, Call-ID and CSeq, then ``headers``.

    ``to_tag`` is added where the request has none and the status is above 100.  Responses that make a dialog carry the
    request's Record-Route (§12.1.1), a 100 its Timestamp (§8.2.6.1).
    """
    copied = ["Via", "From", "To", "Call-ID", "CSeq"]
    if status == 100:
        copied.append("Timestamp")
    elif status < 300 and request.method == "INVITE":
        copied.append("Record-Route")
    answer = request.headers.only(*copied)
    if to_tag is not None and status > 100:
        answer = _with_tag(answer, to_tag)
    answer = _of((*answer, *Headers(headers)))
    return Response(status, REASONS.get(status, "Unknown") if reason is None else reason, answer, body)


def _with_tag(headers: Headers, tag: str) -> Headers:
    """The tag goes behind To as it stands: a request may be refused for that very header, or for having none."""
    to = headers.get("To")
    if to is None:
        return headers
    try:
        tagged = NameAddr.parse(to).tag is not None
    except RemoteError:
        tagged = False
    check_param("tag", tag)
    return headers if tagged else headers.with_("To", f"{to};tag={tag}")


def _field(name: str, value: str) -> tuple[str, str]:
    return _checked(name), check_field(value)


@lru_cache(maxsize=512)
def _checked(name: str) -> str:
    name = canonical(name)
    if not is_token(name):
        raise LocalError(f"no header name: {name!r}")
    if name == "Content-Length":
        raise LocalError("Content-Length is computed from the body")
    return name


def _of(items: tuple[tuple[str, str], ...]) -> Headers:
    """Headers of fields that have been checked."""
    headers = Headers()
    headers._items = items
    return headers


def _print(start: str, headers: Headers, body: bytes) -> bytes:
    lines = [start, *(f"{name}: {value}" for name, value in headers), f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + body


def retry_after(response: Response) -> int | None:
    """Seconds (§20.33); None where it says none that can be read."""
    try:
        return response.seconds("Retry-After")
    except RemoteError:
        return None
