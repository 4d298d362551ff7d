"""``a=crypto``: the keys of SRTP in a session description (RFC 4568): whoever reads the description can listen.

A line that we can't do exactly as it says is no line for us: a phone that asks for sound with a key of which it is sent
back another thing would hear noise, or be heard by strangers.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from sip.sdp import Media

Policy = Literal["off", "optional", "required"]

SUITES: Final = {
    "AES_CM_128_HMAC_SHA1_80": 16 + 14,  # RFC 4568 §6.2.1
    "AEAD_AES_256_GCM": 32 + 12,  # RFC 7714 §14.2
    "AEAD_AES_128_GCM": 16 + 12,
    "AES_CM_128_HMAC_SHA1_32": 16 + 14,
}
"""Octets of master key and salt, in the order in which we offer.  First what RFC 4568 has everybody do: many phones
look at the first line alone, and some refuse the stream for a suite that they don't know.  Last the tag of 32 bits,
which a stranger guesses in 2**32 packets instead of 2**80."""

SECURE_PROFILES: Final = ("RTP/SAVP", "RTP/SAVPF")
"""RFC 3711 §12, RFC 5124.  Of ``UDP/TLS/RTP/SAVP`` the key is not in the description (DTLS, RFC 5764): not done."""

_MOST_LINES: Final = 16
_LONGEST_MKI: Final = 128

# "crypto:" tag 1*WSP crypto-suite 1*WSP key-params *(1*WSP session-param)
_CRYPTO = re.compile(
    r"(?P<tag>[0-9]{1,9})[ \t]++(?P<suite>[A-Z0-9_]++)[ \t]++(?P<keys>[^ \t]++)(?P<parameters>(?:[ \t]++[^ \t]++)*+)",
    re.IGNORECASE,
)

# key-param = "inline:" key-salt ["|" lifetime] ["|" mki]; lifetime = ["2^"] 1*DIGIT; mki = mki-value ":" mki-length.
# One of them: which of several was used, only a library that knows them all could tell packet by packet.
_KEY = re.compile(
    r"inline:(?P<key>[A-Za-z0-9+/]{1,128}+={0,2})"
    r"(?:\|(?:2\^)?[0-9]{1,20}+(?!:))?+"
    r"(?:\|(?P<mki>[0-9]{1,300}):(?P<length>[0-9]{1,3}))?+",
    re.IGNORECASE,
)

# srtp-session-param: how far the sender's packets may be out of order is advice (§6.3.6); an extension that begins with
# "-" may be left alone (§6.3.8); all others change what a packet is.
_HARMLESS = re.compile(r"WSH=[0-9]{1,9}|-.+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Crypto:
    """With what one side protects its packets."""

    tag: int
    suite: str
    """One of :data:`SUITES`."""
    key: bytes = field(repr=False)
    """Master key and salt."""
    mki: bytes = b""
    """What stands in front of the authentication tag of each packet (RFC 3711 §3.1); mostly nothing."""

    @classmethod
    def parse(cls, value: str) -> Crypto | None:
        """The value of an ``a=crypto``; None for what is no such line, or none that we can do."""
        line = _CRYPTO.fullmatch(value)
        if line is None or line["suite"].upper() not in SUITES:
            return None
        found = _KEY.fullmatch(line["keys"])
        if found is None or not all(map(_HARMLESS.fullmatch, line["parameters"].split())):
            return None
        suite = line["suite"].upper()
        key, mki = _key(found["key"]), _mki(found["mki"], found["length"])
        if key is None or mki is None or len(key) != SUITES[suite]:
            return None
        return cls(int(line["tag"]), suite, key, mki)

    def text(self) -> str:
        """The value of an ``a=crypto``: the one place where a key is written down."""
        mki = f"|{int.from_bytes(self.mki, 'big')}:{len(self.mki)}" if self.mki else ""
        return f"{self.tag} {self.suite} inline:{b64encode(self.key).decode()}{mki}"


@dataclass(frozen=True, slots=True)
class CryptoPair:
    """What an offer and its answer agree on: the same suite, a key for either direction (RFC 4568 §5.1)."""

    ours: Crypto
    theirs: Crypto


@dataclass(frozen=True, slots=True)
class Security:
    """Whether sound may be, or has to be, encrypted, and what we do so with."""

    policy: Policy = "off"
    keys: tuple[Crypto, ...] = ()
    """Ours, one for each suite, in the order in which they are offered; of one call only."""
    agreed: str | None = None
    """The profile of the call that our offers are made in, once there is one."""

    @property
    def profile(self) -> str:
        """Of our offers.  At first, where plain sound will do, RTP/AVP with keys in it, as baresip, Asterisk and others
        do: who knows nothing of keys passes over them, and answers in plain."""
        return self.agreed or ("RTP/SAVP" if self.policy == "required" else "RTP/AVP")

    @property
    def offered(self) -> tuple[Crypto, ...]:
        """One where plain sound will do, else two: with more the INVITE would be too large for a datagram (RFC 3261
        §18.1.1).  Who lacks the first, which everybody is to have, refuses, and is offered the other."""
        return self.keys[:1] if self.policy == "optional" else self.keys[:2]

    def answer(self, media: Media) -> CryptoPair | None:
        """To the first line of the offer that we can do: with its tag, and our key."""
        if self.policy == "off":
            return None
        ours = {key.suite: key for key in self.keys}
        theirs = next((crypto for crypto in cryptos(media) if crypto.suite in ours), None)
        if theirs is None:
            return None
        mine = ours[theirs.suite]
        return CryptoPair(Crypto(theirs.tag, mine.suite, mine.key), theirs)


PLAIN: Final = Security()


def new_keys(octets: Callable[[int], bytes]) -> tuple[Crypto, ...]:
    """Those of a call, for each suite; ``octets`` gives so many that nobody can guess."""
    return tuple(Crypto(tag, suite, octets(size)) for tag, (suite, size) in enumerate(SUITES.items(), 1))


def cryptos(media: Media) -> tuple[Crypto, ...]:
    """The lines that we can do, in the sender's order of preference; of a tag that is there twice, the first."""
    found: dict[int, Crypto] = {}
    for value in media.attributes("crypto")[:_MOST_LINES]:
        if (crypto := Crypto.parse(value)) is not None:
            found.setdefault(crypto.tag, crypto)
    return tuple(found.values())


def agreed(offered: Media, answered: Media) -> CryptoPair | None:
    """What the answer took of our lines; None where it took none, or speaks of one that we did not offer, or sends our
    own key back, which is to be another one in either direction (RFC 4568 §5.1.2)."""
    ours = {crypto.tag: crypto for crypto in cryptos(offered)}
    for theirs in cryptos(answered):
        mine = ours.get(theirs.tag)
        if mine is not None and mine.suite == theirs.suite and mine.key != theirs.key:
            return CryptoPair(mine, theirs)
    return None


def _key(text: str) -> bytes | None:
    """Some leave out what base64 fills the last four letters with."""
    text = text.rstrip("=")
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return None


def _mki(value: str | None, length: str | None) -> bytes | None:
    """None for one that doesn't fit into its length."""
    if value is None or length is None:
        return b""
    number, octets = int(value), int(length)
    if not 0 < octets <= _LONGEST_MKI or number >= 1 << 8 * octets:
        return None
    return number.to_bytes(octets, "big")
