"""One call's offers and answers (RFC 3264), and what they mean to the bridge."""

from __future__ import annotations

from dataclasses import replace
from secrets import token_bytes
from typing import TYPE_CHECKING, Final

from media.receiver import COMFORT_NOISE
from mixer.bridge.coders import CODERS
from mixer.bridge.protocol import Address, Codec, Media
from mixer.reachability import behind_nat, other_host, plain, scoped, unfit
from sip.crypto import Security, new_keys
from sip.errors import RemoteError
from sip.offer import Capabilities, Format, Negotiated, accept_answer, answer, make_offer
from sip.sdp import SessionDescription

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sip.crypto import Policy

_OPUS_PARAMETERS: Final = {
    "useinbandfec": 1,
    "maxplaybackrate": 16000,
    "sprop-maxcapturerate": 16000,
    "maxaveragebitrate": 64000,  # with which 60 ms fit into the packets that the bridge reads
}
"""RFC 7587 §6.1.  What the phone says there is advice that we don't need: it is sent 48 kbit/s, mono, with FEC,
also where it would like less."""
_FMTP: Final = {Codec.OPUS: ";".join(f"{name}={value}" for name, value in _OPUS_PARAMETERS.items())}
_CHANNELS: Final = {Codec.OPUS: 2}  # RFC 7587 §7: always said to be two
_EVENTS: Final = {8000: 101, 48000: 110}

_ANY_PORT: Final = 9
_NOWHERE: Final = ("0.0.0.0", "::")  # noqa: S104  what a phone may say, nothing that is listened on


def codecs_of(names: Iterable[str]) -> tuple[Codec, ...]:
    """Those of the codecs so named that this machine has."""
    wanted = dict.fromkeys(Codec[name.upper()] for name in names)
    return tuple(codec for codec in wanted if codec in CODERS)


def capabilities_of(codecs: Iterable[Codec]) -> Capabilities:
    """What we can do with these codecs, the preferred first."""
    return Capabilities(
        audio=tuple(map(_as_sdp, codecs)),
        events=tuple(Format("telephone-event", clock, number, "0-15") for clock, number in _EVENTS.items()),
        noise=(Format("CN", 8000, COMFORT_NOISE),),
    )


def _as_sdp(codec: Codec) -> Format:
    form = CODERS[codec].format
    return Format(form.encoding, form.clock_rate, codec.value, _FMTP.get(codec), _CHANNELS.get(codec, 1))


class Exchange:
    """Our half of a call's descriptions.  ``address`` and ``port`` are where we listen, as the phone should see them.

    Methods that read the phone's half raise RemoteError(488) when nothing fits; the call is as before then.
    """

    def __init__(
        self, capabilities: Capabilities, address: str, port: int, session: int, policy: Policy = "off"
    ) -> None:
        self._capabilities = _secured(capabilities, Security(policy, () if policy == "off" else new_keys(token_bytes)))
        self._key: bytes | None = None  # ours, as soon as the call is encrypted
        self._address = address
        self._port = port
        self._session = session
        self._version = 0
        self._said: bytes | None = None
        self._offered: SessionDescription | None = None

    def offer(self) -> bytes:
        """As encrypted as the call is; before there is one, as it may be."""
        self._offered = self._next(
            lambda version: make_offer(self._capabilities, self._address, self._port, self._session, version)
        )
        return bytes(self._offered)

    def answer(self, offer: bytes) -> tuple[bytes, Negotiated]:
        theirs = SessionDescription.parse(offer)
        _, negotiated = self._answer(theirs, self._version)
        said = bytes(self._next(lambda version: self._answer(theirs, version)[0]))
        self._agree(negotiated)
        return said, negotiated

    def accept(self, answered: bytes, offered: bytes | None = None) -> Negotiated:
        """The phone's answer to the last :meth:`offer`, or to ``offered``: what was said once may be offered again."""
        ours = self._offered if offered is None else SessionDescription.parse(offered)
        if ours is None:
            raise ValueError("there was no offer")
        negotiated = accept_answer(ours, SessionDescription.parse(answered))
        if negotiated.crypto is None and self._capabilities.security.policy == "required":
            raise RemoteError(488, "Sound that has to be encrypted is not")
        self._agree(negotiated)
        return negotiated

    def _agree(self, negotiated: Negotiated) -> None:
        """What is encrypted once, stays so.  Keys of ours that were not taken, or are not any more, are replaced: a
        stream that began anew under a key of before would repeat its indices."""
        if negotiated.crypto is None or negotiated.crypto.ours.key == self._key:
            return
        taken = negotiated.crypto.ours
        self._key = taken.key
        others = [fresh for fresh in new_keys(token_bytes) if fresh.suite != taken.suite]
        keys = tuple(replace(key, tag=tag) for tag, key in enumerate((taken, *others), 1))
        self._capabilities = _secured(self._capabilities, Security("required", keys, negotiated.profile))

    def _answer(self, theirs: SessionDescription, version: int) -> tuple[SessionDescription, Negotiated]:
        return answer(theirs, self._capabilities, self._address, self._port, self._session, version)

    def _next(self, describe: Callable[[int], SessionDescription]) -> SessionDescription:
        """The version rises when the description differs from the last one, and only then (§8)."""
        if self._said is not None and bytes(describe(self._version)) != self._said:
            self._version += 1
        description = describe(self._version)
        self._said = bytes(description)
        return description


