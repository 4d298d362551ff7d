"""``confctl prompts list``, for people and for scripts."""

from __future__ import annotations

import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import soundfile

from confctl.own_prompts import bring_up_to_date, found, names
from confctl.terminal.table import Style, Table, Text, cell
from confctl.words import say
from media.prompt import TONES, Prompt
from media.prompts import FOLDER, MUSIC
from media.sounds.speech import TEXTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from confctl.settings import Settings
    from confctl.terminal.screen import Json, Screen
    from confctl.terminal.table import Row
    from confctl.words import Sentence


_NOTHING = "—"
_WORDLESS: Final[Mapping[str, Sentence]] = {
    Prompt.TONE: say("(a tone: the code can be keyed in)"),
    Prompt.COMES: say("(a tone: somebody has come in)"),
    Prompt.GOES: say("(a tone: somebody has left)"),
    Prompt.DONE: say("(a tone: louder or softer by a step)"),
    MUSIC: say("(music: while people wait for the owner)"),
}
"""What those are for that say nothing."""


@dataclass(frozen=True, slots=True)
class Sound:
    name: str
    language: str | None
    text: str | None
    """What ours says; None of a tone and of music."""
    seconds: float | None
    """Of what is heard; None where even ours is gone."""
    own: Path | None
    problem: Sentence | None
    """Why the own one is not heard."""


def rows(settings: Settings) -> list[Sound]:
    """Raises OSError."""
    with tempfile.TemporaryDirectory() as folder:
        problems = {each.file: each.problem for each in bring_up_to_date(settings, Path(folder))}
        own = found(settings)
        return [_sound(full, own.get(full), problems, Path(folder)) for full in names()]


def _sound(full: str, own: Path | None, problems: dict[Path, Sentence], copies: Path) -> Sound:
    language, _, name = full.rpartition("/")
    text = None if name in {MUSIC, *map(str, TONES)} else TEXTS[language][Prompt(name)]
    problem = None if own is None else problems.get(own)
    seconds = _ours(full) if own is None or problem is not None else _wav(copies / f"{full}.wav")
    return Sound(name, language or None, text, seconds, own, problem)


def _ours(full: str) -> float | None:
    try:
        sound = soundfile.info(str(FOLDER / f"{full}.flac"))
    except RuntimeError:  # gone or damaged: “check” says so
        return None
    return int(sound.frames) / int(sound.samplerate)


def _wav(copy: Path) -> float:
    with wave.open(str(copy), "rb") as sound:
        return sound.getnframes() / sound.getframerate()


def table(sounds: Sequence[Sound], screen: Screen) -> Table:
    """A row for each language; the name is said once."""
    titles = say("Name"), say("Language"), say("Seconds"), say("Whose"), say("Text")
    headings = tuple(title.in_language(screen.language) for title in titles)
    return Table(
        [_row(sound, before, screen) for sound, before in zip(sounds, [None, *sounds], strict=False)], headings
    )


def _row(sound: Sound, before: Sound | None, screen: Screen) -> Row:
    return (
        cell("" if before is not None and before.name == sound.name else sound.name),
        cell(sound.language or _NOTHING),
        cell(_NOTHING if sound.seconds is None else f"{sound.seconds:.1f}"),
        (_whose(sound, screen),),
        cell(sound.text or _purpose(sound, screen)),
    )


def _purpose(sound: Sound, screen: Screen) -> str:
    return _WORDLESS[sound.name].in_language(screen.language)


def _whose(sound: Sound, screen: Screen) -> Text:
    if sound.own is None:
        return Text(screen.word("ours"))
    if sound.problem is None:
        return Text(screen.word("your own"), Style.GOOD)
    return Text(f"{screen.word('ours')}: {sound.problem.in_language(screen.language)}", Style.BAD)


def as_json(sounds: Sequence[Sound]) -> Json:
    return {
        "prompts": [
            {
                "name": sound.name,
                "language": sound.language,
                "text": sound.text,
                "seconds": None if sound.seconds is None else round(sound.seconds, 2),
                "own": sound.own is not None and sound.problem is None,
                "file": None if sound.own is None else str(sound.own),
                "problem": None if sound.problem is None else str(sound.problem),
            }
            for sound in sounds
        ]
    }
