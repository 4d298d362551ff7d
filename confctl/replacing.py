"""``confctl prompts replace`` and ``reset``: own recordings in the folder of the settings."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from confctl.book.greeting import heard_in
from confctl.own_prompts import LONGEST_MUSIC, MUSIC, UnusableError, files_of, prepare
from confctl.problems import RefusedError, UsageError
from confctl.storage.files import give_to_owner_of, make_folder
from confctl.words import Sentence, say
from media.prompt import TONES, Prompt

if TYPE_CHECKING:
    from confctl.settings import Settings
    from confctl.words import Language


@dataclass(frozen=True, slots=True)
class Replaced:
    name: str
    file: Path
    seconds: float
    warnings: tuple[Sentence, ...]


def full_name(settings: Settings, name: str, language: Language | None) -> str:
    """As ``ru/enter-code``, ``tone``.  Raises RefusedError for no sound, UsageError for a language that it hasn't."""
    if name == MUSIC or name in set(map(str, TONES)):
        if language is not None:
            raise UsageError(say("{name} is the same in all languages; leave out --language.", name=name))
        return name
    if name not in set(map(str, Prompt)):
        raise RefusedError(say("There is no sound {name}; “confctl prompts list” has the names.", name=name))
    return f"{language or settings.company.language}/{name}"


def replace(settings: Settings, name: str, language: Language | None, file: Path) -> Replaced:
    """Raises RefusedError for what can't be played, OSError."""
    full = full_name(settings, name, language)
    _refuse_music_elsewhere(settings, full)
    target = settings.own_sounds.folder / f"{full}.wav"
    make_folder(target.parent)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".") as folder:
        copy = Path(folder) / target.name
        try:
            prepare(full, file, copy)
        except UnusableError as error:
            raise RefusedError(say("{file} can't be played: {error}.", file=file, error=error.sentence)) from None
        heard = heard_in(copy)
        assert heard is not None  # it is of our own making
        with copy.open("rb") as made:
            give_to_owner_of(target.parent, made.fileno())
        copy.chmod(0o644)
        copy.replace(target)
    for other in files_of(settings, full):
        if other != target:
            other.unlink()
    return Replaced(full, target, heard.seconds, tuple(_warnings(full, heard.seconds, clipped=heard.clipped)))


def reset(settings: Settings, name: str, language: Language | None) -> tuple[str, list[Path]]:
    """The full name, and the files that are gone now.  Raises RefusedError where there was none, OSError."""
    full = full_name(settings, name, language)
    _refuse_music_elsewhere(settings, full)
    files = files_of(settings, full)
    if not files:
        raise RefusedError(say("{name} is ours already: there is no recording of your own.", name=full))
    for file in files:
        file.unlink()
    return full, files


def _refuse_music_elsewhere(settings: Settings, full: str) -> None:
    if full == MUSIC and settings.own_sounds.music is not None:
        file = settings.own_sounds.music
        raise RefusedError(say("The settings name the hold music {file}; change that file, or music.file.", file=file))


def _warnings(full: str, seconds: float, *, clipped: bool) -> list[Sentence]:
    found: list[Sentence] = []
    if clipped:
        found.append(say("{name} is clipped: it was recorded too loud and will sound harsh.", name=full))
    if full == MUSIC and seconds >= LONGEST_MUSIC:
        found.append(say("Only the first ten minutes are played, over and over."))
    return found