def _secured(capabilities: Capabilities, security: Security) -> Capabilities:
    return replace(capabilities, security=security)


def read_offer(offer: bytes, capabilities: Capabilities, address: str, policy: Policy = "off") -> Negotiated:
    """What an offer comes to, before a port of ours is chosen for it, and keys.  RemoteError(488)."""
    capabilities = _secured(capabilities, Security(policy, new_keys(bytes)))
    return answer(SessionDescription.parse(offer), capabilities, address, _ANY_PORT, 0, 0)[1]


def media_of(negotiated: Negotiated, source: str, before: Media | None = None) -> Media:
    """What the bridge is to do; ``source`` is the host that the phone signals from, ``before`` what it does now.

    A phone on hold doesn't listen; whatever it sends then is its own hold music, so it isn't heard either.
    RemoteError(488) for an address that is sent no sound.
    """
    host = scoped(plain(negotiated.host), source)
    public = source if behind_nat(host, source) else None
    other = other_host(host, source)
    moved = before is not None and before.remote.host == other  # it has said that it is not there any more
    media = Media(
        remote=Address(host, negotiated.port),
        codec=Codec[negotiated.format.name.upper()],
        payload_type=negotiated.format.payload_type,
        event_payload_type=negotiated.events,
        rtcp=_rtcp(negotiated),
        sending=negotiated.send,
        receiving=negotiated.send and negotiated.receive,
        public_host=public,
        other_host=None if moved else other,
        unproven=public is None and host != source,
    )
    if negotiated.host in _NOWHERE:
        media = _stayed(media, source, before)
    if why := unfit(media.public_host or media.remote.host, media.remote.port):
        raise RemoteError(488, why[0].upper() + why[1:])
    return media


def _stayed(media: Media, source: str, before: Media | None) -> Media:
    """Zeros for an address are the old way to hold (RFC 3264 §8.4): the phone is where it was, and hears nothing."""
    if before is None:
        return replace(media, public_host=source, other_host=None, unproven=False, rtcp=None)
    where = (before.remote, before.public_host, before.other_host, before.unproven, before.rtcp)
    remote, public_host, other, unproven, rtcp = where
    return replace(media, remote=remote, public_host=public_host, other_host=other, unproven=unproven, rtcp=rtcp)


def _rtcp(negotiated: Negotiated) -> Address | None:
    """Where nothing is sent to the address that is named, RTCP goes where it goes when none is."""
    if negotiated.rtcp is None:
        return None
    host, port = plain(negotiated.rtcp[0]), negotiated.rtcp[1]
    other_family = (":" in host) != (":" in plain(negotiated.host))
    return None if other_family or unfit(host, port) else Address(host, port)
