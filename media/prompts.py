"""Our own sounds: prompts in each language, tones, hold music.

None of them is worth a call: where a file is missing or damaged, the log says so once and the next best is played.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import soxr

from media.files import SoundFileError, read_pcm
from media.prompt import TONES, Prompt
from media.tones import silence

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from numpy.typing import NDArray

_log = logging.getLogger(__name__)

FOLDER: Final = Path(__file__).parent / "sounds"
"""``LANGUAGE/PROMPT.flac``; ``tone.flac`` and the other tones, and ``music.flac``."""
LAST_RESORT: Final = "en"
"""The language of those prompts that neither the listener's nor the company's has."""

_NOTHING: Final = 0.2  # seconds of silence where there is no sound at all: what waits for its end goes on
_MUSIC_RATE: Final = 16_000


class Prompts:
    """Sounds as int16, one channel, read once for each rate; the arrays are shared, and so are read-only."""

    def __init__(self, language: str, folder: Path = FOLDER) -> None:
        """``language`` is the company's; a prompt that the listener's own language lacks is told in it."""
        self._language = language
        self._folder = folder
        self._known: dict[Hashable, NDArray[np.int16] | None] = {}

    def pcm(self, prompt: Prompt, language: str, rate: int = 8000) -> NDArray[np.int16]:
        """In ``language``, else in the company's, else in English, else a short silence."""
        if prompt in TONES:
            return self._or_silence(f"{prompt}.flac", rate, read_pcm)
        for spoken in dict.fromkeys((language, self._language, LAST_RESORT)):
            sound = self._read(f"{spoken}/{prompt}.flac", rate, read_pcm)
            if sound is not None:
                return sound
        return silence(_NOTHING, rate)

    def tone(self, rate: int = 8000) -> NDArray[np.int16]:
        return self.pcm(Prompt.TONE, self._language, rate)

    def music(self, rate: int = 8000) -> NDArray[np.int16]:
        """To be played over and over: the last sample leads to the first."""
        return self._or_silence("music.flac", rate, _read_loop)

    def _or_silence(self, name: str, rate: int, read: Callable[[Path, int], NDArray[np.int16]]) -> NDArray[np.int16]:
        sound = self._read(name, rate, read)
        return silence(_NOTHING, rate) if sound is None else sound

    def _read(self, name: str, rate: int, read: Callable[[Path, int], NDArray[np.int16]]) -> NDArray[np.int16] | None:
        """None when it can't be read, which is logged the first time."""
        if (name, rate) not in self._known:
            try:
                sound = read(self._folder / name, rate)
                sound.setflags(write=False)
                self._known[name, rate] = sound
            except SoundFileError as error:
                _log.warning("sound %s can't be played: %s; install confctl anew", self._folder / name, error)
                self._known[name, rate] = None
        return self._known[name, rate]


def _read_loop(file: Path, rate: int) -> NDArray[np.int16]:
    """Resampled as what it is, without an end: a filter that began and ended in silence would be heard at each turn."""
    loop = read_pcm(file, _MUSIC_RATE)
    if rate == _MUSIC_RATE:
        return loop
    around = np.concatenate([np.resize(loop[::-1], _MUSIC_RATE)[::-1], loop, np.resize(loop, _MUSIC_RATE)])
    resampled: NDArray[np.int16] = soxr.resample(around, _MUSIC_RATE, rate, quality="HQ")
    return resampled[rate : len(resampled) - rate].copy()
