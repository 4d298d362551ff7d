"""SRTP and SRTCP (RFC 3711, 7714) around libsrtp: packets as octets, one context a direction of a stream.

A packet's index, its sequence number and how often that has gone round, is never in the packet as a whole, and no two
packets may be sent under the same key with the same index: whoever has both has what they say.  libsrtp knows an index
only from the packets before it.  So a context that has to begin in the middle of a stream is walked there, by packets
that nobody is sent.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

AVAILABLE: Final = find_spec("pylibsrtp") is not None
"""Without the library nothing here can be made."""

if AVAILABLE:
    from pylibsrtp import Error, Policy, Session

if TYPE_CHECKING:
    from collections.abc import Sequence

TAGS: Final = {
    "AES_CM_128_HMAC_SHA1_80": 10,
    "AES_CM_128_HMAC_SHA1_32": 4,
    "AEAD_AES_256_GCM": 16,
    "AEAD_AES_128_GCM": 16,
}
"""Octets that a packet of RTP gets longer by, by suite as RFC 4568 names them."""
LONGEST_TAG: Final = 16

_STEP = 0x7FFF  # of an index, so that nobody takes it for one of the past
_WINDOW = 512  # packets that may come late; libsrtp's own is 128, two and a half seconds
_STREAMS = 8  # of one peer: each new SSRC is another stream, and nobody needs many
_RTP_OCTETS = 12
_EMPTY_REPORT = b"\x80\xc9\0\1"  # a receiver report of nobody (RFC 3550 §6.4.2), but for the SSRC


def _policy(suite: str, key: bytes, direction: int) -> Policy:
    profile = {
        "AES_CM_128_HMAC_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
        "AES_CM_128_HMAC_SHA1_32": Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
        "AEAD_AES_256_GCM": Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
        "AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    }[suite]
    policy = Policy(key, direction, srtp_profile=profile)
    policy.window_size = _WINDOW
    return policy


def _header(index: int, ssrc: bytes) -> bytes:
    return b"\x80\0" + (index & 0xFFFF).to_bytes(2, "big") + bytes(4) + ssrc


class Sealing:
    """What we send of one stream."""

    def __init__(self, suite: str, key: bytes, ssrc: int) -> None:
        """``ssrc`` of the packets.  The key is for what this sends, and for nothing else ever."""
        self._ssrc = ssrc.to_bytes(4, "big")
        self._session = Session(_policy(suite, key, Policy.SSRC_ANY_OUTBOUND))
        self._index = 0
        self._reports = 0

    def seal(self, packet: bytes, index: int) -> bytes | None:
        """``index``: its lower half is the packet's sequence number.  None unless it is greater than all before."""
        if index <= self._index:
            return None
        if index - self._index > _STEP:
            self._walk(index)
        self._index = index
        return self._session.protect(packet)

    def seal_report(self, octets: bytes) -> bytes:
        """A compound of RTCP."""
        self._reports += 1
        return self._session.protect_rtcp(octets)

    def pass_reports(self, until: int, most: int) -> bool:
        """Use up the indices of so many reports that another context may have sent, not more than ``most`` at once;
        whether it is done."""
        for _ in range(min(until - self._reports, most)):
            self.seal_report(_EMPTY_REPORT + self._ssrc)
        return self._reports >= until

    def _walk(self, index: int) -> None:
        for step in _steps(self._index, index):
            self._session.protect(_header(step, self._ssrc))


class Opening:
    """What comes in of one peer.  Only what is authentic, and was never there before, moves it on or comes out."""

    def __init__(self, suite: str, key: bytes, mki: int = 0, rollovers: Sequence[int] = ()) -> None:
        """``mki``: octets of it in each packet.  ``rollovers``: how often the sequence number may have gone round
        before the first packet that comes, besides not at all."""
        self._suite, self._key, self._mki = suite, key, mki
        self._session = self._new_session()
        self._guesses = tuple(guess for guess in dict.fromkeys(rollovers) if guess > 0)
        self._streams: dict[bytes, None] = {}
        self._ssrc = b""  # of the stream that was heard last,
        self._sequence = 0  # and its newest packet
        self.rollover = 0
        """How often the sequence number of that stream has gone round."""

    @property
    def heard(self) -> bool:
        """Whether something authentic has come."""
        return bool(self._ssrc)

    def open(self, packet: bytes, *, guess: bool = True) -> bytes | None:
        """The RTP packet in an SRTP packet; None for one that is not authentic, or that was there before.

        With ``guess`` the first one may cost some twenty times as much as others.
        """
        if self._mki:
            packet = self._without_mki(packet, TAGS[self._suite])
        try:
            plain = self._session.unprotect(packet)
        except Error:
            if self._ssrc or not guess:
                return None
            return self._open_later(packet)
        self._follow(plain)
        return plain

    def open_report(self, octets: bytes) -> bytes | None:
        """The same of RTCP."""
        if self._mki:
            octets = self._without_mki(octets, 0 if self._suite.startswith("AEAD") else 10)
        if len(octets) < 8:
            return None
        try:
            plain = self._session.unprotect_rtcp(octets)
        except Error:
            return None
        self._keep(plain[4:8])
        return plain

    def _new_session(self) -> Session:
        return Session(_policy(self._suite, self._key, Policy.SSRC_ANY_INBOUND))

    def _open_later(self, packet: bytes) -> bytes | None:
        """The packet of a stream that began long ago."""
        if len(packet) < _RTP_OCTETS:
            return None
        for rollover in self._guesses:
            index = (rollover << 16) + int.from_bytes(packet[2:4], "big")
            session = self._walked(index, packet[8:12])
            try:
                plain = session.unprotect(packet)
            except Error:
                continue
            self._session, self.rollover = session, rollover
            self._ssrc, self._sequence = packet[8:12], index & 0xFFFF
            self._streams = {self._ssrc: None}
            return plain
        return None

    def _walked(self, index: int, ssrc: bytes) -> Session:
        """As if all packets before this one had come; those of the last seconds may come still."""
        session = self._new_session()
        sender = Session(_policy(self._suite, self._key, Policy.SSRC_ANY_OUTBOUND))
        for step in _steps(0, max(0, index - _WINDOW)):
            session.unprotect(sender.protect(_header(step, ssrc)))
        return session

    def _follow(self, packet: bytes) -> None:
        sequence, ssrc = int.from_bytes(packet[2:4], "big"), packet[8:12]
        if ssrc != self._ssrc:
            self._ssrc, self._sequence, self.rollover = ssrc, sequence, 0
            self._keep(ssrc)
        elif (sequence - self._sequence) & 0xFFFF < 0x8000:
            self.rollover += sequence < self._sequence
            self._sequence = sequence

    def _keep(self, ssrc: bytes) -> None:
        """Forget the oldest of too many streams."""
        self._streams[ssrc] = None
        if len(self._streams) > _STREAMS:
            oldest = next(iter(self._streams))
            del self._streams[oldest]
            self._session.remove_stream(int.from_bytes(oldest, "big"))

    def _without_mki(self, packet: bytes, tag: int) -> bytes:
        """It stands in front of the tag of AES-CM (RFC 3711 §3.1), and at the end of AEAD (RFC 7714 §8.2)."""
        if self._suite.startswith("AEAD"):
            return packet[: -self._mki]
        return packet[: -self._mki - tag] + packet[-tag:]


def _steps(begin: int, end: int) -> list[int]:
    """Indices after ``begin`` that lead to the one before ``end``."""
    return [*range(begin + _STEP, end - 1, _STEP), end - 1] if end - begin > 1 else []
