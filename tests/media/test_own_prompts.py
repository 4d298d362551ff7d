"""Own recordings in place of ours: which is heard, and what is heard when one is missing or damaged."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from media.prompt import TONES, Prompt
from media.prompts import FOLDER, Prompts

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

RATE = 16_000
SPOKEN = [prompt for prompt in Prompt if prompt not in TONES]


def own(folder: Path, name: str, value: int = 1000) -> Path:
    """A sound that is told by its samples."""
    file = folder / f"{name}.wav"
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(file, np.full(RATE, value, np.int16), RATE)
    return file


def is_own(sound: NDArray[np.int16], value: int = 1000) -> bool:
    return len(sound) == RATE and bool((sound == value).all())


def ours(name: str) -> int:
    """Samples."""
    return int(soundfile.info(str(FOLDER / f"{name}.flac")).frames)


def test_an_own_prompt_is_heard_in_its_language_and_ours_in_the_other(tmp_path: Path) -> None:
    own(tmp_path, "ru/good-bye")
    prompts = Prompts("en", own=tmp_path)
    assert is_own(prompts.pcm(Prompt.GOOD_BYE, "ru", RATE))
    assert len(prompts.pcm(Prompt.GOOD_BYE, "en", RATE)) == ours("en/good-bye")
    assert len(prompts.pcm(Prompt.GOOD_BYE, "ru")) == 8000


def test_what_neither_is_there_nor_ours_is_told_in_the_other_language(tmp_path: Path) -> None:
    own(tmp_path, "en/good-bye")
    prompts = Prompts("en", tmp_path / "nothing", own=tmp_path)
    assert is_own(prompts.pcm(Prompt.GOOD_BYE, "ru", RATE))


def test_tones_and_music_are_replaced_for_all(tmp_path: Path) -> None:
    own(tmp_path, "tone")
    own(tmp_path, "music")
    prompts = Prompts("en", own=tmp_path)
    assert is_own(prompts.tone(RATE)) and is_own(prompts.music(RATE))
    assert len(prompts.music(8000)) == 8000


@pytest.mark.parametrize("octets", [b"", b"RIFF", b"a text that calls itself sound" * 100])
def test_a_damaged_one_is_logged_once_and_ours_is_heard(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, octets: bytes
) -> None:
    own(tmp_path, "en/good-bye").write_bytes(octets)
    prompts = Prompts("en", own=tmp_path)
    for _ in range(3):
        assert len(prompts.pcm(Prompt.GOOD_BYE, "en", RATE)) == ours("en/good-bye")
    assert len(caplog.records) == 1
    assert "ours is heard instead" in caplog.text


def test_one_that_is_gone_since_is_no_harm(tmp_path: Path) -> None:
    file = own(tmp_path, "en/good-bye")
    prompts = Prompts("en", own=tmp_path)
    file.unlink()
    assert len(prompts.pcm(Prompt.GOOD_BYE, "en", RATE)) == ours("en/good-bye")


def test_one_that_is_replaced_is_another_version_once_it_is_looked_for(tmp_path: Path) -> None:
    file = own(tmp_path, "en/good-bye")
    prompts = Prompts("en", own=tmp_path)
    before = prompts.version(Prompt.GOOD_BYE, "en")
    new = own(tmp_path, "new", 2000)
    os.utime(new, ns=(1, 1))
    new.rename(file)
    assert prompts.version(Prompt.GOOD_BYE, "en") == before
    prompts.look()
    assert prompts.version(Prompt.GOOD_BYE, "en") != before
    assert prompts.version(Prompt.GOOD_BYE, "ru") != before
    assert is_own(prompts.pcm(Prompt.GOOD_BYE, "en", RATE), 2000)


@pytest.mark.parametrize("prompt", list(Prompt))
def test_each_prompt_may_be_missing_in_every_language_and_something_is_played(tmp_path: Path, prompt: Prompt) -> None:
    for there in (tmp_path, FOLDER):
        sound = Prompts("en", there).pcm(prompt, "ru")
        assert len(sound) > 0, "what waits for its end goes on"
