"""A greeting: which files are taken, and the book's own copy of one."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from confctl.book import DECODING
from confctl.files import locked
from confctl.problems import RefusedError
from confctl.words import Sentence, say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SMALLEST = 15 * 1024
LARGEST = 25 * 1024 * 1024
RATE = 16000
"""Samples a second of the book's copy: mono, 16 bits."""


@dataclass(frozen=True, slots=True)
class Greeting:
    copy: Path
    """Decoded, in the book's greetings folder, under a name of its own until a conference takes it over."""
    name: str
    """What the file was called."""
    seconds: float


@contextmanager
def taken(file: Path, greetings: Path) -> Iterator[Greeting]:
    """Decodes a sound file into the book's folder; at the end the copy is gone unless a conference took it over.

    Raises RefusedError for what is no greeting, and OSError.
    """
    problem = wrong_file(file)
    if problem:
        raise RefusedError(problem)
    with locked(greetings / DECODING, shared=True):
        copy = greetings / f".{secrets.token_hex(8)}.wav"
        try:
            yield Greeting(copy, file.name, _decoded(file, copy))
        finally:
            copy.unlink(missing_ok=True)


def _decoded(file: Path, copy: Path) -> float:
    """Seconds of sound."""
    from media.files import SoundFileError, convert  # NumPy and libsndfile: only where a sound is decoded

    try:
        return convert(file, copy, RATE).seconds
    except SoundFileError as error:
        reason = Sentence(error.reason, error.values)
        raise RefusedError(say("{file} is no sound that can be played: {error}", file=file, error=reason)) from None


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
        return say("{file} is smaller than 15 KB: that is no greeting.", file=file.name)
    if size > LARGEST:
        return say("{file} is larger than 25 MB; shorten it or save it as mp3.", file=file.name)
    if not os.access(file, os.R_OK):
        return say("{file} can't be read: you are not allowed to.", file=file)
    return None
