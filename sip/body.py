"""The session description in a message's body, alone or among others (RFC 3261 §13, RFC 5621, RFC 2046 §5.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sip.errors import RemoteError
from sip.grammar import get_param, parse_params

if TYPE_CHECKING:
    from sip.message import Request, Response

MAX_PARTS: Final = 8
MAX_DEPTH: Final = 3

SDP: Final = "application/sdp"

# m-type SLASH m-subtype *( SEMI m-parameter )
_MEDIA_TYPE = re.compile(r"(?P<type>[^;\s/]++)[ \t]*+/[ \t]*+(?P<subtype>[^;\s/]++)[ \t]*+(?P<params>.*+)")

# The header fields of a part end with an empty line, which is there even without fields.
_PART = re.compile(rb"(?P<head>(?:[^\r\n]++\r?\n)*+)\r?\n(?P<body>.*+)", re.DOTALL)

_TYPE_OF_PART = re.compile(rb"^Content-Type[ \t]*+:[ \t]*+(?P<value>[^\r\n]*+)", re.IGNORECASE | re.MULTILINE)
_FOLD = re.compile(rb"\r?\n[ \t]++")


def session_description(message: Request | Response) -> bytes | None:
    """The SDP that ``message`` carries, the first if it has several parts; None for an empty body.

    Carriers put ISUP or a location beside it.  RemoteError(415) for a body without any: answer with
    ``Accept: application/sdp``.
    """
    if not message.body:
        return None
    if (message.headers.get("Content-Encoding") or "identity").lower() != "identity":
        raise RemoteError(415, "Unsupported Content-Encoding")
    found = _find(message.headers.get("Content-Type") or "", message.body, MAX_DEPTH)
    if found is None:
        raise RemoteError(415, "No session description in the body")
    return found


def unanswerable_description(message: Request | Response) -> bytes | None:
    """That of a response or an ACK, whose sender cannot be told what is wrong: None for what cannot be read."""
    try:
        return session_description(message)
    except RemoteError:
        return None


def _find(content_type: str, body: bytes, depth: int) -> bytes | None:
    parsed = _MEDIA_TYPE.fullmatch(content_type)
    if parsed is None:
        return None
    kind = f"{parsed['type']}/{parsed['subtype']}".lower()
    if kind == SDP:
        return body
    if not kind.startswith("multipart/") or depth == 0:
        return None
    boundary = get_param(parse_params(parsed["params"], "Content-Type"), "boundary")
    if not boundary:
        raise RemoteError(400, "Multipart body without a boundary")
    candidates = (_find(*part, depth - 1) for part in _parts(body, boundary))
    return next((found for found in candidates if found is not None), None)


def _parts(body: bytes, boundary: str) -> list[tuple[str, bytes]]:
    """Content-Type and content of each part, what stands before the first and behind the last boundary left out."""
    delimiter = b"\n--" + boundary.encode("utf-8", "surrogateescape")
    _, *pieces = (b"\n" + body).split(delimiter)
    parts: list[tuple[str, bytes]] = []
    for piece in pieces:
        if piece.startswith(b"--"):
            break
        if len(parts) == MAX_PARTS:
            raise RemoteError(413, "Too many parts in the body")
        _, _, part = piece.partition(b"\n")  # white space may stand behind a boundary
        parts.append(_part(part.removesuffix(b"\r")))
    return parts


def _part(part: bytes) -> tuple[str, bytes]:
    found = _PART.fullmatch(part)
    if found is None:
        raise RemoteError(400, "Bad part in the body")
    kind = _TYPE_OF_PART.search(_FOLD.sub(b" ", found["head"]))
    return (kind["value"].decode("utf-8", "surrogateescape") if kind else "text/plain"), found["body"]
