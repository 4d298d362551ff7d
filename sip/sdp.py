"""Session descriptions (RFC 8866) as telephony uses them: parsed, printed, and every line that we do not know kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, Literal, NamedTuple

from sip.errors import LocalError, RemoteError

MAX_MEDIA: Final = 16
MAX_LINES: Final = 1_000

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
DIRECTIONS: Final[tuple[Direction, ...]] = ("sendrecv", "sendonly", "recvonly", "inactive")

_LINE_END = re.compile(r"\r?\n|\r")

# type "=" value; some put white space in front of a value's end, none in front of "="
_LINE = re.compile(r"(?P<kind>[a-z])=(?P<value>[^\x00\r\n]*+)")

# media-field = %s"m" "=" media SP port ["/" integer] SP proto 1*(SP fmt) CRLF
_MEDIA = re.compile(
    r"(?P<kind>[^ ]++) ++(?P<port>[0-9]{1,5})(?:/[0-9]{1,5})?+ ++(?P<profile>[^ ]++)(?P<formats>(?: ++[^ ]++)++) *+"
)

# connection-field = %s"c" "=" nettype SP addrtype SP connection-address; a TTL or count only for multicast
_CONNECTION = re.compile(r"IN ++IP[46] ++(?P<address>[^ /]++)(?:/[0-9/]++)?+ *+", re.IGNORECASE)

# rtpmap-value = payload-type SP encoding-name "/" clock-rate [ "/" encoding-params ]
_RTPMAP = re.compile(
    r"(?P<type>[0-9]{1,3}) ++(?P<name>[^ /]++)/(?P<clock>[0-9]{1,6})(?:/(?P<channels>[0-9]{1,2}))?+ *+"
)

# a=rtcp: port [nettype SP addrtype SP connection-address] (RFC 3605 §2.1)
_RTCP = re.compile(r"(?P<port>[0-9]{1,5})(?: ++(?P<connection>.++))?+")

Address = IPv4Address | IPv6Address


class Line(NamedTuple):
    kind: str
    """The letter in front of "="."""
    value: str


class RtpMap(NamedTuple):
    """What a payload type stands for.  ``name`` is as written: encoding names compare without case."""

    name: str
    clock: int
    """Hz."""
    channels: int


class _Section:
    """What the session and each medium have in common: lines in their order."""

    __slots__ = ()
    lines: tuple[Line, ...]

    def attributes(self, name: str) -> tuple[str, ...]:
        """The values of every ``a=name:value``; an empty string for ``a=name``."""
        found = []
        for kind, value in self.lines:
            key, _, content = value.partition(":")
            if kind == "a" and key.strip(" ") == name:
                found.append(content.strip(" "))
        return tuple(found)

    @property
    def address(self) -> Address | None:
        """The first ``c=`` of this section; RemoteError(488) unless it is an IP address: names are not looked up."""
        value = next((value for kind, value in self.lines if kind == "c"), None)
        return None if value is None else parse_connection(value)

    @property
    def direction(self) -> Direction | None:
        """The first direction attribute of this section."""
        return next((direction for line in self.lines for direction in DIRECTIONS if line == ("a", direction)), None)


@dataclass(frozen=True, slots=True)
class Media(_Section):
    kind: str
    """``audio``, ``video``…"""
    port: int
    profile: str
    """``RTP/AVP``…"""
    formats: tuple[str, ...]
    """Payload types in the sender's order of preference."""
    lines: tuple[Line, ...] = ()

    @property
    def rtpmaps(self) -> dict[int, RtpMap]:
        """What is said of payload types; lines that cannot be read are passed over."""
        return {
            int(found["type"]): RtpMap(found["name"], int(found["clock"]), int(found["channels"] or 1))
            for value in self.attributes("rtpmap")
            if (found := _RTPMAP.fullmatch(value))
        }

    @property
    def rtcp(self) -> tuple[Address | None, int] | None:
        """``a=rtcp`` (RFC 3605): address, None for RTP's, and port; None where it is not there or not readable."""
        found = next((found for value in self.attributes("rtcp") if (found := _RTCP.fullmatch(value))), None)
        if found is None or not 0 < int(found["port"]) <= 65535:
            return None
        connection = found["connection"]
        try:
            return (None if connection is None else parse_connection(connection)), int(found["port"])
        except RemoteError:
            return None  # a name, or nonsense: no call fails for want of reports

    def __str__(self) -> str:
        return _print(Line("m", f"{self.kind} {self.port} {self.profile} {' '.join(self.formats)}"), *self.lines)


@dataclass(frozen=True, slots=True)
class SessionDescription(_Section):
    lines: tuple[Line, ...]
    """The session's, without ``v=0``."""
    media: tuple[Media, ...]

    @classmethod
    def parse(cls, body: bytes) -> SessionDescription:
        """RemoteError(488)."""
        texts = [text for text in _LINE_END.split(body.decode("utf-8", "surrogateescape")) if text.strip(" \t")]
        if len(texts) > MAX_LINES:
            raise RemoteError(488, "SDP with too many lines")
        lines = [_line(text) for text in texts]
        if not lines or lines[0] != ("v", "0"):
            raise RemoteError(488, "SDP without v=0")
        starts = [at for at, line in enumerate(lines) if line.kind == "m"]
        if len(starts) > MAX_MEDIA:
            raise RemoteError(488, "SDP with too many media")
        ends = [*starts, len(lines)]
        media = tuple(_media(lines[at], lines[at + 1 : end]) for at, end in zip(starts, ends[1:], strict=True))
        return cls(tuple(lines[1 : ends[0]]), media)

    def __bytes__(self) -> bytes:
        return (_print(Line("v", "0"), *self.lines) + "".join(map(str, self.media))).encode("utf-8", "surrogateescape")

    @property
    def origin(self) -> str | None:
        """``o=`` as it stands: the same again means that nothing has changed (RFC 3264 §8)."""
        return next((value for kind, value in self.lines if kind == "o"), None)

    @property
    def timing(self) -> str:
        """``t=``, which an answer repeats (RFC 3264 §6); ``0 0`` where it was left out."""
        return next((value for kind, value in self.lines if kind == "t"), "0 0")


def parse_connection(value: str) -> Address:
    found = _CONNECTION.fullmatch(value)
    if found is None:
        raise RemoteError(488, "SDP with a bad connection address")
    try:
        return ip_address(found["address"])
    except ValueError:
        raise RemoteError(488, "SDP with a connection address that is no IP address") from None


def print_connection(address: str) -> str:
    return f"IN IP{ip_address(address).version} {address}"


def _line(text: str) -> Line:
    found = _LINE.fullmatch(text)
    if found is None:
        raise RemoteError(488, "SDP with a line that is none")
    return Line(found["kind"], found["value"].rstrip(" \t"))


def _media(head: Line, lines: list[Line]) -> Media:
    found = _MEDIA.fullmatch(head.value)
    if found is None or int(found["port"]) > 65535:
        raise RemoteError(488, "SDP with a bad media line")
    return Media(found["kind"], int(found["port"]), found["profile"], tuple(found["formats"].split()), tuple(lines))


def _print(*lines: Line) -> str:
    for line in lines:
        if not _LINE.fullmatch(f"{line.kind}={line.value}"):
            raise LocalError(f"no line of an SDP: {line}")
    return "".join(f"{line.kind}={line.value}\r\n" for line in lines)
