"""Offer and answer for one audio stream (RFC 3264), with telephone events (RFC 4733), plain or encrypted (RFC 4568)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Final

from sip.crypto import PLAIN, SECURE_PROFILES, Crypto, CryptoPair, Security, agreed
from sip.errors import RemoteError
from sip.sdp import Address, Direction, Line, Media, RtpMap, SessionDescription, print_connection

PROFILES: Final = ("RTP/AVP", "RTP/AVPF")
"""AVPF (RFC 4585) is what some soft phones offer first; we send no early feedback, which it allows."""

PTIME: Final = 20
"""Milliseconds of sound in a packet: what we send whatever the peer would like, as RFC 3264 §5.1 leaves us free to."""
MAXPTIME: Final = 60
"""Milliseconds of the longest packet that we take (RFC 8866 §6.4)."""

# RFC 3551 §6: what a payload type means without an rtpmap.
STATIC: Final[dict[int, RtpMap]] = {
    0: RtpMap("PCMU", 8000, 1),
    8: RtpMap("PCMA", 8000, 1),
    9: RtpMap("G722", 8000, 1),
    13: RtpMap("CN", 8000, 1),
}

_REVERSED: Final[dict[Direction, Direction]] = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}


@dataclass(frozen=True, slots=True)
class Format:
    """A codec as SDP names it."""

    name: str
    """Encoding name: ``PCMU``, ``G722``, ``telephone-event``…"""
    clock: int
    """RTP clock in Hz: 8000 for G.722 too (RFC 3551 §4.5.2)."""
    payload_type: int
    """Ours in an offer; in what was negotiated, the one to send with."""
    fmtp: str | None = None
    channels: int = 1

    def means(self, other: RtpMap) -> bool:
        return (self.name.lower(), self.clock, self.channels) == (other.name.lower(), other.clock, other.channels)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What we can do: codecs in our order of preference."""

    audio: tuple[Format, ...]
    events: tuple[Format, ...] = ()
    """Telephone events, one for each clock: they are to keep that of the sound (RFC 4733 §2.1), and not all do."""
    noise: tuple[Format, ...] = ()
    """Comfort noise (RFC 3389), which is taken from those who offer it.  We don't ask for it: it makes some phones cut
    off the beginnings of words."""
    security: Security = PLAIN


@dataclass(frozen=True, slots=True)
class Negotiated:
    """What an offer and its answer agree on, as seen from us."""

    host: str
    """Where the peer wants RTP; an IP address."""
    port: int
    rtcp: tuple[str, int] | None
    """Where the peer wants RTCP if it said so (RFC 3605); None means the port above RTP's."""
    format: Format
    """What to send, with the payload type to put on it."""
    accepted: tuple[Format, ...]
    """What may come in as sound, each with the payload type that it comes with."""
    events: int | None
    """The payload type of the telephone events that come in."""
    send: bool
    """Whether the peer listens.  If not, we are on hold (§8.4): what it plays meanwhile is its hold music."""
    receive: bool
    """Whether the peer may speak."""
    profile: str = "RTP/AVP"
    """As the descriptions have it."""
    crypto: CryptoPair | None = None
    """None: the sound is plain."""


def make_offer(
    capabilities: Capabilities,
    address: str,
    port: int,
    session: int,
    version: int,
    *,
    direction: Direction = "sendrecv",
) -> SessionDescription:
    """``session`` stays the same for a whole call, ``version`` rises with each change (``o=``)."""
    security = capabilities.security
    media = _our_media(security.profile, port, _all(capabilities), direction, security.offered)
    return SessionDescription(_session_lines(address, session, version, "0 0"), (media,))


