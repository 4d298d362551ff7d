"""The sounds that legs hear besides each other: prompts, the tone, hold music, greetings; each in the bridge once."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import soxr

from media.files import SoundFileError, convert, read_pcm
from media.sounds.levelling import beside_talk
from media.sounds.speech import LEVEL
from mixer.earpieces import ROOM_BESIDE_WORDS

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from media.prompt import Prompt
    from media.prompts import Prompts
    from mixer.bridge.sounds import Sounds, Source

_log = logging.getLogger(__name__)

_WIDE: Final = 16000
LONGEST_BROUGHT: Final = 600.0
"""Seconds."""
KEPT: Final = 4
"""Versions of a sound: nobody replaces one so often while a conference lasts."""
NO_SOUND = 0
"""The number of no sound: the bridge passes over it, so that what waits for its end goes on."""


class SoundLibrary:
    """No sound is worth a call: where the disk has no room for it, it is silence."""

    def __init__(self, prompts: Prompts, sounds: Sounds) -> None:
        self._prompts = prompts
        self._sounds = sounds
        self._versions: dict[Hashable, list[Hashable]] = {}
        """Of each sound that can be replaced, those that are in the bridge, the latest last."""
        self._own = asyncio.Lock()  # so that nothing of ours is encoded twice

    def prompt(self, prompt: Prompt, language: str) -> int:
        """Ready if it was heard before; encoded now otherwise."""
        try:
            key = self._latest((prompt, language), self._prompts.version(prompt, language))
            return self._sounds.load(key, partial(self._prompts.pcm, prompt, language))
        except OSError as error:
            return _without(f"{prompt}", error)

    async def prepare(self, prompts: Iterable[Prompt], languages: Iterable[str]) -> None:
        """Prompts that come many at a time, or to many, before the first of them is heard: none is encoded then."""
        for language, prompt in product(languages, prompts):
            key = self._latest((prompt, language), self._prompts.version(prompt, language))
            try:
                await self._sounds.prepare(key, partial(self._prompts.pcm, prompt, language))
            except OSError as error:
                _without(f"{prompt}", error)
                return

    async def music(self) -> int:
        async with self._own:
            try:
                key = self._latest("music", self._prompts.music_version)
                return await self._sounds.load_beside(key, lambda: self._prompts.music, loop=True)
            except OSError as error:
                return _without("music", error)

    def _latest(self, name: Hashable, version: Hashable) -> Hashable:
        """The key of a sound as it is now.  Some of the former ones stay for those who hear them still."""
        versions = self._versions.setdefault(name, [])
        if version not in versions:
            versions.append(version)
        if len(versions) > KEPT:
            self._sounds.drop((name, versions.pop(0)))
        return name, version

    async def greeting(self, file: Path) -> int | None:
        """None when it can't be read, for a call goes on without it."""
        try:
            return await self._sounds.load_beside(file, partial(sound_of, file))
        except SoundFileError as error:
            _log.error("greeting %s: %s; the conference goes on without it", file.name, error)
            return None
        except OSError as error:
            return _without(file.name, error)

    async def brought(self, key: str, file: Path) -> int:
        """What somebody brings along, decoded aside, in the place of what was brought under this key before.

        Raises SoundFileError, and OSError.
        """
        self._sounds.drop(key)
        with TemporaryDirectory(prefix="confctl-") as folder:
            decoded = Path(folder) / "sound.wav"
            await asyncio.to_thread(partial(convert, file, decoded, _WIDE, max_seconds=LONGEST_BROUGHT))
            return await self._sounds.load_beside(key, partial(brought_sound, decoded))

    def forget_brought(self, key: str) -> None:
        self._sounds.drop(key)

    def forget(self, file: Path) -> None:
        """A greeting that no conference plays any more."""
        self._sounds.drop(file)


def sound_of(file: Path) -> Source:
    """At the rates of telephones, though the file may be gone or changed when another one is asked for."""
    wide = read_pcm(file, _WIDE)
    return lambda rate: wide if rate == _WIDE else soxr.resample(wide, _WIDE, rate, quality="HQ")


def brought_sound(file: Path) -> Source:
    """No louder than our prompts, so that who talks is understood beside it, and that both together do not clip."""
    wide = beside_talk(read_pcm(file, _WIDE), _WIDE, LEVEL, 1 - 10 ** (ROOM_BESIDE_WORDS / 20))
    return lambda rate: wide if rate == _WIDE else soxr.resample(wide, _WIDE, rate, quality="HQ")


def _without(sound: str, error: OSError) -> int:
    _log.error("%s can't be played: %s; make room in the folder for temporary files", sound, error)
    return NO_SOUND
