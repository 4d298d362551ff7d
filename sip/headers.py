"""Headers that have a structure, each parsed and printed in one place (RFC 3261 §20)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from sip.errors import LocalError, RemoteError
from sip.grammar import (
    QUOTED,
    TOKEN,
    Params,
    check_param,
    get_param,
    is_token,
    parse_number,
    parse_params,
    print_params,
    quote,
    set_param,
    split_list,
    unquote,
)
from sip.reasons import REASONS
from sip.uri import Uri, parse_hostport, print_hostport

MAX_SEQUENCE = 2**31 - 1
_REMEMBERED = 512

# name-addr = [ display-name ] LAQUOT addr-spec RAQUOT; display-name = *(token LWS) / quoted-string
# Unquoted names are taken with any character but separators: telephones send them in UTF-8, with brackets and colons.
_NAME_ADDR = re.compile(rf'(?:(?P<quoted>{QUOTED})[ \t]*+|(?P<plain>[^"<>,;]*+))<(?P<uri>[^<>]*+)>', re.DOTALL)

# addr-spec, when it stands without brackets, ends at the first of these: §20.10 gives what follows to the header.
_ADDR_SPEC = re.compile(r"[^ \t,;?<>\"]++")

# via-parm = sent-protocol LWS sent-by *( SEMI via-params )
# sent-protocol = protocol-name SLASH protocol-version SLASH transport; sent-by = host [ COLON port ]
_VIA = re.compile(
    rf"(?P<name>{TOKEN})[ \t]*+/[ \t]*+(?P<version>{TOKEN})[ \t]*+/[ \t]*+(?P<transport>{TOKEN})[ \t]++"
    r"(?P<host>\[[^\] \t]*+\]|[^ \t:;,]++)(?:[ \t]*+:[ \t]*+(?P<port>[0-9]{1,5}))?+[ \t]*+"
)

# CSeq = "CSeq" HCOLON 1*DIGIT LWS Method
_CSEQ = re.compile(rf"(?P<number>[0-9]++)[ \t]++(?P<method>{TOKEN})")

# reason-value = protocol *(SEMI reason-params) (RFC 3326 §2)
_REASON = re.compile(rf"[ \t]*+(?P<protocol>{TOKEN})[ \t]*+")

# Session-Expires = ( "Session-Expires" / "x" ) HCOLON delta-seconds *( SEMI se-params ) (RFC 4028 §4)
_SECONDS = re.compile(r"(?P<seconds>[0-9]++)[ \t]*+")


@dataclass(frozen=True, slots=True)
class NameAddr:
    """A From, To, Contact, Route, Record-Route or P-Asserted-Identity value."""

    uri: Uri
    display: str = ""
    """Without quotes; valid text whatever bytes came in."""
    params: Params = ()

    def __post_init__(self) -> None:
        for name, value in self.params:
            check_param(name, value)

    @classmethod
    def parse(cls, text: str, what: str = "address") -> NameAddr:
        """RemoteError(400) naming the header ``what``."""
        return _name_addr(text, what)

    @classmethod
    def parse_list(cls, text: str, what: str = "address") -> tuple[NameAddr, ...]:
        return tuple(cls.parse(element, what) for element in split_list(text))

    def __str__(self) -> str:
        display = f"{quote(self.display)} " if self.display else ""
        return f"{display}<{self.uri}>{print_params(self.params)}"

    def param(self, name: str) -> str | None:
        """The value of a header parameter, unquoted; an empty string for one without a value; None for none."""
        return get_param(self.params, name)

    def with_param(self, name: str, value: str | None) -> NameAddr:
        return replace(self, params=set_param(self.params, name, value))

    @property
    def tag(self) -> str | None:
        return self.param("tag") or None

    def with_tag(self, tag: str) -> NameAddr:
        return self.with_param("tag", tag)


@dataclass(frozen=True, slots=True)
class Via:
    """One hop (§20.42)."""

    transport: str
    """In capitals: UDP, TCP, TLS…"""
    host: str
    port: int | None = None
    params: Params = ()
    protocol: str = "SIP/2.0"

    def __post_init__(self) -> None:
        for name, value in self.params:
            check_param(name, value)

    @classmethod
    def parse(cls, text: str) -> Via:
        return _via(text)

    @classmethod
    def parse_list(cls, text: str) -> tuple[Via, ...]:
        return tuple(cls.parse(element) for element in split_list(text))

    def __str__(self) -> str:
        sent_by = print_hostport(self.host, self.port)
        return f"{self.protocol}/{self.transport} {sent_by}{print_params(self.params)}"

    def param(self, name: str) -> str | None:
        return get_param(self.params, name)

    def with_param(self, name: str, value: str | None) -> Via:
        return replace(self, params=set_param(self.params, name, value))

    @property
    def branch(self) -> str | None:
        return self.param("branch") or None

    @property
    def received(self) -> str | None:
        """The address that the request came from; an IPv6 one without the brackets that some put around it."""
        value = self.param("received")
        return value.strip("[]") or None if value else None

    @property
    def wants_rport(self) -> bool:
        """Whether the sender asks for the answer to its source port (RFC 3581 §4)."""
        return self.param("rport") is not None

    @property
    def rport(self) -> int | None:
        """The source port, once someone has filled it in."""
        value = self.param("rport")
        return None if value is None else parse_number(value, 65535)

    def with_source(self, host: str, port: int) -> Via:
        """As the receiving transport stamps it: ``received``, and ``rport`` if asked for (§18.2.1, RFC 3581 §4)."""
        if self.wants_rport:
            return self.with_param("received", host).with_param("rport", str(port))
        return self if self.host == host else self.with_param("received", host)


@dataclass(frozen=True, slots=True)
class CSeq:
    number: int
    method: str

    def __post_init__(self) -> None:
        if not 0 <= self.number <= MAX_SEQUENCE or not is_token(self.method):
            raise LocalError(f"no CSeq: {self.number} {self.method}")

    @classmethod
    def parse(cls, text: str) -> CSeq:
        found = _CSEQ.fullmatch(text)
        number = None if found is None else parse_number(found["number"], MAX_SEQUENCE)
        if found is None or number is None:
            raise RemoteError(400, "Bad CSeq")
        return cls(number, found["method"])

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a BYE or CANCEL was sent, or an INVITE refused (RFC 3326)."""

    protocol: str
    """``SIP`` with a status, ``Q.850`` with a cause of ISDN, or anything."""
    cause: int | None = None
    text: str | None = None

    @classmethod
    def parse_list(cls, text: str) -> tuple[Reason, ...]:
        """RemoteError(400)."""
        return tuple(cls._parse(element) for element in split_list(text) if element)

    @classmethod
    def _parse(cls, text: str) -> Reason:
        found = _REASON.match(text)
        if found is None:
            raise RemoteError(400, "Bad Reason")
        params = parse_params(text[found.end() :], "Reason")
        cause, said = get_param(params, "cause"), get_param(params, "text")
        return cls(found["protocol"], None if cause is None else parse_number(cause, 999), said or None)

    def __str__(self) -> str:
        cause = "" if self.cause is None else f";cause={self.cause}"
        return f"{self.protocol}{cause}" + ("" if self.text is None else f";text={quote(self.text)}")

    @property
    def words(self) -> str | None:
        """For people: what it says itself, or what its number is called.  At most 100 characters, all printable."""
        text = self.text
        if text is None and self.cause is not None:
            text = REASONS.get(self.cause) if self.protocol.upper() == "SIP" else None
            text = text or f"{self.protocol} {self.cause}"
        return None if text is None else "".join(each for each in _readable(text) if each.isprintable())[:100] or None


