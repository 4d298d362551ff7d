"""The rules of RFC 3261 §25.1 that several headers share, and how they are read in linear time.

Every repetition below is possessive or ends at a character that it cannot itself match, so that no input, however
hostile, makes a pattern go back over what it has read.
"""

from __future__ import annotations

import re
from typing import Final

from sip.errors import LocalError, RemoteError

Params = tuple[tuple[str, str | None], ...]
"""Parameters in their order: names in lower case, values as they stand on the wire (a quoted one with its quotes)."""

MAX_VALUES: Final = 70
"""Values of one list header; as many as Max-Forwards lets a request collect (RFC 3261 §8.1.1.6)."""

# token = 1*(alphanum / "-" / "." / "!" / "%" / "*" / "_" / "+" / "`" / "'" / "~" )
TOKEN: Final = r"[A-Za-z0-9\-.!%*_+`'~]++"  # noqa: S105 (the grammar's token, no credential)

# quoted-string = SWS DQUOTE *(qdtext / quoted-pair ) DQUOTE
QUOTED: Final = r'"(?:[^"\\]|\\.)*+"'

# hostname = *( domainlabel "." ) toplabel [ "." ]; an underscore is no host name, but containers and Windows have them.
# IPv6reference = "[" IPv6address "]"
HOST: Final = r"(?:\[[0-9A-Fa-f:.]++\]|[A-Za-z0-9_](?:[A-Za-z0-9_.\-]*[A-Za-z0-9_.])?)"

_TOKEN = re.compile(TOKEN)
_NUL = re.compile(r"(?<!\\)\0")
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_MUST_ESCAPE = re.compile(r'["\\\x00-\x08\x0b\x0c\x0e-\x1f\x7f]')

# generic-param = token [ EQUAL gen-value ]; gen-value = token / host / quoted-string
# Values are taken more widely than that: tags in base64 carry "/" and "=", and telephones put URIs there unquoted.
_PARAM = re.compile(
    rf"[ \t]*+;[ \t]*+(?P<name>{TOKEN})[ \t]*+(?:=[ \t]*+(?P<value>{QUOTED}|[^ \t;,\"<>?]++)[ \t]*+)?+", re.DOTALL
)

# One element of a comma separated list: commas in quotes and angle brackets do not count.
_ELEMENT = re.compile(rf'(?:[^",<]|{QUOTED}|<[^>]*+>)*+', re.DOTALL)

_NUMBER = re.compile(r"0*([0-9]{1,20})")


def is_token(text: str) -> bool:
    return _TOKEN.fullmatch(text) is not None


def has_nul(text: str) -> bool:
    """Whether there is a NUL that is no quoted-pair.  Most text has none at all, which takes no pattern to see."""
    return "\0" in text and _NUL.search(text) is not None


def check_field(text: str) -> str:
    """``text`` itself, or LocalError where it would end the header it is put into (CR, LF, a bare NUL)."""
    if "\r" in text or "\n" in text or has_nul(text):
        raise LocalError(f"a line break or NUL cannot stand in a header: {text!r}")
    return text


def quote(text: str) -> str:
    """``text`` as a quoted-string; control characters as quoted pairs, line breaks are a LocalError."""
    return check_field('"' + _MUST_ESCAPE.sub(lambda match: "\\" + match[0], text) + '"')


def unquote(text: str) -> str:
    """The text of a quoted-string; anything that is not one, as it stands."""
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return _QUOTED_PAIR.sub(r"\1", text[1:-1])
    return text


def split_list(text: str) -> list[str]:
    """The elements of a comma separated list, without the white space around them."""
    if '"' not in text and "<" not in text:  # nearly all: Allow, Supported, Via
        return _bounded([element.strip(" \t") for element in text.split(",", MAX_VALUES)])
    elements: list[str] = []
    start = 0
    while True:
        found = _ELEMENT.match(text, start)
        assert found is not None  # it matches the empty string
        elements.append(found[0].strip(" \t"))
        _bounded(elements)
        if found.end() == len(text):
            return elements
        if text[found.end()] != ",":
            raise RemoteError(400, "Unbalanced quote or bracket")
        start = found.end() + 1


def _bounded(elements: list[str]) -> list[str]:
    if len(elements) > MAX_VALUES:
        raise RemoteError(513, "Too many values in one header")
    return elements


def parse_params(text: str, what: str) -> Params:
    """``;name=value;name`` to the end of ``text``; RemoteError(400) naming ``what``."""
    params: list[tuple[str, str | None]] = []
    at = 0
    while at < len(text):
        found = _PARAM.match(text, at)
        if found is None:
            raise RemoteError(400, f"Bad parameter in {what}")
        params.append((found["name"].lower(), found["value"]))
        at = found.end()
    return tuple(params)


def print_params(params: Params) -> str:
    return "".join(f";{name}" if value is None else f";{name}={value}" for name, value in params)


def get_param(params: Params, name: str) -> str | None:
    """The first value of ``name``, unquoted; an empty string for a parameter without a value; None for none."""
    for key, value in params:
        if key == name:
            return "" if value is None else unquote(value)
    return None


def set_param(params: Params, name: str, value: str | None) -> Params:
    """With ``name`` set, in its old place if it had one."""
    check_param(name, value)
    at = next((i for i, (key, _) in enumerate(params) if key == name), len(params))
    rest = tuple(item for item in params if item[0] != name)
    return (*rest[:at], (name, value), *rest[at:])


def check_param(name: str, value: str | None) -> None:
    """LocalError unless ``name`` and ``value`` can be printed and read again as one parameter."""
    text = f";{name}" if value is None else f";{name}={value}"
    if _PARAM.fullmatch(check_field(text)) is None:
        raise LocalError(f"{text!r} is no parameter: a value with spaces or separators goes in quotes")


def parse_number(text: str, limit: int) -> int | None:
    """ASCII digits, at most ``limit``; None for anything else."""
    found = _NUMBER.fullmatch(text)
    if found is None or int(found[1]) > limit:
        return None
    return int(found[1])
