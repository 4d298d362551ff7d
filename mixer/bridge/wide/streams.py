"""Encoders with a memory, and who hears what each of them makes: all who hear the same share one.

The decoder of a phone goes on from the packets that it has had, so nobody is simply moved from one encoder to another.
Whoever is to hear something of one's own from now on (because one speaks, or comes to another room) goes on with a copy
of the encoder of before.  When a copy has encoded the same sound as its room's encoder for some frames, both have come
to the same memory, and it ends: its listeners are moved then.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from media import codecs
from media.jitter import FRAME
from mixer.bridge.legs import PARTS
from mixer.bridge.protocol import Codec

if TYPE_CHECKING:
    import numpy.typing as npt

    from media.rtp import Integers
    from mixer.bridge.legs import Legs

SAMPLES: Final = 320
"""Of a frame of 20 ms at 16 kHz, the rate of all these codecs."""
CODECS: Final = {PARTS[Codec.G722]: codecs.G722} | ({} if codecs.OPUS is None else {PARTS[Codec.OPUS]: codecs.OPUS})
"""By :attr:`mixer.bridge.legs.Legs.part`; what this machine lacks is never agreed upon."""

OPUS: Final = PARTS[Codec.OPUS]
_ALIKE: Final = 10
"""Frames after which a copy may end.  That of Opus has forgotten by then that it was one."""
_ALIKE_AT_MOST: Final = 250
"""G.722 never quite forgets, and what is left of the difference is heard as a rustle in sound: so a copy ends in a
pause, or after five seconds."""
QUIET: Final = 64
"""The peak of a pause: -54 dBov."""
_ASLEEP: Final = 50
"""Frames of silence after which Opus makes nothing new of it; a packet of G.722 said again and again would buzz."""

Key = tuple[int, int]
"""Whose sound, and in what codec (a part): from 0 on a place for rooms; -1 - n: what leg n hears, who doesn't hear
oneself."""


@dataclass(slots=True, eq=False)
class _Stream:
    """One encoder and its listeners."""

    encoder: codecs.Encoder
    slot: int
    """Where its packets are."""
    key: Key
    legs: list[int] = field(default_factory=list)
    mix: int = 0
    """The row of the sound that it encodes."""
    alike: int = 0
    """Frames in a row that it has encoded of the same sound as its room's encoder."""
    silent: int = 0
    """Frames in a row that were silence."""