@dataclass(frozen=True, slots=True)
class SessionExpires:
    """RFC 4028 §4."""

    seconds: int
    refresher: str | None = None
    """``uac``, ``uas`` or None."""

    @classmethod
    def parse(cls, text: str) -> SessionExpires:
        found = _SECONDS.match(text)
        seconds = None if found is None else parse_number(found["seconds"], 2**32 - 1)
        if found is None or seconds is None:
            raise RemoteError(400, "Bad Session-Expires")
        refresher = get_param(parse_params(text[found.end() :], "Session-Expires"), "refresher")
        return cls(seconds, refresher.lower() if refresher and refresher.lower() in ("uac", "uas") else None)

    def __str__(self) -> str:
        return f"{self.seconds}" if self.refresher is None else f"{self.seconds};refresher={self.refresher}"


# What was just read is read again: for the transaction, for the dialog, in the other messages of the same call.


@lru_cache(maxsize=_REMEMBERED)
def _name_addr(text: str, what: str) -> NameAddr:
    text = text.strip(" \t")
    if found := _NAME_ADDR.match(text):
        display = unquote(found["quoted"]) if found["quoted"] else found["plain"].strip(" \t")
        return NameAddr(_uri(found["uri"], what), _readable(display), parse_params(text[found.end() :], what))
    if found := _ADDR_SPEC.match(text):
        return NameAddr(_uri(found[0], what), params=parse_params(text[found.end() :], what))
    raise RemoteError(400, f"Bad {what}")


@lru_cache(maxsize=_REMEMBERED)
def _via(text: str) -> Via:
    found = _VIA.match(text)
    if found is None:
        raise RemoteError(400, "Bad Via")
    port = "" if found["port"] is None else f":{found['port']}"
    host, number = parse_hostport(f"{found['host']}{port}", "Via")
    protocol = f"{found['name']}/{found['version']}".upper()
    return Via(found["transport"].upper(), host, number, parse_params(text[found.end() :], "Via"), protocol)


def _uri(text: str, what: str) -> Uri:
    try:
        return Uri.parse(text)
    except RemoteError as error:
        raise RemoteError(400, f"{error.reason} of {what}") from None


def _readable(text: str) -> str:
    """Bytes that are no UTF-8 come as surrogates (see :mod:`sip.parser`); nobody can print those."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
