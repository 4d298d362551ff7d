"""A greeting: which files are taken, and the book's own copy of one."""

from __future__ import annotations

import math
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from confctl.problems import RefusedError
from confctl.storage.files import locked, opener
from confctl.words import Sentence, say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from confctl.book.conference_file import Entry

SMALLEST = 15 * 1024
LARGEST = 25 * 1024 * 1024
RATE = 16000
"""Samples a second of the book's copy: mono, 16 bits."""


DECODING = ".lock"
"""In the greetings folder: a lock shared by those who make a copy.  While it is free, whatever is unfinished is
nobody's."""


@dataclass(frozen=True, slots=True)
class Greeting:
    copy: Path
    """Decoded, in the book's greetings folder; under a name of its own until a conference takes it over."""
    name: str
    """What the file was called."""

    @property
    def seconds(self) -> float | None:
        """None if the copy is gone or damaged, which ``confctl check`` says."""
        heard = heard_in(self.copy)
        return heard.seconds if heard else None

    def sounds_like(self, other: Greeting | None) -> bool:
        """Whether the other one came of the same file."""
        if other is None or other.name != self.name or not other.copy.is_file():
            return False
        return other.copy.read_bytes() == self.copy.read_bytes()

    @property
    def warnings(self) -> tuple[Sentence, ...]:
        """What somebody who planned the conference should know of the sound."""
        heard = heard_in(self.copy)
        if heard and heard.silent:
            return (say("{file} is silent, or so quiet that nobody will hear it.", file=self.name),)
        if heard and heard.clipped:
            return (say("{file} is clipped: it was recorded too loud and will sound harsh.", file=self.name),)
        return ()


@dataclass(frozen=True, slots=True)
class Heard:
    """What a copy sounds like."""

    seconds: float
    silent: bool
    """Nothing in it is louder than -42 dB of full scale."""
    clipped: bool
    """One sample in a thousand, or more, is cut off at full scale together with its neighbours."""


def heard_in(copy: Path) -> Heard | None:
    """None for what is no whole copy of ours.

    A sample's upper octet says all that is asked here, and octets are counted without NumPy, in milliseconds.
    """
    import wave

    try:
        with wave.open(str(copy)) as sound:
            if (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) != (1, 2, RATE):
                return None
            samples = sound.getnframes()
            upper = sound.readframes(samples)[1::2]
    except (OSError, EOFError, wave.Error):
        return None
    if len(upper) != samples:
        return None
    quiet = upper.count(0x00) + upper.count(0xFF)
    cut_off = 3 * (upper.count(b"\x7f\x7f\x7f") + upper.count(b"\x80\x80\x80"))
    return Heard(samples / RATE, quiet == samples, cut_off > 0 and cut_off * 1000 >= samples)


@contextmanager
def taken(file: Path, greetings: Path) -> Iterator[Greeting]:
    """Decodes a sound file into the book's folder; at the end the copy is gone unless a conference took it over.

    Raises RefusedError for what is no greeting, and OSError.
    """
    problem = wrong_file(file)
    if problem:
        raise RefusedError(problem)
    with _copying(greetings) as copy:
        _decode(file, copy)
        yield Greeting(copy, file.name)


@contextmanager
def again(entry: Entry, greetings: Path) -> Iterator[Greeting]:
    """As :func:`taken`, of the greeting that an earlier conference had.

    Raises RefusedError if it is gone, and OSError.
    """
    former = entry.greeting
    if former is None or not former.copy.is_file():
        raise RefusedError(
            say("The greeting of conference {code} is gone; give a file with --greeting.", code=entry.plan.code)
        )
    with _copying(greetings) as copy:
        with former.copy.open("rb") as source, open(copy, "wb", opener=opener) as target:
            while piece := source.read(1 << 20):
                target.write(piece)
        yield Greeting(copy, former.name)


@contextmanager
def _copying(greetings: Path) -> Iterator[Path]:
    """A name for a copy; what still has it at the end is removed."""
    import secrets  # only for who plans

    with locked(greetings / DECODING, shared=True):
        copy = greetings / f".{secrets.token_hex(8)}.wav"
        try:
            yield copy
        finally:
            copy.unlink(missing_ok=True)


def _decode(file: Path, copy: Path) -> None:
    from media.files import SoundFileError, convert  # NumPy and libsndfile: only where a sound is decoded

    try:
        convert(file, copy, RATE)
    except SoundFileError as error:
        reason = Sentence(error.reason, error.values)
        sentence = say("{file} can't be played: {error}.", file=file.name, error=reason)
        raise RefusedError(sentence) from None


def wrong_file(file: Path) -> Sentence | None:
    """What is wrong with a file before it is decoded: its place, name and size."""
    if not file.exists():
        return say("There is no file {file}.", file=file)
    if not file.is_file():
        return say("{file} is no file.", file=file)
    if file.suffix.lower() not in (".wav", ".mp3"):
        return say("{file} is neither wav nor mp3; convert it to one of them.", file=file.name)
    if not re.fullmatch(r"[A-Za-z0-9_\-]+", file.stem):
        return say(
            "The name {file} has other characters than ASCII letters, digits, - and _; rename it.", file=file.name
        )
    if len(file.stem) > 15:
        return say("The name {file} is longer than 15 characters (without .wav or .mp3); rename it.", file=file.name)
    return _wrong_size(file)


def _wrong_size(file: Path) -> Sentence | None:
    size = file.stat().st_size
    if size < SMALLEST:
        return say("{file} is {size} KB; a greeting has 15 KB at least.", file=file.name, size=size // 1024)
    if size > LARGEST:
        return say(
            "{file} is {size:.1f} MB; a greeting has 25 MB at most: shorten it or save it as mp3.",
            file=file.name,
            size=math.ceil(size / 1024 / 102.4) / 10,
        )
    if not os.access(file, os.R_OK):
        return say("{file} can't be read: you are not allowed to.", file=file)
    return None