def answer(
    offer: SessionDescription,
    capabilities: Capabilities,
    address: str,
    port: int,
    session: int,
    version: int,
) -> tuple[SessionDescription, Negotiated]:
    """Takes the first audio stream that fits, with one codec: ours most preferred among those offered.

    One, because some telephones send another than they agreed to when there is a choice.  Ours, though §6.1 recommends
    the offerer's order: as they come from their makers, many name G.711 first and would never speak HD.  The payload
    types are the offerer's; other streams are refused with port 0 (§6).  Of the same sound once plain and once
    encrypted, as some phones offer it, we take the encrypted.  RemoteError(488) when nothing fits.
    """
    for index, media, pair in _streams(offer, capabilities.security):
        chosen = _choose(_meanings(media), capabilities)
        if chosen is None:
            continue
        codec, events, noise = chosen
        negotiated = _negotiated(offer, media, codec, (codec,), events, pair)
        crypto = () if pair is None else (pair.ours,)
        ours = _our_media(media.profile, port, (codec, *noise, *events), _our_direction(offer, media), crypto)
        refused = [replace(other, port=0, lines=()) for other in offer.media]
        lines = _session_lines(address, session, version, offer.timing)
        return SessionDescription(lines, (*refused[:index], ours, *refused[index + 1 :])), negotiated
    raise RemoteError(488, _why_none(offer, capabilities.security))


def accept_answer(offer: SessionDescription, answer: SessionDescription) -> Negotiated:
    """What our ``offer`` and the peer's ``answer`` come to; RemoteError(488) where they do not meet."""
    # Not one with port 0: what we answered once, refusing other streams, is offered again in a refresh (RFC 4028 §7.4).
    index = next(index for index, media in enumerate(offer.media) if media.kind == "audio" and media.port)
    if len(answer.media) <= index:
        raise RemoteError(488, "Answer without our audio stream")
    ours, theirs = offer.media[index], answer.media[index]
    if theirs.kind != "audio" or theirs.port == 0 or theirs.profile.upper() != ours.profile:
        raise RemoteError(488, "Audio stream refused")
    offered = _formats(_meanings(ours))
    # A payload type that the answer does not explain has the meaning that our offer gave it.
    meanings = _meanings(theirs, unexplained=_meanings(ours))
    pairs = [
        (replace(mine, payload_type=number), mine)
        for number, meaning in meanings.items()
        for mine in offered
        if mine.means(meaning)
    ]
    # §6.1: they are sent with the answerer's payload types, and come with the offerer's.
    sent = [to_send for to_send, mine in pairs if not _is_events(mine)]
    received = tuple(mine for _, mine in pairs if not _is_events(mine))
    events = tuple(mine for _, mine in pairs if _is_events(mine))
    if not sent:
        raise RemoteError(488, "Answer without a codec that was offered")
    pair = agreed(ours, theirs)
    if pair is None and (theirs.profile.upper() in SECURE_PROFILES or theirs.attributes("crypto")):
        raise RemoteError(488, "Answer without a key that fits our offer")
    return _negotiated(answer, theirs, sent[0], received, events, pair)


def _streams(offer: SessionDescription, security: Security) -> list[tuple[int, Media, CryptoPair | None]]:
    """The audio streams that can be had as they are offered, the encrypted ones first: each with its place."""
    encrypted: list[tuple[int, Media, CryptoPair | None]] = []
    plain: list[tuple[int, Media, CryptoPair | None]] = []
    for index, media in enumerate(offer.media):
        if media.kind != "audio" or media.port == 0 or media.profile.upper() not in (*PROFILES, *SECURE_PROFILES):
            continue
        pair = security.answer(media)
        if pair is not None:
            encrypted.append((index, media, pair))
        elif security.policy != "required" and media.profile.upper() in PROFILES:
            plain.append((index, media, None))
    return encrypted + plain


def _why_none(offer: SessionDescription, security: Security) -> str:
    offered = [media.profile.upper() for media in offer.media if media.kind == "audio" and media.port]
    if security.policy == "required" and any(profile in (*PROFILES, *SECURE_PROFILES) for profile in offered):
        return "Encrypted sound is required (SRTP with SDES)"
    return "No audio stream that fits"


def _negotiated(
    description: SessionDescription,
    media: Media,
    codec: Format,
    accepted: tuple[Format, ...],
    events: tuple[Format, ...],
    pair: CryptoPair | None,
) -> Negotiated:
    address = _address(description, media)
    if address.is_multicast or str(address) == "255.255.255.255":
        raise RemoteError(488, "Sound goes to one address only")
    direction = _our_direction(description, media)
    matching = _matching(events, codec.clock)
    return Negotiated(
        host=str(address),
        port=media.port,
        rtcp=_rtcp(media, address),
        format=codec,
        accepted=accepted,
        events=None if matching is None else matching.payload_type,
        send=direction in ("sendrecv", "sendonly") and not address.is_unspecified,
        receive=direction in ("sendrecv", "recvonly"),
        profile=media.profile.upper(),
        crypto=pair,
    )


