"""Sounds for the bridge: encoded once, in every codec that a leg may have, in a file without a name that it maps."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from media.codecs import CODECS
from mixer.bridge.protocol import SOUND_OCTETS, Codec, DropSound, LoadSound

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable
    from typing import IO

    from media.codecs import Codec as Coder

Source = Callable[[int], NDArray[np.int16]]
"""The samples of a sound at a rate."""

_CODERS: Final = {Codec[coder.format.encoding.upper()]: coder for coder in CODECS}
_LEAD: Final = {Codec.G722: 25}
"""Frames of the end of a loop that are encoded before its start: a decoder that comes from there would make four times
the loudness of what an encoder says that comes from silence.  Opus is the other way round: what its encoder says first,
any decoder can take."""


def encoded(source: Source, codecs: Collection[Codec] = tuple(Codec), *, loop: bool = False) -> NDArray[np.uint8]:
    """Frames [codec, frame, octet] as :class:`mixer.bridge.protocol.LoadSound` has them.

    Zeros for a codec that is not among ``codecs``, or not on this machine.  The last frame is filled up with silence,
    and there is one at least.  What plays in a ``loop`` has no seam.
    """
    coders = {codec: coder for codec, coder in _CODERS.items() if codec in codecs}
    pcm = {rate: source(rate) for rate in {coder.format.sample_rate for coder in coders.values()}}
    frames = max(1, *(-(-len(samples) * 50 // rate) for rate, samples in pcm.items()))
    parts = np.zeros((len(Codec), frames, SOUND_OCTETS), np.uint8)
    for part, codec in zip(parts, Codec, strict=True):
        if coder := coders.get(codec):
            filled = _filled(pcm[coder.format.sample_rate], frames * coder.format.samples)
            part[:, : coder.format.octets] = _frames(coder, filled, _LEAD.get(codec, 0) if loop else 0)
    return parts


def _filled(pcm: NDArray[np.int16], samples: int) -> NDArray[np.int16]:
    return np.concatenate((pcm, np.zeros(samples - len(pcm), np.int16)))


def _frames(coder: Coder, pcm: NDArray[np.int16], lead: int) -> list[NDArray[np.uint8]]:
    frames, encode = pcm.reshape(-1, coder.format.samples), coder.encoder().encode
    for frame in frames[len(frames) - lead :]:
        encode(frame)
    return [encode(frame) for frame in frames]


class Sounds:
    """What the bridge has, by key.  ``send`` is :meth:`mixer.bridge.client.BridgeClient.send`.

    Only ``codecs`` are ever asked of a sound: those that a leg may have.
    """

    def __init__(self, send: Callable[..., None], codecs: Collection[Codec] = tuple(Codec)) -> None:
        self._send = send
        self._codecs = codecs
        self._numbers = count(1)
        self._number_of: dict[Hashable, int] = {}

    def load(self, key: Hashable, source: Source) -> int:
        """The number of a short sound, which is read and encoded if the bridge does not have it yet.  Raises OSError
        when the disk has no room for it, and whatever ``source`` raises."""
        if key not in self._number_of:
            self._hand_over(key, *_recorded(source, self._codecs, loop=False))
        return self._number_of[key]

    async def load_beside(self, key: Hashable, source: Source, *, loop: bool = False) -> int:
        """The same of a long one, beside the event loop: a minute of Opus takes it most of a second."""
        if key not in self._number_of:
            file, frames = await asyncio.to_thread(_recorded, source, self._codecs, loop=loop)
            self._hand_over(key, file, frames)
        return self._number_of[key]

    def drop(self, key: Hashable) -> None:
        """Nobody is to hear it any more; a key that is not there is no error."""
        if (number := self._number_of.pop(key, None)) is not None:
            self._send(DropSound(number))

    def _hand_over(self, key: Hashable, file: IO[bytes], frames: int) -> None:
        with file:
            if key not in self._number_of:  # nobody else was faster
                number = self._number_of[key] = next(self._numbers)
                self._send(LoadSound(number, frames), file.fileno())


def _recorded(source: Source, codecs: Collection[Codec], *, loop: bool) -> tuple[IO[bytes], int]:
    """The file, and how many frames it has."""
    parts = encoded(source, codecs, loop=loop)
    with ExitStack() as stack:
        file = stack.enter_context(tempfile.TemporaryFile())
        file.truncate(parts.nbytes)  # what is no more than zeros takes no room
        for nth in np.flatnonzero(parts.any(axis=(1, 2))).tolist():
            file.seek(nth * parts[nth].nbytes)
            file.write(parts[nth].data)
        file.flush()
        stack.pop_all()
    return file, parts.shape[1]
