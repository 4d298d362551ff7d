"""A WAV file whose header is true at any moment: what it promises is there, whenever the process is killed.

One channel, 16 bits.  Sound goes anywhere behind the header, and what nobody writes is silence and takes no disk: the
file has a hole there.  The header has room for the 64-bit sizes of RF64 (EBU Tech 3306), which it needs beyond 4 GiB,
37 hours at 16 kHz; until then the room is a chunk of junk, as that document advises, and the file a WAV like any other.
"""

from __future__ import annotations

import fcntl
import os
import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_HEADER: Final = struct.Struct("<4sI4s 4sIQQQI 4sIHHIIHH 4sI")
EMPTY: Final = _HEADER.size
"""Octets of a file without any sound."""
_FORMAT_OCTETS, _SIZES_OCTETS = 16, 28
_PCM, _CHANNELS, _SAMPLE_OCTETS = 1, 1, 2
_RIFF_MOST = 2**32 - 1 - _HEADER.size
_ELSEWHERE = 2**32 - 1
"""A 32-bit size that is told in 64 bits elsewhere."""


def header(rate: int, samples: int) -> bytes:
    """Of a file with so many samples."""
    octets = samples * _SAMPLE_OCTETS
    whole = octets + _HEADER.size - 8
    large = octets > _RIFF_MOST
    return _HEADER.pack(
        *(b"RF64" if large else b"RIFF", _ELSEWHERE if large else whole, b"WAVE"),
        *(b"ds64" if large else b"JUNK", _SIZES_OCTETS),
        *((whole, octets, samples, 0) if large else (0, 0, 0, 0)),
        *(b"fmt ", _FORMAT_OCTETS, _PCM, _CHANNELS, rate, rate * _SAMPLE_OCTETS, _SAMPLE_OCTETS, 8 * _SAMPLE_OCTETS),
        *(b"data", _ELSEWHERE if large else octets),
    )


class WavFile:
    """A new file that only its owner may read, locked (flock) for as long as it is being written."""

    def __init__(self, path: Path, rate: int) -> None:
        """Raises OSError."""
        self._rate = rate
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)  # a converter that looks at what is new has it for an instant
        self.save(0)

    def write(self, position: int, pcm: bytes) -> None:
        """Puts samples to where they belong; they count from the next :meth:`save` on.  Raises OSError."""
        at = _HEADER.size + position * _SAMPLE_OCTETS
        while pcm:  # a full disk takes a part, and refuses the rest at the second attempt
            written = os.pwrite(self._file, pcm, at)
            pcm, at = pcm[written:], at + written

    def save(self, samples: int) -> None:
        """The file has so many samples from now on.  Raises OSError."""
        size = _HEADER.size + samples * _SAMPLE_OCTETS
        if os.fstat(self._file).st_size < size:
            os.ftruncate(self._file, size)
        os.pwrite(self._file, header(self._rate, samples), 0)

    def close(self) -> None:
        """Waits until the disk has it.  Raises OSError."""
        try:
            os.fsync(self._file)
        finally:
            os.close(self._file)
