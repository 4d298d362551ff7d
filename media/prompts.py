"""The sounds that we ship, and those that a company has in their place: prompts in each language, tones, hold music.

None of them is worth a call: where a file is missing or damaged, the log says so once and the next best is played.
"""

from __future__ import annotations

import logging
from contextlib import suppress
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
MUSIC: Final = "music"
LAST_RESORT: Final = "en"
"""The language of those prompts that neither the listener's nor the company's has."""

_NOTHING: Final = 0.2  # seconds of silence where there is no sound at all: what waits for its end goes on
_MUSIC_RATE: Final = 16_000


class Prompts:
    """Sounds as int16, one channel.  What we ship is read once for each rate; the arrays are shared, and so are
    read-only."""

    def __init__(self, language: str, folder: Path = FOLDER, own: Path | None = None) -> None:
        """``language`` is the company's; a prompt that the listener's own language lacks is told in it.  ``own``: a
        folder with sounds of the company's, as :data:`FOLDER` has ours but each a WAV of 16 kHz."""
        self._language = language
        self._folder = folder
        self._own = own
        self._known: dict[Hashable, NDArray[np.int16] | None] = {}
        self._versions: dict[str, int] = {}
        """Of the company's own sounds."""
        self._damaged: set[tuple[str, int]] = set()
        self.look()

    def look(self) -> None:
        """For the company's own sounds, as they are now.  In any thread."""
        if self._own is not None:
            versions: dict[str, int] = {}
            for file in (*self._own.glob("*.wav"), *self._own.glob("*/*.wav")):
                with suppress(OSError):  # gone since
                    versions[file.relative_to(self._own).with_suffix("").as_posix()] = file.stat().st_mtime_ns
            self._versions = versions

    def version(self, prompt: Prompt, language: str) -> Hashable:
        """Differs from an earlier one if something else may be heard by now."""
        return tuple(self._versions.get(name) for name in self._names(prompt, language))

    @property
    def music_version(self) -> Hashable:
        """The same of the hold music."""
        return self._versions.get(MUSIC)

    def pcm(self, prompt: Prompt, language: str, rate: int = 8000) -> NDArray[np.int16]:
        """In ``language``, else in the company's, else in English, else a short silence; the company's own first."""
        sounds = (self._either(name, rate, read_pcm) for name in self._names(prompt, language))
        return next((sound for sound in sounds if sound is not None), silence(_NOTHING, rate))

    def tone(self, rate: int = 8000) -> NDArray[np.int16]:
        return self.pcm(Prompt.TONE, self._language, rate)

    def music(self, rate: int = 8000) -> NDArray[np.int16]:
        """To be played over and over: the last sample leads to the first."""
        sound = self._either(MUSIC, rate, _read_loop)
        return silence(_NOTHING, rate) if sound is None else sound

    def _names(self, prompt: Prompt, language: str) -> tuple[str, ...]:
        if prompt in TONES:
            return (str(prompt),)
        return tuple(f"{spoken}/{prompt}" for spoken in dict.fromkeys((language, self._language, LAST_RESORT)))

    def _either(self, name: str, rate: int, read: Callable[[Path, int], NDArray[np.int16]]) -> NDArray[np.int16] | None:
        sound = self._read_own(name, rate, read)
        return self._read(f"{name}.flac", rate, read) if sound is None else sound

    def _read_own(
        self, name: str, rate: int, read: Callable[[Path, int], NDArray[np.int16]]
    ) -> NDArray[np.int16] | None:
        """Not kept: it may be long, and is asked for once as long as it stays what it is."""
        version = self._versions.get(name)
        if self._own is None or version is None or (name, version) in self._damaged:
            return None
        file = self._own / f"{name}.wav"
        try:
            return read(file, rate)
        except SoundFileError as error:
            _log.warning("sound %s can't be played: %s; ours is heard instead", file, error)
            self._damaged.add((name, version))
            return None

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
