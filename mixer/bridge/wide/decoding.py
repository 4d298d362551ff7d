"""What comes of one wide leg, packet by packet, in order: one decoder, and what it makes of losses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from media.codecs import G722, PCMA, PCMU, MalformedSound
from media.jitter import FRAME
from media.resample import Up
from mixer.bridge.wide.streams import CODECS, SAMPLES

if TYPE_CHECKING:
    import numpy.typing as npt

    from media.codecs import Decoder

RATE: Final = 16000
NARROW: Final = {law.format.payload_type: law for law in (PCMU, PCMA)}
"""G.711, which a phone may send where both were agreed upon: its numbers mean nothing else, whatever was (RFC 3551)."""

_SHORTEST: Final = RATE * 5 // 2000  # samples of a packet: 2.5 ms
_LONGEST: Final = RATE * 60 // 1000
_FORGOTTEN: Final = 5
"""Packets that are lost in a row, after which the memory of a decoder of G.722 does more harm than good: with it, what
comes then is up to five times as loud as it should be; without, it begins softly."""
_UNSURE: Final = 6
"""Packets from a phone whose earlier ones another bridge has had: what they build on is not known, and until it is
forgotten a decoder of Opus may be several times too loud.  They are not heard, and the next ones fade in."""
_FADE: Final = np.linspace(0, 1, 4, endpoint=False)


class Packet(NamedTuple):
    """Newer than all of its leg before it."""

    payload_type: int
    sequence: int
    timestamp: int
    restart: bool
    """The first of a stream."""
    payload: npt.NDArray[np.uint8]


class _FromNarrow:
    """G.711 at 16 kHz; a :class:`media.codecs.Decoder`."""

    def __init__(self, law: Decoder) -> None:
        self._law = law
        self._up = Up(1)

    def decode(self, octets: npt.NDArray[np.uint8]) -> npt.NDArray[np.int16]:
        if len(octets) % FRAME:
            raise MalformedSound("G.711 in other than 20 ms, from a wideband phone")
        frames = self._law.decode(octets).reshape(-1, 1, FRAME)
        wide = np.concatenate([self._up.resample(frame, np.zeros(1, np.intp))[0] for frame in frames])
        pcm: npt.NDArray[np.int16] = np.clip(np.rint(wide), -32768, 32767).astype(np.int16)
        return pcm

    def recover(self, octets: npt.NDArray[np.uint8], samples: int) -> None:
        """Nothing is repeated."""


class Stream:
    """The decoder of a leg, as long as it sends one codec from one source."""

    def __init__(self, payload_type: int, part: int, *, amid: bool) -> None:
        """``part`` as :attr:`mixer.bridge.legs.Legs.part` has it: the codec of all packets that are not G.711.

        ``amid``: packets before the first one went to another bridge.
        """
        narrow = NARROW.get(payload_type)
        codec = CODECS[part] if narrow is None else narrow
        self.payload_type = payload_type
        self._codec = codec
        self.clock_rate = codec.format.clock_rate
        self._decoder = codec.decoder() if narrow is None else _FromNarrow(narrow.decoder())
        self._loudness = np.r_[np.zeros(_UNSURE), _FADE] if amid else np.zeros(0)  # of the next packets
        self._next: int | None = None  # the sequence number after the last packet,
        self._samples = SAMPLES  # how long that was
        self._ends = 0  # and the timestamp at which it ended

    def ahead(self, sequence: int) -> int:
        """How many packets lie between the last one and this; -1: it came later than one after it."""
        steps = 0 if self._next is None else sequence - self._next & 0xFFFF
        return steps if steps < 0x8000 else -1

    def skip(self, sequence: int) -> None:
        """A packet came that is no sound."""
        self._next = sequence + 1 & 0xFFFF

    def follow(self, payload: npt.NDArray[np.uint8]) -> npt.NDArray[np.int16]:
        """The sound of the very next packet.  Raises :class:`MalformedSound`; nothing is noted of the packet then."""
        pcm = self._decoder.decode(payload)
        if len(pcm) != SAMPLES:
            raise MalformedSound("of another length than those before")
        self.skip(self._next or 0)
        self._ends += self._units(SAMPLES)
        return self._soft(pcm)

    def goes_on(self) -> bool:
        """Whether the last packet was of 20 ms, as most are."""
        return self._samples == SAMPLES

    def take(self, packet: Packet) -> list[tuple[int, npt.NDArray[np.int16]]]:
        """Timestamps and sound of the packet, after that of a lost one before it, if it repeats it.

        Raises :class:`MalformedSound`.
        """
        sound = []
        before = packet.timestamp - self._units(self._samples)
        missing = 0 if self._next is None else packet.sequence - self._next & 0xFFFF
        self.skip(packet.sequence)
        if missing >= _FORGOTTEN and self._codec is G722:
            self._decoder = G722.decoder()
        if (
            missing
            and self._is_free(before)
            and (repeated := self._decoder.recover(packet.payload, self._samples)) is not None
        ):
            sound.append((before & 0xFFFFFFFF, repeated))
        pcm = self._decoder.decode(packet.payload)
        if not _SHORTEST <= len(pcm) <= _LONGEST:
            raise MalformedSound(f"{len(pcm)} samples in a packet")
        self._samples, self._ends = len(pcm), packet.timestamp + self._units(len(pcm))
        return [*sound, (packet.timestamp, self._soft(pcm))]

    def _soft(self, pcm: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
        """As loud as can be trusted."""
        if not len(self._loudness):
            return pcm
        begins, *then = self._loudness.tolist()
        self._loudness = self._loudness[1:]
        ramp = np.linspace(begins, then[0] if then else 1.0, len(pcm))
        soft: npt.NDArray[np.int16] = np.rint(pcm * ramp).astype(np.int16)
        return soft

    def _is_free(self, timestamp: int) -> bool:
        """Whether the last packet ended by then: else what is lost was no sound, or the sender's clock has jumped."""
        return (timestamp - self._ends) & 0xFFFFFFFF < 1 << 31

    def _units(self, samples: int) -> int:
        """Of the RTP clock."""
        return samples * self.clock_rate // RATE
