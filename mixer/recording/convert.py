"""Makes finished recordings small, one after another: ``python -m mixer.recording.convert UNFINISHED FOLDER FORMAT
LEAVE_FREE``.

Whatever lies in ``UNFINISHED`` and no recorder holds is finished, also if a crash ended it.  A WAV is removed only
after its successor was written, read back with the same number of samples, and is on the disk; so a kill at any moment
costs nothing but the work, which the next run does again.  What stays as it is, is told in a line of JSON each:
``{"file": "2026-11-30_15-30_Weekly.wav", "why": "Input/output error"}``.  Where the disk is ``full``, or would have
less than ``LEAVE_FREE`` octets left, that is all.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import soundfile

from mixer.recording import disk
from mixer.recording.disk import FULL
from mixer.recording.wav import EMPTY

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORMATS: Final = {"opus": ("OGG", "OPUS"), "flac": ("FLAC", "PCM_16")}
"""Of libsndfile; the rest of the formats is ``wav``, which is moved as it is."""
_OPUS_LEVEL = 0.9
"""libsndfile makes 256 kbit/s of 0 and 6 of 1: this is some 30, at which wideband speech has nothing to lose."""
_JUST_MADE = 60.0  # seconds
_LITTLE_SPACE = 1_000_000  # octets
_NICENESS = 19
_BLOCK_SECONDS = 1


class ConversionError(Exception):
    """One line: why a recording can't be made small, and stays as it is."""


def convert(wav: Path, folder: Path, kind: str, leave_free: int = 0) -> Path:
    """``folder/NAME.kind`` in the place of ``wav``.  Raises ConversionError, or OSError, and leaves ``wav`` then."""
    if kind not in _FORMATS:
        return _moved(wav, folder / wav.name)
    target = folder / f"{wav.stem}.{kind}"
    unfinished = wav.with_name(f".{target.name}")
    try:
        samples = _encode(wav, unfinished, *_FORMATS[kind], leave_free)
        if (found := _samples(unfinished)) != samples:
            raise ConversionError(f"{target.name} has {found} samples where {samples} should be")
        _sync(unfinished)
        _moved(unfinished, target)
    except soundfile.LibsndfileError as error:
        raise ConversionError(str(error)) from None
    finally:
        unfinished.unlink(missing_ok=True)
    wav.unlink()
    return target


def finish(wav: Path, folder: Path, kind: str, leave_free: int) -> None:
    """Convert a file that nobody writes any more.  Where a crash came before any sound, nothing stays."""
    with _held(wav) as ours:
        if not ours:
            return
        found = wav.stat()
        for left in _FORMATS:  # by a converter that was killed, when the format was another
            wav.with_name(f".{wav.stem}.{left}").unlink(missing_ok=True)
        if found.st_size > EMPTY:
            convert(wav, folder, kind, leave_free)
        elif found.st_mtime < time.time() - _JUST_MADE:  # else it may be about to be locked
            wav.unlink()


@contextmanager
def _held(wav: Path) -> Iterator[bool]:
    """Whether it is ours meanwhile: a recorder may have it, or a converter that outlives a mixer that was killed."""
    try:
        file = os.open(wav, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:  # somebody took it just now
        yield False
        return
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield os.fstat(file).st_nlink > 0
    finally:
        os.close(file)


def _encode(wav: Path, target: Path, container: str, coding: str, leave_free: int) -> int:
    """The number of samples."""
    level = _OPUS_LEVEL if coding == "OPUS" else None
    with soundfile.SoundFile(wav) as source:
        with soundfile.SoundFile(
            os.open(target, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600),
            "w",
            source.samplerate,
            source.channels,
            coding,
            format=container,
            compression_level=level,
        ) as out:
            for block in source.blocks(_BLOCK_SECONDS * source.samplerate, dtype="int16"):
                disk.leave(leave_free, target.parent)
                out.write(block)
        return int(source.frames)


def _samples(file: Path) -> int:
    """As many as can really be read."""
    with soundfile.SoundFile(file) as source:
        return sum(len(block) for block in source.blocks(_BLOCK_SECONDS * source.samplerate, dtype="int16"))


def _moved(file: Path, target: Path) -> Path:
    file.replace(target)
    _sync(target.parent)
    return target


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _reason(error: ConversionError | OSError, folder: Path) -> str:
    """libsndfile says “System error.” of a full disk; by now, what it had written is gone."""
    if isinstance(error, OSError):
        return disk.reason(error)
    return FULL if disk.free(folder) < _LITTLE_SPACE else str(error)


def _make_way() -> None:
    """Whatever else the machine does comes first; the disk's queue follows the scheduler's class."""
    os.setpriority(os.PRIO_PROCESS, 0, _NICENESS)  # not os.nice: the mixer is preferred, and we would be with it
    with suppress(AttributeError, OSError):  # not Linux, or not allowed: niceness alone will do
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def main() -> None:
    unfinished, folder, kind, leave_free = sys.argv[1:]
    _make_way()
    for wav in sorted(Path(unfinished).glob("*.wav")):
        try:
            finish(wav, Path(folder), kind, int(leave_free))
        except (ConversionError, OSError) as error:
            why = _reason(error, Path(folder))
            sys.stdout.write(json.dumps({"file": wav.name, "why": why}) + "\n")
            if why == FULL:
                break


if __name__ == "__main__":
    main()
