"""Sounds for legs: none of them is worth a call."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from media.prompt import Prompt
from media.prompts import Prompts
from media.sounds.levelling import active_level
from media.sounds.speech import LEVEL
from mixer.bridge.protocol import Codec, DropSound, LoadSound
from mixer.bridge.sounds import Sounds
from mixer.earpieces import ROOM_BESIDE_WORDS
from mixer.rehearsal.virtual_time import VirtualLoop
from mixer.sound_library import KEPT, NO_SOUND, SoundLibrary, brought_sound

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from mixer.bridge.protocol import Command

G711 = (Codec.PCMU, Codec.PCMA)


class Bridge:
    def __init__(self) -> None:
        self.told: list[Command] = []
        self.sounds = Sounds(self.tell, G711)
        self.library = SoundLibrary(Prompts("en"), self.sounds)

    def tell(self, command: Command, *_: int) -> None:
        self.told.append(command)


async def test_each_sound_is_loaded_once_for_each_language() -> None:
    bridge = Bridge()
    numbers = [bridge.library.prompt(Prompt.GOOD_BYE, language) for language in ("en", "ru", "en")]
    assert numbers[0] == numbers[2] != numbers[1]
    music = await asyncio.gather(bridge.library.music(), bridge.library.music())
    assert music == [await bridge.library.music()] * 2
    assert len(bridge.told) == 3


async def test_a_recording_that_is_replaced_is_another_sound_and_the_former_ones_go_in_time(tmp_path: Path) -> None:
    bridge, file = Bridge(), tmp_path / "en" / "good-bye.wav"
    prompts = Prompts("en", own=tmp_path)
    bridge.library = SoundLibrary(prompts, bridge.sounds)
    file.parent.mkdir()
    heard, music = [bridge.library.prompt(Prompt.GOOD_BYE, "en")], [await bridge.library.music()]
    for version in range(KEPT + 1):
        for replaced in (file, tmp_path / "music.wav"):
            soundfile.write(replaced, np.full(320 * (version + 1), 9, np.int16), 16_000)
            os.utime(replaced, ns=(version, version))
        prompts.look()
        heard.append(bridge.library.prompt(Prompt.GOOD_BYE, "en"))
        music.append(await bridge.library.music())
        assert bridge.library.prompt(Prompt.GOOD_BYE, "en") == heard[-1]
    assert len(set(heard + music)) == 2 * (KEPT + 2)
    dropped = [command.sound for command in bridge.told if isinstance(command, DropSound)]
    assert sorted(dropped) == sorted([*heard[:2], *music[:2]]), "so many stay for those who hear them still"


async def test_a_greeting_is_loaded_when_it_is_read_and_dropped_when_it_is_forgotten(tmp_path: Path) -> None:
    bridge, file = Bridge(), tmp_path / "4711.wav"
    soundfile.write(file, np.zeros(16_000, np.int16), 16_000)
    number = await bridge.library.greeting(file)
    bridge.library.forget(file)
    assert number is not None
    assert bridge.told == [LoadSound(number, 50), DropSound(number)]


async def test_a_greeting_that_is_gone_or_no_sound_is_told_and_done_without(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bridge = Bridge()
    (tmp_path / "noise.wav").write_bytes(b"no sound at all")
    for name in ("noise.wav", "gone.wav"):
        assert await bridge.library.greeting(tmp_path / name) is None
        assert f"greeting {name}: " in caplog.text


async def test_a_disk_without_room_for_a_sound_makes_silence_of_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    bridge, file = Bridge(), tmp_path / "4711.wav"
    soundfile.write(file, np.zeros(16_000, np.int16), 16_000)
    monkeypatch.setattr("tempfile.TemporaryFile", full)
    numbers = (
        bridge.library.prompt(Prompt.TONE, "en"),
        await bridge.library.music(),
        await bridge.library.greeting(file),
    )
    assert numbers == (NO_SOUND,) * 3
    for name in ("tone", "music", "4711.wav"):
        assert f"{name} can't be played: [Errno 28] No space left on device" in caplog.text


async def test_the_loop_goes_on_while_a_long_greeting_is_read_and_encoded(tmp_path: Path) -> None:
    bridge, file = Bridge(), tmp_path / "4711.wav"
    soundfile.write(file, np.zeros(60 * 16_000, np.int16), 16_000)
    greeting = asyncio.create_task(bridge.library.greeting(file))
    turns = 0
    while not greeting.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 2  # which it would have finished in, had it been done in the loop
    assert bridge.told == [LoadSound(await greeting, 3000)]


async def test_what_is_prepared_is_encoded_in_every_codec_before_it_is_heard() -> None:
    bridge = Bridge()
    files: list[bytes] = []

    def tell(command: Command, *descriptors: int) -> None:
        bridge.told.append(command)
        files.extend(os.pread(descriptor, os.fstat(descriptor).st_size, 0) for descriptor in descriptors)

    bridge.library = SoundLibrary(Prompts("en"), Sounds(tell))
    await bridge.library.prepare([Prompt.FIRST, Prompt.N1], ["en", "ru"])
    assert len(bridge.told) == 4
    again = Sounds(lambda _, descriptor: files.append(os.pread(descriptor, os.fstat(descriptor).st_size, 0)))
    await again.prepare("first", partial(Prompts("en").pcm, Prompt.FIRST, "en"))
    assert files[0] == files[-1]
    parts = np.frombuffer(files[0], np.uint8).reshape(len(Codec), -1, 160)
    assert all(len(np.unique(part, axis=0)) > len(part) / 2 for part in parts)
    numbers = [bridge.library.prompt(prompt, "ru") for prompt in (Prompt.FIRST, Prompt.N1)]
    assert (numbers, len(bridge.told)) == ([3, 4], 4)


@pytest.mark.parametrize("loudness", [1.0, 0.02])
def test_what_is_brought_can_be_heard_beside_talk_as_loud_as_talk_may_be(loudness: float, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    file = tmp_path / "march.wav"
    noise = np.clip(rng.normal(0, 0.3, 40_000) * loudness, -1, 1)
    soundfile.write(file, noise, 16_000)
    source = brought_sound(file)
    assert active_level(source(16_000) / 32768, 16_000) == pytest.approx(
        min(LEVEL, active_level(noise, 16_000)), abs=0.1
    )
    for rate in (8000, 16_000):
        sound = source(rate)
        loudest = np.full(len(sound), 32767, np.int16)
        mixed = loudest * 10 ** (ROOM_BESIDE_WORDS / 20) + np.abs(sound.astype(float))
        assert mixed.max() < 32768, "nothing is cut off"


def test_what_was_cut_anywhere_begins_and_ends_in_silence(tmp_path: Path) -> None:
    file = tmp_path / "cut.wav"
    soundfile.write(file, np.full(16_000, 0.1), 16_000)
    sound = brought_sound(file)(16_000).astype(int)
    assert (sound[0], sound[-1]) == (0, 0)
    assert np.abs(np.diff(sound)).max() < 100


def test_a_sound_of_a_few_samples_and_one_of_silence_are_what_they_were(tmp_path: Path) -> None:
    for samples in ([0], [7, -7, 7], [0] * 5000):
        file = tmp_path / "short.wav"
        soundfile.write(file, np.array(samples, np.int16), 16_000)
        sound = brought_sound(file)(16_000)
        assert len(sound) == len(samples)
        assert np.abs(sound.astype(int)).max(initial=0) <= 7


async def test_what_ten_conferences_prepare_that_open_at_once_is_encoded_once() -> None:
    bridge, read = Bridge(), []

    def source(key: int, rate: int) -> NDArray[np.int16]:
        read.append((key, rate))
        return np.zeros(rate // 50, np.int16)

    async def opening() -> None:
        for key in range(3):
            await bridge.sounds.prepare(key, partial(source, key))

    await asyncio.gather(*(opening() for _ in range(10)))
    assert read == [(key, 8000) for key in range(3)]
    assert len(bridge.told) == 3


def test_what_is_prepared_leaves_most_of_a_core_to_the_calls() -> None:
    """A second of sound takes some 15 ms."""

    async def prepare() -> float:
        bridge, began = Bridge(), asyncio.get_running_loop().time()
        for key in range(100):
            await bridge.sounds.prepare(key, lambda rate: np.zeros(rate, np.int16))
        return asyncio.get_running_loop().time() - began

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(prepare()) == pytest.approx(10.0)
