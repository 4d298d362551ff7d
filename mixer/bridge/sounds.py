"""Sounds for the bridge: encoded once, in both codecs, in a file without a name that the bridge maps."""

from __future__ import annotations

import tempfile
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from media.codecs import PCMA, PCMU
from mixer.bridge.protocol import DropSound, LoadSound

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

_FRAME = 160  # samples of 20 ms at 8 kHz


def encoded(pcm: npt.NDArray[np.int16]) -> npt.NDArray[np.uint8]:
    """8 kHz samples as frames [law, frame, octet]; the last is filled up with silence, and there is one at least."""
    frames = max(1, -(-len(pcm) // _FRAME))
    padded = np.zeros(frames * _FRAME, np.int16)
    padded[: len(pcm)] = pcm
    return np.stack([PCMU.encode(padded), PCMA.encode(padded)]).reshape(2, frames, _FRAME)


class Sounds:
    """What the bridge has, by key.  ``send`` is :meth:`mixer.bridge.client.BridgeClient.send`."""

    def __init__(self, send: Callable[..., None]) -> None:
        self._send = send
        self._numbers = count(1)
        self._number_of: dict[Hashable, int] = {}

    def load(self, key: Hashable, pcm: Callable[[], npt.NDArray[np.int16]]) -> int:
        """The number of a sound; ``pcm`` (8 kHz) is asked for only if the bridge does not have it yet."""
        number = self._number_of.get(key)
        if number is None:
            number = next(self._numbers)
            self._load(number, encoded(pcm()))
            self._number_of[key] = number
        return number

    def drop(self, key: Hashable) -> None:
        """Nobody is to hear it any more; a key that is not there is no error."""
        if (number := self._number_of.pop(key, None)) is not None:
            self._send(DropSound(number))

    def _load(self, number: int, frames: npt.NDArray[np.uint8]) -> None:
        with tempfile.TemporaryFile() as file:
            file.write(frames.tobytes())
            file.flush()
            self._send(LoadSound(number, frames.shape[1]), file.fileno())
