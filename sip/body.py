"""Where the session description is in a message's body: alone, or among the parts of a multipart (RFC 5621)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sip.grammar import QUOTED, TOKEN, unquote

if TYPE_CHECKING:
    from sip.message import Request, Response

SDP: Final = "application/sdp"
MAX_PARTS: Final = 8

# m-parameter = m-attribute EQUAL m-value, where the attribute is boundary (RFC 2046 §5.1.1: 1 to 70 characters)
_BOUNDARY = re.compile(rf";[ \t]*boundary[ \t]*=[ \t]*(?P<boundary>{QUOTED}|[^ \t;\"]{{1,70}})", re.IGNORECASE)
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_PART_TYPE = re.compile(
    rb"^Content-Type[ \t]*:[ \t]*(?P<type>%b/%b)" % ((TOKEN.encode(),) * 2), re.IGNORECASE | re.MULTILINE
)


def session_description(message: Request | Response) -> bytes | None:
    """None when there is none; a body that does not say what it is counts as SDP if it begins like one."""
    kind = message.content_type
    if not message.body:
        return None
    if kind is None:
        return message.body if message.body.startswith(b"v=0") else None
    if kind == SDP:
        return message.body
    if kind.startswith("multipart/"):
        return _part(message.body, message.headers.get("Content-Type") or "")
    return None


def _part(body: bytes, content_type: str) -> bytes | None:
    found = _BOUNDARY.search(content_type)
    if found is None:
        return None
    boundary = unquote(found["boundary"]).encode("utf-8", "surrogateescape")
    for part in body.split(b"--" + boundary, MAX_PARTS + 1)[1:]:
        end = _HEAD_END.search(part)
        if end is None:
            continue
        head = _PART_TYPE.search(part[: end.start()])
        if head is not None and head["type"].lower() == SDP.encode():
            return part[end.end() :].removesuffix(b"\n").removesuffix(b"\r")
    return None
