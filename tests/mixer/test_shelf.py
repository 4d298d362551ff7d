"""Sounds for legs: none of them is worth a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import soundfile

from media.prompts import Prompt, Prompts
from mixer.bridge.protocol import DropSound, LoadSound
from mixer.bridge.sounds import Sounds
from mixer.shelf import NO_SOUND, Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from pathlib import Path

    import pytest

    from mixer.bridge.protocol import Command


class Bridge:
    def __init__(self) -> None:
        self.told: list[Command] = []
        self.sounds = Sounds(lambda command, *_: self.told.append(command))
        self.shelf = Shelf(Prompts("en"), self.sounds.load, self.sounds.drop)


def test_each_sound_is_loaded_once_for_each_language() -> None:
    bridge = Bridge()
    numbers = [bridge.shelf.prompt(Prompt.GOOD_BYE, language) for language in ("en", "ru", "en")]
    assert numbers[0] == numbers[2] != numbers[1]
    assert bridge.shelf.music() == bridge.shelf.music()
    assert len(bridge.told) == 3


async def test_a_greeting_is_loaded_when_it_is_read_and_dropped_when_it_is_forgotten(tmp_path: Path) -> None:
    bridge, file = Bridge(), tmp_path / "4711.wav"
    soundfile.write(file, np.zeros(16_000, np.int16), 16_000)
    number = await bridge.shelf.greeting(file)
    bridge.shelf.forget(file)
    assert number is not None
    assert bridge.told == [LoadSound(number, 50), DropSound(number)]


async def test_a_greeting_that_is_gone_or_no_sound_is_told_and_done_without(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bridge = Bridge()
    (tmp_path / "noise.wav").write_bytes(b"no sound at all")
    for name in ("noise.wav", "gone.wav"):
        assert await bridge.shelf.greeting(tmp_path / name) is None
        assert f"greeting {name}: " in caplog.text


def test_a_disk_without_room_for_a_sound_makes_silence_of_it(caplog: pytest.LogCaptureFixture) -> None:
    def full(key: Hashable, pcm: Callable[[], object]) -> int:
        raise OSError(28, "No space left on device")

    assert Shelf(Prompts("en"), full, lambda _: None).music() == NO_SOUND
    assert "No space left on device" in caplog.text
