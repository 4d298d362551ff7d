"""The sounds that we ship, as they are in the repository; and what is played where one of them is not."""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from media.prompt import TONES, Prompt, keys, number
from media.prompts import FOLDER, Prompts
from media.sounds.levelling import active_level, level, true_peak
from media.sounds.speech import PAUSES, TEXTS, VOICES

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

LANGUAGES = ("ru", "en")
SPOKEN = tuple(prompt for prompt in Prompt if prompt not in TONES)
SHIPPED = sorted(FOLDER.rglob("*.flac"))
RATE = 16_000
TICK = RATE // 50


def sound(name: str) -> NDArray[np.float64]:
    samples: NDArray[np.float64] = soundfile.read(FOLDER / name)[0]
    return samples


def windows(samples: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
    """Levels one after the other, dBov."""
    size = round(seconds * RATE)
    power = np.mean(samples[: len(samples) // size * size].reshape(-1, size) ** 2, axis=1)
    levels: NDArray[np.float64] = 10 * np.log10(power + 1e-12)
    return levels


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy to be damaged."""
    return shutil.copytree(FOLDER, tmp_path / "sounds", ignore=shutil.ignore_patterns("*.py", "__pycache__"))


# The files


def test_every_prompt_has_a_file_and_a_text_in_every_language_and_there_are_no_others() -> None:
    names = {f"{language}/{prompt}.flac" for language in LANGUAGES for prompt in SPOKEN}
    assert {file.relative_to(FOLDER).as_posix() for file in SHIPPED} == names | {f"{tone}.flac" for tone in TONES} | {
        "music.flac"
    }
    assert {f"{language}/{prompt}.flac" for language, texts in TEXTS.items() for prompt in texts} == names
    assert VOICES.keys() == TEXTS.keys()


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.relative_to(FOLDER).as_posix())
def test_a_sound_is_mono_flac_of_16_khz_in_whole_ticks(file: Path) -> None:
    info = soundfile.info(file)
    assert (info.format, info.subtype, info.samplerate, info.channels) == ("FLAC", "PCM_16", RATE, 1)
    assert info.frames % TICK == 0


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.relative_to(FOLDER).as_posix())
def test_no_sound_comes_near_clipping(file: Path) -> None:
    assert true_peak(soundfile.read(file)[0], RATE) < -3


def test_all_prompts_are_equally_loud() -> None:
    levels = [active_level(sound(f"{language}/{prompt}.flac"), RATE) for language in LANGUAGES for prompt in SPOKEN]
    assert levels == pytest.approx([-23.0] * len(levels), abs=0.5)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("prompt", SPOKEN)
def test_a_prompt_begins_soon_ends_in_silence_and_lasts_as_long_as_its_words(prompt: Prompt, language: str) -> None:
    samples = sound(f"{language}/{prompt}.flac")
    loud = np.flatnonzero(windows(samples, 0.01) > -50) / 100
    assert loud[0] < 0.2
    spoken = len(samples) / RATE - PAUSES.get(prompt, 0.0)
    assert 0.01 < spoken - loud[-1] < 0.3
    assert abs(samples[0]) < 0.001
    assert abs(samples[-1]) < 0.001
    letters = sum(letter.isalpha() for letter in TEXTS[language][prompt])
    assert (8 if " " in TEXTS[language][prompt] else 4) < letters / spoken < 18


def test_the_tone_is_1000_hz_as_loud_as_the_prompts_with_soft_edges() -> None:
    samples = sound("tone.flac")
    assert 0.3 <= len(samples) / RATE <= 0.5
    assert np.argmax(np.abs(np.fft.rfft(samples))) * RATE / len(samples) == pytest.approx(1000, abs=3)
    assert level(samples[RATE // 10 : -RATE // 10]) == pytest.approx(-23.0, abs=0.2)
    assert np.abs(np.concatenate([samples[:16], samples[-16:]])).max() < 0.002


def test_soft_tones_are_over_before_a_word_is_and_softer_than_voices() -> None:
    for name, seconds, loud in (("comes", 0.24, -32.0), ("goes", 0.24, -32.0), ("done", 0.12, -23.0)):
        samples = sound(f"{name}.flac")
        assert len(samples) / RATE == pytest.approx(seconds)
        assert level(samples) == pytest.approx(loud, abs=1.5)
        assert np.abs(np.concatenate([samples[:16], samples[-16:]])).max() < 0.002
    assert np.array_equal(np.argsort(_pitches("comes")), [0, 1]), "up when somebody comes"
    assert np.array_equal(np.argsort(_pitches("goes")), [1, 0]), "down when somebody goes"


def _pitches(name: str) -> list[int]:
    first, last = np.split(sound(f"{name}.flac"), 2)
    return [int(np.argmax(np.abs(np.fft.rfft(half)))) for half in (first, last)]


def test_every_number_of_people_and_every_key_can_be_said() -> None:
    said = {count: " ".join(TEXTS["en"][prompt] for prompt in number(count)) for count in range(102)}
    assert [said[count] for count in (0, 7, 19, 20, 21, 40, 99)] == [
        "zero",
        "seven",
        "nineteen",
        "twenty",
        "twenty one",
        "forty",
        "ninety nine",
    ]
    assert len(set(said.values())) == 102
    assert said[101] == "more than one hundred" == " ".join(TEXTS["en"][prompt] for prompt in number(2000))
    assert [TEXTS["en"][prompt] for prompt in keys("*20#")] == ["star", "two", "zero", "hash"]


def test_the_music_is_even_and_never_pauses() -> None:
    samples = sound("music.flac")
    assert 60 <= len(samples) / RATE <= 90
    assert level(samples) == pytest.approx(-24.0, abs=0.2)
    assert np.abs(windows(samples, 1.0) - level(samples)).max() < 4
    assert windows(samples, 0.25).min() > -35


def test_the_music_lies_in_the_band_of_a_telephone() -> None:
    samples = sound("music.flac")
    power = np.abs(np.fft.rfft(samples)) ** 2
    hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
    carried = power[(hertz > 300) & (hertz < 3400)].sum() / power.sum()
    assert carried > 0.5
    assert power[hertz > 3400].sum() / power.sum() < 1e-4


def test_the_music_goes_round_without_a_click() -> None:
    """Played in a circle it has nothing above 3.9 kHz but rounding; a click, at the seam too, would have."""
    loop = Prompts("ru").music(RATE).astype(float)
    spectrum = np.fft.rfft(loop)
    spectrum[np.fft.rfftfreq(len(loop), 1 / RATE) < 3900] = 0
    assert np.abs(np.fft.irfft(spectrum, len(loop))).max() < 3


def test_the_music_goes_round_at_the_telephone_s_rate_too() -> None:
    """Halving the spectrum of a circle is the exact way to halve its rate."""
    loop, narrow = Prompts("ru").music(RATE).astype(float), Prompts("ru").music(8000).astype(float)
    assert len(loop) % TICK == 0
    assert len(narrow) * 2 == len(loop)
    exact = np.fft.irfft(np.fft.rfft(loop)[: len(narrow) // 2 + 1] / 2, len(narrow))
    assert np.abs(narrow - exact).max() < 4


# Playing them


def test_prompts_come_in_the_language_asked_for_at_the_rate_asked_for() -> None:
    prompts = Prompts("ru")
    for rate in (8000, 16_000):
        russian, english = (prompts.pcm(Prompt.ENTER_CODE, language, rate) for language in LANGUAGES)
        assert russian.dtype == english.dtype == np.int16
        assert len(russian) / rate == pytest.approx(len(sound("ru/enter-code.flac")) / RATE, abs=0.002)
        assert len(english) / rate == pytest.approx(len(sound("en/enter-code.flac")) / RATE, abs=0.002)


def test_resampling_leaves_the_level_as_it_is() -> None:
    narrow = Prompts("ru").pcm(Prompt.NOT_STARTED, "ru", 8000) / 32768
    assert active_level(narrow, 8000) == pytest.approx(-23.0, abs=0.7)


def test_the_tone_is_the_same_in_all_languages() -> None:
    prompts = Prompts("ru")
    assert np.array_equal(prompts.pcm(Prompt.TONE, "en"), prompts.tone())
    assert np.array_equal(prompts.pcm(Prompt.TONE, "ru"), prompts.tone())


def test_a_sound_is_read_once_and_nobody_can_change_it() -> None:
    prompts = Prompts("en")
    first = prompts.pcm(Prompt.GOOD_BYE, "en")
    assert prompts.pcm(Prompt.GOOD_BYE, "en") is first
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1


def test_a_language_that_has_no_prompts_gets_the_company_s() -> None:
    prompts = Prompts("ru")
    assert np.array_equal(prompts.pcm(Prompt.GOOD_BYE, "de"), prompts.pcm(Prompt.GOOD_BYE, "ru"))


def test_without_the_company_s_there_is_english(folder: Path) -> None:
    shutil.rmtree(folder / "ru")
    prompts = Prompts("ru", folder)
    assert np.array_equal(prompts.pcm(Prompt.GOOD_BYE, "ru"), prompts.pcm(Prompt.GOOD_BYE, "en"))


def test_without_any_there_is_a_short_silence_and_the_log_names_each_file_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    prompts = Prompts("ru", tmp_path)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            sounds = [prompts.pcm(Prompt.NOT_NOW, "ru"), prompts.music(), prompts.tone()]
            assert all(len(sound) == 1600 and not sound.any() for sound in sounds)
    named = [record.getMessage().split()[1] for record in caplog.records]
    files = ("ru/not-now.flac", "en/not-now.flac", "music.flac", "tone.flac")
    assert named == [str(tmp_path / file) for file in files]


@pytest.mark.parametrize("content", [b"", b"fLaC", b"no sound at all", bytes(1000)])
def test_a_damaged_file_is_as_good_as_none(folder: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("ru/good-bye.flac", "music.flac"):
        (folder / name).write_bytes(content)
    prompts = Prompts("ru", folder)
    with caplog.at_level(logging.WARNING):
        assert np.array_equal(prompts.pcm(Prompt.GOOD_BYE, "ru"), prompts.pcm(Prompt.GOOD_BYE, "en"))
        assert not prompts.music().any()
    assert len(caplog.records) == 2


def test_a_file_that_was_cut_in_the_middle_is_as_good_as_none(folder: Path) -> None:
    file = folder / "ru" / "enter-code.flac"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    prompts = Prompts("ru", folder)
    assert np.array_equal(prompts.pcm(Prompt.ENTER_CODE, "ru"), prompts.pcm(Prompt.ENTER_CODE, "en"))
