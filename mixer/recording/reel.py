"""One recording as files: everybody together, and each person in a track of their own if that is wanted.

Time is the wall's: a tick that did not come is silence, in all files at once, so that they stay aligned.
"""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING

from mixer.recording.frames import MIX, RATE, SAMPLES
from mixer.recording.wav import WavFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mixer.recording.frames import Frames

_NAME_OCTETS = 80  # 40 letters of Greek or Cyrillic: a title and a name make one file name of 255 octets at most
_NOT_IN_NAMES = re.compile(r"[^\w-]+")


def in_file_name(text: str) -> str:
    """What a title or a name is in the name of a file: letters of any script, digits, ``-`` and ``_``."""
    octets = _NOT_IN_NAMES.sub("_", text).strip("_").encode(errors="ignore")
    return octets[:_NAME_OCTETS].decode(errors="ignore").rstrip("_")


def numbered(name: str) -> Iterator[str]:
    """The name, then others like it: ``talk``, ``talk_2``, ``talk_3`` …"""
    yield name
    yield from (f"{name}_{number}" for number in count(2))


class Reel:
    """``FOLDER/STEM.wav``, and ``FOLDER/STEM.NAME.wav`` for each track."""

    def __init__(self, folder: Path, stem: str) -> None:
        """Raises OSError."""
        self.missing = 0
        """Ticks that never came."""
        self._folder = folder
        self._stem = stem
        self._samples = 0  # so far, of every file
        self._take: int | None = None
        self._next_tick = 0
        self._names: dict[int, str] = {}
        self._files: dict[str, WavFile] = {"": WavFile(folder / f"{stem}.wav", RATE)}

    def name(self, leg: int, name: str) -> None:
        """From now on the leg's track is this person's."""
        self._names[leg] = in_file_name(name)

    def add(self, frames: Frames) -> None:
        """20 ms.  Raises OSError, and is as it was before then."""
        if frames.take != self._take:
            self._take, self._next_tick = frames.take, frames.tick
        lost = frames.tick - self._next_tick
        if lost < -1:  # older than what is there
            return
        begins = self._samples + lost * SAMPLES
        for leg, pcm in frames.sounds:
            self._file_of(leg).write(begins, pcm)
        self._samples = begins + SAMPLES
        self._next_tick = frames.tick + 1
        self.missing += max(0, lost)

    def save(self) -> None:
        """Whatever was added is there from now on, also if we are killed.  Raises OSError."""
        for file in self._files.values():
            file.save(self._samples)

    def close(self) -> None:
        """A recording of nothing does not stay.  Raises OSError, after all files are closed."""
        failed: list[OSError] = []
        if not self._samples:
            (self._folder / f"{self._stem}.wav").unlink(missing_ok=True)
        for file in self._files.values():
            try:
                file.close()
            except OSError as error:
                failed.append(error)
        if failed:
            raise failed[0]

    def _file_of(self, leg: int) -> WavFile:
        name = "" if leg == MIX else self._names.get(leg) or str(leg)
        if name not in self._files:
            self._files[name] = WavFile(self._folder / f"{self._stem}.{name}.wav", RATE)
        return self._files[name]
