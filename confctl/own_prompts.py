"""The company's own recordings: which are there, and copies of them as the mixer plays them.

Files of any kind are decoded in child processes, checked, brought to our loudness and kept as WAVs of 16 kHz in the
state folder; a file that is no good is left out, and ours is heard.  The mixer reads nothing but these copies.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from confctl.book.greeting import RATE, heard_in
from confctl.problems import reason
from confctl.storage.files import locked, make_folder, write_whole
from confctl.words import Sentence, say
from media.prompt import TONES, Prompt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from confctl.settings import Settings

LANGUAGES: Final = ("ru", "en")
EXTENSIONS: Final = (".wav", ".flac", ".mp3", ".ogg")
"""The first of them counts, should there be several."""
MUSIC: Final = "music"
SHORTEST: Final = 0.05
LONGEST: Final = 30.0
"""Seconds of a prompt: nobody listens longer."""
LONGEST_MUSIC: Final = 600.0
"""Seconds that are taken of a longer piece: the mixer has it in memory, in every codec."""

Stamp = list[int]


class UnusableError(Exception):
    """Why a file can't be played in the place of ours: a clause, such as "it is silent"."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Unused:
    file: Path
    problem: Sentence


def names() -> Iterator[str]:
    """As ``ru/enter-code``, ``tone``, ``music``; each can be replaced."""
    yield MUSIC
    yield from sorted(TONES)
    yield from (f"{language}/{prompt}" for prompt in Prompt if prompt not in TONES for language in LANGUAGES)


def found(settings: Settings) -> dict[str, Path]:
    """By name, the files that are there, as far as we may look: the mixer does every two seconds."""
    own = settings.own_sounds
    files = _sounds(own.folder)
    there = {name: its[0] for name in names() if (its := _called(name, own.folder, files))} if files else {}
    return there if own.music is None else {**there, MUSIC: own.music}


def files_of(settings: Settings, name: str) -> list[Path]:
    """All that are called so; the first one counts."""
    folder = settings.own_sounds.folder
    return _called(name, folder, _sounds(folder))


def _called(name: str, folder: Path, files: Mapping[Path, list[Path]]) -> list[Path]:
    candidates = (folder / f"{name}{extension}" for extension in EXTENSIONS)
    return [file for each in candidates for file in files.get(each, ())]


def prepared(settings: Settings) -> Path:
    """Where the mixer's copies are."""
    return settings.paths.state / "prompts"


def strays(settings: Settings) -> list[Unused]:
    """Files that nobody will hear, since they are called as no sound is, or another one counts."""
    folder, used = settings.own_sounds.folder, set(found(settings).values())
    unused = sorted({file for files in _sounds(folder).values() for file in files} - used)
    return [Unused(file, _why_stray(file.relative_to(folder).with_suffix(""))) for file in unused]


def _why_stray(name: Path) -> Sentence:
    if name.as_posix() in set(names()):
        return say("another file for the same sound counts; remove one of them")
    return say("no sound is called so; “confctl prompts list” has the names")


def _sounds(folder: Path) -> dict[Path, list[Path]]:
    """By what each would be called in small letters: some recorders write ``.WAV``, which comes behind a ``.wav``."""
    found: dict[Path, list[Path]] = {}
    for place in (folder, *(folder / language for language in LANGUAGES)):
        for file in sorted(_listed(place), reverse=True):
            if (suffix := file.suffix.lower()) in EXTENSIONS:
                found.setdefault(file.with_suffix(suffix), []).append(file)
    return found


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def prepare(name: str, file: Path, target: Path) -> None:
    """Makes the copy, whole or not at all.  Raises UnusableError, OSError."""
    from confctl.own_sound import levelled  # NumPy

    is_music = name == MUSIC
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        copy = Path(folder) / "decoded.wav"
        if _decoded(file, copy, is_music=is_music) < SHORTEST:
            raise UnusableError(say("it is too short to be heard"))
        level = levelled(copy, music=is_music)
        if level is None:
            raise UnusableError(say("it is silent, or so quiet that nobody will hear it"))
        copy.replace(target)


def _decoded(file: Path, copy: Path, *, is_music: bool) -> float:
    """Seconds of a copy as it was decoded.  Raises UnusableError, OSError."""
    from media.files import SoundFileError, convert

    longest = LONGEST_MUSIC if is_music else LONGEST
    if _is_small(file, longest) and (heard := heard_in(file)) is not None:  # one that “replace” has made
        shutil.copyfile(file, copy)
        return heard.seconds
    try:
        return convert(file, copy, RATE, max_seconds=longest, cut=is_music).seconds
    except SoundFileError as error:
        raise UnusableError(Sentence(error.reason, error.values)) from None


def _is_small(file: Path, seconds: float) -> bool:
    try:
        return file.is_file() and file.stat().st_size <= seconds * 2 * RATE
    except OSError:
        return False


def bring_up_to_date(settings: Settings, into: Path) -> list[Unused]:
    """Copies in ``into`` of what is there now, and of nothing else; what can't be used.  Raises OSError."""
    make_folder(into)
    with locked(into / ".lock"):
        before, now, unused = _stamps(into), {}, list[Unused]()
        for name, file in found(settings).items():
            target, stamp = into / f"{name}.wav", _stamp(file)
            make_folder(target.parent)
            try:
                if before.get(name) != stamp or not target.exists():
                    prepare(name, file, target)
                now[name] = stamp
            except UnusableError as error:
                unused.append(Unused(file, error.sentence))
        for copy in (*into.glob("*.wav"), *into.glob("*/*.wav")):
            if copy.relative_to(into).with_suffix("").as_posix() not in now:
                copy.unlink(missing_ok=True)
        write_whole(into / _MANIFEST, json.dumps(now, indent=1) + "\n")
    return unused


_MANIFEST: Final = "made-of.json"


def _stamps(into: Path) -> dict[str, Stamp]:
    try:
        stored = json.loads((into / _MANIFEST).read_text(encoding="utf-8"))
        return {str(name): list(map(int, stamp)) for name, stamp in stored.items()}
    except (FileNotFoundError, ValueError, AttributeError, TypeError):
        return {}


def _stamp(file: Path) -> Stamp:
    """None of a file that is gone since."""
    try:
        there = file.stat()
    except OSError:
        return []
    return [there.st_ino, there.st_size, there.st_mtime_ns]


def stamp(settings: Settings) -> dict[str, Stamp]:
    """Differs from an earlier one if there is anything to be done."""
    return {name: [hash(file.suffix), *_stamp(file)] for name, file in found(settings).items()}


def examined(settings: Settings) -> list[Unused]:
    """Those that can't be used, found by decoding each."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return bring_up_to_date(settings, Path(folder))
        except OSError as error:
            return [Unused(Path(str(error.filename or folder)), say("{error}", error=reason(error)))]
