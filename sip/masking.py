"""What nobody is to read in a message that is shown: proofs of passwords, keys of encryption, pressed keys, codes.

Whatever a phone may write a secret as is looked for, not only what phones usually write: who shows a trace to somebody
else does not read it first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Set

_FOLDED: Final = r"(?:[^\n]|\n[ \t])*"
"""A header's value with the lines that it goes on in (RFC 3261 §7.3.1)."""
_PROOFS: Final = re.compile(
    rf"^((?:Proxy-)?(?:Authorization|Authentication-Info)[ \t]*:)({_FOLDED})", re.IGNORECASE | re.MULTILINE
)
_PARAMETER: Final = re.compile(r'(?<![\w!%*+.~-])([\w!%*+.~-]++)\s*+=\s*+("(?:[^"\\]|\\.)*"|[^\s,"]*)')
_HARMLESS: Final = frozenset(
    {"username", "realm", "nonce", "nextnonce", "uri", "algorithm", "qop", "nc", "cnonce", "opaque", "stale"}
)
"""Of a digest (RFC 8760); ``response`` and ``rspauth`` are what a password can be guessed by."""
_INFO_OF_KEYS: Final = re.compile(
    r"^(?:Content-Type|c)[ \t]*:\s*(?:application/dtmf|(?:audio|application)/telephone-event)",
    re.IGNORECASE | re.MULTILINE,
)
_SECRETS: Final = (
    (re.compile(r"(inline:)[^\s|;]+", re.IGNORECASE), r"\1…"),  # an SRTP key (RFC 4568 §6.1)
    (
        re.compile(r"^(k=\w+:|a=key-mgmt:\w+ |a=ice-pwd:).+", re.IGNORECASE | re.MULTILINE),
        r"\1…",
    ),  # RFC 4566, 4567, 5245
    (re.compile(r"(\bSignal[ \t]*=[ \t]*)[^\s]+", re.IGNORECASE), r"\1…"),  # a key that was pressed, by INFO
    (re.compile(r"(\bsips?:[^\s:@<>;?]*:)[^\s:@<>]*(?=@)", re.IGNORECASE), r"\1…"),  # a URI's password
)
_DIGITS: Final = re.compile(r"%(?!3[0-9])[0-9A-F]{2}|((?:[0-9]|%3[0-9])+)", re.IGNORECASE)
"""``%31`` is ``1`` to whoever reads a URI; of ``%20`` neither digit is one."""
_USER: Final = re.compile(r"(\b(?:sips?:|tel:))([^\s:@<>;?]+)", re.IGNORECASE)
_BETWEEN: Final = re.compile(r"[-. ()]")
"""Visual separators (RFC 3966 §3), and a space that was escaped."""


def masked(text: str, codes: Set[str]) -> str:
    """A message with ``\\n`` at the ends of its lines; what was taken out of it is ``…``."""
    head, blank, body = text.partition("\n\n")
    if _INFO_OF_KEYS.search(head):
        body = "\n".join(map(_unpressed, body.split("\n")))
    text = _PROOFS.sub(_unproven, head) + blank + body
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return without_codes(text, codes)


def without_codes(text: str, codes: Set[str]) -> str:
    if not codes:
        return text

    def digits(found: re.Match[str]) -> str:
        return "…" if found[1] and unquote(found[1]) in codes else found[0]

    def user(found: re.Match[str]) -> str:
        return found[1] + ("…" if _BETWEEN.sub("", unquote(found[2])) in codes else found[2])

    return _USER.sub(user, _DIGITS.sub(digits, text))


def _unproven(found: re.Match[str]) -> str:
    """Only what is known to be harmless stays, so that no spelling of the rest is overlooked."""
    scheme = found[2].split(maxsplit=1)[0] if found[2].strip() else ""
    shown = [
        f"{name}={value}" if name.casefold() in _HARMLESS else f"{name}=…"
        for name, value in _PARAMETER.findall(found[2])
    ]
    return " ".join([found[1], *([scheme] if "=" not in scheme else []), ", ".join(shown) or "…"])


def _unpressed(line: str) -> str:
    """``Duration=160`` may stay."""
    name, is_, _ = line.partition("=")
    if not line.strip() or name.strip().casefold() == "duration":
        return line
    return f"{name}=…" if is_ else "…"
