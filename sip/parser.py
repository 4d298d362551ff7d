"""Bytes to messages (RFC 3261 §7, §25.1; the verdicts of RFC 4475).

Text is UTF-8; bytes that are not come through as surrogates, so that what is copied into an answer or sent on is what
came in.  Line folding is undone (§7.3.1), a bare LF ends a line as well as CRLF does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NoReturn

from sip.errors import RemoteError
from sip.grammar import TOKEN, has_nul, parse_number
from sip.message import Fragment, Headers, Request, Response, canonical
from sip.uri import Uri

MAX_MESSAGE: Final = 65_535
MAX_FIELD: Final = 8_192
MAX_FIELDS: Final = 200
MAX_BODY: Final = 32_768
MAX_PIECES: Final = 1_000
"""Separators and escapes in all header fields together: what a message costs to read goes with them."""

EMPTY_LINE = re.compile(rb"\r?\n\r?\n")
_SEPARATORS = (b",", b";", b"%", b"\\")
_LINE_END = re.compile(r"\r?\n")

# LWS = [*WSP CRLF] 1*WSP, where a header goes on in the next line
_FOLD = re.compile(r"(?:\r?\n[ \t]++)++")

# Request-Line = Method SP Request-URI SP SIP-Version CRLF; pyVoIP takes all that follows "<" in a Contact for the URI,
# ">;isfocus" too
_REQUEST_LINE = re.compile(rf"{TOKEN} (?P<uri>[^ \t>]++)(?:>[^ \t]*+)?+ SIP/2\.0", re.IGNORECASE)
_METHOD = re.compile(rf"(?P<method>{TOKEN})[ \t]")

# SIP-Version = "SIP" "/" 1*DIGIT "." 1*DIGIT
_OTHER_VERSION = re.compile(r"[^\r\n]* SIP/(?!2\.0$)[0-9]++\.[0-9]++", re.IGNORECASE)

# Status-Line = SIP-Version SP Status-Code SP Reason-Phrase CRLF; some leave out the space before an empty phrase
_STATUS_LINE = re.compile(r"SIP/2\.0 (?P<status>[1-6][0-9]{2})(?: (?P<reason>.*+))?+", re.IGNORECASE)

# message-header = header-name HCOLON header-value; HCOLON = *( SP / HTAB ) ":" SWS
_FIELD = re.compile(rf"(?P<name>{TOKEN})[ \t]*+:[ \t]*+(?P<value>.*+)")

_ONCE: Final = ("From", "To", "Call-ID", "CSeq")
_AT_MOST_ONCE: Final = ("Max-Forwards", "Content-Type", "Expires")


@dataclass(frozen=True, slots=True)
class _Fields:
    headers: Headers
    lengths: tuple[str, ...]
    flaw: RemoteError | None
    """The first field that could not be read."""


def parse(datagram: bytes) -> Request | Response:
    """The one message of a datagram (or of a stream's frame); what follows its body is ignored (§18.3).

    RemoteError, with ``request`` set where it can be answered: send that answer back to where the datagram came from,
    since the message's own Via may be what is wrong.
    """
    if len(datagram) > MAX_MESSAGE:
        raise RemoteError(513, "Message too large")
    datagram = datagram.lstrip(b"\r\n")  # §7.5
    end = EMPTY_LINE.search(datagram)
    head, body = (datagram, None) if end is None else (datagram[: end.start()], datagram[end.end() :])
    start, fields = _read_head(head)
    if found := _STATUS_LINE.fullmatch(start):
        return _response(int(found["status"]), found["reason"] or "", fields, body)
    return _request(start, fields, body)


def body_length(head: bytes) -> int:
    """Octets that follow the empty line, for a message of a stream, where it has to say so (§18.3, §20.14).

    RemoteError, with ``request`` set where it can be answered: nothing that follows can be told apart.
    """
    _, fields = _read_head(head)
    if len(fields.lengths) != 1:
        raise RemoteError(400, f"{'More than one' if fields.lengths else 'Missing'} Content-Length", fragment(head))
    length = parse_number(fields.lengths[0], 999_999)
    if length is None:
        raise RemoteError(400, "Bad Content-Length", fragment(head))
    if length > MAX_BODY:
        raise RemoteError(413, "Request Entity Too Large", fragment(head))
    return length


def fragment(head: bytes) -> Fragment | None:
    """What can be read of a request that can't be read to its end; None where nothing can be answered."""
    start, fields = _read_head(head)
    found = None if _STATUS_LINE.fullmatch(start) else _METHOD.match(start)
    return None if found is None else _answerable(Fragment(found["method"], fields.headers))


def _read_head(head: bytes) -> tuple[str, _Fields]:
    start, *lines = _LINE_END.split(_FOLD.sub(" ", head.decode("utf-8", "surrogateescape")))
    return start, _read_fields(lines, sum(head.count(separator) for separator in _SEPARATORS))


def _request(start: str, fields: _Fields, body: bytes | None) -> Request:
    found = _METHOD.match(start)
    if found is None:
        raise RemoteError(400, "No SIP message")
    try:
        uri = _request_uri(start)
        content = _check_frame(fields, body)
        request = Request(found["method"], uri, fields.headers, content)
        _check_headers(request)
    except RemoteError as error:
        _refuse(error, Fragment(found["method"], fields.headers))
    return request


def _response(status: int, reason: str, fields: _Fields, body: bytes | None) -> Response:
    if _has_stray(reason):
        raise RemoteError(400, "Stray control character")
    response = Response(status, reason, fields.headers, _check_frame(fields, body))
    _check_headers(response)
    return response


def _refuse(error: RemoteError, read: Fragment) -> NoReturn:
    raise RemoteError(error.status, error.reason, _answerable(read)) from None


def _answerable(read: Fragment) -> Fragment | None:
    """An ACK is never answered, and without a Via nothing says what the answer would belong to."""
    if read.method == "ACK" or "Via" not in read.headers:
        return None
    first = read.headers
    for name in _ONCE:
        first = first.with_(name, *first.get_all(name)[:1])
    return Fragment(read.method, first)


def _request_uri(start: str) -> Uri:
    found = _REQUEST_LINE.fullmatch(start)
    if found is None:
        if _OTHER_VERSION.fullmatch(start):
            raise RemoteError(505, "Version Not Supported")
        raise RemoteError(400, "Bad Request-Line")
    if len(found["uri"]) > MAX_FIELD:
        raise RemoteError(414, "Request-URI Too Long")
    uri = Uri.parse(found["uri"])
    if uri.headers:  # §19.1.1, table 1: not in a Request-URI
        raise RemoteError(400, "Headers in the Request-URI")
    return uri


def _read_fields(lines: list[str], pieces: int) -> _Fields:
    items: list[tuple[str, str]] = []
    lengths: list[str] = []
    flaw: RemoteError | None = None
    if len(lines) > MAX_FIELDS or pieces > MAX_PIECES:
        flaw = RemoteError(513, "Too many header fields or values")
    for line in lines[:MAX_FIELDS]:
        found = _FIELD.fullmatch(line)
        if len(line) > MAX_FIELD:
            flaw = flaw or RemoteError(513, "Header field too large")
        elif found is None or _has_stray(line):
            # The line break before an end of data that no empty line closes leaves one empty line here.
            flaw = flaw or (RemoteError(400, "Bad header field") if line else None)
        elif canonical(found["name"]) == "Content-Length":
            lengths.append(found["value"].rstrip(" \t"))
        else:
            items.append((found["name"], found["value"].rstrip(" \t")))
    return _Fields(Headers(items), tuple(lengths), flaw)


def _has_stray(line: str) -> bool:
    """A CR that ends no line, a NUL that is no quoted-pair: nothing may carry them into a log, an answer or a file."""
    return "\r" in line or has_nul(line)


def _check_frame(fields: _Fields, rest: bytes | None) -> bytes:
    """The body: as long as Content-Length says, or to the end of the datagram where it says nothing (§18.3)."""
    if fields.flaw is not None:
        raise fields.flaw
    if rest is None:
        raise RemoteError(400, "No end of the header fields")
    length: int | None = len(rest)
    if len(fields.lengths) > 1:
        raise RemoteError(400, "More than one Content-Length")
    if fields.lengths:
        length = parse_number(fields.lengths[0], 999_999)
    if length is None or length > len(rest):
        raise RemoteError(400, "Bad Content-Length")
    if length > MAX_BODY:
        raise RemoteError(413, "Request Entity Too Large")
    return rest[:length]


def _check_headers(message: Request | Response) -> None:
    """So that no accessor of these headers can fail later."""
    headers = message.headers
    for name in _ONCE:
        if len(headers.get_all(name)) != 1:
            raise RemoteError(400, f"{'More than one' if name in headers else 'Missing'} {name}")
    for name in _AT_MOST_ONCE:
        if len(headers.get_all(name)) > 1:
            raise RemoteError(400, f"More than one {name}")
    vias = message.vias
    if not vias:
        raise RemoteError(400, "Missing Via")
    cseq = message.cseq
    if isinstance(message, Request) and cseq.method != message.method:
        raise RemoteError(400, "CSeq of another method")
    if not message.call_id:
        raise RemoteError(400, "Bad Call-ID")
    _ = (message.from_, message.to, message.max_forwards, message.expires, message.session_expires)
    _ = (message.routes, message.record_routes, message.contacts)
    _ = [message.tokens(name) for name in ("Require", "Supported", "Allow")]
    if isinstance(message, Request):
        _ = message.seconds("Min-SE")
