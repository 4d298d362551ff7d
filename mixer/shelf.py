"""The sounds that legs hear besides each other: prompts, the tone, hold music, greetings; each in the bridge once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from media.files import SoundFileError, read_pcm

if TYPE_CHECKING:
    from pathlib import Path

    from media.prompts import Prompt, Prompts

_log = logging.getLogger(__name__)

RATE = 8000
NO_SOUND = 0
"""The number of no sound: the bridge passes over it, so that what waits for its end goes on."""

Pcm = NDArray[np.int16]
Load = Callable[[Hashable, Callable[[], Pcm]], int]
"""Puts a sound into the bridge under a key, unless it is there; its number."""


class Shelf:
    def __init__(self, prompts: Prompts, load: Load, drop: Callable[[Hashable], None]) -> None:
        self._prompts = prompts
        self._load = load
        self._drop = drop

    def prompt(self, prompt: Prompt, language: str) -> int:
        return self._put((prompt, language), lambda: self._prompts.pcm(prompt, language, RATE))

    def music(self) -> int:
        return self._put("music", lambda: self._prompts.music(RATE))

    async def greeting(self, file: Path) -> int | None:
        """Read beside the loop, since it may be long; None when it can't be read, for a call goes on without it."""
        try:
            pcm = await asyncio.to_thread(read_pcm, file, RATE)
        except SoundFileError as error:
            _log.error("greeting %s: %s; the conference goes on without it", file.name, error)
            return None
        return self._put(file, lambda: pcm)

    def forget(self, file: Path) -> None:
        """A greeting that no conference plays any more."""
        self._drop(file)

    def _put(self, key: Hashable, pcm: Callable[[], Pcm]) -> int:
        """No sound is worth a call: where the disk has no room for it, it is silence."""
        try:
            return self._load(key, pcm)
        except OSError as error:
            _log.error("%s can't be played: %s; make room in the folder for temporary files", key, error)
            return NO_SOUND