class Streams:
    """The encoders of all wide legs that hear live sound."""

    def __init__(self, legs: Legs) -> None:
        self._legs = legs
        self._shared: dict[Key, _Stream] = {}
        self._streams: list[_Stream] = []
        self._of: dict[int, _Stream] = {}
        self._free: list[int] = []
        self._packets = np.zeros((0, FRAME), np.uint8)
        self._leg = self._source = self._part = self._mix = self._slot = np.zeros(0, np.int64)

    def forget(self, leg: int) -> None:
        """It is gone; whoever has its row next begins anew."""
        stream = self._of.pop(leg, None)
        if stream is not None:
            stream.legs.remove(leg)
            self._leg = self._leg[:0]  # so that all is arranged again

    def encoders(self) -> int:
        """How many are at work."""
        return len(self._streams)

    def hear(
        self, leg: Integers, source: Integers, mix: Integers, pcm: npt.NDArray[np.int16], out: npt.NDArray[np.uint8]
    ) -> None:
        """Encode what these legs hear, each once, and write it into ``out`` (legs, 160).

        ``source`` of each as :data:`Key` has it, ``mix`` its row of ``pcm`` (n, 320).  A leg that is missing here was
        sent other packets at this tick, so next time it is as new.
        """
        part = self._legs.part[leg]
        before = zip((leg, source, part), (self._leg, self._source, self._part), strict=True)
        if not all(np.array_equal(now, then) for now, then in before):
            self._arrange(leg, source, part)
        if not np.array_equal(mix, self._mix):
            self._mix = mix
            for stream in self._streams:
                stream.mix = int(mix[np.searchsorted(leg, stream.legs[0])])
        if len(leg):
            self._encode(pcm)
            out[leg] = self._packets[self._slot]

    def _encode(self, pcm: npt.NDArray[np.int16]) -> None:
        peak = np.maximum(pcm.max(axis=1), ~pcm.min(axis=1)).tolist()
        ended = []
        for stream in self._streams:
            loud = peak[stream.mix]
            stream.silent = 0 if loud else stream.silent + 1
            if stream.silent < _ASLEEP or stream.key[1] != OPUS:
                octets = stream.encoder.encode(pcm[stream.mix])
                self._packets[stream.slot, : len(octets)] = octets
            if self._shared.get(stream.key, stream) is not stream:
                stream.alike += 1
                if _has_come_together(stream, loud):
                    ended.append(stream)
        for stream in ended:
            self._merge(stream)

    def _arrange(self, leg: Integers, source: Integers, part: Integers) -> None:
        """Others speak, or other legs hear: give each the stream it goes on with."""
        groups: dict[tuple[_Stream | None, Key], list[int]] = {}
        keys = zip(source.tolist(), part.tolist(), strict=True)
        for row, key in zip(leg.tolist(), keys, strict=True):
            stream = self._of.get(row)
            if stream is not None and stream.key[1] != key[1]:
                stream = None  # agreed on another codec
            groups.setdefault((stream, key), []).append(row)
        self._of = {}
        for stream in self._streams:
            stream.legs = []
        self._go_on(groups)
        self._begin(groups)
        self._drop_unheard()
        self._leg, self._source, self._part, self._mix = leg, source, part, leg[:0]
        self._slot = np.array([self._of[row].slot for row in leg.tolist()], np.int64)

    def _go_on(self, groups: dict[tuple[_Stream | None, Key], list[int]]) -> None:
        """Legs that had a stream: one group keeps it, which is the one whose sound it has been if that is there; the
        others get copies of it."""
        of_stream: dict[_Stream, list[Key]] = {}
        for stream, key in groups:
            if stream is not None:
                of_stream.setdefault(stream, []).append(key)
        for stream, keys in of_stream.items():
            keeps = stream.key if stream.key in keys else keys[0]
            copies = {key: self._started(stream.encoder.copy(), key) for key in keys if key != keeps}
            if stream.key != keeps:
                if self._shared.get(stream.key) is stream:
                    del self._shared[stream.key]
                stream.key, stream.alike = keeps, 0
            for key in keys:
                self._join(copies.get(key, stream), groups[stream, key])
        for key in {key for _, key in groups}:
            self._choose(key)

    def _choose(self, key: Key) -> None:
        """Whose sound has several streams, has one that the others come to: the one that has most listeners."""
        there = [stream for stream in self._streams if stream.key == key and stream.legs]
        if key[0] >= 0 and there and self._shared.get(key) not in there:
            self._shared[key] = max(there, key=lambda stream: len(stream.legs))

    def _begin(self, groups: dict[tuple[_Stream | None, Key], list[int]]) -> None:
        """Legs that had none: whose decoders begin anyway."""
        for (stream, key), rows in groups.items():
            if stream is not None:
                continue
            if (shared := self._shared.get(key)) is None or not shared.legs:
                shared = self._started(CODECS[key[1]].encoder(), key)
                if key[0] >= 0:
                    self._shared[key] = shared
            self._join(shared, rows)

    def _started(self, encoder: codecs.Encoder, key: Key) -> _Stream:
        if not self._free:
            old = len(self._packets)
            more = max(16, old)
            self._packets = np.concatenate((self._packets, np.zeros((more, FRAME), np.uint8)))
            self._free = list(range(old, old + more))
        stream = _Stream(encoder, self._free.pop(), key)
        self._streams.append(stream)
        return stream

    def _join(self, stream: _Stream, rows: list[int]) -> None:
        stream.legs += rows
        for row in rows:
            self._of[row] = stream

    def _merge(self, stream: _Stream) -> None:
        shared = self._shared[stream.key]
        self._slot[np.isin(self._leg, stream.legs)] = shared.slot
        self._join(shared, stream.legs)
        stream.legs = []
        self._drop_unheard()

    def _drop_unheard(self) -> None:
        for stream in [stream for stream in self._streams if not stream.legs]:
            self._streams.remove(stream)
            self._free.append(stream.slot)
            if self._shared.get(stream.key) is stream:
                del self._shared[stream.key]


def _has_come_together(stream: _Stream, loud: int) -> bool:
    """Whether its packets can be followed by those of its room's encoder."""
    if stream.key[1] == OPUS or loud < QUIET:
        return stream.alike >= _ALIKE
    return stream.alike >= _ALIKE_AT_MOST
