"""``confctl prompts play``: a sound as callers hear it, on the sound device of this machine or in a file."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import wave
from pathlib import Path
from typing import TYPE_CHECKING, Final

from confctl.own_prompts import MUSIC, bring_up_to_date
from confctl.problems import RefusedError
from confctl.replacing import full_name
from confctl.words import say
from media.prompt import Prompt
from media.prompts import Prompts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from confctl.settings import Settings
    from confctl.words import Language

RATE: Final = 16_000
_PLAYERS: Final = (
    ("paplay",),
    ("pw-play",),
    ("aplay", "-q"),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
    ("afplay",),
)


def heard(settings: Settings, name: str, language: Language | None) -> NDArray[np.int16]:
    """Raises RefusedError for no sound, OSError."""
    full_name(settings, name, language)
    with tempfile.TemporaryDirectory() as folder:
        bring_up_to_date(settings, Path(folder))
        prompts = Prompts(settings.company.language, own=Path(folder))
        if name == MUSIC:
            return prompts.music(RATE)
        return prompts.pcm(Prompt(name), language or settings.company.language, RATE)


def write(sound: NDArray[np.int16], file: Path) -> None:
    """Raises OSError."""
    with file.open("wb") as stream, wave.open(stream, "wb") as wav:
        wav.setparams((1, 2, RATE, 0, "NONE", ""))
        wav.writeframes(sound.astype("<i2").tobytes())


def play(sound: NDArray[np.int16]) -> None:
    """Raises RefusedError where nothing can play it."""
    there = ((program, options) for player, *options in _PLAYERS if (program := shutil.which(player)) is not None)
    program, options = next(there, ("", []))
    if not program:
        names = ", ".join(player for player, *_ in _PLAYERS)
        raise RefusedError(say("None of {names} is installed here; write a file with -o FILE.", names=names))
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        write(sound, Path(file.name))
        command = [program, *options, file.name]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace", check=False)  # noqa: S603  one of ours
    if done.returncode:
        why = done.stderr.strip().rpartition("\n")[2] or program
        raise RefusedError(say("It can't be played here ({why}); write a file with -o FILE.", why=why))