def _address(description: SessionDescription, media: Media) -> Address:
    address = media.address or description.address
    if address is None:
        raise RemoteError(488, "SDP without a connection address")
    return address


def _our_direction(description: SessionDescription, media: Media) -> Direction:
    """Our side of the stream; to an address of zeros, the old way to hold (§8.4), nothing is sent."""
    direction = _REVERSED[media.direction or description.direction or "sendrecv"]
    if not _address(description, media).is_unspecified:
        return direction
    return "recvonly" if direction in ("sendrecv", "recvonly") else "inactive"


def _rtcp(media: Media, address: Address) -> tuple[str, int] | None:
    if media.rtcp is None:
        return None
    host, port = media.rtcp
    return str(host or address), port


def _choose(
    offered: dict[int, RtpMap], capabilities: Capabilities
) -> tuple[Format, tuple[Format, ...], tuple[Format, ...]] | None:
    """Our first codec that was offered, with the events and the noise that go with it, under the offerer's numbers."""
    codec = next(iter(_found(offered, capabilities.audio)), None)
    if codec is None:
        return None
    event = _matching(_found(offered, capabilities.events), codec.clock)
    noise = tuple(noise for noise in _found(offered, capabilities.noise) if noise.clock == codec.clock)
    return codec, () if event is None else (event,), noise


def _found(offered: dict[int, RtpMap], wanted: tuple[Format, ...]) -> tuple[Format, ...]:
    """Those of ours that were offered, in our order, with the offerer's payload types."""
    return tuple(
        replace(ours, payload_type=number)
        for ours in wanted
        for number in [number for number, meaning in offered.items() if ours.means(meaning)][:1]
    )


def _matching(events: tuple[Format, ...], clock: int) -> Format | None:
    """Those at the clock of the sound, or any: linphone and baresip each offer but one of them beside Opus."""
    return next((event for event in events if event.clock == clock), next(iter(events), None))


def _meanings(media: Media, unexplained: dict[int, RtpMap] = STATIC) -> dict[int, RtpMap]:
    """The payload types of a medium in their order, with what each stands for; those that nothing explains left out."""
    known = STATIC | unexplained | media.rtpmaps
    numbers = (int(text) for text in media.formats if text.isascii() and text.isdigit() and len(text) <= 3)
    return {number: known[number] for number in numbers if number in known and number <= 127}


def _formats(meanings: dict[int, RtpMap]) -> tuple[Format, ...]:
    return tuple(Format(name, clock, number, channels=channels) for number, (name, clock, channels) in meanings.items())


def _is_events(format_: Format) -> bool:
    return format_.name.lower() == "telephone-event"


def _all(capabilities: Capabilities) -> tuple[Format, ...]:
    """What we offer.  Events only at clocks that some of the codecs have."""
    clocks = {codec.clock for codec in capabilities.audio}
    return (*capabilities.audio, *(event for event in capabilities.events if event.clock in clocks))


def _our_media(
    profile: str, port: int, formats: tuple[Format, ...], direction: Direction, crypto: tuple[Crypto, ...]
) -> Media:
    lines = [Line("a", f"crypto:{key.text()}") for key in crypto]
    for format_ in formats:
        channels = "" if format_.channels == 1 else f"/{format_.channels}"
        lines.append(Line("a", f"rtpmap:{format_.payload_type} {format_.name}/{format_.clock}{channels}"))
        if format_.fmtp is not None:
            lines.append(Line("a", f"fmtp:{format_.payload_type} {format_.fmtp}"))
    lines += [Line("a", f"ptime:{PTIME}"), Line("a", f"maxptime:{MAXPTIME}"), Line("a", direction)]
    return Media("audio", port, profile, tuple(str(format_.payload_type) for format_ in formats), tuple(lines))


def _session_lines(address: str, session: int, version: int, timing: str) -> tuple[Line, ...]:
    return (
        Line("o", f"- {session} {version} {print_connection(address)}"),
        Line("s", "-"),
        Line("c", print_connection(str(ip_address(address)))),
        Line("t", timing),
    )
