"""Sound files of any kind that libsndfile reads, as mono int16 at the rate one wants, in bounded memory.

Files that strangers made are decoded in a child process (:func:`convert`): libmpg123 writes its complaints straight to
file descriptor 2, and a file that brings the decoder down takes nothing else with it.  The child is this module:

    python -m media.files SOURCE TARGET RATE MAX_SECONDS    (60: what is longer is refused; 60-: it is cut)

prints one line of JSON, the facts of the sound or the reason why it is none.
"""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import wave
from dataclasses import asdict, dataclass
from io import FileIO
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import soundfile
import soxr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

LONGEST: Final = 3600.0
"""Seconds that :func:`decode` takes if not told otherwise: 25 MB of a slow mp3 are seven hours."""

_CUT: Final = "-"
_PATIENCE: Final = 120.0  # seconds for the child; an hour of mp3 takes ten
_RATES: Final = range(4000, 384_001)
_BLOCK: Final = 96_000  # samples of all channels read at once
_MISSING: Final = 0.1  # seconds that may lack at the end: a decoder's delay and a cut last frame of mp3

# What people take for sound files that libsndfile reads, by their first octets.
_UNREADABLE: Final = (
    (re.compile(rb"....ftyp", re.DOTALL), "M4A or MP4"),
    (re.compile(rb"\x1a\x45\xdf\xa3"), "WebM or Matroska"),
    (re.compile(rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11"), "WMA"),
    (re.compile(rb"#!AMR"), "AMR"),
    (re.compile(rb"\xff[\xf0\xf1\xf8\xf9]"), "AAC"),  # ADTS: layer 0, which no MPEG audio frame has
    (re.compile(rb"OggS.{24,40}Speex   ", re.DOTALL), "Speex"),
)
# libsndfile's log of a WAV whose data chunk promises more than the file holds.
_CUT_WAV: Final = re.compile(r"^data : ([0-9]+) \(should be ([0-9]+)\)$", re.MULTILINE)
_LENGTH_HEADER: Final = re.compile(rb"Xing|Info|VBRI")
_STREAMED: Final = 0x7FFF_0000  # octets from which a WAV's size is a placeholder of a program that wrote to a pipe


class SoundFileError(ValueError):
    """Why a file is no sound that can be used: a clause about it, such as "it is empty".

    ``reason`` is the clause with its ``{values}`` not filled in, to be translated.
    """

    def __init__(self, reason: str, **values: str | float) -> None:
        super().__init__(reason.format(**values))
        self.reason = reason
        self.values = values


@dataclass(frozen=True, slots=True)
class Decoded:
    """The facts of a sound."""

    seconds: float


# Reading


class _Sequential(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """Never sought in: soundfile seeks to where it is after each read, which costs an mp3 its next 100 ms of sound."""

    def seekable(self) -> bool:
        return False


def decode(path: Path, rate: int, *, max_seconds: float = LONGEST) -> Iterator[NDArray[np.int16]]:
    """The sound in blocks of a second or less, all channels mixed to one, at ``rate``.

    Raises :class:`SoundFileError` before the first block, or after the last good one when the file turns out to be
    damaged, cut short, or longer than ``max_seconds``.
    """
    with _opened(path) as raw, _recognised(raw, path) as file:
        if file.samplerate == rate:
            yield from map(_to_int16, _mono_blocks(file, raw, max_seconds))
        else:
            yield from map(_to_int16, _resampled(_mono_blocks(file, raw, max_seconds), file.samplerate, rate))


def read_pcm(path: Path, rate: int) -> NDArray[np.int16]:
    """A whole short sound, such as a prompt of ours.  Raises :class:`SoundFileError`."""
    return np.concatenate([np.zeros(0, np.int16), *decode(path, rate)])


def _opened(path: Path) -> FileIO:
    """The file, after a look at what libsndfile would misname: to it an empty mp3 is a missing file."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # before it is opened: a pipe would wait for a writer
            raise SoundFileError("it is no file")
        raw = FileIO(path)
    except FileNotFoundError as error:
        raise SoundFileError("there is no such file") from error
    except OSError as error:
        raise SoundFileError("it can't be read: {cause}", cause=os.strerror(error.errno or 0)) from error
    start = os.pread(raw.fileno(), 64, 0)
    reason = SoundFileError("it is empty") if not start else None
    for pattern, kind in _UNREADABLE:
        if pattern.match(start):
            reason = SoundFileError("it is {kind}, which can't be read here; convert it to mp3 or wav", kind=kind)
    if reason:
        raw.close()
        raise reason
    return raw


def _recognised(raw: FileIO, path: Path) -> _Sequential:
    # By descriptor, so that one can see how far it has been read. By name, libsndfile finds an mp3 behind junk too.
    for source in (raw.fileno(), os.fsencode(path)):
        raw.seek(0)
        try:
            file = _Sequential(source, closefd=False)
        # TypeError: a headerless .raw, of which soundfile wants to be told more. The others: whatever a header says.
        except (RuntimeError, ValueError, TypeError, MemoryError):
            continue
        if file.samplerate not in _RATES:
            file.close()
            raise SoundFileError("it claims {rate} samples a second", rate=file.samplerate)
        return file
    raise SoundFileError("it holds no sound that can be read; save it anew, as wav or mp3")


def _mono_blocks(file: _Sequential, raw: FileIO, max_seconds: float) -> Iterator[NDArray[np.float32]]:
    """Blocks as they are in the file, ±1 at full scale."""
    size = max(1, min(file.samplerate, _BLOCK // file.channels))
    promised, found = _promised_frames(file, raw), 0
    while len(block := _read(file, size, found)):
        found += len(block)
        if found > max_seconds * file.samplerate:
            if max_seconds < 60:
                raise SoundFileError("it is longer than {seconds:.0f} seconds", seconds=max_seconds)
            raise SoundFileError("it is longer than {minutes:.0f} minutes", minutes=max_seconds / 60)
        yield block.mean(axis=1)
    there = found / file.samplerate
    if promised is not None and promised / file.samplerate - there > _MISSING:
        whole = promised / file.samplerate
        raise SoundFileError(
            "it is cut short or damaged: {there:.1f} of {whole:.1f} s are there", there=there, whole=whole
        )
    if found == 0:
        raise SoundFileError("it holds no sound: 0 seconds")
    if _stopped_early(file, raw):
        raise SoundFileError(
            "it holds more than the {there:.1f} s it speaks of; save it anew, as wav or mp3", there=there
        )


def _read(file: _Sequential, size: int, found: int) -> NDArray[np.float32]:
    try:
        block: NDArray[np.float32] = file.read(size, dtype="float32", always_2d=True)
    except (RuntimeError, ValueError, MemoryError) as error:
        raise SoundFileError("it is damaged after {there:.1f} s", there=found / file.samplerate) from error
    # There are float WAVs with infinities and what is no number; a resampler would spread them.
    return np.clip(np.nan_to_num(block, copy=False, nan=0, posinf=1, neginf=-1), -1, 1, out=block)


def _promised_frames(file: _Sequential, raw: FileIO) -> float | None:
    """How many frames the file's header speaks of; None when the writer did not know."""
    if file.frames > 1 << 62:  # a FLAC whose writer did not come to the end
        return None
    if file.format == "MP3" and not _tells_length(raw):  # an estimate, from the bit rate of its start
        return None
    cut = _CUT_WAV.search(file.extra_info)
    if cut and int(cut[2]) and int(cut[1]) < _STREAMED:
        return float(file.frames * int(cut[1]) / int(cut[2]))
    return float(file.frames)


def _tells_length(raw: FileIO) -> bool:
    """Whether an mp3 has the header of Xing, LAME or Fraunhofer in its first frame, after the ID3v2 tag if any."""
    tag = os.pread(raw.fileno(), 10, 0)
    size = 0
    if tag[:3] == b"ID3" and len(tag) == 10:
        size = 10 + sum((octet & 0x7F) << shift for octet, shift in zip(tag[6:], (21, 14, 7, 0), strict=True))
    return _LENGTH_HEADER.search(os.pread(raw.fileno(), 2048, size)) is not None


def _stopped_early(file: _Sequential, raw: FileIO) -> bool:
    """Whether libsndfile, which believes an mp3's length, left a good part of it unread."""
    if file.format != "MP3" or raw.tell() == 0:  # 0: opened by name, so nothing is known
        return False
    size = os.fstat(raw.fileno()).st_size
    return size - raw.tell() > 8192 + size // 20  # more than tags at the end


def _resampled(blocks: Iterator[NDArray[np.float32]], source: int, target: int) -> Iterator[NDArray[np.float32]]:
    stream = soxr.ResampleStream(source, target, 1, dtype="float32")
    for block in blocks:
        yield stream.resample_chunk(block)
    yield stream.resample_chunk(np.zeros(0, np.float32), last=True)


def _to_int16(block: NDArray[np.float32]) -> NDArray[np.int16]:
    scaled: NDArray[np.float32] = np.rint(block * np.float32(32768))
    return np.clip(scaled, -32768, 32767).astype(np.int16)


# Converting, in a child process


def convert(source: Path, target: Path, rate: int, *, max_seconds: float = LONGEST, cut: bool = False) -> Decoded:
    """Decode ``source`` in a child process into ``target``, a mono WAV of 16 bits; whole or not at all.

    What is longer than ``max_seconds`` is refused, or ``cut``.

    Raises :class:`SoundFileError` for what is no such sound, OSError when the target can't be written.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        facts = _in_child(source, temporary, rate, max_seconds, cut=cut)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return facts


def _in_child(source: Path, target: Path, rate: int, max_seconds: float, *, cut: bool) -> Decoded:
    root = str(Path(__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    # -P: the folder where the user stands is no place to import from. One thread: each other one costs memory.
    environment = {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}
    length = f"{max_seconds}{_CUT if cut else ''}"
    command = [sys.executable, "-P", "-m", "media.files", str(source), str(target), str(rate), length]
    try:
        child = subprocess.run(  # noqa: S603 - our own interpreter and module, no shell
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SoundFileError("it takes more than {seconds:.0f} s to decode", seconds=_PATIENCE) from None
    try:
        answer = json.loads(child.stdout)
    except ValueError:
        raise SoundFileError("its decoder broke down ({how})", how=_how_it_ended(child.returncode)) from None
    if "errno" in answer:
        raise OSError(answer["errno"], os.strerror(answer["errno"]), str(target))
    if "reason" in answer:
        raise SoundFileError(answer["reason"], **answer["values"])
    return Decoded(**answer)


def _how_it_ended(status: int) -> str:
    return signal.Signals(-status).name if status < 0 else f"exit status {status}"


def write_wav(source: Path, target: Path, rate: int, max_seconds: float = LONGEST, *, cut: bool = False) -> Decoded:
    """Decode into a mono WAV of 16 bits, on disk when this returns.  Raises :class:`SoundFileError`, OSError."""
    samples, most = 0, round(max_seconds * rate)
    with target.open("wb") as file:
        with wave.open(file, "wb") as wav:
            wav.setparams((1, 2, rate, 0, "NONE", ""))
            for block in decode(source, rate, max_seconds=inf if cut else max_seconds):
                taken = block[: most - samples] if cut else block
                wav.writeframes(taken.astype("<i2").tobytes())
                samples += len(taken)
                if cut and samples == most:
                    break
        os.fsync(file.fileno())
    return Decoded(samples / rate)


def main(arguments: list[str]) -> None:
    """The child's side of :func:`convert`."""
    source, target, rate, length = arguments
    try:
        written = write_wav(
            Path(source), Path(target), int(rate), float(length.removesuffix(_CUT)), cut=length.endswith(_CUT)
        )
        answer: dict[str, object] = asdict(written)
    except SoundFileError as error:
        answer = {"reason": error.reason, "values": error.values}
    except OSError as error:
        answer = {"errno": error.errno}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
